from django.urls import path

from api.v1.authentication import policy, second_factor, views

urlpatterns = [
    path("login/", views.LoginView.as_view()),
    path("login/second-factor/", second_factor.SecondStepView.as_view()),
    path("refresh/", views.RefreshView.as_view()),
    path("logout/", views.LogoutView.as_view()),
    path("me/", views.MeView.as_view()),
    path("avatar/", views.AvatarView.as_view()),
    path("email/", views.NewEmailView.as_view()),
    path("verify/", views.VerifyView.as_view()),
    path("password/reset/", views.ResetView.as_view()),
    path("password/reset/confirm/", views.ResetConfirmView.as_view()),
    path("password/policy/", policy.PasswordPolicyView.as_view()),
    path("password/update/", views.PasswordView.as_view()),
    path("sessions/", views.SessionsView.as_view()),
    path("sessions/<uuid:id>/", views.SessionView.as_view()),
    path("second-factor/", second_factor.SecondFactorView.as_view()),
    path("second-factor/confirm/", second_factor.SecondFactorConfirmView.as_view()),
    path("second-factor/disable/", second_factor.SecondFactorDisableView.as_view()),
    path("second-factor/recovery-codes/", second_factor.RecoveryCodesView.as_view()),
    path("ws-ticket/", views.TicketView.as_view()),
]

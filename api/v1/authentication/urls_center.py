"""What concerns signing in and is served at centers only."""

from django.urls import path

from api.v1.authentication import rescue, single_sign_on

urlpatterns = [
    path("auth/sso/providers/", single_sign_on.ProviderButtonsView.as_view()),
    path("auth/sso/begin/", single_sign_on.BeginView.as_view()),
    path("auth/sso/finish/", single_sign_on.FinishView.as_view()),
    path("auth/identities/", single_sign_on.IdentitiesView.as_view()),
    path("auth/identities/finish/", single_sign_on.IdentityFinishView.as_view()),
    path("auth/identities/<uuid:id>/", single_sign_on.IdentityView.as_view()),
    path("identity-providers/", single_sign_on.ProvidersView.as_view()),
    path("identity-providers/<uuid:id>/", single_sign_on.ProviderView.as_view()),
    path("identity-providers/<uuid:id>/check/", single_sign_on.ProviderCheckView.as_view()),
    path("users/<uuid:id>/sign-in/", rescue.SignInStateView.as_view()),
    path("users/<uuid:id>/sign-in/lock/", rescue.LiftLockView.as_view()),
    path("users/<uuid:id>/sign-in/second-factor/", rescue.ResetFactorView.as_view()),
]

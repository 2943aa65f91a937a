from django.urls import path

from api.v1.authentication import views

urlpatterns = [
    path("login/", views.LoginView.as_view()),
    path("refresh/", views.RefreshView.as_view()),
    path("logout/", views.LogoutView.as_view()),
    path("me/", views.MeView.as_view()),
    path("ws-ticket/", views.TicketView.as_view()),
]

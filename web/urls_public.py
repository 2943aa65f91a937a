from django.urls import path

from web import views

urlpatterns = [
    path("", views.main_host, name="home"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("security/", views.security, name="security"),
    path("reset/", views.reset, name="reset"),
    path("favicon.ico", views.icon),
]

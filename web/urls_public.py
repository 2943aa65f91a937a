from django.urls import path

from web import views

urlpatterns = [
    path("", views.main_host, name="home"),
    path("reset/", views.reset, name="reset"),
    path("favicon.ico", views.icon),
]

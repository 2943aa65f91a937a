"""The table of contents of a center's API."""

from django.urls import include, path

urlpatterns = [
    path("auth/", include("api.v1.authentication.urls")),
]

"""The table of contents of the main host's API."""

from django.urls import include, path

urlpatterns = [
    path("auth/", include("api.v1.authentication.urls")),
    path("", include("api.v1.authentication.urls_owner")),
    path("", include("api.v1.pictures.urls")),
    path("", include("api.v1.centers.urls")),
    path("", include("api.v1.subscriptions.urls_owner")),
    path("", include("api.v1.analytics.urls_owner")),
    path("", include("api.v1.jobs.urls")),
    path("", include("api.v1.mail.urls")),
    path("", include("api.v1.notifications.urls")),
    path("", include("api.v1.audit.urls")),
    path("", include("api.v1.acting.urls_public")),
]

"""The table of contents of a center's API."""

from django.urls import include, path

from api.v1.authentication.views import RegisterView

urlpatterns = [
    path("auth/", include("api.v1.authentication.urls")),
    path("", include("api.v1.pictures.urls")),
    path("auth/register/", RegisterView.as_view()),
    path("", include("api.v1.centers.urls_center")),
    path("", include("api.v1.authentication.urls_center")),
    path("", include("api.v1.invitations.urls")),
    path("", include("api.v1.users.urls")),
    path("", include("api.v1.groups.urls")),
    path("", include("api.v1.jobs.urls")),
    path("", include("api.v1.materials.urls")),
    path("", include("api.v1.mock_tests.urls")),
    path("", include("api.v1.assignments.urls")),
    path("", include("api.v1.accommodations.urls")),
    path("", include("api.v1.mail.urls")),
    path("", include("api.v1.notifications.urls")),
    path("", include("api.v1.attempts.urls")),
    path("", include("api.v1.homework.urls")),
    path("", include("api.v1.submissions.urls")),
    path("", include("api.v1.leaderboards.urls")),
    path("", include("api.v1.live.urls")),
    path("", include("api.v1.results.urls")),
    path("", include("api.v1.audit.urls")),
    path("", include("api.v1.acting.urls")),
    path("", include("api.v1.subscriptions.urls")),
    path("", include("api.v1.analytics.urls")),
]

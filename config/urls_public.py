"""What the main host serves."""

from django.urls import include, path

from api.common import pages
from apps.core.adminsite import main_site
from config import admin  # noqa: F401 - registers what belongs to no app
from config.documentation import OWNER, documentation

urlpatterns = [
    path("", include("web.urls_public")),
    path("admin/", main_site.urls),
    path("api/v1/", include("api.v1.urls_public")),
    path("health/", pages.health),
    *documentation("config.urls_public", OWNER),
]
handler403 = "api.common.pages.forbidden"
handler404 = "api.common.pages.not_found"
handler500 = "api.common.pages.server_error"

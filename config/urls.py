"""What a center's host serves."""

from django.urls import include, path

from apps.core.adminsite import center_site
from config import admin  # noqa: F401 - registers what belongs to no app
from config.documentation import CENTER, documentation

urlpatterns = [
    path("", include("web.urls")),
    path("admin/", center_site.urls),
    path("api/v1/", include("api.v1.urls")),
    *documentation("config.urls", CENTER),
]
handler403 = "api.common.pages.forbidden"
handler404 = "api.common.pages.not_found"
handler500 = "api.common.pages.server_error"

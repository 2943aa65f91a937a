from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from apps.analytics.models import CenterFigures
from apps.centers.rules import plans
from apps.core.adminsite import RowAdmin, main_site


@admin.register(CenterFigures, site=main_site)
class CenterFiguresAdmin(RowAdmin):
    """The centers side by side, each as it counted itself last."""

    icon = "monitoring"
    list_display = ["name", "plan", "status", "seats", "students", "attempts", "running_attempts", "storage"]
    list_display += ["last_attempt_at", "refreshed_at"]
    list_filter = ["center__status", "center__plan"]
    search_fields = ["center__name", "center__slug"]
    ordering = ["center__name"]
    fields = ["name", "plan", "status", "admins", "teachers", "students", "guests", "waiting", "seats", "groups"]
    fields += ["published_tests", "open_rooms", "attempts", "running_attempts", "graded_attempts", "storage"]
    fields += ["last_attempt_at", "refreshed_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CenterFigures]:
        return super().get_queryset(request).select_related("center")

    @display(description="center", ordering="center__name")
    def name(self, row: CenterFigures) -> str:
        return row.center.name

    @display(description="plan", ordering="center__plan")
    def plan(self, row: CenterFigures) -> str:
        return row.center.plan

    @display(description="status", ordering="center__status")
    def status(self, row: CenterFigures) -> str:
        return row.center.status

    @display(description="storage", ordering="storage_bytes")
    def storage(self, row: CenterFigures) -> str:
        return plans.amount(plans.STORAGE, row.storage_bytes)

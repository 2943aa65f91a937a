from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.centers.models import Center, Domain
from apps.centers.operations import centers as operations
from apps.core.adminsite import ActionVariant, RowAdmin, RowForm, RowInline, act, main_site

STATUS_COLORS = {"TRIAL": "info", "ACTIVE": "success", "SUSPENDED": "warning", "ARCHIVED": "danger"}
STATE_COLORS = {"WAITING": "info", "READY": "success", "FAILED": "danger"}


class CenterForm(RowForm):
    slug = forms.SlugField(
        required=False,
        max_length=41,
        widget=UnfoldAdminTextInputWidget,
        help_text="Names the schema, for ever. Empty: made from the name.",
    )
    host = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Without scheme and port. Empty: the slug under the platform's own domain.",
    )

    class Meta:
        model = Center
        fields = ["name", "slug", "plan", "email"]


class DomainInline(RowInline):
    model = Domain
    fields = readonly_fields = ["domain", "is_primary"]
    verbose_name_plural = "hosts"


@admin.register(Center, site=main_site)
class CenterAdmin(RowAdmin):
    icon = "school"
    can_add = can_change = True
    add_form = CenterForm
    add_fields = ["name", "slug", "host", "plan", "email"]
    edit_fields = [
        "name",
        "email",
        "phone",
        "website",
        "address",
        "description",
        "primary_color",
        "time_zone",
        "locale",
        "registration",
    ]
    fieldsets = [
        (None, {"fields": ["name", "slug", "plan", "status_label", "trial_ends_at", "created_at"]}),
        ("Schema", {"fields": ["schema_name", "state_label", "state_reason"]}),
        ("Details", {"fields": edit_fields[1:]}),
    ]
    add_fieldsets = [(None, {"fields": add_fields})]
    list_display = ["name", "slug", "host", "plan", "status_label", "state_label", "created_at"]
    list_filter = ["status", "state", "plan"]
    search_fields = ["name", "slug", "email", "domains__domain"]
    ordering = ["name"]
    inlines = [DomainInline]
    actions_detail = ["retry", "activate", "suspend", "archive"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Center]:
        return super().get_queryset(request).prefetch_related("domains")

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.inlines if obj else []

    def added(self, request: HttpRequest, values: dict[str, Any]) -> Center:
        return operations.open_center(
            name=values["name"],
            slug=values["slug"],
            host=values["host"],
            plan=values["plan"],
            details={"email": values["email"]},
        )

    def changed(self, request: HttpRequest, row: Center, changes: dict[str, Any]) -> None:
        operations.update_center(center_id=row.pk, changes=changes)

    @display(description="host")
    def host(self, row: Center) -> str:
        return min(row.domains.all(), key=lambda domain: not domain.is_primary).domain if row.domains.all() else "-"

    @display(description="status", label=STATUS_COLORS, ordering="status")
    def status_label(self, row: Center) -> str:
        return row.status

    @display(description="state", label=STATE_COLORS, ordering="state")
    def state_label(self, row: Center) -> str:
        return row.state

    @act("Retry", icon="restart_alt", ask="Makes the schema of a center whose creation failed or was cut off.")
    def retry(self, request: HttpRequest, row: Center) -> None:
        operations.retry_center(center_id=row.pk)

    @act(
        "Activate",
        icon="play_arrow",
        ask="People can sign in and start exams again. Ends a trial.",
        variant=ActionVariant.SUCCESS,
    )
    def activate(self, request: HttpRequest, row: Center) -> None:
        operations.activate_center(center_id=row.pk)

    @act(
        "Suspend",
        icon="pause",
        ask="No new sign-ins and no new starts; running attempts finish.",
        variant=ActionVariant.WARNING,
    )
    def suspend(self, request: HttpRequest, row: Center) -> None:
        operations.suspend_center(center_id=row.pk)

    @act(
        "Archive",
        icon="archive",
        ask="Closes the center for good: its hosts answer as if it were not there. This cannot be taken back.",
        variant=ActionVariant.DANGER,
    )
    def archive(self, request: HttpRequest, row: Center) -> None:
        operations.archive_center(center_id=row.pk)

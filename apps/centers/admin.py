from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.centers.admin_life import LifeActs
from apps.centers.models import Center, ContactRequest, Domain, DomainClaim, PlanChange
from apps.centers.models import CenterAdmin as CenterAdminCopy
from apps.centers.operations import centers as operations
from apps.centers.operations import contacts, domains, profile, subscriptions
from apps.centers.rules.domains import record_name
from apps.centers.rules.profile import LOCALES, time_zones
from apps.core import tenancy
from apps.core.adminsite import ActionVariant, RowAdmin, RowForm, RowInline, act, center_site, main_site

if TYPE_CHECKING:
    from apps.authentication.models import User

STATUS_COLORS = {"TRIAL": "info", "ACTIVE": "success", "SUSPENDED": "warning", "ARCHIVED": "danger"}
REQUEST_COLORS = {"PENDING": "info", "CONTACTED": "warning", "RESOLVED": "success", "REJECTED": "danger"}
CLAIM_COLORS = {"PENDING": "info", "VERIFIED": "success", "FAILING": "warning", "LOST": "danger"}
STATE_COLORS = {
    "WAITING": "info",
    "READY": "success",
    "FAILED": "danger",
    "RESTORING": "info",
    "DELETING": "danger",
}


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


class PlanForm(BaseDialogForm):
    plan = forms.ChoiceField(choices=Center.Plan.choices, widget=UnfoldAdminSelectWidget)
    billing_cycle = forms.ChoiceField(choices=Center.Cycle.choices, widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(max_length=300, required=False, widget=UnfoldAdminTextInputWidget)


class PlanChangeInline(RowInline):
    model = PlanChange
    fields = readonly_fields = ["at", "before", "after", "actor_name", "reason"]
    verbose_name_plural = "history of the plan"


class DomainInline(RowInline):
    model = Domain
    fields = readonly_fields = ["domain", "is_primary"]
    verbose_name_plural = "hosts"


class FaceFields:
    """What a center may choose from is chosen from a list."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        names: Iterable[str] | None = {"locale": LOCALES, "time_zone": sorted(time_zones())}.get(db_field.name)
        if names is None:
            return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        choices = [(name, name) for name in names]
        return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget)


@admin.register(Center, site=main_site)
class CenterAdmin(FaceFields, LifeActs, RowAdmin):
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
        (None, {"fields": ["name", "slug", "plan", "status_label", "trial_ends_at", "plan_ends_at", "created_at"]}),
        ("Schema", {"fields": ["schema_name", "state_label", "state_reason"]}),
        ("Details", {"fields": edit_fields[1:]}),
    ]
    add_fieldsets = [(None, {"fields": add_fields})]
    list_display = ["name", "slug", "host", "plan", "status_label", "state_label", "created_at"]
    list_filter = ["status", "state", "plan"]
    search_fields = ["name", "slug", "email", "domains__domain"]
    ordering = ["name"]
    inlines = [DomainInline, PlanChangeInline]
    actions_detail = ["retry", "activate", "suspend", "change_plan", *LifeActs.life_acts]

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
        "Change plan",
        icon="workspace_premium",
        ask="Begins now, with today's prices. A plan that is paid for makes the center active; FREE is a trial.",
        form=PlanForm,
    )
    def change_plan(self, request: HttpRequest, row: Center, values: dict[str, str]) -> None:
        subscriptions.change_plan(
            actor=cast("User", request.user),
            center_id=row.pk,
            plan=values["plan"],
            billing_cycle=values["billing_cycle"],
            reason=values["reason"],
        )


@admin.register(ContactRequest, site=main_site)
class ContactRequestAdmin(RowAdmin):
    """The owners' inbox."""

    icon = "contact_phone"
    list_display = ["center_name", "full_name", "phone_number", "status_label", "created_at"]
    list_filter = ["status"]
    search_fields = ["center_name", "full_name", "phone_number", "phone_digits", "message"]
    ordering = ["-created_at"]
    fields = ["center_name", "full_name", "phone_number", "message", "status_label", "ip_address"]
    fields += ["created_at", "updated_at"]
    actions_detail = ["contacted", "resolved", "rejected", "reopened", "deleted"]

    @display(description="status", label=REQUEST_COLORS, ordering="status")
    def status_label(self, row: ContactRequest) -> str:
        return row.status

    @act("Contacted", icon="call", ask="Somebody has called.", variant=ActionVariant.PRIMARY)
    def contacted(self, request: HttpRequest, row: ContactRequest) -> None:
        contacts.set_status(request_id=row.pk, status=ContactRequest.Status.CONTACTED)

    @act("Resolved", icon="task_alt", ask="Nothing is left to do.", variant=ActionVariant.SUCCESS)
    def resolved(self, request: HttpRequest, row: ContactRequest) -> None:
        contacts.set_status(request_id=row.pk, status=ContactRequest.Status.RESOLVED)

    @act("Rejected", icon="block", ask="Nothing comes of it.", variant=ActionVariant.WARNING)
    def rejected(self, request: HttpRequest, row: ContactRequest) -> None:
        contacts.set_status(request_id=row.pk, status=ContactRequest.Status.REJECTED)

    @act("Open again", icon="undo", ask="It waits for a call again.")
    def reopened(self, request: HttpRequest, row: ContactRequest) -> None:
        contacts.set_status(request_id=row.pk, status=ContactRequest.Status.PENDING)

    @act("Delete", icon="delete", ask="Removes the request for good.", variant=ActionVariant.DANGER)
    def deleted(self, request: HttpRequest, row: ContactRequest) -> None:
        contacts.delete_request(request_id=row.pk)


@admin.register(CenterAdminCopy, site=main_site)
class DirectorAdmin(RowAdmin):
    """Who directs which center, as copied from there."""

    icon = "badge"
    list_display = ["email", "first_name", "last_name", "center", "is_active", "is_approved", "created_at"]
    list_filter = ["is_active", "is_approved"]
    list_select_related = ["center"]
    search_fields = ["email", "first_name", "last_name", "center__name"]
    ordering = ["email"]
    fields = ["email", "first_name", "last_name", "center", "is_active", "is_approved", "created_at", "updated_at"]


@admin.register(Center, site=center_site)
class OwnCenterAdmin(FaceFields, RowAdmin):
    """The center itself, for its admins: what it says of itself, never its status, plan and slug."""

    icon = "storefront"
    can_change = True
    edit_fields = [*CenterAdmin.edit_fields, "question_review"]
    list_display = ["name", "plan", "status_label", "time_zone", "locale", "registration"]
    fieldsets = [
        (None, {"fields": ["name", "description", "email", "phone", "website", "address"]}),
        ("Look and language", {"fields": ["primary_color", "locale", "time_zone", "registration", "question_review"]}),
        ("Plan", {"fields": ["slug", "plan", "status_label", "trial_ends_at", "created_at"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Center]:
        return super().get_queryset(request).filter(pk=tenancy.current().id)

    def changed(self, request: HttpRequest, row: Center, changes: dict[str, Any]) -> None:
        profile.change_profile(changes=changes)

    @display(description="status", label=STATUS_COLORS)
    def status_label(self, row: Center) -> str:
        return row.status


@admin.register(DomainClaim, site=center_site)
class DomainAdmin(RowAdmin):
    """The domains that this center brings along, with the records that prove them."""

    icon = "language"
    can_add = True
    add_fields = ["domain"]
    list_display = ["domain", "state_label", "is_primary", "problem", "checked_at"]
    search_fields = ["domain"]
    fields = ["domain", "state_label", "is_primary", "record", "token", "problem", "created_at", "checked_at"]
    fields += ["verified_at", "failing_since"]
    actions_detail = ["verify", "make_primary", "give_up"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DomainClaim]:
        primary = Domain.objects.filter(tenant=OuterRef("center"), domain=OuterRef("domain"), is_primary=True)
        claims = super().get_queryset(request).filter(center=tenancy.current().id)
        return claims.annotate(leads=Exists(primary))

    def added(self, request: HttpRequest, values: dict[str, Any]) -> DomainClaim:
        address = domains.add_domain(center_id=tenancy.current().id, domain=values["domain"])
        return DomainClaim.objects.get(pk=address.id)

    @display(description="state", label=CLAIM_COLORS, ordering="state")
    def state_label(self, row: DomainClaim) -> str:
        return row.state

    @display(description="primary", boolean=True)
    def is_primary(self, row: DomainClaim) -> bool:
        return bool(getattr(row, "leads", False))

    @display(description="TXT record at")
    def record(self, row: DomainClaim) -> str:
        return record_name(row.domain)

    @act(
        "Verify",
        icon="verified",
        ask="Looks the record up now; the domain works at once if it is there.",
        variant=ActionVariant.SUCCESS,
    )
    def verify(self, request: HttpRequest, row: DomainClaim) -> None:
        domains.verify_domain(center_id=tenancy.current().id, address_id=row.pk)

    @act("Make primary", icon="star", ask="Links in letters lead to this domain from now on.")
    def make_primary(self, request: HttpRequest, row: DomainClaim) -> None:
        domains.make_primary(center_id=tenancy.current().id, address_id=row.pk)

    @act("Give up", icon="delete", ask="The domain stops working at once.", variant=ActionVariant.DANGER)
    def give_up(self, request: HttpRequest, row: DomainClaim) -> None:
        domains.remove_domain(center_id=tenancy.current().id, address_id=row.pk)

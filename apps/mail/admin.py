from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from apps.core import tenancy
from apps.core.adminsite import RowAdmin, act, center_site, main_site, pretty
from apps.mail import operations
from apps.mail.models import Mail

COLORS = {"WAITING": "info", "SENDING": "info", "SENT": "success", "FAILED": "warning", "DEAD": "danger"}


@admin.register(Mail, site=main_site)
class MailAdmin(RowAdmin):
    """What leaves by mail. A dead letter has been given up and waits for a person."""

    icon = "mail"
    list_display = ["letter", "to", "schema_name", "state", "tries", "created_at"]
    list_filter = ["status", "letter", "schema_name"]
    search_fields = ["to", "schema_name", "last_error"]
    ordering = ["-created_at"]
    fields = ["letter", "to", "schema_name", "language", "what", "state", "tries", "last_error"]
    fields += ["created_at", "due_at", "claimed_at", "sent_at"]
    actions_detail = ["revive"]

    @display(description="state", label=COLORS, ordering="status")
    def state(self, row: Mail) -> str:
        return row.status

    @display(description="about")
    def what(self, row: Mail) -> str:
        return pretty(row.about)

    def can_act(self, name: str, row: Mail) -> bool:
        return row.status == Mail.Status.DEAD

    @act("Send after all", icon="restart_alt", ask="Of a letter that was cut off nobody knows whether it left.")
    def revive(self, request: HttpRequest, row: Mail) -> None:
        self.send_again(request, row)

    def send_again(self, request: HttpRequest, row: Mail) -> None:
        operations.revive(ids=[row.pk])


@admin.register(Mail, site=center_site)
class OwnMailAdmin(MailAdmin):
    """What leaves by mail from this center, and why it has not."""

    list_display = ["letter", "to", "state", "tries", "created_at", "sent_at"]
    list_filter = ["status", "letter"]
    search_fields = ["to", "last_error"]
    fields = ["letter", "to", "language", "state", "tries", "last_error", "created_at", "due_at", "sent_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mail]:
        return super().get_queryset(request).filter(schema_name=tenancy.schema_name())

    def send_again(self, request: HttpRequest, row: Mail) -> None:
        operations.revive_own(actor=request.user, mail_id=row.pk)  # type: ignore[arg-type]

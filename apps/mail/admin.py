from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from apps.core.adminsite import RowAdmin, act, main_site, pretty
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

    @act("Send after all", icon="restart_alt", ask="Of a letter that was cut off nobody knows whether it left.")
    def revive(self, request: HttpRequest, row: Mail) -> None:
        operations.revive(ids=[row.pk])

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from unfold.decorators import display

from apps.core import bus
from apps.core.adminsite import RowAdmin, act, main_site, pretty
from apps.core.models import Delivery

_STATES: dict[str, dict[str, Any]] = {
    "dead": {"dead_at__isnull": False},
    "overdue": {"done_at": None, "dead_at": None, "due_at__lt": Now()},
    "waiting": {"done_at": None, "dead_at": None, "due_at__gte": Now()},
    "done": {"done_at__isnull": False},
}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, state) for state in _STATES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        return queryset.filter(**_STATES.get(self.value() or "", {}))


@admin.register(Delivery, site=main_site)
class DeliveryAdmin(RowAdmin):
    """What the bus carries. A dead delivery has been given up and waits for a person."""

    icon = "outbox"
    list_display = ["event", "schema_name", "listener", "state", "tries", "due_at"]
    list_filter = [StateFilter, "event", "schema_name"]
    search_fields = ["event", "schema_name", "subscriber", "last_error"]
    ordering = ["-id"]
    fields = ["event", "schema_name", "listener", "queue", "what", "state", "tries", "last_error"]
    fields += ["created_at", "due_at", "done_at", "dead_at"]
    actions_detail = ["revive"]

    @display(description="listener", ordering="subscriber")
    def listener(self, row: Delivery) -> str:
        return row.subscriber.removeprefix("apps.").replace(".subscribers.", ": ")

    @display(description="state", label={"dead": "danger", "waiting": "info", "done": "success"})
    def state(self, row: Delivery) -> str:
        if row.dead_at:
            return "dead"
        return "done" if row.done_at else "waiting"

    @display(description="payload")
    def what(self, row: Delivery) -> str:
        return pretty(row.payload)

    @act("Revive", icon="restart_alt", ask="A dead delivery gets another round of tries, from now on.")
    def revive(self, request: HttpRequest, row: Delivery) -> None:
        bus.revive(ids=[row.pk])

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from apps.audit.models import Entry
from apps.core.adminsite import RowAdmin, center_site, main_site, pretty


@admin.register(Entry, site=main_site)
@admin.register(Entry, site=center_site)
class EntryAdmin(RowAdmin):
    """Who did what. Read only, for everybody."""

    icon = "policy"
    list_display = ["at", "action", "what", "who", "address", "reason"]
    list_filter = ["action", "subject", "via", ("at", admin.DateFieldListFilter)]
    search_fields = ["name", "reason", "actor_name", "owner_name", "subject_id", "request_id"]
    ordering = ["-id"]
    fields = ["at", "action", "subject", "subject_id", "name", "reason", "who", "actor_id", "actor_role", "owner_id"]
    fields += ["via", "address", "agent", "request_id", "changed_fields", "values", "before_hash", "after_hash", "seal"]

    @display(description="to", ordering="name")
    def what(self, row: Entry) -> str:
        return f"{row.subject} {row.name or row.subject_id}".strip()

    @display(description="who", ordering="actor_name")
    def who(self, row: Entry) -> str:
        name = row.actor_name or str(row.actor_id or row.via)
        return f"{name} (by {row.owner_name or row.owner_id})" if row.owner_id else name

    @display(description="changed")
    def changed_fields(self, row: Entry) -> str:
        return ", ".join(row.changed)

    @display(description="values")
    def values(self, row: Entry) -> str:
        return pretty(row.changes)

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from apps.core.adminsite import RowAdmin, center_site, main_site, pretty
from apps.jobs import rules
from apps.jobs.models import Job


@admin.register(Job, site=main_site)
@admin.register(Job, site=center_site)
class JobAdmin(RowAdmin):
    """Long work, whoever asked for it. Files are fetched by whoever asked, at ``tasks/``."""

    icon = "hourglass_top"
    list_display = ["__str__", "state_label", "percent", "message", "asked_by_name", "created_at", "finished_at"]
    list_filter = ["state", "kind"]
    search_fields = ["title", "asked_by_name", "message"]
    ordering = ["-created_at"]
    fields = ["kind", "title", "state_label", "percent", "message", "code", "what", "outcome", "file_name", "file_size"]
    fields += ["file_until", "asked_by_name", "tries", "created_at", "started_at", "told_at", "cancelled_at"]
    fields += ["finished_at"]

    @display(description="state", label={"FAILED": "danger", "DONE": "success", "RUNNING": "info"}, ordering="state")
    def state_label(self, row: Job) -> str:
        return row.state

    @display(description="%")
    def percent(self, row: Job) -> str:
        share = rules.percent(done=row.done, total=row.total, is_done=row.state == Job.State.DONE)
        return "-" if share is None else str(share)

    @display(description="asked for")
    def what(self, row: Job) -> str:
        return pretty(row.params)

    @display(description="result")
    def outcome(self, row: Job) -> str:
        return pretty(row.result)

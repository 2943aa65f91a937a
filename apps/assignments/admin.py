from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from apps.assignments import operations, rules
from apps.assignments.models import ExamAssignment
from apps.core.adminsite import ActionVariant, RowAdmin, act, center_site

STATUS_COLORS = {"SCHEDULED": "info", "OPEN": "success", "CLOSED": "warning", "FINALISED": "primary"}


@admin.register(ExamAssignment, site=center_site)
class RoomAdmin(RowAdmin):
    """Rooms. What may still change depends on the status; the operation knows, and says so."""

    icon = "meeting_room"
    can_change = True
    list_display = ["title", "status_label", "mock_test", "opens_at", "closes_at", "released", "created_at"]
    list_filter = ["status", "is_published", "board_policy", "result_policy"]
    search_fields = ["title", "mock_test__title"]
    edit_fields = ["title", "description", "opens_at", "closes_at", "seconds", "attempts_allowed", "access_code"]
    edit_fields += ["shuffle_questions", "shuffle_options", "board_policy", "result_policy", "is_review_open"]
    fieldsets = [
        (None, {"fields": ["title", "description", "mock_test", "paper", "audience", "status_label", "released"]}),
        ("Time", {"fields": ["opens_at", "closes_at", "seconds", "opened_at", "closed_at", "finalised_at"]}),
        ("Rules", {"fields": [*edit_fields[5:], "created_by", "created_at"]}),
    ]
    actions_detail = ["open", "close", "release"]

    def can_act(self, name: str, row: ExamAssignment) -> bool:
        """Only what may come of it is offered; a page that is older than the row gets the operation's refusal."""
        if name == "release":
            return row.status in (rules.CLOSED, rules.FINALISED) and not row.is_published
        return {"open": rules.OPEN, "close": rules.CLOSED}[name] in rules.MOVES[row.status]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExamAssignment]:
        return super().get_queryset(request).select_related("mock_test", "paper", "created_by")

    def changed(self, request: HttpRequest, row: ExamAssignment, changes: dict[str, Any]) -> None:
        operations.update_assignment(actor=request.user, assignment_id=row.pk, **changes)  # type: ignore[arg-type]

    @display(description="status", label=STATUS_COLORS, ordering="status")
    def status_label(self, row: ExamAssignment) -> str:
        return row.status

    @display(description="results released", boolean=True, ordering="is_published")
    def released(self, row: ExamAssignment) -> bool:
        return row.is_published

    @display(description="for")
    def audience(self, row: ExamAssignment) -> str:
        return ", ".join([*map(str, row.groups.all()), *map(str, row.people.all())]) or "-"

    @act("Open", icon="play_arrow", ask="Students can start, now.", variant=ActionVariant.SUCCESS)
    def open(self, request: HttpRequest, row: ExamAssignment) -> None:
        operations.open_room(assignment_id=row.pk)

    @act(
        "Close",
        icon="stop",
        ask="Nobody can start any more, and who sits is handed in now. A closed room does not open again.",
        variant=ActionVariant.DANGER,
    )
    def close(self, request: HttpRequest, row: ExamAssignment) -> None:
        operations.close_room(assignment_id=row.pk)

    @act("Release", icon="visibility", ask="Students see their results from now on. This cannot be taken back.")
    def release(self, request: HttpRequest, row: ExamAssignment) -> None:
        operations.release_results(assignment_id=row.pk)

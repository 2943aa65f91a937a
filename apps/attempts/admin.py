from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from apps.attempts.models import Attempt, IntegrityEvent, RefusedAnswer, TimeGrant, WithdrawnSheet
from apps.core.adminsite import RowAdmin, RowInline, center_site

STATUS_COLORS = {
    "IN_PROGRESS": "info",
    "SUBMITTED": "warning",
    "EXPIRED": "warning",
    "GRADED": "success",
    "VOID": "danger",
}


class TimeGrantInline(RowInline):
    """The time ledger: its entries add up to the deadline."""

    model = TimeGrant
    fields = readonly_fields = ["step", "kind", "seconds", "reason", "granted_by", "granted_at"]
    ordering = ["step", "pk"]
    verbose_name_plural = "time ledger"
    tab = False
    hide_title = False


class RefusedAnswerInline(RowInline):
    """What came too late, or from a window that was taken over: kept for review, never marked."""

    model = RefusedAnswer
    fields = readonly_fields = ["question_id", "response", "code", "received_at", "epoch", "seq"]
    ordering = ["received_at", "pk"]
    verbose_name_plural = "refused answers"


class WithdrawnSheetInline(RowInline):
    """What had been handed in before the attempt was opened again."""

    model = WithdrawnSheet
    fields = readonly_fields = ["finished_at", "entry_count", "receipt", "reason", "withdrawn_by", "withdrawn_at"]
    verbose_name_plural = "withdrawn sheets"


class IntegrityEventInline(RowInline):
    """What the student's screen noticed: advice, on which people decide."""

    model = IntegrityEvent
    fields = readonly_fields = ["kind", "at", "received_at", "details"]
    verbose_name_plural = "integrity events"


@admin.register(Attempt, site=center_site)
class AttemptAdmin(RowAdmin):
    """Sittings, to look at only: what a student did is changed by nobody."""

    icon = "edit_note"
    list_display = ["student", "assignment", "number", "status_label", "marks", "started_at", "deadline_at"]
    list_filter = ["status", "was_expired", "assignment"]
    search_fields = ["student__email", "student__first_name", "student__last_name", "assignment__title"]
    fields = ["student", "assignment", "paper", "number", "status_label", "marks", "started_at", "deadline_at"]
    fields += ["grace_seconds", "finished_at", "was_expired", "graded_at", "revision", "epoch", "receipt"]
    inlines = [TimeGrantInline, RefusedAnswerInline, WithdrawnSheetInline, IntegrityEventInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        return super().get_queryset(request).select_related("student", "assignment", "paper", "sheet")

    @display(description="status", label=STATUS_COLORS, ordering="status")
    def status_label(self, row: Attempt) -> str:
        return row.status

    @display(description="score", ordering="score")
    def marks(self, row: Attempt) -> str:
        return "-" if row.score is None else f"{row.score:f} / {row.max_score:f}"

    @display(description="receipt")
    def receipt(self, row: Attempt) -> str:
        sheet = getattr(row, "sheet", None)
        return f"{sheet.receipt} ({sheet.entry_count} entries)" if sheet else "-"

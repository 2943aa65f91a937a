from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextareaWidget,
)

from apps.assignments import operations, rules
from apps.assignments.models import Accommodation, ExamAssignment
from apps.assignments.operations import accommodations
from apps.core.adminsite import ActionVariant, RowAdmin, RowForm, act, center_site

STATUS_COLORS = {
    "SCHEDULED": "info",
    "OPEN": "success",
    "CLOSED": "warning",
    "FINALISED": "primary",
    "PENDING": "warning",
    "APPROVED": "success",
    "REJECTED": "danger",
    "WITHDRAWN": "info",
}
SITTING = ["is_sectioned", "may_leave_early", "has_review_screen", "listening", "plays_allowed"]
POLICIES = ["attempts_allowed", "access_code", "shuffle_questions", "shuffle_options", "board_policy", "result_policy"]
POLICIES += ["is_review_open"]
SECTIONS = {
    "VOCAB": "Vocabulary",
    "GRAMMAR_READING": "Grammar and reading",
    "FULL_WRITTEN": "The whole written part",
    "LISTENING": "Listening",
    "GENERAL": "General sections",
    rules.ALL_TYPES: "All other sections",
}


class ReopenForm(BaseDialogForm):
    reason = forms.CharField(widget=UnfoldAdminTextareaWidget, max_length=200)


@admin.register(ExamAssignment, site=center_site)
class RoomAdmin(RowAdmin):
    """Rooms. What may still change depends on the status; the operation knows, and says so."""

    icon = "meeting_room"
    can_change = True
    list_display = ["title", "status_label", "mock_test", "opens_at", "closes_at", "released", "created_at"]
    list_filter = ["status", "is_published", "board_policy", "result_policy"]
    search_fields = ["title", "mock_test__title"]
    edit_fields = ["title", "description", "opens_at", "closes_at", "seconds", *SITTING, *POLICIES]
    fieldsets = [
        (None, {"fields": ["title", "description", "mock_test", "paper", "audience", "status_label", "released"]}),
        ("Sitting", {"fields": [*SITTING, "breaks", "tools"]}),
        ("Time", {"fields": ["opens_at", "closes_at", "seconds", "opened_at", "closed_at", "finalised_at"]}),
        ("Rules", {"fields": [*POLICIES, "created_by", "created_at"]}),
    ]
    actions_detail = ["open", "close", "reopen", "release"]

    def can_act(self, name: str, row: ExamAssignment) -> bool:
        """Only what may come of it is offered; a page that is older than the row gets the operation's refusal."""
        if name in ("release", "reopen"):
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
        ask="Nobody can start any more, and who sits is handed in now. It can be opened again until results are released.",
        variant=ActionVariant.DANGER,
    )
    def close(self, request: HttpRequest, row: ExamAssignment) -> None:
        operations.close_room(assignment_id=row.pk)

    @act(
        "Reopen",
        icon="lock_open",
        ask="Students can start again, until it is closed by hand. Who has handed in stays so.",
        form=ReopenForm,
    )
    def reopen(self, request: HttpRequest, row: ExamAssignment, values: dict[str, Any]) -> None:
        operations.reopen_room(actor=request.user, assignment_id=row.pk, reason=values["reason"])  # type: ignore[arg-type]

    @act("Release", icon="visibility", ask="Students see their results from now on. This cannot be taken back.")
    def release(self, request: HttpRequest, row: ExamAssignment) -> None:
        operations.release_results(assignment_id=row.pk)


# -- accommodations ------------------------------------------------------------------------------------------------


def _factor(name: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=SECTIONS[name],
        required=False,
        max_digits=4,
        decimal_places=3,
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "0.001"}),
        help_text=f"How much of its time, from {rules.LEAST_FACTOR} to {rules.LARGEST_FACTOR}: 1.25 is a quarter more.",
    )


class AccommodationForm(RowForm):
    """One number for each type of section; what is left empty says nothing of it."""

    vocab = _factor("VOCAB")
    grammar_reading = _factor("GRAMMAR_READING")
    full_written = _factor("FULL_WRITTEN")
    listening = _factor("LISTENING")
    general = _factor("GENERAL")
    others = _factor(rules.ALL_TYPES)
    reason = forms.CharField(widget=UnfoldAdminTextareaWidget, max_length=rules.LONGEST_DECISION)
    valid_from = forms.DateField(widget=UnfoldAdminDateWidget(), required=False, help_text="Empty: from now on.")
    valid_until = forms.DateField(widget=UnfoldAdminDateWidget(), required=False, help_text="The last day.")

    class Meta:
        model = Accommodation
        fields = ["student"]


FACTORS = {
    "vocab": "VOCAB",
    "grammar_reading": "GRAMMAR_READING",
    "full_written": "FULL_WRITTEN",
    "listening": "LISTENING",
    "general": "GENERAL",
    "others": rules.ALL_TYPES,
}


class WhyForm(BaseDialogForm):
    reason = forms.CharField(widget=UnfoldAdminTextareaWidget, max_length=rules.LONGEST_DECISION)


@admin.register(Accommodation, site=center_site)
class AccommodationAdmin(RowAdmin):
    """What students are always given. Asked for here or by teachers; decided here, with a trace."""

    icon = "accessibility_new"
    can_add = True
    add_form = AccommodationForm
    add_fields = ["student", *FACTORS, "reason", "valid_from", "valid_until"]
    autocomplete_fields = ["student"]
    list_display = ["student", "given", "status_label", "valid_from", "valid_until", "asked_by", "asked_at"]
    list_filter = ["status"]
    search_fields = ["student__email", "student__first_name", "student__last_name"]
    fields = ["student", "given", "reason", "valid_from", "valid_until", "status_label", "asked_by", "asked_at"]
    fields += ["decided_by", "decided_at", "decision"]
    actions_detail = ["approve", "reject", "withdraw"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Accommodation]:
        return super().get_queryset(request).select_related("student", "asked_by", "decided_by")

    def added(self, request: HttpRequest, values: dict[str, Any]) -> Accommodation:
        factors = {name: values.pop(field) for field, name in FACTORS.items()}
        return accommodations.propose(
            actor=request.user,  # type: ignore[arg-type]
            student_id=values.pop("student").pk,
            factors={name: factor for name, factor in factors.items() if factor is not None},
            **values,
        )

    def can_act(self, name: str, row: Accommodation) -> bool:
        """Only what may come of it is offered; a page that is older than the row gets the operation's refusal."""
        wanted = {"PENDING"} if name in ("approve", "reject") else {"PENDING", "APPROVED"}
        return row.status in wanted

    @display(description="status", label=STATUS_COLORS, ordering="status")
    def status_label(self, row: Accommodation) -> str:
        return row.status

    @display(description="given")
    def given(self, row: Accommodation) -> str:
        if row.factors.keys() == {rules.ALL_TYPES}:
            return f"All sections × {row.factors[rules.ALL_TYPES]}"
        return ", ".join(f"{SECTIONS[name]} × {factor}" for name, factor in row.factors.items())

    @act(
        "Approve",
        icon="check",
        ask="It applies to every exam that begins on its days from now on.",
        variant=ActionVariant.SUCCESS,
    )
    def approve(self, request: HttpRequest, row: Accommodation) -> None:
        accommodations.approve(actor=request.user, accommodation_id=row.pk)  # type: ignore[arg-type]

    @act("Reject", icon="close", ask="It is not given.", form=WhyForm, variant=ActionVariant.DANGER)
    def reject(self, request: HttpRequest, row: Accommodation, values: dict[str, Any]) -> None:
        accommodations.reject(actor=request.user, accommodation_id=row.pk, reason=values["reason"])  # type: ignore[arg-type]

    @act("Withdraw", icon="undo", ask="It ends. Attempts that run keep what they were given.", form=WhyForm)
    def withdraw(self, request: HttpRequest, row: Accommodation, values: dict[str, Any]) -> None:
        accommodations.withdraw(actor=request.user, accommodation_id=row.pk, reason=values["reason"])  # type: ignore[arg-type]

"""An attempt and how its time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import StrictSerializer
from apps.attempts import queries
from apps.attempts.queries import visibility
from apps.attempts.rules import ledger, results

if TYPE_CHECKING:
    from apps.attempts.models import Attempt
    from apps.authentication.models import User

STATUSES = ["IN_PROGRESS", "SUBMITTED", "EXPIRED", "GRADED", "VOID"]
STEP_KINDS = ["SECTION", "QUESTION", "BREAK"]


class AttemptFilters(Filters):
    exam_assignment_id = serializers.UUIDField(required=False, help_text="Only attempts in this room.")
    status = serializers.ChoiceField(STATUSES, required=False)
    watermark = serializers.CharField(required=False, max_length=20, help_text="The mark on a paper; for staff.")


class NextSectionIn(StrictSerializer):
    step = serializers.IntegerField(min_value=0, max_value=1000, help_text="The step that is left, from 0.")


def seen_by(actor: User, *attempts: Attempt) -> dict[str, Any]:
    """What ``AttemptOut`` has to know of these attempts to show them to ``actor``."""
    marked = [attempt for attempt in attempts if attempt.score is not None]
    return {"marks_visible": visibility.marks_visible_to(actor, marked)}


class EventOut(serializers.Serializer[Any]):
    """What the student's screen noticed: advice, on which no machine acts."""

    kind = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True, help_text="By the student's clock.")
    received_at = serializers.DateTimeField()
    details = serializers.DictField(child=serializers.CharField())
    is_observed = serializers.BooleanField(help_text="Seen by the server itself; the rest is what the screen says.")


class RoomRefOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    homework = serializers.UUIDField(
        source="homework_id", allow_null=True, help_text="Of which it is an item; null for exam rooms."
    )


class StudentRefOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.SerializerMethodField()

    def get_name(self, student: Any) -> str:
        return queries.display_name(student)


class StepOut(serializers.Serializer[Any]):
    """A step of a course: a timed section, a timed question of a quiz, or a break."""

    kind = serializers.ChoiceField(STEP_KINDS)
    section = serializers.UUIDField(allow_null=True)
    question = serializers.UUIDField(allow_null=True, default=None, help_text="Where it is questions that are timed.")
    name = serializers.CharField()
    seconds = serializers.IntegerField(help_text="As printed; when it ends is told by step_ends.")


class CourseOut(serializers.Serializer[Any]):
    """How the time of an attempt goes."""

    course = StepOut(many=True, help_text="Empty where the paper is open as a whole.")
    step_ends = serializers.ListField(
        child=serializers.DateTimeField(), allow_null=True, help_text="When each step ends; the next one begins then."
    )
    step_floor = serializers.IntegerField(help_text="Steps before this one were left for good.")
    paused_at = serializers.DateTimeField(allow_null=True, help_text="Time stands still since then.")


class AttemptOut(CourseOut):
    """An attempt. Marks are null until there are some and they may be seen."""

    id = serializers.UUIDField()
    assignment = RoomRefOut()
    student = StudentRefOut()
    number = serializers.IntegerField(help_text="1 for the student's first attempt in the room.")
    status = serializers.ChoiceField(STATUSES)
    epoch = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    deadline_at = serializers.DateTimeField()
    grace_seconds = serializers.IntegerField(help_text="Answers count until the deadline plus this.")
    finished_at = serializers.DateTimeField(allow_null=True)
    was_expired = serializers.BooleanField(help_text="Closed by the clock, not by the student.")
    score = serializers.SerializerMethodField()
    percentage = serializers.SerializerMethodField()
    max_score = serializers.DecimalField(max_digits=9, decimal_places=3)

    def _may_see(self, attempt: Any) -> bool:
        return attempt.pk in self.context["marks_visible"]

    def get_score(self, attempt: Any) -> str | None:
        return str(attempt.score) if self._may_see(attempt) else None

    def get_percentage(self, attempt: Any) -> str | None:
        return str(results.percentage(attempt.score, attempt.max_score)) if self._may_see(attempt) else None


class AttemptStateOut(AttemptOut):
    """An attempt as its own screen needs it."""

    server_time = serializers.DateTimeField()
    time_remaining_seconds = serializers.SerializerMethodField()
    last_seq = serializers.SerializerMethodField(help_text="The highest seq stored in the present epoch, 0 for none.")

    def get_time_remaining_seconds(self, attempt: Any) -> float:
        if not attempt.is_running:
            return 0.0
        return ledger.seconds_left(at=attempt.server_time, deadline_at=attempt.deadline_at, paused_at=attempt.paused_at)

    def get_last_seq(self, attempt: Any) -> int:
        return queries.last_seqs(attempt).get(attempt.epoch, 0)


class EpochOut(serializers.Serializer[Any]):
    attempt = serializers.UUIDField()
    epoch = serializers.IntegerField()

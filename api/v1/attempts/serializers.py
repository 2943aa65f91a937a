from __future__ import annotations

from decimal import ROUND_HALF_UP
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import BoundedList, StrictSerializer
from api.v1.mock_tests.papers import TAKER_QUESTION
from apps.attempts import queries
from apps.attempts.rules import ledger, results

STATUSES = ["IN_PROGRESS", "SUBMITTED", "EXPIRED", "GRADED", "VOID"]
STEP_KINDS = ["SECTION", "BREAK"]
MOST_ANSWERS = 500
MOST_SHOWN_ANSWERS = 1000
LONGEST_ID = 36
LARGEST_SEQ = 2**31 - 1


# -- what is sent --------------------------------------------------------------------------------------------------


class AttemptFilters(Filters):
    exam_assignment_id = serializers.UUIDField(required=False, help_text="Only attempts in this room.")
    status = serializers.ChoiceField(STATUSES, required=False)
    watermark = serializers.CharField(required=False, max_length=20, help_text="The mark on a paper; for staff.")


class StartIn(StrictSerializer):
    access_code = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class SavedAnswerIn(StrictSerializer):
    seq = serializers.IntegerField(min_value=1, max_value=LARGEST_SEQ, help_text="Grows with each answer you send.")
    question = serializers.UUIDField()
    response = serializers.JSONField(
        allow_null=True,
        help_text="Single choice: option id. Multiple choice: list of option ids. Numeric: string. null clears.",
    )


class AnswersIn(StrictSerializer):
    epoch = serializers.IntegerField(min_value=1, max_value=LARGEST_SEQ, help_text="Of the window that answers.")
    answers = BoundedList(child=SavedAnswerIn(), min_length=1, max_length=MOST_ANSWERS)


class ShownAnswersIn(serializers.DictField):
    """Answers by question id: where the chosen option stood."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            child=serializers.JSONField(allow_null=True),
            help_text="By question id: the index of the option in the order shown, from 0, or its letter from A, or its"
            ' id; "True" and "False"; numbers also as numbers; lists where several are chosen. null clears. May be empty'
            " or partial.",
            **kwargs,
        )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, dict) and len(data) > MOST_SHOWN_ANSWERS:
            raise serializers.ValidationError(f"At most {MOST_SHOWN_ANSWERS} answers.", code="max_length")
        if isinstance(data, dict) and any(len(name) > LONGEST_ID for name in data):
            raise serializers.ValidationError("Answers are named by the ids of questions.", code="invalid")
        return super().to_internal_value(data)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "array", "items": {"$ref": "#/components/schemas/SavedAnswerInRequest"}, "maxItems": MOST_ANSWERS},
            {"type": "object", "additionalProperties": {}, "maxProperties": MOST_SHOWN_ANSWERS},
        ]
    }
)
class LastAnswersIn(serializers.Field[Any, Any, Any, Any]):
    """A numbered batch, as it is saved; or all answers by question, told by places, as ``submissions/`` takes them."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            return ShownAnswersIn().run_validation(data)
        return BoundedList(child=SavedAnswerIn(), max_length=MOST_ANSWERS).run_validation(data)


class SubmitIn(StrictSerializer):
    epoch = serializers.IntegerField(
        min_value=1, max_value=LARGEST_SEQ, required=False, help_text="Refuses a window that was taken over."
    )
    answers = LastAnswersIn(
        required=False,
        default=list,
        help_text="A numbered batch; or an object of answers by question, told by places or letters, without an epoch.",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if isinstance(given["answers"], list) and given["answers"] and "epoch" not in given:
            raise serializers.ValidationError({"epoch": ["Answers need the epoch of their window."]}, code="required")
        return given


class ExtendIn(StrictSerializer):
    student_ids = BoundedList(
        child=serializers.UUIDField(), min_length=1, max_length=1000, required=False, help_text="Absent: all who sit."
    )
    seconds = serializers.IntegerField(help_text="1 second to 24 hours.")
    reason = serializers.CharField(max_length=200)


class NextSectionIn(StrictSerializer):
    step = serializers.IntegerField(min_value=0, max_value=1000, help_text="The step that is left, from 0.")


class ResumeIn(StrictSerializer):
    student_ids = BoundedList(
        child=serializers.UUIDField(), min_length=1, max_length=1000, required=False, help_text="Absent: all."
    )


class PauseIn(ResumeIn):
    reason = serializers.CharField(max_length=200)


# -- what is answered ----------------------------------------------------------------------------------------------


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


class StudentRefOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.SerializerMethodField()

    def get_name(self, student: Any) -> str:
        return queries.display_name(student)


class StepOut(serializers.Serializer[Any]):
    """A step of a course: a timed section or a break."""

    kind = serializers.ChoiceField(STEP_KINDS)
    section = serializers.UUIDField(allow_null=True)
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
        return attempt.score is not None and queries.are_marks_visible(self.context["request"].user, attempt)

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


class TakerGroupOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    mondai_number = serializers.IntegerField(allow_null=True)
    instruction = serializers.CharField(help_text="HTML.")
    reading_text = serializers.CharField(help_text="HTML.")
    image = serializers.URLField(allow_null=True)
    audio_file = serializers.URLField(allow_null=True)
    recording = serializers.UUIDField(
        allow_null=True,
        required=False,
        help_text="Instead of an address, where the room limits plays; also of questions.",
    )
    order = serializers.IntegerField()
    questions = serializers.SerializerMethodField()

    @extend_schema_field(TAKER_QUESTION)
    def get_questions(self, group: Any) -> Any:
        return group["questions"]


class TakerSectionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    section_type = serializers.CharField()
    duration = serializers.IntegerField(help_text="Minutes.")
    seconds = serializers.IntegerField()
    order = serializers.IntegerField()
    area = serializers.CharField()
    question_groups = TakerGroupOut(many=True)


class TakerPaperOut(serializers.Serializer[Any]):
    """What a taker may see of a paper, in the order of this attempt; addresses of media are signed."""

    title = serializers.CharField()
    level = serializers.CharField()
    profile = serializers.CharField()
    sections = TakerSectionOut(many=True)
    watermark = serializers.CharField(
        allow_null=True, required=False, help_text="To be shown on every page of the paper."
    )


class StartedOut(serializers.Serializer[Any]):
    attempt = serializers.UUIDField(source="attempt.pk")
    epoch = serializers.IntegerField(source="attempt.epoch")
    started_at = serializers.DateTimeField(source="attempt.started_at")
    deadline_at = serializers.DateTimeField(source="attempt.deadline_at")
    grace_seconds = serializers.IntegerField(source="attempt.grace_seconds")
    course = StepOut(many=True, source="attempt.course")
    step_ends = serializers.ListField(child=serializers.DateTimeField(), allow_null=True, source="attempt.step_ends")
    step_floor = serializers.IntegerField(source="attempt.step_floor")
    paused_at = serializers.DateTimeField(allow_null=True, source="attempt.paused_at")
    tools = serializers.ListField(child=serializers.CharField(), source="attempt.assignment.tools")
    has_review_screen = serializers.BooleanField(source="attempt.assignment.has_review_screen")
    listening = serializers.CharField(
        source="attempt.assignment.listening", help_text="FREE, LIMITED or SYNCHRONISED: how recordings are played."
    )
    plays_allowed = serializers.IntegerField(source="attempt.assignment.plays_allowed", help_text="Where LIMITED.")
    server_time = serializers.DateTimeField()


class StartedWithPaperOut(StartedOut):
    paper = TakerPaperOut()


class RefusedOut(serializers.Serializer[Any]):
    seq = serializers.IntegerField()
    code = serializers.CharField()


class SavedOut(serializers.Serializer[Any]):
    """Acknowledged answers are stored for good."""

    acked = serializers.ListField(child=serializers.IntegerField())
    refused = RefusedOut(many=True)
    server_time = serializers.DateTimeField(allow_null=True)


class EntryNumber(serializers.Serializer[Any]):
    epoch = serializers.IntegerField()
    seq = serializers.IntegerField()


class AnswerStateOut(serializers.Serializer[Any]):
    """What the server holds: resend whatever is newer on your side."""

    epoch = serializers.IntegerField()
    answers = serializers.DictField(child=serializers.JSONField(), help_text="By question id.")
    latest = serializers.DictField(
        child=EntryNumber(), help_text="By question id, cleared ones too: the number of the answer that counts."
    )
    last_seqs = serializers.DictField(child=serializers.IntegerField(), help_text="The highest seq of each epoch.")
    server_time = serializers.DateTimeField()


class HandedInOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(STATUSES, source="attempt.status")
    receipt = serializers.CharField(help_text="SHA-256 over the journal of answers.")
    entry_count = serializers.IntegerField()
    finished_at = serializers.DateTimeField(source="attempt.finished_at")
    was_expired = serializers.BooleanField(source="attempt.was_expired")
    batch = serializers.SerializerMethodField(help_text="What became of the answers that were sent along.")

    @extend_schema_field(SavedOut(allow_null=True))
    def get_batch(self, handed_in: Any) -> dict[str, Any] | None:
        return SavedOut(handed_in.batch.as_dict()).data if handed_in.batch else None


class HandedInWholeOut(HandedInOut):
    refused = serializers.DictField(
        child=serializers.CharField(),
        help_text="By question id: the code of why an answer was not taken, where answers were given by question.",
    )


class EpochOut(serializers.Serializer[Any]):
    attempt = serializers.UUIDField()
    epoch = serializers.IntegerField()


class EntryOut(serializers.Serializer[Any]):
    epoch = serializers.IntegerField()
    seq = serializers.IntegerField()
    question = serializers.UUIDField(source="question_id")
    response = serializers.JSONField(allow_null=True)
    received_at = serializers.DateTimeField()


class ReceiptOut(serializers.Serializer[Any]):
    """The receipt and the journal it was made from; docs/grading.md says how to work it out again."""

    receipt = serializers.CharField()
    frozen_at = serializers.DateTimeField()
    is_intact = serializers.BooleanField(help_text="The journal as it is now gives the same receipt.")
    entries = EntryOut(many=True)


class PartOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    score = serializers.DecimalField(max_digits=9, decimal_places=3)
    max_score = serializers.DecimalField(max_digits=9, decimal_places=3)
    percentage = serializers.DecimalField(max_digits=9, decimal_places=2)
    items = serializers.IntegerField()
    correct = serializers.IntegerField()
    blank = serializers.IntegerField()


class EstimatedAreaOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    score = serializers.IntegerField()
    min_score = serializers.IntegerField()
    max_score = serializers.IntegerField()
    passed = serializers.BooleanField()


class EstimateOut(serializers.Serializer[Any]):
    """A scaled result by a straight line. An estimate: the exam's own scaling is not public."""

    total = serializers.IntegerField()
    passed = serializers.BooleanField()
    areas = EstimatedAreaOut(many=True)


class RankOut(serializers.Serializer[Any]):
    rank = serializers.IntegerField(help_text="1 + the number of people strictly better.")
    percentile = serializers.DecimalField(max_digits=10, decimal_places=2, rounding=ROUND_HALF_UP)
    people = serializers.IntegerField()
    is_final = serializers.BooleanField(help_text="False while others may still sit.")


class ResultOut(serializers.Serializer[Any]):
    attempt = AttemptOut()
    score = serializers.DecimalField(max_digits=9, decimal_places=3, source="attempt.score")
    max_score = serializers.DecimalField(max_digits=9, decimal_places=3, source="attempt.max_score")
    percentage = serializers.DecimalField(max_digits=9, decimal_places=2)
    revision = serializers.IntegerField(source="attempt.revision")
    seconds_taken = serializers.FloatField()
    sections = PartOut(many=True)
    topics = PartOut(many=True)
    jlpt_estimate = EstimateOut(source="estimate", allow_null=True)


class RankedResultOut(ResultOut):
    rank = RankOut(allow_null=True, help_text="null until it is counted, and where another attempt counts.")


class ReviewItemOut(serializers.Serializer[Any]):
    response = serializers.JSONField(allow_null=True)
    marks = serializers.DecimalField(max_digits=9, decimal_places=3)
    outcome = serializers.CharField()
    score = serializers.DecimalField(max_digits=7, decimal_places=3)
    key = serializers.JSONField()
    explanation = serializers.CharField(help_text="HTML.")


class ReviewOut(serializers.Serializer[Any]):
    attempt = AttemptOut()
    answers = serializers.DictField(child=serializers.JSONField(), help_text="As handed in, by question id.")
    items = serializers.DictField(child=ReviewItemOut(), help_text="By question id.")


class ReviewWithPaperOut(ReviewOut):
    paper = TakerPaperOut()


class ExtendedOut(serializers.Serializer[Any]):
    attempt = serializers.UUIDField(source="pk")
    student = serializers.UUIDField(source="student_id")
    deadline_at = serializers.DateTimeField()


class ExtensionOut(serializers.Serializer[Any]):
    extended = ExtendedOut(many=True)


class SeatOut(CourseOut):
    attempt = serializers.UUIDField(source="pk")
    student = serializers.UUIDField(source="student_id")
    status = serializers.ChoiceField(STATUSES)
    deadline_at = serializers.DateTimeField()


class SeatsOut(serializers.Serializer[Any]):
    """Whose time has changed now."""

    seats = SeatOut(many=True)


class FinalisedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.CharField()
    finalised_at = serializers.DateTimeField()

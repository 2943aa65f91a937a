from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import BoundedList, StrictSerializer
from api.v1.attempts.serializers import EventOut, ShownAnswersIn, TakerPaperOut
from api.v1.homework.serializers import ITEM_TYPES
from apps.attempts import queries
from apps.attempts.rules import integrity

STATUSES = {
    "IN_PROGRESS": "STARTED",
    "SUBMITTED": "SUBMITTED",
    "EXPIRED": "SUBMITTED",
    "GRADED": "GRADED",
    "VOID": "VOID",
}


def status_of(attempt: Any) -> str:
    """The main source's word for the status of an attempt."""
    return STATUSES[attempt.status]


# -- what is sent --------------------------------------------------------------------------------------------------


class SubmissionFilters(Filters):
    exam_assignment_id = serializers.UUIDField(required=False, help_text="Only submissions in this room.")
    homework_assignment_id = serializers.UUIDField(required=False, help_text="Only submissions of this homework.")


class MyResultFilters(Filters):
    exam_assignment_id = serializers.UUIDField()


class MyHomeworkResultFilters(Filters):
    homework_assignment_id = serializers.UUIDField()


class StartExamIn(StrictSerializer):
    exam_assignment_id = serializers.UUIDField()
    access_code = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class SubmitExamIn(StrictSerializer):
    submission_id = serializers.UUIDField()
    answers = ShownAnswersIn(required=False, default=dict)


class ReportedEventIn(StrictSerializer):
    type = serializers.CharField(max_length=integrity.LONGEST_KIND)
    message_id = serializers.CharField(max_length=integrity.LONGEST_DETAIL, required=False, allow_blank=True)
    message = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    at = serializers.DateTimeField(required=False, allow_null=True, help_text="By the student's clock.")


class IncidentIn(StrictSerializer):
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=integrity.LONGEST_DETAIL, required=False, allow_blank=True, default=""
    )
    events = BoundedList(child=ReportedEventIn(), min_length=1, max_length=integrity.MOST_AT_ONCE)


class ReportIn(StrictSerializer):
    submission_id = serializers.UUIDField()
    incident = IncidentIn()

    def events(self) -> list[dict[str, Any]]:
        """The events as operations take them."""
        incident = self.validated_data["incident"]
        return [{"kind": event.pop("type"), **event, "source": incident["source"]} for event in incident["events"]]


# -- what is answered ----------------------------------------------------------------------------------------------


class ExamStartedOut(serializers.Serializer[Any]):
    submission_id = serializers.UUIDField()
    exam_paper = TakerPaperOut()
    started_at = serializers.DateTimeField()
    message = serializers.CharField()


class ExamSubmittedOut(serializers.Serializer[Any]):
    submission_id = serializers.UUIDField(source="handed_in.attempt.pk")
    status = serializers.SerializerMethodField(help_text="SUBMITTED, or GRADED.")
    message = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField(help_text="What became of answers that were not taken; empty if all were.")
    refused = serializers.DictField(
        child=serializers.CharField(), help_text="By question id: the code of why an answer was not taken."
    )
    receipt = serializers.CharField(source="handed_in.receipt", help_text="SHA-256 over the journal of answers.")

    def get_status(self, whole: Any) -> str:
        return status_of(whole.handed_in.attempt)

    def get_message(self, whole: Any) -> str:
        return "The time was up; what arrived before counts." if whole.handed_in.attempt.was_expired else "Handed in."

    def get_note(self, whole: Any) -> str:
        return f"{len(whole.refused)} answers were not taken." if whole.refused else ""


class ReportedOut(serializers.Serializer[Any]):
    recorded = serializers.IntegerField()


class AnsweredOut(serializers.Serializer[Any]):
    correct = serializers.BooleanField()
    selected_index = serializers.IntegerField(allow_null=True, help_text="In the order shown, from 0.")
    score = serializers.FloatField()


class SectionResultOut(serializers.Serializer[Any]):
    section_type = serializers.CharField()
    section_name = serializers.CharField(source="part.name")
    score = serializers.FloatField(source="part.score")
    max_score = serializers.FloatField(source="part.max_score")
    questions = serializers.DictField(
        child=AnsweredOut(), help_text="By question id. Empty for students while the review is closed."
    )


class AreaResultOut(serializers.Serializer[Any]):
    score = serializers.IntegerField()
    min_required = serializers.IntegerField(source="min_score")
    max_score = serializers.IntegerField()
    passed = serializers.BooleanField()


class JlptResultOut(serializers.Serializer[Any]):
    """An estimate: the exam's own scaling is not public."""

    passed = serializers.BooleanField(source="estimate.passed")
    pass_mark = serializers.IntegerField(allow_null=True)
    section_results = serializers.SerializerMethodField(help_text="By scored area.")

    @extend_schema_field(serializers.DictField(child=AreaResultOut()))
    def get_section_results(self, outcome: Any) -> dict[str, Any]:
        return {area.code: AreaResultOut(area).data for area in outcome.estimate.areas}


class IncidentEventOut(EventOut):
    type = serializers.CharField(source="kind")


class IncidentOut(serializers.Serializer[Any]):
    events = IncidentEventOut(many=True)


class SubmissionResultsOut(serializers.Serializer[Any]):
    """Marks as numbers to compute with; ``attempts/{id}/result/`` has them exactly."""

    resource_type = serializers.ChoiceField(ITEM_TYPES)
    total_score = serializers.FloatField(source="outcome.total")
    max_score = serializers.FloatField(source="attempt.max_score")
    percentage = serializers.FloatField(help_text="Of the marks.")
    passing_percent = serializers.FloatField(allow_null=True, help_text="Of a quiz that has one.")
    passed = serializers.BooleanField(
        allow_null=True, help_text="By ``passing_percent``; null where there is none. Of exams: ``jlpt_result``."
    )
    correct_count = serializers.IntegerField(source="outcome.correct")
    total_count = serializers.IntegerField(source="outcome.items")
    questions = serializers.SerializerMethodField(
        help_text="Of a quiz, by question id. Empty for students while the review is closed, and for tests."
    )
    sections = serializers.SerializerMethodField(help_text="By section id.")
    jlpt_result = serializers.SerializerMethodField(help_text="null for papers of no exam.")
    disqualified = serializers.SerializerMethodField(help_text="Always false: no machine disqualifies anybody.")
    disqualification_reason = serializers.SerializerMethodField()
    integrity_incident = serializers.SerializerMethodField(help_text="For staff who ask for one submission.")

    @extend_schema_field(serializers.DictField(child=AnsweredOut()))
    def get_questions(self, submission: Any) -> dict[str, Any]:
        if submission.resource_type != "quiz":
            return {}
        parts = (section.questions for section in submission.outcome.sections)
        return {name: AnsweredOut(answered).data for questions in parts for name, answered in questions.items()}

    @extend_schema_field(serializers.DictField(child=SectionResultOut()))
    def get_sections(self, submission: Any) -> dict[str, Any]:
        return {section.part.id: SectionResultOut(section).data for section in submission.outcome.sections}

    @extend_schema_field(JlptResultOut(allow_null=True))
    def get_jlpt_result(self, submission: Any) -> dict[str, Any] | None:
        return JlptResultOut(submission.outcome).data if submission.outcome.estimate else None

    def get_disqualified(self, submission: Any) -> bool:
        return False

    def get_disqualification_reason(self, submission: Any) -> str:
        return ""

    @extend_schema_field(IncidentOut(allow_null=True))
    def get_integrity_incident(self, submission: Any) -> dict[str, Any] | None:
        return IncidentOut({"events": submission.events}).data if submission.events else None


class SubmissionOut(serializers.Serializer[Any]):
    """An attempt by the main source's name. ``score`` and what follows from it are null until they may be seen."""

    id = serializers.UUIDField(source="attempt.pk")
    user_id = serializers.UUIDField(source="attempt.student_id")
    student_display = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField(help_text="STARTED, SUBMITTED, GRADED or VOID.")
    started_at = serializers.DateTimeField(source="attempt.started_at")
    completed_at = serializers.DateTimeField(source="attempt.finished_at", allow_null=True)
    assignment_type = serializers.SerializerMethodField()
    assignment_title = serializers.CharField(source="attempt.assignment.title")
    exam_assignment = serializers.SerializerMethodField()
    homework_assignment = serializers.UUIDField(source="attempt.assignment.homework_id", allow_null=True)
    is_practice = serializers.BooleanField(source="attempt.is_practice", help_text="Counts for nothing.")
    mock_test_title = serializers.CharField(source="attempt.paper.title")
    mock_test_level = serializers.CharField(source="attempt.paper.test.level")
    score = serializers.SerializerMethodField(
        help_text="On the scale of the exam where the paper has one (an estimate), else the marks."
    )
    raw_score = serializers.SerializerMethodField(help_text="The marks, as ``attempts/`` has them.")
    max_score = serializers.FloatField(source="attempt.max_score", help_text="What ``raw_score`` could have been.")
    percentage = serializers.FloatField(allow_null=True, help_text="``raw_score`` of ``max_score``.")
    time_taken_seconds = serializers.SerializerMethodField()
    disqualified = serializers.SerializerMethodField(help_text="Always false: no machine disqualifies anybody.")
    disqualification_reason = serializers.SerializerMethodField()
    results = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="attempt.created_at")
    updated_at = serializers.SerializerMethodField()

    def get_student_display(self, submission: Any) -> str:
        return queries.display_name(submission.attempt.student)

    def get_status(self, submission: Any) -> str:
        return status_of(submission.attempt)

    @extend_schema_field(serializers.ChoiceField(["EXAM", "HOMEWORK"]))
    def get_assignment_type(self, submission: Any) -> str:
        return "HOMEWORK" if submission.attempt.assignment.homework_id else "EXAM"

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_exam_assignment(self, submission: Any) -> str | None:
        attempt = submission.attempt
        return None if attempt.assignment.homework_id else str(attempt.assignment_id)

    def get_score(self, submission: Any) -> float | None:
        return float(submission.outcome.total) if submission.outcome else None

    def get_raw_score(self, submission: Any) -> float | None:
        return float(submission.attempt.score) if submission.outcome else None

    def get_time_taken_seconds(self, submission: Any) -> int:
        return round(queries.seconds_taken(submission.attempt))

    def get_disqualified(self, submission: Any) -> bool:
        return False

    def get_disqualification_reason(self, submission: Any) -> str:
        return ""

    @extend_schema_field(SubmissionResultsOut(allow_null=True))
    def get_results(self, submission: Any) -> dict[str, Any] | None:
        return SubmissionResultsOut(submission).data if submission.outcome else None

    @extend_schema_field(serializers.DateTimeField())
    def get_updated_at(self, submission: Any) -> str:
        attempt = submission.attempt
        moment = attempt.graded_at or attempt.finished_at or attempt.started_at
        return serializers.DateTimeField().to_representation(moment)


class MyResultOut(serializers.Serializer[Any]):
    submission = SubmissionOut()
    is_published = serializers.BooleanField(help_text="Always true: what is not released is refused.")

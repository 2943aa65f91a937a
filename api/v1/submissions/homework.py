"""What the verbs of homework take and answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.serializers import StrictSerializer
from api.v1.attempts.serializers import ShownAnswersIn, TakerPaperOut
from api.v1.homework.serializers import ITEM_TYPES
from api.v1.submissions.serializers import (
    ExamSubmittedOut,
    SubmissionOut,
    SubmissionResultsOut,
    status_of,
)
from apps.attempts.queries import seconds_taken
from apps.attempts.rules import shown

# -- what is sent --------------------------------------------------------------------------------------------------


class StartHomeworkIn(StrictSerializer):
    homework_assignment_id = serializers.UUIDField()
    item_type = serializers.ChoiceField(ITEM_TYPES)
    item_id = serializers.UUIDField(help_text="Of the quiz or test, or of the item.")
    practice = serializers.BooleanField(required=False, default=False, help_text="An attempt that counts for nothing.")


class CheckQuestionIn(StrictSerializer):
    submission_id = serializers.UUIDField()
    question_id = serializers.UUIDField()
    selected_index = serializers.JSONField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Where the chosen option stood, from 0; its letter or id; a list where several are chosen; a number or"
        " a text where there are no options. Absent or null: the time ran out.",
    )


class SubmitHomeworkIn(StrictSerializer):
    submission_id = serializers.UUIDField()
    answers = ShownAnswersIn(required=False, default=dict)


# -- what is answered ----------------------------------------------------------------------------------------------


class FlatOptionOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    text = serializers.CharField()
    image = serializers.CharField(allow_null=True)


class FlatQuestionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    question_number = serializers.IntegerField(allow_null=True)
    type = serializers.CharField()
    text = serializers.CharField()
    image = serializers.CharField(allow_null=True)
    audio = serializers.CharField(allow_null=True)
    duration = serializers.IntegerField(allow_null=True, help_text="Seconds for this question; null in tests.")
    options = FlatOptionOut(many=True)
    instruction = serializers.CharField()
    reading_text = serializers.CharField()
    group_image = serializers.CharField(allow_null=True)


class ItemDataOut(serializers.Serializer[Any]):
    """What there is to do: the questions one after the other, and the paper that they stand in."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    default_question_duration = serializers.IntegerField(
        help_text="Seconds: what the quiz says; of a test the whole time, spread over the questions."
    )
    passing_percent = serializers.CharField(allow_null=True, help_text="Of the marks; of a quiz that has one.")
    questions = FlatQuestionOut(many=True)
    paper = TakerPaperOut()


class HomeworkStartedOut(serializers.Serializer[Any]):
    submission_id = serializers.UUIDField()
    item_data = ItemDataOut()
    item_type = serializers.ChoiceField(ITEM_TYPES)
    started_at = serializers.DateTimeField()
    deadline_at = serializers.DateTimeField()
    may_check = serializers.BooleanField(help_text="Whether single answers may be checked.")
    message = serializers.CharField()


def started(begun: Any, paper: dict[str, Any], *, item_type: str) -> dict[str, Any]:
    """The answer to a start."""
    attempt = begun.attempt
    questions = shown.flat_questions(paper)
    seconds = (attempt.deadline_at - attempt.started_at).total_seconds()
    quiz = paper.get("quiz")
    spread = max(1, int(seconds // max(1, len(questions))))
    return {
        "submission_id": str(attempt.pk),
        "item_data": {
            "id": str(attempt.assignment.mock_test_id),
            "title": paper["title"],
            "default_question_duration": quiz["default_question_seconds"] if quiz else spread,
            "passing_percent": quiz["passing_percent"] if quiz else None,
            "questions": questions,
            "paper": shown.with_options(paper),
        },
        "item_type": item_type,
        "started_at": attempt.started_at,
        "deadline_at": attempt.deadline_at,
        "may_check": attempt.may_check,
        "message": "It has begun." if begun.is_new else "It goes on.",
    }


class CheckedOut(serializers.Serializer[Any]):
    """Whether the answer was right; nothing of any other question."""

    is_correct = serializers.BooleanField()
    correct_option_index = serializers.IntegerField(
        source="right_place",
        allow_null=True,
        help_text="In the order shown, from 0; null where no single option is right, and after a wrong answer as long as"
        " another attempt at the question may count.",
    )
    selected_index = serializers.IntegerField(source="chosen_place", allow_null=True)
    no_selection_sent = serializers.SerializerMethodField()
    score = serializers.FloatField(source="marks")

    def get_no_selection_sent(self, verdict: Any) -> bool:
        return verdict.response is None


class HomeworkSubmittedOut(ExamSubmittedOut):
    results = serializers.SerializerMethodField(help_text="null until they may be seen.")

    @extend_schema_field(SubmissionResultsOut(allow_null=True))
    def get_results(self, whole: Any) -> dict[str, Any] | None:
        submission = self.context["submission"]
        return SubmissionResultsOut(submission).data if submission.outcome else None


class HistoryEntryOut(serializers.Serializer[Any]):
    submission_id = serializers.SerializerMethodField()
    quiz_title = serializers.CharField(source="attempt.paper.title")
    score = serializers.SerializerMethodField(help_text="null until it may be seen.")
    max_score = serializers.FloatField(source="attempt.max_score")
    percentage = serializers.FloatField(allow_null=True)
    time_taken_seconds = serializers.SerializerMethodField()
    completed_at = serializers.DateTimeField(source="attempt.finished_at")
    status = serializers.SerializerMethodField()
    item_type = serializers.ChoiceField(ITEM_TYPES, source="resource_type")

    def get_submission_id(self, submission: Any) -> str:
        return str(submission.attempt.pk)

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_score(self, submission: Any) -> float | None:
        return float(submission.attempt.score) if submission.outcome else None

    def get_time_taken_seconds(self, submission: Any) -> int:
        return round(seconds_taken(submission.attempt))

    def get_status(self, submission: Any) -> str:
        return status_of(submission.attempt)


class HomeworkHistoryOut(serializers.Serializer[Any]):
    homework_title = serializers.CharField()
    submissions = HistoryEntryOut(many=True, help_text="The latest first.")


class ShownResultOut(serializers.Serializer[Any]):
    submission_id = serializers.UUIDField(source="attempt.pk")
    status = serializers.SerializerMethodField()
    results = SubmissionResultsOut(source="*")
    message = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField()

    def get_status(self, submission: Any) -> str:
        return status_of(submission.attempt)

    def get_message(self, submission: Any) -> str:
        return "What these answers would earn." if submission.attempt.is_running else "What was handed in."

    def get_note(self, submission: Any) -> str:
        return "Nothing was saved."


class MyHomeworkResultsOut(serializers.Serializer[Any]):
    homework_id = serializers.UUIDField()
    homework_title = serializers.CharField()
    show_results_immediately = serializers.BooleanField()
    submissions = SubmissionOut(many=True, help_text="Those that count, in the order of the items.")

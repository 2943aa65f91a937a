"""Beginning, and the paper as its taker gets it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.serializers import StrictSerializer
from api.v1.attempts.serializers.attempts import StepOut
from api.v1.mock_tests.papers import TAKER_QUESTION


class StartIn(StrictSerializer):
    access_code = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


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


class QuizRulesOut(serializers.Serializer[Any]):
    default_question_seconds = serializers.IntegerField()
    passing_percent = serializers.CharField(allow_null=True, help_text="Of the marks; null: nobody passes or fails.")


class TakerPaperOut(serializers.Serializer[Any]):
    """What a taker may see of a paper, in the order of this attempt; addresses of media are signed."""

    title = serializers.CharField()
    level = serializers.CharField()
    profile = serializers.CharField()
    sections = TakerSectionOut(many=True)
    quiz = QuizRulesOut(required=False, help_text="Of quizzes only; their questions have ``seconds``.")
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
    is_cued_by_clock = serializers.BooleanField(
        source="attempt.assignment.is_cued_by_clock", help_text="Where SYNCHRONISED: ask ``next-recording/``."
    )
    may_check = serializers.BooleanField(source="attempt.may_check", help_text="Single answers may be checked.")
    is_practice = serializers.BooleanField(source="attempt.is_practice", help_text="Counts for nothing.")
    server_time = serializers.DateTimeField()


class StartedWithPaperOut(StartedOut):
    paper = TakerPaperOut()

"""Sections, and questions under one instruction."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import BoundedList, StrictSerializer
from api.v1.mock_tests.serializers.fields import HtmlIn, HtmlOut, MediaIn, MediaLink, NumberIn
from apps.mock_tests.rules.profiles.base import SECTION_TYPES

MOST_IN_ORDER = 2_000


class SectionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    mock_test = serializers.UUIDField(source="mock_test_id")
    name = serializers.CharField()
    section_type = serializers.ChoiceField(SECTION_TYPES)
    code = serializers.CharField(help_text="Which section of the exam profile it is; empty: its type or name tells.")
    duration = serializers.IntegerField(help_text="Minutes.")
    order = serializers.IntegerField()
    revision = serializers.IntegerField(help_text="For `If-Match`.")
    total_score = serializers.FloatField(help_text="Marks of all its questions.")
    question_count = serializers.IntegerField()


class SectionFilters(Filters):
    mock_test = serializers.UUIDField(required=False)


class SectionIn(StrictSerializer):
    name = serializers.CharField(max_length=120)
    section_type = serializers.ChoiceField(SECTION_TYPES)
    code = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="Of a section of the exam profile."
    )
    duration = serializers.IntegerField(min_value=1, max_value=1440, help_text="Minutes.")
    order = NumberIn()
    total_score = serializers.IntegerField(
        required=False, allow_null=True, write_only=True, help_text="Not used: it is the sum of the questions' marks."
    )

    def changes(self) -> dict[str, Any]:
        """What may be changed, of what was sent."""
        return {name: value for name, value in self.validated_data.items() if name not in ("total_score", "mock_test")}


class NewSectionIn(SectionIn):
    mock_test = serializers.UUIDField()


class QuestionGroupFilters(Filters):
    section = serializers.UUIDField(required=False, source="section_id")
    mock_test = serializers.UUIDField(required=False, source="section__mock_test_id")


class QuestionGroupIn(StrictSerializer):
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    mondai_number = NumberIn(allow_null=True)
    instruction = HtmlIn()
    reading_text = HtmlIn(allow_null=True)
    order = NumberIn()
    scored_area = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="Empty: the area of its section."
    )
    image_key = MediaIn(source="image_id")
    audio_key = MediaIn(source="audio_id")

    def validate_reading_text(self, value: str | None) -> str:
        return value or ""

    def changes(self) -> dict[str, Any]:
        """What may be changed, of what was sent."""
        return {name: value for name, value in self.validated_data.items() if name != "section"}


class NewQuestionGroupIn(QuestionGroupIn):
    section = serializers.UUIDField()


class QuestionRefOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    question_number = serializers.IntegerField(allow_null=True)


class QuestionGroupOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    section = serializers.UUIDField(source="section_id")
    title = serializers.CharField()
    mondai_number = serializers.IntegerField(allow_null=True)
    instruction = HtmlOut()
    reading_text = HtmlOut()
    scored_area = serializers.CharField()
    image = MediaLink(source="image_id")
    audio_file = MediaLink(source="audio_id")
    order = serializers.IntegerField()
    revision = serializers.IntegerField(help_text="For `If-Match`.")
    questions = QuestionRefOut(many=True, source="questions.all")


class OrderIn(StrictSerializer):
    ids = BoundedList(child=serializers.UUIDField(), max_length=MOST_IN_ORDER, help_text="All of them, in their order.")


class MoveGroupIn(StrictSerializer):
    section = serializers.UUIDField()
    position = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_IN_ORDER, help_text="Absent: the end."
    )


class MoveQuestionIn(StrictSerializer):
    group = serializers.UUIDField()
    position = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_IN_ORDER, help_text="Absent: the end."
    )

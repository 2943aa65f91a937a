"""What takers see of a test before they begin: its cover, from the edition that their room gives."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.mock_tests.queries import profiles


class CoverSectionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    section_type = serializers.CharField()
    duration = serializers.IntegerField(help_text="Minutes.")
    order = serializers.IntegerField()
    total_score = serializers.SerializerMethodField(help_text="Marks of all its questions.")

    def get_total_score(self, section: Any) -> float:
        scores = (Decimal(q["score"]) for group in section["question_groups"] for q in group["questions"])
        return float(sum(scores, Decimal(0)))


class CoverOut(serializers.Serializer[Any]):
    """A test without its questions."""

    id = serializers.UUIDField(source="test_id")
    title = serializers.CharField()
    level = serializers.CharField(source="test.level")
    description = serializers.CharField(source="test.description")
    status = serializers.SerializerMethodField()
    pass_score = serializers.SerializerMethodField()
    total_score = serializers.FloatField(source="max_score", help_text="Marks of all questions.")
    question_count = serializers.IntegerField(source="item_count")
    sections = CoverSectionOut(source="content.sections", many=True)

    def get_status(self, paper: Any) -> str:
        return "PUBLISHED"

    def get_pass_score(self, paper: Any) -> int | None:
        return profiles.profile_of(paper).pass_score

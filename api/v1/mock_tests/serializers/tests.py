"""Tests and their editions."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Search
from api.common.pictures import PictureField
from api.common.serializers import StrictSerializer
from api.v1.mock_tests.serializers.parts import SectionOut

LEVELS = ["N1", "N2", "N3", "N4", "N5"]
STATUSES = ["DRAFT", "PUBLISHED"]


class MockTestFilters(Filters):
    search = Search(help_text="Part of the title.")
    level = serializers.ChoiceField(LEVELS, required=False)
    status = serializers.ChoiceField(STATUSES, required=False)


class MockTestIn(StrictSerializer):
    """``status``, ``pass_score`` and ``total_score`` are accepted from older clients and not used: publishing has a
    route of its own, and the scores follow from profile and questions."""

    title = serializers.CharField(max_length=200)
    level = serializers.ChoiceField(LEVELS, required=False, allow_blank=True)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    profile = serializers.CharField(max_length=40, required=False, help_text="The code of an exam profile.")
    status = serializers.ChoiceField(STATUSES, required=False, write_only=True)
    pass_score = serializers.IntegerField(required=False, allow_null=True, write_only=True)
    total_score = serializers.IntegerField(required=False, allow_null=True, write_only=True)

    def changes(self) -> dict[str, Any]:
        """What may be changed, of what was sent."""
        unused = {"status", "pass_score", "total_score"}
        return {name: value for name, value in self.validated_data.items() if name not in unused}


class TestAuthorOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    full_name = serializers.CharField(source="get_full_name")
    email = serializers.EmailField()
    avatar = PictureField()


class MockTestOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    level = serializers.CharField()
    description = serializers.CharField()
    profile = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    pass_score = serializers.SerializerMethodField()
    total_score = serializers.FloatField(help_text="Marks of all questions.")
    question_count = serializers.IntegerField()
    revision = serializers.IntegerField(help_text="For `If-Match`.")
    current_paper = serializers.UUIDField(source="current_paper_id", allow_null=True)
    open_exam_assignments_count = serializers.SerializerMethodField(
        help_text="Rooms that give it and are not closed: above 0 it cannot be unpublished."
    )
    created_by_id = serializers.UUIDField(allow_null=True)
    created_by = TestAuthorOut(allow_null=True)
    sections = SectionOut(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_open_exam_assignments_count(self, test: Any) -> int:
        return int(self.context["rooms"].get(test.pk, 0))

    def get_pass_score(self, test: Any) -> int | None:
        found: int | None = self.context["pass_scores"].get(test.profile)
        return found


class PaperOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField(help_text="1 for the first edition of the test.")
    content_hash = serializers.CharField()
    item_count = serializers.IntegerField()
    max_score = serializers.DecimalField(max_digits=9, decimal_places=3)
    seconds = serializers.IntegerField()


class EditionOut(PaperOut):
    title = serializers.CharField()
    profile = serializers.CharField()
    published_at = serializers.DateTimeField()
    published_by = serializers.UUIDField(source="published_by_id", allow_null=True)
    is_current = serializers.SerializerMethodField()

    def get_is_current(self, paper: Any) -> bool:
        return bool(paper.test.current_paper_id == paper.pk)


class PublishOut(serializers.Serializer[Any]):
    detail = serializers.CharField()
    data = MockTestOut()  # type: ignore[assignment]
    paper = PaperOut(allow_null=True)

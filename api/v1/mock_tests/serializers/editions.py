"""What stands between a draft and a paper: what is wrong, what changed, how it will look."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.filters import Filters
from apps.mock_tests.rules.profiles.base import PLAYING, TOOLS

HIGHEST_SEED = 2**31 - 1


class FindingOut(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="The place in the test, e.g. /sections/0/question_groups/1/questions/2.")
    code = serializers.CharField()
    detail = serializers.CharField()


class CheckOut(serializers.Serializer[Any]):
    can_be_published = serializers.SerializerMethodField()
    problems = FindingOut(many=True, help_text="Each of them prevents publishing.")
    warnings = FindingOut(many=True, help_text="To be looked at; they prevent nothing.")

    def get_can_be_published(self, found: Any) -> bool:
        return not found.problems


class ChangesQuery(Filters):
    since = serializers.IntegerField(
        required=False, min_value=1, max_value=100_000, help_text="An edition; absent: the one before."
    )


@extend_schema_field(OpenApiTypes.ANY)
class AnyOut(serializers.Field[Any, Any, Any, Any]):
    """JSON as it is."""

    def to_representation(self, value: Any) -> Any:
        return value


class PaperFieldOut(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="As papers name it; of a moved part `place`.")
    before = AnyOut(allow_null=True)
    after = AnyOut(allow_null=True, help_text="Options, prompts and gaps are named by what they say.")

    def to_representation(self, field: Any) -> dict[str, Any]:
        # Null is a value here, which DRF would pass over.
        return {"name": field.name, "before": field.before, "after": field.after}


class PaperChangeOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["test", "section", "group", "question"])
    what = serializers.ChoiceField(["added", "removed", "moved", "changed"])
    id = serializers.CharField()
    pointer = serializers.CharField(help_text="In the later edition; of what was removed, in the earlier one.")
    name = serializers.CharField()
    fields = PaperFieldOut(many=True)  # type: ignore[assignment]


class PaperComparisonOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    since = serializers.IntegerField(help_text="The first edition is compared with itself.")
    is_same = serializers.BooleanField(help_text="Whether both have the same content and key.")
    changes = PaperChangeOut(many=True)


class PreviewQuery(Filters):
    seed = serializers.IntegerField(
        required=False, min_value=0, max_value=HIGHEST_SEED, default=1, help_text="The same seed gives the same order."
    )
    shuffle_questions = serializers.BooleanField(required=False, default=False)
    shuffle_options = serializers.BooleanField(required=False, default=False)


class RoomBreakOut(serializers.Serializer[Any]):
    after = serializers.IntegerField(help_text="The section before it, from 1.")
    seconds = serializers.IntegerField()


class RoomRulesOut(serializers.Serializer[Any]):
    """Rules of sitting, by the names that rooms have for them."""

    is_sectioned = serializers.BooleanField(required=False)
    breaks = RoomBreakOut(many=True, required=False)
    may_leave_early = serializers.BooleanField(required=False)
    has_review_screen = serializers.BooleanField(required=False)
    tools = serializers.ListField(child=serializers.ChoiceField(TOOLS), required=False)
    listening = serializers.ChoiceField(PLAYING, required=False)
    plays_allowed = serializers.IntegerField(required=False)

"""Blueprints, as they are written and shown, and what they give."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Search
from api.common.serializers import BoundedList, StrictSerializer
from api.v1.mock_tests.serializers.editions import HIGHEST_SEED
from api.v1.mock_tests.serializers.fields import HtmlIn
from api.v1.mock_tests.serializers.tests import LEVELS
from apps.mock_tests.rules.bank.blueprint import MOST_QUESTIONS, read_plan
from apps.mock_tests.rules.profiles.base import SECTION_TYPES

MOST_SECTIONS, MOST_GROUPS, MOST_LINES = 20, 40, 20


class BlueprintLineIn(StrictSerializer):
    """What is absent does not narrow."""

    count = serializers.IntegerField(min_value=1, max_value=MOST_QUESTIONS)
    type = serializers.CharField(max_length=20, required=False, allow_blank=True)
    topic = serializers.UUIDField(required=False, allow_null=True, help_text="With all topics below it.")
    difficulty = serializers.ChoiceField(["EASY", "MEDIUM", "HARD"], required=False, allow_blank=True)
    exam_type = serializers.CharField(max_length=40, required=False, allow_blank=True)
    language = serializers.CharField(max_length=12, required=False, allow_blank=True)
    tags = BoundedList(
        child=serializers.CharField(max_length=60), max_length=30, required=False, help_text="All of them."
    )
    score = serializers.DecimalField(
        max_digits=8, decimal_places=3, min_value=Decimal("0.001"), max_value=Decimal(10_000), required=False,
        allow_null=True, help_text="Of each; null or absent: what the bank or the exam profile says.",
    )  # fmt: skip


class BlueprintGroupIn(StrictSerializer):
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    instruction = HtmlIn()
    scored_area = serializers.CharField(max_length=40, required=False, allow_blank=True)
    lines = BoundedList(child=BlueprintLineIn(), max_length=MOST_LINES)


class BlueprintSectionIn(StrictSerializer):
    name = serializers.CharField(max_length=120)
    section_type = serializers.ChoiceField(SECTION_TYPES, required=False)
    code = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="Of a section of the exam profile."
    )
    minutes = serializers.IntegerField(
        min_value=1, max_value=1440, required=False, allow_null=True,
        help_text="Null or absent: the profile's, or a guess by the number of questions.",
    )  # fmt: skip
    groups = BoundedList(child=BlueprintGroupIn(), max_length=MOST_GROUPS)


class BlueprintPlanIn(StrictSerializer):
    level = serializers.ChoiceField(LEVELS, required=False, allow_blank=True)
    profile = serializers.CharField(max_length=40, required=False, allow_blank=True)
    sections = BoundedList(child=BlueprintSectionIn(), max_length=MOST_SECTIONS)
    unseen_first = serializers.BooleanField(required=False, help_text="What stands in the fewest papers comes first.")
    skip_papers = serializers.IntegerField(
        min_value=0, max_value=100, required=False, help_text="Leave out what stands in so many of the newest papers."
    )

    def validate(self, attrs: Any) -> Any:
        return read_plan(attrs)


class BlueprintIn(StrictSerializer):
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    plan = BlueprintPlanIn()


class AssembleIn(StrictSerializer):
    title = serializers.CharField(max_length=200, required=False, help_text="Absent: the name of the blueprint.")
    seed = serializers.IntegerField(
        min_value=0, max_value=HIGHEST_SEED, required=False, allow_null=True, help_text="Absent: drawn, and told."
    )
    is_trial = serializers.BooleanField(required=False, help_text="Only tell what the bank has for each line.")


class AssembleOnceIn(AssembleIn):
    title = serializers.CharField(max_length=200)
    plan = BlueprintPlanIn()


class BlueprintLineOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    type = serializers.CharField()
    topic = serializers.UUIDField(allow_null=True)
    difficulty = serializers.CharField()
    exam_type = serializers.CharField()
    language = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    score = serializers.DecimalField(max_digits=8, decimal_places=3, allow_null=True)


class BlueprintGroupOut(serializers.Serializer[Any]):
    title = serializers.CharField()
    instruction = serializers.CharField()
    scored_area = serializers.CharField()
    lines = BlueprintLineOut(many=True)


class BlueprintSectionOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    section_type = serializers.ChoiceField(SECTION_TYPES)
    code = serializers.CharField()
    minutes = serializers.IntegerField(allow_null=True)
    groups = BlueprintGroupOut(many=True)


class BlueprintPlanOut(serializers.Serializer[Any]):
    level = serializers.CharField()
    profile = serializers.CharField()
    sections = BlueprintSectionOut(many=True)
    unseen_first = serializers.BooleanField()
    skip_papers = serializers.IntegerField()


class BlueprintOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    plan = BlueprintPlanOut(source="spec")
    revision = serializers.IntegerField(help_text="For `If-Match`.")
    created_by = serializers.UUIDField(source="created_by_id", allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class FilledOut(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="The place of the line in the plan.")
    wanted = serializers.IntegerField()
    available = serializers.IntegerField(help_text="How many match it.")
    found = serializers.SerializerMethodField(help_text="How many it gets beside all other lines.")
    questions = serializers.ListField(child=serializers.UUIDField(), source="ids")

    def get_found(self, line: Any) -> int:
        return len(line.ids)


class AssembledOut(serializers.Serializer[Any]):
    seed = serializers.IntegerField(help_text="Gives the same questions again, while bank and papers are the same.")
    test = serializers.UUIDField(source="test.pk", allow_null=True, default=None, help_text="Null for a trial.")
    lines = FilledOut(many=True)


class BlueprintFilters(Filters):
    search = Search(source="name__icontains", help_text="Part of the name.")

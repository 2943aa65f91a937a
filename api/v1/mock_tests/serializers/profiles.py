"""Exam profiles, as they are shown and written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import BoundedList, StrictSerializer
from api.v1.mock_tests.serializers.tests import LEVELS
from apps.mock_tests.rules.profiles.base import CONVERSIONS, PLAYING, SECTION_TYPES, TIES, TOOLS

MOST_PARTS = 40
MOST_KINDS = 200
MOST_COUNT = 10_000


class TimedSectionIn(StrictSerializer):
    code = serializers.CharField(max_length=40)
    section_type = serializers.ChoiceField(SECTION_TYPES, default="GENERAL")
    name = serializers.CharField(max_length=120)
    minutes = serializers.IntegerField()
    area = serializers.CharField(max_length=40, allow_blank=True, default="")
    passage_area = serializers.CharField(
        max_length=40, allow_blank=True, default="", help_text="The area of groups with a passage; empty: the same."
    )
    timed_apart = serializers.BooleanField(
        default=True, help_text="False: its minutes are its share of a time that such sections have together."
    )


class ScoredAreaIn(StrictSerializer):
    code = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=120)
    max_score = serializers.IntegerField(max_value=MOST_COUNT)
    min_score = serializers.IntegerField(default=0)


class ItemKindIn(StrictSerializer):
    name = serializers.CharField(max_length=120)
    section = serializers.CharField(max_length=40, help_text="The code of its section.")
    count = serializers.IntegerField(max_value=MOST_COUNT, help_text="Usual number.")
    type = serializers.CharField(
        max_length=40,
        allow_blank=True,
        default="",
        help_text="The type of question that it always is, if there is one.",
    )
    marks = serializers.DecimalField(
        max_digits=8, decimal_places=3, allow_null=True, default=None, help_text="Of each; null: what the marking says."
    )


class MarkingRuleIn(StrictSerializer):
    """Signed decimals."""

    type = serializers.CharField(max_length=40)
    right = serializers.DecimalField(max_digits=8, decimal_places=3)
    wrong = serializers.DecimalField(max_digits=14, decimal_places=10, default=Decimal(0), help_text="0 or less.")
    unanswered = serializers.DecimalField(max_digits=14, decimal_places=10, default=Decimal(0))
    policy = serializers.CharField(
        max_length=40, allow_blank=True, default="", help_text="How an answer that is right in part is marked."
    )
    section = serializers.CharField(
        max_length=40, allow_blank=True, default="", help_text="The code of a section; empty: all."
    )


class TieIn(StrictSerializer):
    by = serializers.ChoiceField(TIES)
    name = serializers.CharField(
        max_length=120,
        allow_blank=True,
        default="",
        help_text="A topic, or the code of an area; of wrong_ratio also empty.",
    )


class ExamBreakIn(StrictSerializer):
    after = serializers.CharField(max_length=40, help_text="The code of the section before it.")
    seconds = serializers.IntegerField()


class ExamSittingIn(StrictSerializer):
    """How the exam is sat, with which its rooms begin. Of what is absent or null the exam says nothing."""

    is_sectioned = serializers.BooleanField(
        allow_null=True, default=None, help_text="Sections are sat one by one, each in its own time, forward only."
    )
    may_leave_early = serializers.BooleanField(allow_null=True, default=None, help_text="A section, before its end.")
    breaks = BoundedList(child=ExamBreakIn(), max_length=MOST_PARTS, default=list)
    listening = serializers.ChoiceField(PLAYING, allow_null=True, default=None)
    plays_allowed = serializers.IntegerField(allow_null=True, default=None, help_text="Where LIMITED.")
    has_review_screen = serializers.BooleanField(allow_null=True, default=None)
    tools = BoundedList(child=serializers.ChoiceField(TOOLS), max_length=len(TOOLS), allow_null=True, default=None)


class ExamRulesIn(StrictSerializer):
    """Lists replace what was there."""

    level = serializers.ChoiceField(LEVELS, required=False, allow_blank=True)
    exam_type = serializers.CharField(max_length=20, required=False, help_text="A word of capitals, like JLPT or CAT.")
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_until = serializers.DateField(
        required=False, allow_null=True, help_text="The first day on which it does not hold any more."
    )
    sections = BoundedList(child=TimedSectionIn(), max_length=MOST_PARTS, required=False)
    areas = BoundedList(child=ScoredAreaIn(), max_length=MOST_PARTS, required=False)
    item_kinds = BoundedList(child=ItemKindIn(), max_length=MOST_KINDS, required=False)
    marking = BoundedList(child=MarkingRuleIn(), max_length=MOST_PARTS, required=False)
    ties = BoundedList(child=TieIn(), max_length=MOST_PARTS, required=False)
    conversion = serializers.ChoiceField(CONVERSIONS, required=False)
    pass_score = serializers.IntegerField(required=False, allow_null=True, max_value=1_000_000)
    max_marks = serializers.DecimalField(max_digits=9, decimal_places=3, required=False, allow_null=True)
    counts_are_exact = serializers.BooleanField(
        required=False, help_text="Whether other numbers of questions, minutes and marks prevent publishing."
    )
    sitting = ExamSittingIn(required=False, allow_null=True)


class ExamProfileIn(ExamRulesIn):
    name = serializers.CharField(max_length=120, required=False)


class NewExamProfileIn(ExamRulesIn):
    name = serializers.CharField(max_length=120)
    slug = serializers.RegexField(
        r"^[a-z0-9][a-z0-9-]*$",
        max_length=24,
        required=False,
        help_text="The same for all dates of an exam; absent: made of the name.",
    )
    based_on = serializers.CharField(
        max_length=40, required=False, help_text="Code of the profile that this is a copy of; what is sent differs."
    )


class TimedSectionOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    section_type = serializers.ChoiceField(SECTION_TYPES)
    name = serializers.CharField()
    minutes = serializers.IntegerField()
    area = serializers.CharField()
    passage_area = serializers.CharField(help_text="The area of groups with a passage.")
    timed_apart = serializers.BooleanField()


class ScoredAreaOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    max_score = serializers.IntegerField()
    min_score = serializers.IntegerField()


class ItemKindOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    section = serializers.CharField(help_text="The code of its section.")
    count = serializers.IntegerField(help_text="Usual number.")
    type = serializers.CharField()
    marks = serializers.DecimalField(max_digits=8, decimal_places=3, allow_null=True)


class MarkingRuleOut(serializers.Serializer[Any]):
    type = serializers.CharField()
    right = serializers.DecimalField(max_digits=8, decimal_places=3)
    wrong = serializers.DecimalField(max_digits=14, decimal_places=10)
    unanswered = serializers.DecimalField(max_digits=14, decimal_places=10)
    policy = serializers.CharField()
    section = serializers.CharField()


class TieOut(serializers.Serializer[Any]):
    by = serializers.ChoiceField(TIES)
    name = serializers.CharField()


class ExamBreakOut(serializers.Serializer[Any]):
    after = serializers.CharField()
    seconds = serializers.IntegerField()


class ExamSittingOut(serializers.Serializer[Any]):
    is_sectioned = serializers.BooleanField(allow_null=True)
    may_leave_early = serializers.BooleanField(allow_null=True)
    breaks = ExamBreakOut(many=True)
    listening = serializers.ChoiceField(PLAYING, allow_null=True)
    plays_allowed = serializers.IntegerField(allow_null=True)
    has_review_screen = serializers.BooleanField(allow_null=True)
    tools = serializers.ListField(child=serializers.ChoiceField(TOOLS), allow_null=True)


class ExamProfileOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    code = serializers.CharField(source="profile.code", help_text="How tests and papers name it.")
    slug = serializers.CharField()
    name = serializers.CharField(source="profile.name")
    level = serializers.CharField(source="profile.level")
    exam_type = serializers.CharField(source="profile.exam_type")
    valid_from = serializers.DateField(source="profile.valid_from", allow_null=True)
    valid_until = serializers.DateField(source="profile.valid_until", allow_null=True)
    is_shipped = serializers.BooleanField(help_text="Comes with the product: to be copied, not changed.")
    is_offered = serializers.BooleanField(help_text="Neither replaced nor retired.")
    edition = serializers.IntegerField(allow_null=True)
    based_on = serializers.CharField()
    sections = TimedSectionOut(many=True, source="profile.sections")
    areas = ScoredAreaOut(many=True, source="profile.areas")
    item_kinds = ItemKindOut(many=True, source="profile.item_kinds")
    marking = MarkingRuleOut(many=True, source="profile.marking")
    ties = TieOut(many=True, source="profile.ties")
    conversion = serializers.ChoiceField(CONVERSIONS, source="profile.conversion")
    pass_score = serializers.IntegerField(source="profile.pass_score", allow_null=True)
    total_score = serializers.IntegerField(source="profile.total_score", allow_null=True)
    max_marks = serializers.DecimalField(max_digits=9, decimal_places=3, source="profile.max_marks", allow_null=True)
    counts_are_exact = serializers.BooleanField(source="profile.counts_are_exact")
    sitting = ExamSittingOut(source="profile.sitting", allow_null=True)
    minutes = serializers.IntegerField(source="profile.minutes", help_text="Of all sections.")
    question_count = serializers.IntegerField(source="profile.question_count", help_text="Usual number.")
    replaced_at = serializers.DateTimeField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)
    created_by = serializers.UUIDField(source="created_by_id", allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True)


class ExamProfileFilters(Filters):
    level = serializers.ChoiceField(LEVELS, required=False)
    exam_type = serializers.CharField(max_length=20, required=False)
    on = serializers.DateField(required=False, help_text="Those that hold on this day.")
    all_editions = serializers.BooleanField(required=False, help_text="With those that were replaced or retired.")

"""The bank: topics, questions with what their current version says, versions, reviews, use and statistics."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from api.common.filters import Filters, Search
from api.common.serializers import BoundedList, StrictSerializer
from api.v1.mock_tests.serializers import own
from api.v1.mock_tests.serializers.fields import HtmlOut
from api.v1.mock_tests.serializers.questions import QuestionIn, QuestionOut
from apps.mock_tests.operations.bank.bulk import MOST_TAGS
from apps.mock_tests.operations.bank.review import LONGEST_COMMENT
from apps.mock_tests.operations.bank.using import MOST_AT_ONCE
from apps.mock_tests.operations.bank.versions import LONGEST_NOTE
from apps.mock_tests.queries.bank import questions as queries
from apps.mock_tests.rules.bank.review import MOVES, steps_from
from apps.mock_tests.rules.types.base import ItemType
from apps.mock_tests.rules.types.registry import TYPES

DIFFICULTIES = ["EASY", "MEDIUM", "HARD"]
STATES = ["DRAFT", "IN_REVIEW", "APPROVED", "RETIRED"]
STEPS = list(MOVES)
LONGEST_TAG = 60


class Tags(serializers.CharField):
    """Several tags, separated by commas."""

    def to_internal_value(self, data: Any) -> Any:
        text = super().to_internal_value(data)
        self.run_validators(text)  # later they would see the list, in which a NUL hides
        return [tag.strip() for tag in text.split(",") if tag.strip()]


# -- topics --------------------------------------------------------------------------------------------------------


class TopicFilters(Filters):
    search = Search(help_text="Part of the name.")
    is_active = serializers.BooleanField(required=False)


class TopicIn(StrictSerializer):
    name = serializers.CharField(max_length=120)
    parent = serializers.UUIDField(  # type: ignore[assignment]
        required=False, allow_null=True, source="parent_id", help_text="Null: at the top."
    )
    is_active = serializers.BooleanField(required=False, help_text="Whether new questions may be put here.")


class BankPersonOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    full_name = serializers.CharField(source="get_full_name")


class TopicOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    parent = serializers.UUIDField(source="parent_id", allow_null=True)  # type: ignore[assignment]
    path = serializers.ListField(
        child=serializers.UUIDField(), help_text="Ids of all that it lies in, from the top, and of itself."
    )
    is_active = serializers.BooleanField()
    question_count = serializers.SerializerMethodField(help_text="Here and in all topics below.")
    author = BankPersonOut(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_question_count(self, topic: Any) -> int:
        return int(self.context["counts"].get(topic.pk, 0))


class TopicRefOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


# -- questions, in -------------------------------------------------------------------------------------------------


class BankFilters(Filters):
    search = Search(
        help_text="Words that all occur in the question, in any script, in the forms of any width and case."
    )
    topic = serializers.UUIDField(required=False, help_text="This topic and all below it.")
    without_topic = serializers.BooleanField(required=False)
    tags = Tags(required=False, max_length=500, help_text="All of these, separated by commas.")
    difficulty = serializers.ChoiceField(DIFFICULTIES, required=False)
    type = serializers.ChoiceField(list(TYPES), required=False)
    exam_type = serializers.CharField(required=False, max_length=40)
    language = serializers.CharField(required=False, max_length=12)
    state = serializers.ChoiceField(STATES, required=False)
    author = serializers.UUIDField(required=False)
    unused = serializers.BooleanField(required=False, help_text="In no test and no paper; false: in one at least.")
    usable = serializers.BooleanField(required=False, help_text="Whether tests may take it now.")

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        return {"text" if name == "search" else name: value for name, value in values.items()}


class BankQuestionIn(QuestionIn):
    """As a question of a test, filed under topic and tags. What it says anew makes a version; how it is filed does not."""

    question_number = None  # type: ignore[assignment]
    order = None  # type: ignore[assignment]
    section = None  # type: ignore[assignment]
    topic = serializers.UUIDField(required=False, allow_null=True, source="topic_id")  # type: ignore[assignment]
    difficulty = serializers.ChoiceField(DIFFICULTIES, required=False, allow_blank=True)
    exam_type = serializers.CharField(max_length=40, required=False, allow_blank=True)
    language = serializers.CharField(max_length=12, required=False, allow_blank=True, help_text="ja, en.")
    note = serializers.CharField(
        max_length=LONGEST_NOTE, required=False, allow_blank=True, help_text="Why it is changed; kept with the version."
    )

    def changes(self) -> dict[str, Any]:
        """What may be changed, of what was sent."""
        return {name: value for name, value in super().changes().items() if name != "note"}

    @property
    def note_given(self) -> str:
        return str(self.validated_data.get("note", ""))


class ReviewIn(StrictSerializer):
    step = serializers.ChoiceField(STEPS)
    comment = serializers.CharField(max_length=LONGEST_COMMENT, required=False, allow_blank=True)


class BulkIn(StrictSerializer):
    """What is absent stays."""

    ids = BoundedList(child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE)
    topic = serializers.UUIDField(required=False, allow_null=True, source="topic_id", help_text="Null: out of topics.")
    difficulty = serializers.ChoiceField(DIFFICULTIES, required=False, allow_blank=True)
    exam_type = serializers.CharField(max_length=40, required=False, allow_blank=True)
    language = serializers.CharField(max_length=12, required=False, allow_blank=True)
    add_tags = BoundedList(child=serializers.CharField(max_length=LONGEST_TAG), max_length=MOST_TAGS, required=False)
    remove_tags = BoundedList(child=serializers.CharField(max_length=LONGEST_TAG), max_length=MOST_TAGS, required=False)
    step = serializers.ChoiceField(STEPS, required=False, help_text="A step of review, for all of them.")
    comment = serializers.CharField(max_length=LONGEST_COMMENT, required=False, allow_blank=True)
    delete = serializers.BooleanField(required=False)


class TakeIn(StrictSerializer):
    question_ids = BoundedList(child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE)


class RenewIn(StrictSerializer):
    question_ids = BoundedList(
        child=serializers.UUIDField(),
        max_length=MOST_AT_ONCE,
        required=False,
        allow_null=True,
        help_text="Questions of the test; absent: all that have something newer.",
    )


class CompareQuery(Filters):
    since = serializers.IntegerField(
        min_value=1, required=False, help_text="The number of the version before; absent: the one before the other."
    )
    to = serializers.IntegerField(min_value=1, required=False, help_text="Absent: the newest.")


class DoublesQuery(Filters):
    question = serializers.UUIDField(required=False, source="question_id", help_text="Only doubles of this one.")


# -- questions, out ------------------------------------------------------------------------------------------------


class StatisticsOut(serializers.Serializer[Any]):
    """How takers did with one version, as it was last counted."""

    seen = serializers.IntegerField(help_text="Graded attempts that count.")
    blank = serializers.IntegerField(help_text="Of these, how many left it out.")
    facility = serializers.FloatField(help_text="Mean share of the marks.")
    discrimination = serializers.FloatField(
        allow_null=True, help_text="Correlation with the rest of the paper; null where all did alike."
    )
    mean_seconds = serializers.FloatField(allow_null=True)
    computed_at = serializers.DateTimeField()


class VersionOut(QuestionOut):
    """What a question says, with the key."""

    id = None  # type: ignore[assignment]
    group = None  # type: ignore[assignment]
    section = None  # type: ignore[assignment]
    question_number = None  # type: ignore[assignment]
    order = None  # type: ignore[assignment]
    revision = None  # type: ignore[assignment]
    topic = None  # type: ignore[assignment]
    tags = None  # type: ignore[assignment]
    from_bank = None  # type: ignore[assignment]
    number = serializers.IntegerField(help_text="From 1.")
    author = BankPersonOut(allow_null=True)
    note = serializers.CharField()
    created_at = serializers.DateTimeField()
    statistics = serializers.SerializerMethodField()

    @extend_schema_field(StatisticsOut(allow_null=True))
    def get_statistics(self, version: Any) -> Any:
        found = getattr(version, "statistics", None)
        return StatisticsOut(found).data if found else None


def _by_type(item_type: ItemType) -> type[serializers.Serializer[Any]]:
    body = {**own.fields_out(item_type.fields), "type": serializers.CharField(), "__doc__": item_type.__doc__}
    return type(f"{own.title_of(item_type.name)}VersionOut", (VersionOut,), body)


VERSION = PolymorphicProxySerializer(
    component_name="QuestionVersion",
    serializers={name: _by_type(item_type) for name, item_type in TYPES.items()},
    resource_type_field_name="type",
)
VERSIONS = PolymorphicProxySerializer(
    component_name="QuestionVersion",
    serializers={name: _by_type(item_type) for name, item_type in TYPES.items()},
    resource_type_field_name="type",
    many=True,
)


class BankUseOut(serializers.Serializer[Any]):
    tests = serializers.IntegerField(help_text="Tests that have a copy now.")
    papers = serializers.IntegerField(help_text="Papers that hold one.")
    attempts = serializers.IntegerField(help_text="Graded attempts that saw it, as last counted.")


class BankQuestionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    type = serializers.ChoiceField(list(TYPES))
    state = serializers.ChoiceField(STATES)
    is_usable = serializers.SerializerMethodField(help_text="Whether tests may take it now.")
    usable_version = serializers.SerializerMethodField(help_text="The number of the version that they get.")
    steps = serializers.SerializerMethodField(help_text="Steps of review that lead on from its state.")
    topic = TopicRefOut(allow_null=True)
    difficulty = serializers.CharField()
    exam_type = serializers.CharField()
    language = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    author = BankPersonOut(source="created_by", allow_null=True)
    used = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField(help_text="The current one; its number is the `ETag`.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def _usable(self, question: Any) -> uuid.UUID | None:
        return queries.usable_version(question, review=self.context["review"])

    def get_is_usable(self, question: Any) -> bool:
        return self._usable(question) is not None

    def get_usable_version(self, question: Any) -> int | None:
        usable = self._usable(question)
        versions = (question.current_version, question.approved_version)
        return next((version.number for version in versions if version and version.pk == usable), None)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_steps(self, question: Any) -> list[str]:
        return steps_from(question.state, review=self.context["review"])

    @extend_schema_field(BankUseOut)
    def get_used(self, question: Any) -> Any:
        return BankUseOut(self.context["uses"].get(question.pk) or NO_USE).data

    @extend_schema_field(VERSION)
    def get_version(self, question: Any) -> Any:
        return VersionOut(question.current_version, context=self.context).data


NO_USE = {"tests": 0, "papers": 0, "attempts": 0}


class ChangeOut(serializers.Serializer[Any]):
    path = serializers.CharField(help_text="A pointer into the question: /text, /options/0/text.")
    before = serializers.JSONField(allow_null=True, help_text="Null: not there, or as usual.")
    after = serializers.JSONField(allow_null=True)


class VersionRefOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    author = BankPersonOut(allow_null=True)
    note = serializers.CharField()
    created_at = serializers.DateTimeField()


class ComparisonOut(serializers.Serializer[Any]):
    before = VersionRefOut()
    after = VersionRefOut()
    changes = ChangeOut(many=True)


class ReviewOut(serializers.Serializer[Any]):
    step = serializers.ChoiceField(STEPS)
    version = serializers.IntegerField(source="version.number")
    by = BankPersonOut(allow_null=True)
    comment = serializers.CharField()
    at = serializers.DateTimeField()


class InTestOut(serializers.Serializer[Any]):
    test = serializers.UUIDField(source="test_id")
    title = serializers.CharField()
    status = serializers.CharField()
    question = serializers.UUIDField(source="question_id")
    version = serializers.IntegerField()


class InPaperOut(serializers.Serializer[Any]):
    paper = serializers.UUIDField(source="paper_id")
    test = serializers.UUIDField(source="test_id")
    title = serializers.CharField()
    number = serializers.IntegerField(help_text="Of the paper, from 1.")
    published_at = serializers.DateTimeField()
    question = serializers.UUIDField(source="question_id")
    version = serializers.IntegerField()
    attempts = serializers.IntegerField()


class UsageOut(serializers.Serializer[Any]):
    attempts = serializers.IntegerField(help_text="Graded attempts that saw it, as last counted.")
    tests = InTestOut(many=True)
    papers = InPaperOut(many=True)


class BulkOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    changed = serializers.IntegerField(help_text="How many are different now.")


class DoubleOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="current_version.name")
    text = HtmlOut(source="current_version.text")
    state = serializers.CharField()
    topic = TopicRefOut(allow_null=True)
    author = BankPersonOut(source="created_by", allow_null=True)


class DoublesOut(serializers.Serializer[Any]):
    one = DoubleOut()
    other = DoubleOut()
    likeness = serializers.FloatField(help_text="Share of the trigrams that they have in common.")
    is_exact = serializers.BooleanField(help_text="They ask the same and are answered the same.")


class TakenOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Of the copy, a question of the test.")
    bank_question = serializers.UUIDField(source="bank_version.question_id")
    version = serializers.IntegerField(source="bank_version.number")
    order = serializers.IntegerField()
    score = serializers.FloatField()


class TakenListOut(serializers.Serializer[Any]):
    questions = TakenOut(many=True)


class OutdatedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="question.pk", help_text="Of the copy, a question of the test.")
    bank_question = serializers.UUIDField(source="question.bank_version.question_id")
    name = serializers.CharField(source="question.name")
    text = HtmlOut(source="question.text")
    version = serializers.IntegerField(source="question.bank_version.number")
    newer = VersionRefOut(
        allow_null=True, help_text="Null: the bank has it no more for tests, it was retired or deleted."
    )

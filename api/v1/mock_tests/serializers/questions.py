"""Questions with their keys, as authors send and get them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, get_args

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import BoundedList, StrictSerializer
from api.v1.mock_tests.serializers import own
from api.v1.mock_tests.serializers.fields import (
    HtmlIn,
    HtmlOut,
    MediaIn,
    MediaLink,
    NumberIn,
    ShareIn,
    WholeSerializer,
)
from apps.mock_tests.rules.types.base import (
    FULL,
    LONGEST_TEXT,
    Answer,
    Gap,
    GivenPart,
    ItemType,
    Option,
    Prompt,
    Text,
    Truth,
)
from apps.mock_tests.rules.types.choices import MOST_OPTIONS
from apps.mock_tests.rules.types.gap_fill import MOST_GAPS, MOST_WEIGHT
from apps.mock_tests.rules.types.registry import TYPES
from apps.mock_tests.rules.types.short_text import MOST_TEXTS


class QuestionFilters(Filters):
    group = serializers.UUIDField(required=False, source="group_id")
    section = serializers.UUIDField(required=False, source="group__section_id")
    mock_test = serializers.UUIDField(required=False, source="group__section__mock_test_id")


class OptionIn(WholeSerializer):
    text = HtmlIn()
    image = MediaIn()
    is_correct = serializers.BooleanField(required=False, default=False)
    fraction = ShareIn(required=False, help_text="Instead of ``is_correct``, where an option earns only a part.")
    feedback = HtmlIn()

    @staticmethod
    def options(values: list[dict[str, Any]]) -> tuple[Option, ...]:
        """The values that rules know, named by their places."""
        return tuple(
            Option(
                id=str(place),
                text=value.get("text", ""),
                fraction=value.get("fraction", FULL if value["is_correct"] else Decimal(0)),
                image=value.get("image"),
                feedback=value.get("feedback", ""),
            )
            for place, value in enumerate(values)
        )


class AnswerIn(WholeSerializer):
    value = serializers.DecimalField(max_digits=30, decimal_places=15)
    tolerance = serializers.DecimalField(max_digits=30, decimal_places=15, min_value=Decimal(0), default=Decimal(0))
    fraction = ShareIn(required=False, default=FULL)


class TextIn(WholeSerializer):
    text = serializers.CharField(max_length=LONGEST_TEXT, help_text="Plain text.")
    fraction = ShareIn(required=False, default=FULL)
    feedback = HtmlIn(default="")


class TruthIn(WholeSerializer):
    value = serializers.BooleanField(help_text="Whether the statement is true.")
    feedback_true = HtmlIn(default="", help_text="For those who take it for true.")
    feedback_false = HtmlIn(default="")


class PromptIn(WholeSerializer):
    text = HtmlIn()
    image = MediaIn()
    target = serializers.IntegerField(
        min_value=0, max_value=MOST_OPTIONS, help_text="The place of its option in ``options``, from 0."
    )

    @staticmethod
    def prompt(value: dict[str, Any]) -> Prompt:
        """The value that rules know."""
        return Prompt(id="", text=value.get("text", ""), target=str(value["target"]), image=value.get("image"))


class GapIn(WholeSerializer):
    """A choice with ``options``, otherwise typed with ``texts``."""

    options = OptionIn(many=True, required=False, max_length=MOST_OPTIONS)  # type: ignore[call-arg]
    texts = TextIn(many=True, required=False, max_length=MOST_TEXTS)  # type: ignore[call-arg]
    case_sensitive = serializers.BooleanField(required=False, default=False)
    weight = serializers.IntegerField(min_value=1, max_value=MOST_WEIGHT, required=False, default=1)

    @staticmethod
    def gap(value: dict[str, Any]) -> Gap:
        """The value that rules know."""
        return Gap(
            options=OptionIn.options(value.get("options", [])),
            texts=tuple(Text(**text) for text in value.get("texts", [])),
            case_sensitive=value["case_sensitive"],
            weight=value["weight"],
        )


POLICIES = list(dict.fromkeys(policy for item_type in TYPES.values() for policy in item_type.policies))
READ_PARTS: dict[str, Callable[[Any], Any]] = {
    "options": OptionIn.options,
    "answers": lambda sent: tuple(Answer(**answer) for answer in sent),
    "texts": lambda sent: tuple(Text(**text) for text in sent),
    "case_sensitive": bool,
    "truth": lambda sent: Truth(**sent) if sent else None,
    "prompts": lambda sent: tuple(map(PromptIn.prompt, sent)),
    "gaps": lambda sent: tuple(map(GapIn.gap, sent)),
    "policy": str,
    "star": lambda sent: sent,
}
"""What an author says about answers, from its shape to the value that rules know."""


class QuestionIn(StrictSerializer):
    """Which parts of the answers count depends on the type: ``options`` for choices, for ordering (in the right order)
    and matching; ``prompts`` for matching; ``answers`` for numeric; ``texts`` and ``case_sensitive`` for short text;
    ``truth`` for true or false; ``gaps`` for gap fill, whose text holds ``[[1]]``, ``[[2]]`` and so on; ``policy`` for
    multiple choice, ordering and matching; ``star`` (a place, from 1) for an ordering by star; ``limits``, ``rubric`` and
    ``model_answer`` for essays."""

    type = serializers.ChoiceField(list(TYPES), required=False)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    text = HtmlIn()
    question_number = NumberIn(allow_null=True)
    order = NumberIn()
    score = serializers.DecimalField(
        max_digits=8,
        decimal_places=3,
        min_value=Decimal("0.001"),
        max_value=Decimal(10_000),
        required=False,
        allow_null=True,
        help_text="Null or absent: what the exam profile says.",
    )
    wrong_share = serializers.DecimalField(
        max_digits=11,
        decimal_places=10,
        min_value=Decimal(-1),
        max_value=Decimal(0),
        required=False,
        allow_null=True,
        help_text="What a wrong answer earns of the marks; null: what the exam profile says.",
    )
    options = OptionIn(many=True, required=False, max_length=MOST_OPTIONS)  # type: ignore[call-arg]
    answers = AnswerIn(many=True, required=False, max_length=MOST_OPTIONS)  # type: ignore[call-arg]
    texts = TextIn(many=True, required=False, max_length=MOST_TEXTS)  # type: ignore[call-arg]
    case_sensitive = serializers.BooleanField(required=False)
    truth = TruthIn(required=False, allow_null=True)
    prompts = PromptIn(many=True, required=False, max_length=MOST_OPTIONS)  # type: ignore[call-arg]
    gaps = GapIn(many=True, required=False, max_length=MOST_GAPS)  # type: ignore[call-arg]
    policy = serializers.ChoiceField(POLICIES, required=False, allow_blank=True, help_text="Empty: the usual one.")
    star = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_OPTIONS)
    shuffle = serializers.BooleanField(required=False)
    explanation = HtmlIn()
    topic = serializers.CharField(max_length=120, required=False, allow_blank=True)
    tags = BoundedList(child=serializers.CharField(max_length=60), max_length=30, required=False)
    image_key = MediaIn(source="image_id")
    audio_key = MediaIn(source="audio_id")
    section = serializers.UUIDField(required=False, write_only=True, help_text="Not used: the group says it.")

    def get_fields(self) -> dict[str, own.Made]:
        return super().get_fields() | own.fields_in(own.all_fields().values())

    def changes(self) -> dict[str, Any]:
        """What may be changed, of what was sent."""
        sent = {name: value for name, value in self.validated_data.items() if name not in ("group", "section")}
        said = {name: own.as_json(sent.pop(name)) for name in own.all_fields() if name in sent}
        read = {name: READ_PARTS[name](value) if name in READ_PARTS else value for name, value in sent.items()}
        return {**read, "own": said} if said else read


class NewQuestionIn(QuestionIn):
    group = serializers.UUIDField()


def _new_by_type(item_type: ItemType) -> type[serializers.Serializer[Any]]:
    unused = dict.fromkeys(set(get_args(GivenPart)) - set(item_type.uses))
    own_ones = {"get_fields": _without_other_fields(item_type)}
    body = {**unused, **own_ones, "type": serializers.CharField(), "__doc__": item_type.__doc__}
    return type(f"New{own.title_of(item_type.name)}QuestionIn", (NewQuestionIn,), body)


def _without_other_fields(item_type: ItemType) -> Callable[[Any], dict[str, own.Made]]:
    return lambda shape: serializers.Serializer.get_fields(shape) | own.fields_in(item_type.fields)


NEW_QUESTION = PolymorphicProxySerializer(
    component_name="NewQuestion",
    serializers={name: _new_by_type(item_type) for name, item_type in TYPES.items()},
    resource_type_field_name="type",
)
"""For the pages of the API: what each type takes. `NewQuestionIn` reads them all."""


class OptionOut(serializers.Serializer[Any]):
    text = HtmlOut()
    is_correct = serializers.SerializerMethodField()
    fraction = serializers.FloatField()
    image = MediaLink()
    feedback = HtmlOut()

    def get_is_correct(self, option: Option) -> bool:
        return option.fraction > 0


class AnswerOut(serializers.Serializer[Any]):
    value = serializers.CharField()
    tolerance = serializers.CharField()
    fraction = serializers.FloatField()


class TextOut(serializers.Serializer[Any]):
    text = serializers.CharField()
    fraction = serializers.FloatField()
    feedback = HtmlOut()


class TruthOut(serializers.Serializer[Any]):
    value = serializers.BooleanField()
    feedback_true = HtmlOut()
    feedback_false = HtmlOut()


class PromptOut(serializers.Serializer[Any]):
    text = HtmlOut()
    image = MediaLink()
    target = serializers.IntegerField(help_text="The place of its option in ``options``, from 0.")


class GapOut(serializers.Serializer[Any]):
    options = OptionOut(many=True)
    texts = TextOut(many=True)
    case_sensitive = serializers.BooleanField()
    weight = serializers.IntegerField()


class FromBankOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="question_id", help_text="Of the question in the bank.")
    version = serializers.IntegerField(source="number")


class QuestionOut(serializers.Serializer[Any]):
    """A question as its author sees it, with the key."""

    id = serializers.UUIDField()
    group = serializers.UUIDField(source="group_id")
    section = serializers.UUIDField(source="group.section_id")
    type = serializers.ChoiceField(list(TYPES))
    name = serializers.CharField()
    text = HtmlOut()
    question_number = serializers.IntegerField(allow_null=True)
    order = serializers.IntegerField()
    score = serializers.FloatField()
    has_own_score = serializers.BooleanField(help_text="False: its marks are those of the exam profile.")
    wrong_share = serializers.FloatField(allow_null=True, help_text="Null: what the exam profile says.")
    revision = serializers.IntegerField(help_text="For `If-Match`.")
    image = MediaLink(source="image_id")
    audio_file = MediaLink(source="audio_id")
    options = OptionOut(many=True)
    answers = AnswerOut(many=True)
    texts = TextOut(many=True)
    case_sensitive = serializers.BooleanField()
    truth = TruthOut(allow_null=True)
    prompts = PromptOut(many=True)
    gaps = GapOut(many=True)
    policy = serializers.CharField(help_text="How it is marked; empty where its type knows one way only.")
    star = serializers.IntegerField(allow_null=True)
    correct_option_index = serializers.SerializerMethodField(help_text="Of a single choice, from 0.")
    shuffle = serializers.BooleanField()
    explanation = HtmlOut()
    topic = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    from_bank = FromBankOut(
        source="bank_version",
        allow_null=True,
        help_text="The version that it copies; null for a question of its own, which a copy becomes when it is changed.",
    )

    def to_representation(self, question: Any) -> dict[str, Any]:
        item_type = TYPES[question.type]
        given = item_type.read(question.content, question.key).numbered()
        for part in READ_PARTS:
            setattr(question, part, getattr(given, part))
        question.policy = item_type.policy(given) if item_type.policies else ""
        return super().to_representation(question) | own.render(item_type, given.own, self.context)

    def get_correct_option_index(self, question: Any) -> int | None:
        found = [position for position, option in enumerate(question.options) if option.fraction == FULL]
        return found[0] if question.type == "single_choice" and found else None


def _by_type(item_type: ItemType) -> type[serializers.Serializer[Any]]:
    body = {**own.fields_out(item_type.fields), "type": serializers.CharField(), "__doc__": item_type.__doc__}
    return type(f"{own.title_of(item_type.name)}QuestionOut", (QuestionOut,), body)


QUESTION = PolymorphicProxySerializer(
    component_name="Question",
    serializers={name: _by_type(item_type) for name, item_type in TYPES.items()},
    resource_type_field_name="type",
)

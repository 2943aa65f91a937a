"""Quizzes and their questions, as authors send and get them, and what takers see of a quiz before they begin."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.filters import Filters, Search
from api.common.serializers import BoundedList, StrictSerializer
from api.v1.mock_tests.serializers.fields import HtmlIn, HtmlOut, MediaIn, MediaLink, NumberIn
from api.v1.mock_tests.serializers.questions import OptionIn
from api.v1.mock_tests.serializers.tests import STATUSES, PaperOut, TestAuthorOut
from apps.mock_tests.rules.types.base import FULL, Given, Truth
from apps.mock_tests.rules.types.choices import MOST_OPTIONS
from apps.mock_tests.rules.types.registry import TYPES

TYPES_BY_NAME = {"QUIZ": "single_choice", "TRUE_FALSE": "true_false"}
NAMES_OF_TYPES = {own: name for name, own in TYPES_BY_NAME.items()}
MOST_QUESTIONS = 200
LONGEST_QUESTION = 5_000
MOST_SECONDS = 3_600


class QuizFilters(Filters):
    search = Search(help_text="Part of the title.")
    status = serializers.ChoiceField(STATUSES, required=False)
    is_active = serializers.BooleanField(required=False)


class QuizQuestionFilters(Filters):
    quiz = serializers.UUIDField(required=False, source="quiz_id")


# -- what is sent --------------------------------------------------------------------------------------------------


class SecondsIn(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, min_value=1, max_value=MOST_SECONDS, **kwargs)


class QuizQuestionIn(StrictSerializer):
    """A choice of one (``QUIZ``) or a statement (``TRUE_FALSE``), whose two options stand for true and false, in this order
    unless their texts say otherwise."""

    text = HtmlIn(required=True, allow_blank=True, max_length=LONGEST_QUESTION)
    question_type = serializers.ChoiceField(list(TYPES_BY_NAME), required=False)
    points = serializers.DecimalField(
        max_digits=8, decimal_places=3, min_value=Decimal("0.001"), max_value=Decimal(10_000), required=False
    )
    duration = SecondsIn(allow_null=True, help_text="Seconds for this question; null: the quiz's default.")
    order = NumberIn()
    options = OptionIn(many=True, required=False, max_length=MOST_OPTIONS)  # type: ignore[call-arg]
    shuffle = serializers.BooleanField(required=False, help_text="Takers get the options in orders of their own.")
    explanation = HtmlIn()
    image_key = MediaIn(source="image_id")
    audio_key = MediaIn(source="audio_id")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        options = attrs.get("options", ())
        is_statement = attrs.get("question_type") == "TRUE_FALSE" and options
        if is_statement and (len(options) != 2 or sum(option["is_correct"] for option in options) != 1):
            problem = serializers.ErrorDetail("Two options, one of them correct.", code="not_true_or_false")
            raise serializers.ValidationError({"options": [problem]})
        return attrs

    def changes(self) -> dict[str, Any]:
        """What may be changed, of what was sent."""
        return changes_of(self.validated_data)


def changes_of(sent: dict[str, Any]) -> dict[str, Any]:
    """A question as operations take it."""
    names = {"points": "score", "duration": "seconds"}
    ways = {name for name in sent if name not in ("quiz", "options", "question_type")}
    changes: dict[str, Any] = {names.get(name, name): sent[name] for name in ways}
    kind = sent.get("question_type")
    if kind:
        changes["type"] = TYPES_BY_NAME[kind]
    if "options" in sent:
        options = sent["options"]
        is_statement = kind == "TRUE_FALSE"
        changes["given"] = _statement(options) if is_statement else Given(options=OptionIn.options(options))
    return changes


def _statement(options: list[dict[str, Any]]) -> Given:
    if not options:
        return Given()
    first = options[0]
    says_false = first.get("text", "").strip().casefold() == "false"
    return Given(truth=Truth(first["is_correct"] is not says_false))


class NewQuizQuestionIn(QuizQuestionIn):
    quiz = serializers.UUIDField()


class QuizIn(StrictSerializer):
    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False, help_text="Offered for homework and live sessions.")
    default_question_duration = SecondsIn(
        source="default_question_seconds", help_text="Seconds for questions without a time of their own; 30."
    )
    passing_percent = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        min_value=Decimal(0),
        max_value=Decimal(100),
        required=False,
        allow_null=True,
        help_text="From this share of the marks on it is passed; null: nobody passes or fails.",
    )


class NewQuizIn(QuizIn):
    questions = BoundedList(
        child=QuizQuestionIn(), max_length=MOST_QUESTIONS, required=False, help_text="All at once, or none of them."
    )

    def parts(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The quiz, and its questions."""
        sent = dict(self.validated_data)
        questions = sent.pop("questions", [])
        return sent, [changes_of(question) for question in questions]


# -- what is answered ----------------------------------------------------------------------------------------------


class QuizOptionOut(serializers.Serializer[Any]):
    text = HtmlOut()
    is_correct = serializers.BooleanField()
    image = MediaLink()


class QuizQuestionOut(serializers.Serializer[Any]):
    """A question of a quiz with its key, for authors."""

    id = serializers.UUIDField()
    quiz = serializers.UUIDField(source="group.section.mock_test_id")
    order = serializers.IntegerField()
    text = HtmlOut()
    question_type = serializers.SerializerMethodField(help_text="QUIZ, TRUE_FALSE, or the name of another type.")
    points = serializers.FloatField(source="score")
    duration = serializers.IntegerField(source="seconds", allow_null=True, help_text="null: the quiz's default.")
    image = MediaLink(source="image_id")
    audio = MediaLink(source="audio_id")
    options = QuizOptionOut(many=True)
    correct_option_index = serializers.SerializerMethodField(help_text="From 0; null if no single option is right.")
    shuffle = serializers.BooleanField()
    explanation = HtmlOut()

    def to_representation(self, question: Any) -> dict[str, Any]:
        question.options = _options_of(question)
        return super().to_representation(question)

    def get_question_type(self, question: Any) -> str:
        return NAMES_OF_TYPES.get(question.type, question.type)

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_correct_option_index(self, question: Any) -> int | None:
        right = [place for place, option in enumerate(question.options) if option["is_correct"]]
        return right[0] if len(right) == 1 else None


def _options_of(question: Any) -> list[dict[str, Any]]:
    given = TYPES[question.type].read(question.content, question.key)
    if given.truth:
        said = [("True", given.truth.value), ("False", not given.truth.value)]
        return [{"text": text, "is_correct": is_right, "image": None} for text, is_right in said]
    return [{"text": o.text, "is_correct": o.fraction == FULL, "image": o.image} for o in given.options]


class QuizQuestionRefOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()


class QuizOut(serializers.Serializer[Any]):
    """A quiz as its author sees it."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    description = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    is_active = serializers.BooleanField(source="quiz.is_active")
    default_question_duration = serializers.IntegerField(source="quiz.default_question_seconds", help_text="Seconds.")
    passing_percent = serializers.DecimalField(5, 2, source="quiz.passing_percent", allow_null=True)
    questions = serializers.SerializerMethodField(help_text="In their order; ``quiz-questions/`` has all of them.")
    question_count = serializers.SerializerMethodField()
    total_score = serializers.FloatField()
    current_paper = serializers.UUIDField(source="current_paper_id", allow_null=True)
    created_by_id = serializers.UUIDField(allow_null=True)
    created_by = TestAuthorOut(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field(QuizQuestionRefOut(many=True))
    def get_questions(self, quiz: Any) -> list[dict[str, str]]:
        return [{"id": str(question)} for question in quiz.question_ids]

    def get_question_count(self, quiz: Any) -> int:
        return len(quiz.question_ids)


class QuizCoverOut(serializers.Serializer[Any]):
    """A quiz without its questions, for takers."""

    id = serializers.UUIDField()
    title = serializers.CharField(source="current_paper.title")
    description = serializers.CharField()
    status = serializers.ChoiceField(STATUSES)
    is_active = serializers.BooleanField(source="quiz.is_active")
    default_question_duration = serializers.IntegerField(source="quiz.default_question_seconds", help_text="Seconds.")
    passing_percent = serializers.DecimalField(5, 2, source="quiz.passing_percent", allow_null=True)
    question_count = serializers.IntegerField(source="current_paper.item_count")
    total_score = serializers.FloatField(source="current_paper.max_score")
    seconds = serializers.IntegerField(source="current_paper.seconds", help_text="For all of it.")


class QuizPublishedOut(serializers.Serializer[Any]):
    detail = serializers.CharField()
    data = QuizOut()  # type: ignore[assignment]
    paper = PaperOut(allow_null=True)


class ShuffledOut(serializers.Serializer[Any]):
    detail = serializers.CharField()
    shuffled = serializers.IntegerField(help_text="So many questions have their options in another order.")

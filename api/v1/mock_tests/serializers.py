from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from api.common.filters import Filters, Search
from api.common.links import media_signer, unsign_html
from api.common.pictures import PictureField
from api.common.serializers import BoundedList, StrictSerializer
from apps.core import clock
from apps.mock_tests.rules import interchange, profiles, richtext
from apps.mock_tests.rules.media import media_id_in
from apps.mock_tests.rules.types.base import FULL, LONGEST_TEXT, Answer, Gap, Option, Prompt, Text, Truth
from apps.mock_tests.rules.types.choices import MOST_OPTIONS
from apps.mock_tests.rules.types.gap_fill import MOST_GAPS, MOST_WEIGHT
from apps.mock_tests.rules.types.registry import TYPES
from apps.mock_tests.rules.types.short_text import MOST_TEXTS

LEVELS = ["N1", "N2", "N3", "N4", "N5"]
STATUSES = ["DRAFT", "PUBLISHED"]
SECTION_TYPES = ["VOCAB", "GRAMMAR_READING", "LISTENING", "FULL_WRITTEN", "GENERAL"]
FORMATS = list(interchange.FORMATS)
UPLOAD_TARGETS = {
    "jlpt_group": "image",
    "jlpt_group_audio": "audio",
    "jlpt_question": "image",
    "jlpt_question_audio": "audio",
    "quiz_question": "image",
}
MOST_TAGS_IN_TEXT = 2_000
LONGEST_LINK = 500
MOST = 100_000
LINKS_LAST = timedelta(hours=6)


def with_links(request: Any) -> dict[str, Any]:
    """The context of outputs that show media: an author's links last for a working session."""
    return {"sign": media_signer(request, clock.now() + LINKS_LAST)}


# -- fields --------------------------------------------------------------------------------------------------------


class HtmlIn(serializers.CharField):
    """Rich text; addresses of the media gate become references again, and what is not allowed is removed on saving."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_blank": True, "max_length": MOST, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        text = unsign_html(super().to_internal_value(data))
        if text.count("<") > MOST_TAGS_IN_TEXT:
            raise serializers.ValidationError("This text has too many tags.", code="max_tags")
        return text


@extend_schema_field(OpenApiTypes.STR)
class MediaIn(serializers.Field[uuid.UUID | None, Any, Any, Any]):
    """A key from ``media-uploads``, an address of the media gate, or null (or an empty text) for no file."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> uuid.UUID | None:
        if data == "":
            return None
        media_id = media_id_in(data[:LONGEST_LINK]) if isinstance(data, str) else ""
        if not media_id:
            raise serializers.ValidationError("This is not the key of an uploaded file.", code="unknown_media")
        return uuid.UUID(media_id)


class NumberIn(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "min_value": 0, "max_value": MOST, **kwargs})


class ShareIn(serializers.DecimalField):
    """A share of the marks, -1 to 1."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=10, min_value=Decimal(-1), max_value=Decimal(1), **kwargs)


class MediaOut(serializers.Field[Any, Any, str | None, Any]):
    """The signed address of a file, or null."""

    def to_representation(self, value: Any) -> str | None:
        return self.context["sign"](str(value)) if value else None


@extend_schema_field(serializers.URLField(allow_null=True))
class MediaLink(MediaOut):
    """As the document names it."""


class HtmlOut(serializers.CharField):
    def to_representation(self, value: str) -> str:
        return richtext.replace_media(value, self.context["sign"])


# -- tests ---------------------------------------------------------------------------------------------------------


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
    profile = serializers.ChoiceField(list(profiles.PROFILES), required=False)
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


class SectionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    mock_test = serializers.UUIDField(source="mock_test_id")
    name = serializers.CharField()
    section_type = serializers.ChoiceField(SECTION_TYPES)
    duration = serializers.IntegerField(help_text="Minutes.")
    order = serializers.IntegerField()
    total_score = serializers.FloatField(help_text="Marks of all its questions.")
    question_count = serializers.IntegerField()


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
        profile = profiles.find_profile(test.profile)
        return profile.pass_score if profile else None


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


# -- parts ---------------------------------------------------------------------------------------------------------


class SectionFilters(Filters):
    mock_test = serializers.UUIDField(required=False)


class SectionIn(StrictSerializer):
    name = serializers.CharField(max_length=120)
    section_type = serializers.ChoiceField(SECTION_TYPES)
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
    questions = QuestionRefOut(many=True, source="questions.all")


class QuestionFilters(Filters):
    group = serializers.UUIDField(required=False, source="group_id")
    section = serializers.UUIDField(required=False, source="group__section_id")
    mock_test = serializers.UUIDField(required=False, source="group__section__mock_test_id")


class WholeSerializer(StrictSerializer):
    """Something that is always sent whole: in a change, too, what is required is missed and defaults stand in."""

    def run_validation(self, data: Any = empty) -> Any:
        if self.root is self or not isinstance(data, dict):
            return super().run_validation(data)
        alone = type(self)(data=data)
        alone.is_valid(raise_exception=True)
        return alone.validated_data


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
    multiple choice, ordering and matching; ``star`` (a place, from 1) for an ordering by star."""

    type = serializers.ChoiceField(list(TYPES), required=False)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    text = HtmlIn()
    question_number = NumberIn(allow_null=True)
    order = NumberIn()
    score = serializers.DecimalField(
        max_digits=8, decimal_places=3, min_value=Decimal("0.001"), max_value=Decimal(10_000), required=False
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

    def changes(self) -> dict[str, Any]:
        """What may be changed, of what was sent."""
        return {
            name: READ_PARTS[name](value) if name in READ_PARTS else value
            for name, value in self.validated_data.items()
            if name not in ("group", "section")
        }


class NewQuestionIn(QuestionIn):
    group = serializers.UUIDField()


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

    def to_representation(self, question: Any) -> dict[str, Any]:
        item_type = TYPES[question.type]
        given = item_type.read(question.content, question.key).numbered()
        for part in READ_PARTS:
            setattr(question, part, getattr(given, part))
        question.policy = item_type.policy(given) if item_type.policies else ""
        return super().to_representation(question)

    def get_correct_option_index(self, question: Any) -> int | None:
        found = [position for position, option in enumerate(question.options) if option.fraction == FULL]
        return found[0] if question.type == "single_choice" and found else None


# -- files and profiles --------------------------------------------------------------------------------------------


class ImportIn(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True)
    format = serializers.ChoiceField(FORMATS, required=False, help_text="Absent: as the content looks.")
    level = serializers.ChoiceField(LEVELS, required=False, allow_blank=True, help_text="Empty: as the title says.")
    preview = serializers.BooleanField(required=False, default=False)


class ReportRowOut(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    kind = serializers.CharField()
    name = serializers.CharField()
    outcome = serializers.ChoiceField(["taken", "partly", "refused", "ignored"])
    reasons = serializers.ListField(child=serializers.CharField())


class ReportOut(serializers.Serializer[Any]):
    rows = ReportRowOut(many=True)
    taken = serializers.IntegerField()
    partly = serializers.IntegerField()
    refused = serializers.IntegerField()
    ignored = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.CharField())


class ImportOut(serializers.Serializer[Any]):
    test = MockTestOut(allow_null=True)
    report = ReportOut()
    existing = serializers.BooleanField(help_text="The same file was imported before; nothing new was stored.")


class ExportQuery(Filters):
    to = serializers.ChoiceField(FORMATS, default="moodle_xml", help_text="Absent: the one that keeps the most.")


class LossOut(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="The place in the test, e.g. /sections/0/question_groups/1/questions/2.")
    reason = serializers.CharField()


class ExportOut(serializers.Serializer[Any]):
    file_name = serializers.CharField()
    media_type = serializers.CharField()
    content = serializers.CharField(help_text="The whole file; Moodle XML holds pictures and recordings.")
    losses = LossOut(many=True, help_text="What an import of this very file would not give back.")


class UploadIn(StrictSerializer):
    target = serializers.ChoiceField(list(UPLOAD_TARGETS), required=False)
    file = serializers.FileField()


class UploadOut(serializers.Serializer[Any]):
    file_key = serializers.CharField()
    url = serializers.URLField(help_text="For a look at it; expires.")
    kind = serializers.ChoiceField(["image", "audio"])
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    seconds = serializers.FloatField(allow_null=True)


class MediaQuery(serializers.Serializer[Any]):
    expires = serializers.IntegerField(help_text="Unix time.")
    sig = serializers.CharField()


class TimedSectionOut(serializers.Serializer[Any]):
    section_type = serializers.ChoiceField(SECTION_TYPES)
    name = serializers.CharField()
    minutes = serializers.IntegerField()
    area = serializers.CharField()
    passage_area = serializers.CharField(help_text="The area of groups with a passage.")


class ScoredAreaOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    max_score = serializers.IntegerField()
    min_score = serializers.IntegerField()


class ItemKindOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    section_type = serializers.CharField()
    count = serializers.IntegerField(help_text="Usual number; guidance only.")


class ProfileOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    level = serializers.CharField()
    valid_from = serializers.DateField(allow_null=True)
    sections = TimedSectionOut(many=True)
    areas = ScoredAreaOut(many=True)
    item_kinds = ItemKindOut(many=True)
    pass_score = serializers.IntegerField(allow_null=True)
    total_score = serializers.IntegerField(allow_null=True)

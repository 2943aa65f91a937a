"""Questions as takers see them: what all have in common, and by their type the parts that it shows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from api.v1.mock_tests.serializers import own
from apps.mock_tests.rules.types.base import Part
from apps.mock_tests.rules.types.registry import TYPES


class TakerOptionOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    text = serializers.CharField(help_text="HTML.")
    image = serializers.URLField(allow_null=True)


class TakerGapOut(serializers.Serializer[Any]):
    """A choice if it has options, otherwise typed."""

    id = serializers.CharField()
    number = serializers.IntegerField(help_text="Gap 1 stands where the text holds ``[[1]]``.")
    options = TakerOptionOut(many=True)


class TakerQuestionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    question_number = serializers.IntegerField(allow_null=True)
    type = serializers.CharField()
    text = serializers.CharField(help_text="HTML.")
    score = serializers.DecimalField(max_digits=8, decimal_places=3)
    image = serializers.URLField(allow_null=True)
    audio_file = serializers.URLField(allow_null=True)
    shuffle = serializers.BooleanField()
    wrong_marks = serializers.DecimalField(
        max_digits=8,
        decimal_places=3,
        required=False,
        help_text="For an answer worth nothing; only where it costs marks.",
    )
    seconds = serializers.IntegerField(required=False, help_text="For this question; of quizzes only.")
    options = TakerOptionOut(many=True, help_text="Empty where there is nothing to choose from.")


def _part(part: Part) -> serializers.Field[Any, Any, Any, Any]:
    fields: dict[Part, serializers.Field[Any, Any, Any, Any]] = {
        "options": TakerOptionOut(many=True),
        "prompts": TakerOptionOut(many=True),
        "gaps": TakerGapOut(many=True),
        "star": serializers.IntegerField(allow_null=True, help_text="The place that counts, from 1."),
    }
    return fields[part]


def _variant(name: str) -> type[serializers.Serializer[Any]]:
    item_type = TYPES[name]
    fields: dict[str, Any] = {part: _part(part) for part in sorted(item_type.shows)}
    body = {**fields, **own.shown_out(item_type), "__doc__": item_type.__doc__}
    return type(f"Taker{own.title_of(name)}Out", (TakerQuestionOut,), body)


TAKER_QUESTION = PolymorphicProxySerializer(
    component_name="TakerQuestion",
    serializers={name: _variant(name) for name in TYPES},
    resource_type_field_name="type",
    many=True,
)

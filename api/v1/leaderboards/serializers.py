from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters


class BoardFilters(Filters):
    section = serializers.UUIDField(required=False, help_text="Ranks of one section of the paper.")
    topic = serializers.CharField(required=False, max_length=120, help_text="Ranks of one topic.")
    around = serializers.ChoiceField(["me"], required=False, help_text="`me`: the page with one's own row.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "section" in attrs and "topic" in attrs:
            raise serializers.ValidationError({"topic": "Either a section or a topic."}, code="one_of")
        return attrs


class PlaceOut(serializers.Serializer[Any]):
    """A row of a board: nothing of a person but the name, and that only where the board has names."""

    rank = serializers.IntegerField(help_text="1 + number of people strictly better; ties share it.")
    name = serializers.CharField(help_text="Empty on a board without names, but for one's own row.")
    score = serializers.CharField()
    percentile = serializers.CharField(help_text="100 x (number scoring equal or less) / all.")
    is_me = serializers.BooleanField()

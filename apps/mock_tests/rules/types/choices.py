"""What all types share whose takers choose among options."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from apps.core.errors import Problem
from apps.mock_tests.rules import richtext
from apps.mock_tests.rules.types.base import Given, ItemType, Option, Stored, plain

MOST_OPTIONS = 50
FULL = Decimal(1)


class ChoiceType(ItemType):
    """Content: the options in their order. Key: the fraction of each, and feedback where there is any."""

    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        shown = [
            {"id": option.id, "text": option.text, "image": str(option.image) if option.image else None}
            for option in given.options
        ]
        key: dict[str, Any] = {"fractions": {option.id: plain(option.fraction) for option in given.options}}
        feedback = {option.id: option.feedback for option in given.options if option.feedback}
        if feedback:
            key["feedback"] = feedback
        return {"options": shown}, key

    def read(self, content: Stored, key: Stored) -> Given:
        fractions, feedback = key.get("fractions", {}), key.get("feedback", {})
        return Given(
            options=tuple(
                Option(
                    id=option["id"],
                    text=option["text"],
                    fraction=Decimal(fractions.get(option["id"], 0)),
                    image=uuid.UUID(option["image"]) if option.get("image") else None,
                    feedback=feedback.get(option["id"], ""),
                )
                for option in content.get("options", ())
            )
        )

    def flaws(self, given: Given) -> Iterator[Problem]:
        count = len(given.options)
        if not 2 <= count <= MOST_OPTIONS:
            yield Problem("/options", "option_count", f"It has {count} options; 2 to {MOST_OPTIONS} are needed.")
        seen: dict[tuple[str, uuid.UUID | None], int] = {}
        for position, option in enumerate(given.options):
            yield from _option_flaws(f"/options/{position}", option)
            first = seen.setdefault((" ".join(option.text.split()), option.image), position)
            if first != position:
                detail = f"Options {first + 1} and {position + 1} are the same."
                yield Problem(f"/options/{position}", "duplicate_option", detail)


def _option_flaws(place: str, option: Option) -> Iterator[Problem]:
    if not (option.image or richtext.to_text(option.text) or richtext.media_names(option.text)):
        yield Problem(place, "empty_option", "The option has neither text nor a picture.")
    if not -1 <= option.fraction <= 1:
        yield Problem(place, "fraction_out_of_range", "The share of an option lies between -100 % and 100 %.")

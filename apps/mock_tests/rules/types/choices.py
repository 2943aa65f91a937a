"""What all types share whose takers choose among options."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from apps.core.errors import Problem
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import FULL, Given, ItemType, Option, Prompt, Stored, plain

__all__ = ["FULL", "MOST_OPTIONS", "ChoiceType"]

MOST_OPTIONS = 50


class ChoiceType(ItemType):
    """Content: the options in their order. Key: the fraction of each, and feedback where there is any."""

    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"options": [as_shown(option) for option in given.options]}, weights_of(given.options)

    def read(self, content: Stored, key: Stored) -> Given:
        return Given(options=weighted_options(content, key))

    def flaws(self, given: Given) -> Iterator[Problem]:
        yield from option_flaws(given.options)

    def right(self, key: Stored) -> list[str]:
        return [option for option, share in key["fractions"].items() if Decimal(share) > 0]


def as_shown(thing: Option | Prompt) -> dict[str, Any]:
    """An option or prompt as it is stored for takers."""
    return {"id": thing.id, "text": thing.text, "image": str(thing.image) if thing.image else None}


def bare_options(content: Stored) -> dict[str, Option]:
    """Stored options by their ids, without shares."""
    return {option["id"]: Option(option["id"], option["text"], image=image_of(option)) for option in _options(content)}


def weights_of(options: Sequence[Option]) -> dict[str, Any]:
    """The key of options that are worth something each."""
    key: dict[str, Any] = {"fractions": {option.id: plain(option.fraction) for option in options}}
    feedback = {option.id: option.feedback for option in options if option.feedback}
    return {**key, "feedback": feedback} if feedback else key


def weighted_options(content: Stored, key: Stored) -> tuple[Option, ...]:
    """Stored options with their shares and feedback."""
    fractions, feedback = key.get("fractions", {}), key.get("feedback", {})
    return tuple(
        Option(
            id=option["id"],
            text=option["text"],
            fraction=Decimal(fractions.get(option["id"], 0)),
            image=image_of(option),
            feedback=feedback.get(option["id"], ""),
        )
        for option in _options(content)
    )


def image_of(stored: Stored) -> uuid.UUID | None:
    """The picture of a stored option or prompt."""
    return uuid.UUID(stored["image"]) if stored.get("image") else None


def option_flaws(options: Sequence[Option], place: str = "/options", least: int = 2) -> Iterator[Problem]:
    """What is wrong with options, wherever they stand."""
    if not least <= len(options) <= MOST_OPTIONS:
        detail = f"It has {len(options)} options; {least} to {MOST_OPTIONS} are needed."
        yield Problem(place, "option_count", detail)
    seen: dict[tuple[str, uuid.UUID | None], int] = {}
    for position, option in enumerate(options):
        inner = f"{place}/{position}"
        if is_empty(option):
            yield Problem(inner, "empty_option", "The option has neither text nor a picture.")
        if not -1 <= option.fraction <= 1:
            yield Problem(inner, "fraction_out_of_range", "The share of an option lies between -100 % and 100 %.")
        first = seen.setdefault((" ".join(option.text.split()), option.image), position)
        if first != position:
            yield Problem(inner, "duplicate_option", f"Options {first + 1} and {position + 1} are the same.")


def one_key_flaws(options: Sequence[Option], place: str = "/options") -> Iterator[Problem]:
    """Exactly one option earns everything."""
    keys = sum(option.fraction == FULL for option in options)
    if keys != 1:
        yield Problem(place, "not_one_key", f"Exactly one option must be worth full marks, not {keys}.")


def is_empty(thing: Option | Prompt) -> bool:
    """Whether a taker would see nothing of it."""
    return not (thing.image or richtext.to_text(thing.text) or richtext.media_names(thing.text))


def _options(content: Stored) -> Sequence[Stored]:
    return content.get("options", ())

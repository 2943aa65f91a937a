"""Answers as clients tell them that know no ids: an option by its place in the order shown, from 0, or by its letter, from
A; true and false as words, numbers as numbers. Ids are understood as well, and come first. What means nothing comes back
as it is, for the usual check to refuse."""

from __future__ import annotations

import string
from collections.abc import Sequence

from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import Stored


def option_meant(options: Sequence[Stored], given: object) -> object:
    """The id of the option."""
    if isinstance(given, bool):
        given = str(given)
    if isinstance(given, int):
        return options[given]["id"] if 0 <= given < len(options) else given
    if not isinstance(given, str) or any(option["id"] == given for option in options):
        return given
    word = given.strip()
    if len(word) == 1 and word in string.ascii_letters:
        place = string.ascii_lowercase.index(word.lower())
        return options[place]["id"] if place < len(options) else given
    if word.casefold() in ("true", "false"):
        meant = [o["id"] for o in options if richtext.to_text(o["text"]).strip().casefold() == word.casefold()]
        return meant[0] if len(meant) == 1 else given
    return given


def options_meant(options: Sequence[Stored], given: object) -> object:
    """The ids of several; one alone is a list of one, none stays none."""
    if given is None:
        return None
    return [option_meant(options, one) for one in (given if isinstance(given, list | tuple) else [given])]


def text_meant(given: object) -> object:
    """What was typed."""
    return str(given) if isinstance(given, int | float) and not isinstance(given, bool) else given

"""What drafts keep for the center's own packages, and what of it may be believed when it comes back in a file."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

Check = Callable[[object], bool]

KIND, DESCRIPTION, PROFILE, QUIZ = "kind", "description", "profile", "quiz"
CODE = "code"
NUMBER, AREA, IMAGE = "number", "area", "image"
SECONDS, OWN_SCORE, WRONG_SHARE, BANK, PICTURES = "seconds", "has_own_score", "wrong_share", "bank_version", "pictures"

_MOST: Final = 100_000
_NAME: Final = re.compile(r"[\w\-][\w.\-]{0,119}")


def _text(most: int) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= most


def _count(least: int = 0) -> Check:
    return lambda value: type(value) is int and least <= value <= _MOST


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _share(least: int, most: int) -> Check:
    def is_share(value: object) -> bool:
        try:
            number = Decimal(value) if isinstance(value, str) and len(value) <= 20 else None
        except InvalidOperation:
            return False
        return number is not None and number.is_finite() and least <= number <= most

    return is_share


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False


def _is_quiz(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return _fits(value, {"seconds": _count(1), "passing_percent": _share(0, 100)})


def _pictures(value: object) -> bool:
    """Pictures of options, prompts and options of gaps, by places such as ``options/0`` and ``gaps/1/options/0``."""
    return isinstance(value, dict) and all(
        re.fullmatch(r"(?:gaps/\d{1,2}/)?(?:options|prompts)/\d{1,2}", place) and _is_name(name)
        for place, name in value.items()
    )


OF_TEST: Final[Mapping[str, Check]] = {
    KIND: lambda value: value == "QUIZ",
    DESCRIPTION: _text(100_000),
    PROFILE: _text(40),
    QUIZ: _is_quiz,
}
OF_SECTION: Final[Mapping[str, Check]] = {CODE: _text(40)}
OF_GROUP: Final[Mapping[str, Check]] = {NUMBER: _count(), AREA: _text(40), IMAGE: _is_name}
OF_QUESTION: Final[Mapping[str, Check]] = {
    NUMBER: _count(),
    IMAGE: _is_name,
    SECONDS: _count(1),
    OWN_SCORE: lambda value: isinstance(value, bool),
    WRONG_SHARE: _share(-1, 0),
    BANK: _is_id,
    PICTURES: _pictures,
}


def misfits(values: Mapping[str, Any], allowed: Mapping[str, Check]) -> list[str]:
    """The names that are not allowed, or whose values are nothing of the kind."""
    return [name for name, value in values.items() if name not in allowed or not allowed[name](value)]


def said(**values: object) -> dict[str, Any]:
    """Only what says something."""
    return {name: value for name, value in values.items() if value not in (None, "", {})}


def _fits(values: Mapping[str, Any], allowed: Mapping[str, Check]) -> bool:
    return not misfits(values, allowed)

"""What one type of question says beyond the parts that several have: its own fields, declared once. Checking, cleaning,
storing with files, the API's shapes and what takers see of them all follow from the declaration.

Values are JSON: decimals are strings in their one way to be written (`base.plain`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from apps.core.errors import Problem

Kind = Literal["html", "line", "integer", "decimal", "boolean", "choice", "object", "list"]
Values = Mapping[str, Any]

LONGEST_LINE: Final = 200
LONGEST_HTML: Final = 100_000
MOST_DIGITS: Final = 12
_DECIMAL: Final = re.compile(r"-?\d{1,9}(?:\.\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``least`` and ``most`` bound a number, or how many entries a list has. An object has ``fields``, and so
    has each entry of a list. What is ``shown`` to takers holds no HTML, so that nothing in it has to be signed."""

    name: str
    kind: Kind
    help: str = ""
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    required: bool = False
    shown: bool = False

    def __post_init__(self) -> None:
        if self.shown and self._holds_html():
            raise ValueError(f"{self.name}: what takers see of a type's own fields holds no HTML.")

    def _holds_html(self) -> bool:
        return self.kind == "html" or any(field._holds_html() for field in self.fields)

    @property
    def empty(self) -> Any:
        """What stands for a value that is not given."""
        return {"html": "", "line": "", "list": [], "choice": self.choices[0] if self.choices else ""}.get(self.kind)


def filled(fields: Sequence[Field], values: Values) -> dict[str, Any]:
    """Every field with its value, inside objects and lists as well; what is declared nowhere is gone."""
    return {field.name: _filled(field, values.get(field.name)) for field in fields}


def shown(fields: Sequence[Field], values: Values) -> dict[str, Any]:
    """What takers see: declared as shown, field by field."""
    return filled([field for field in fields if field.shown], values)


def with_html(fields: Sequence[Field], values: Values, change: Callable[[str], str]) -> dict[str, Any]:
    """The values with ``change`` applied to every HTML text; what stands empty goes on standing there."""
    return {field.name: _changed(field, values[field.name], change) for field in fields if field.name in values}


def html_in(fields: Sequence[Field], values: Values, place: str = "") -> Iterator[tuple[str, str]]:
    """Every HTML text with its place, a pointer."""
    for field, value in _pairs(fields, values):
        inner = f"{place}/{field.name}"
        if field.kind == "html":
            yield inner, value
        elif field.kind == "object":
            yield from html_in(field.fields, value or {}, inner)
        elif field.kind == "list":
            for number, entry in enumerate(value):
                yield from html_in(field.fields, entry, f"{inner}/{number}")


def flaws(fields: Sequence[Field], values: Values, place: str = "") -> Iterator[Problem]:
    """What is wrong with the shape of values, wherever they come from."""
    for name in values.keys() - {field.name for field in fields}:
        yield Problem(f"{place}/{name}", "unknown_field", "This field is not known here.")
    for field in fields:
        value = values.get(field.name)
        if value is None or value == field.empty:
            if field.required:
                yield Problem(f"{place}/{field.name}", "required", "This is required.")
        else:
            yield from _flaws(field, value, f"{place}/{field.name}")


def _flaws(field: Field, value: object, place: str) -> Iterator[Problem]:
    if field.kind == "object" and isinstance(value, dict):
        yield from flaws(field.fields, value, place)
    elif field.kind == "list" and isinstance(value, list):
        if not (field.least or 0) <= len(value) <= (field.most or len(value)):
            yield Problem(place, "entry_count", f"It has {len(value)} entries; {_bounds(field)} are possible.")
        for number, entry in enumerate(value):
            if isinstance(entry, dict):
                yield from flaws(field.fields, entry, f"{place}/{number}")
            else:
                yield Problem(f"{place}/{number}", "invalid", "An object is expected.")
    elif said := _wrong(field, value):
        yield Problem(place, "invalid", said)


def _wrong(field: Field, value: object) -> str:
    """Why a single value is none of its field; nothing, if it is one."""
    expected = {
        "boolean": "True or false is expected.",
        "integer": f"A whole number is expected, {_bounds(field)}.",
        "decimal": f"A number with at most three decimals is expected, {_bounds(field)}.",
        "choice": f"One of these is expected: {', '.join(field.choices)}.",
        "line": f"One line of at most {LONGEST_LINE} characters is expected.",
        "html": f"A text of at most {LONGEST_HTML:,} characters is expected.",
        "object": "An object is expected.",
        "list": "A list is expected.",
    }
    return "" if _fits(field, value) else expected[field.kind]


def _fits(field: Field, value: object) -> bool:
    if field.kind == "boolean":
        return isinstance(value, bool)
    if field.kind == "integer":
        return type(value) is int and abs(value) < 10**MOST_DIGITS and _is_within(field, Decimal(value))
    if not isinstance(value, str):
        return False
    if field.kind == "decimal":
        return _DECIMAL.fullmatch(value) is not None and _is_within(field, Decimal(value))
    if field.kind == "choice":
        return value in field.choices
    if field.kind == "line":
        return len(value) <= LONGEST_LINE and _is_clean(value) and "\n" not in value
    return field.kind == "html" and len(value) <= LONGEST_HTML and _is_clean(value)


def _is_clean(text: str) -> bool:
    return not any(unicodedata.category(mark) in ("Cc", "Cs") and mark not in "\n\r\t" for mark in text)


def _is_within(field: Field, number: Decimal) -> bool:
    return (field.least is None or field.least <= number) and (field.most is None or number <= field.most)


def _bounds(field: Field) -> str:
    least = f"at least {field.least:,}" if field.least is not None else ""
    most = f"at most {field.most:,}" if field.most is not None else ""
    return " and ".join(filter(None, (least, most))) or "any"


def _filled(field: Field, value: Any) -> Any:
    if field.kind == "object":
        return filled(field.fields, value or {})
    if field.kind == "list":
        return [filled(field.fields, entry) for entry in value or ()]
    return field.empty if value is None else value


def _changed(field: Field, value: Any, change: Callable[[str], str]) -> Any:
    if value is None:
        return None
    if field.kind == "html":
        return change(value)
    if field.kind == "object":
        return with_html(field.fields, value, change)
    return [with_html(field.fields, entry, change) for entry in value] if field.kind == "list" else value


def _pairs(fields: Sequence[Field], values: Values) -> Iterator[tuple[Field, Any]]:
    """Declared fields that have a value."""
    return ((field, values[field.name]) for field in fields if values.get(field.name) is not None)

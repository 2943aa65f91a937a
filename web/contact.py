"""The contact form of the home page: plain HTML, so that it works in every browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from apps.centers.operations import contacts
from apps.core.errors import Invalid, Refusal

TRAP = "homepage"


@dataclass(frozen=True, slots=True)
class Field:
    """An input with what was typed into it and what is wrong with that."""

    name: str
    label: str
    most: int
    type: str = "text"
    autocomplete: str = "off"
    is_long: bool = False
    value: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """``refusal`` is what is wrong with it as a whole."""

    fields: tuple[Field, ...]
    refusal: str = ""


_FIELDS = (
    Field("center_name", "Your center or school", 120, autocomplete="organization"),
    Field("full_name", "Your name", 120, autocomplete="name"),
    Field("phone_number", "Phone", 40, type="tel", autocomplete="tel"),
    Field("message", "What is it about? (may be empty)", 4000, is_long=True),
)
EMPTY = Form(_FIELDS)


def submit(posted: Mapping[str, str]) -> Form | None:
    """Leave the request; the form with its faults where it cannot be taken, nothing when all is well. Who fills in the
    field that nobody sees is no person, and is not told."""
    given = {field.name: posted.get(field.name, "").replace("\0", "") for field in _FIELDS}
    if posted.get(TRAP):
        return None
    too_long = {field.name: "This is too long." for field in _FIELDS if len(given[field.name]) > field.most}
    if too_long:
        return _with(given, too_long)
    try:
        contacts.ask(**given)
    except Invalid as error:
        return _with(given, {problem.pointer.strip("/"): problem.detail for problem in error.problems})
    except Refusal as error:
        return _with(given, {}, str(error))
    return None


def _with(given: Mapping[str, str], problems: Mapping[str, str], refusal: str = "") -> Form:
    fields = (replace(field, value=given[field.name], problem=problems.get(field.name, "")) for field in _FIELDS)
    return Form(tuple(fields), refusal)

"""Which letters there are, what stands in each, and who fills one in when it is about to leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """``values`` are the words of its template. ``quote``, where it has one, may be long and have lines: it is shown as
    somebody's own words. ``has_button``: it leads somewhere. ``is_optional``: a person may do without, by a link at its
    end."""

    values: frozenset[str] = frozenset()
    has_button: bool = True
    is_optional: bool = False


def _kind(*values: str, has_button: bool = True, is_optional: bool = False) -> Kind:
    return Kind(frozenset(values), has_button, is_optional)


LETTERS: Mapping[str, Kind] = MappingProxyType(
    {
        "invitation": _kind("code", "role", "expires"),
        "confirm_email": _kind("waits"),
        "has_account": _kind(),
        "password_reset": _kind(),
        "approved": _kind("name"),
        "rejected": _kind("quote", has_button=False),
        "welcome": _kind("name", "role", "expires"),
        "email_change": _kind("name", "expires"),
        "email_changed": _kind("name", "new", has_button=False),
        "security": _kind("name", "event", "at", has_button=False),
        "results": _kind("name", "room", is_optional=True),
        "trial_reminder": _kind("days", "ends"),
        "trial_ended": _kind("ends"),
        "domain_failed": _kind("domain", "quote"),
        "acting_started": _kind("owner", "until", "quote"),
        "acting_ended": _kind("owner", "until"),
        "contact_request": _kind("center_name", "full_name", "phone", "quote"),
    }
)


@dataclass(frozen=True, slots=True)
class Content:
    """What a letter says: ``values`` for its template, the path its button leads to, to whom in which language, if that is
    better known than when the letter was written. Of a letter that its reader may do without, the path of a page for
    saying so, and one to which a mail program may ``POST`` the same."""

    values: Mapping[str, str] = field(default_factory=dict)
    path: str = "/"
    to: str = ""
    language: str = ""
    unsubscribe: str = ""
    one_click: str = ""


Filler = Callable[[str, Mapping[str, Any]], "Content | None"]
_fillers: dict[str, Filler] = {}


def letter(name: str) -> Callable[[Filler], Filler]:
    """Register who fills a letter in; used in ``subscribers.py`` only. It is called inside the center with the address
    and the ids of the row, and answers nothing when the letter is not needed any more."""
    if name not in LETTERS:
        raise LookupError(f"There is no letter {name!r}: add it to LETTERS, with its templates.")

    def register(filler: Filler) -> Filler:
        _fillers[name] = filler
        return filler

    return register


def fill(name: str, to: str, about: Mapping[str, Any]) -> Content | None:
    """What stands in this letter now: as its app says, or as it was written where no app fills it in."""
    if name in _fillers and "values" not in about:
        return _fillers[name](to, about)
    return Content(about["values"], path=about["path"])


def names() -> list[str]:
    """Every letter that can be written."""
    return sorted(LETTERS)

"""Which letters there are. The app that writes one says, when it is about to leave, what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Content:
    """What a letter says: ``values`` for its template, the path its button leads to, and to whom in which language, if
    that is better known than when the letter was written."""

    values: Mapping[str, str] = field(default_factory=dict)
    path: str = "/"
    to: str = ""
    language: str = ""


Filler = Callable[[str, Mapping[str, Any]], "Content | None"]
_fillers: dict[str, Filler] = {}


def letter(name: str) -> Callable[[Filler], Filler]:
    """Register who fills a letter in; used in ``subscribers.py`` only. It is called inside the center with the address
    and the ids of the row, and answers nothing when the letter is not needed any more."""

    def register(filler: Filler) -> Filler:
        _fillers[name] = filler
        return filler

    return register


def fill(name: str, to: str, about: Mapping[str, Any]) -> Content | None:
    """What stands in this letter now."""
    return _fillers[name](to, about)


def names() -> list[str]:
    """Every letter that can be written."""
    return sorted(_fillers)

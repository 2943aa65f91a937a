"""What a student's screen noticed, cut to a size that can be kept. None of it is trusted, and nothing follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

MOST_OF_AN_ATTEMPT: Final = 500
MOST_AT_ONCE: Final = 50
LONGEST_KIND: Final = 40
LONGEST_DETAIL: Final = 200
MOST_DETAILS: Final = 8


@dataclass(frozen=True, slots=True)
class Noticed:
    """One event: what it was, when by the student's clock, and a few short texts about it."""

    kind: str
    at: datetime | None
    details: Mapping[str, str]


def read_events(events: Iterable[Mapping[str, object]]) -> list[Noticed]:
    """Events with a ``kind``, a moment ``at`` and whatever else, cut to size; those that name no kind are dropped."""
    read = []
    for event in events:
        kind = _text(event.get("kind"), LONGEST_KIND)
        if kind:
            others = [(name, value) for name, value in event.items() if name not in ("kind", "at")]
            details = {_text(name, LONGEST_KIND): _text(value, LONGEST_DETAIL) for name, value in others[:MOST_DETAILS]}
            read.append(Noticed(kind, _moment(event.get("at")), {n: text for n, text in details.items() if text}))
    return read


def _text(value: object, longest: int) -> str:
    """A short text that a database takes; anything but texts, numbers and truths is left out."""
    if not isinstance(value, str | int | float):
        return ""
    try:
        text = str(value)
    except ValueError:  # a number of thousands of digits
        return ""
    return text[:longest].encode("utf-8", "ignore").decode().replace("\0", "").strip()


def _moment(value: object) -> datetime | None:
    """A moment in UTC, as JavaScript writes it; nothing if it is none."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None

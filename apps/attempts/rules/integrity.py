"""What a student's screen noticed, cut to a size that can be kept, and what the server sees itself of where an attempt is
sat. None of the first is trusted, and from neither follows anything but what people make of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

OWN_KINDS: Final = frozenset({"blur", "focus", "hidden", "visible", "offline", "online"})
"""What our own pages tell of."""
MOST_OF_A_KIND: Final = 200
MOST_OF_OTHERS: Final = 500
"""Of all other kinds together. So a flood of one kind, or of many that nobody knows, hides nothing of what matters."""
MOST_AT_ONCE: Final = 50
LONGEST_KIND: Final = 40
LONGEST_DETAIL: Final = 200
MOST_DETAILS: Final = 8

MOST_OBSERVED: Final = 200
"""Apart from what screens tell: who floods the one must not hide the other."""

STARTED, TAKEN_OVER, SOCKET = "started", "taken_over", "socket"
RECONNECTED, OTHER_ADDRESS, OTHER_DEVICE = "reconnected", "address_changed", "second_device"


@dataclass(frozen=True, slots=True)
class Place:
    """From where somebody came: address and browser; empty where it is not known."""

    address: str = ""
    agent: str = ""


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


def within_shares(noticed: Iterable[Noticed], kept: Mapping[str, int]) -> list[Noticed]:
    """Those for which there is room beside what is ``kept`` already, by kind."""
    counts = Counter(kept)
    others = sum(count for kind, count in counts.items() if kind not in OWN_KINDS)
    found = []
    for event in noticed:
        is_other = event.kind not in OWN_KINDS
        if counts[event.kind] < MOST_OF_A_KIND and not (is_other and others >= MOST_OF_OTHERS):
            counts[event.kind] += 1
            others += is_other
            found.append(event)
    return found


def observe(*, way: str, before: Place | None, now: Place, sockets: int) -> list[Noticed]:
    """What it means that somebody comes ``way`` from ``now`` who came from ``before`` the last time, with so many sockets
    opened until then."""
    found = []
    if way == TAKEN_OVER:
        found.append(Noticed(TAKEN_OVER, None, {}))
    if way == SOCKET and sockets:
        found.append(Noticed(RECONNECTED, None, {}))
    if before is None:
        return found
    for kind, old, new in (
        (OTHER_ADDRESS, before.address, now.address),
        (OTHER_DEVICE, before.agent, now.agent),
    ):
        if old and new and old != new:
            found.append(Noticed(kind, None, {"from": old, "to": new}))
    return found


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

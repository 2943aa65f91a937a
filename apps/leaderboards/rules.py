"""Ranks, percentiles and the order of those who share a rank."""

from __future__ import annotations

import bisect
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import NamedTuple

PERCENTILE_DIGITS = Decimal("1e-7")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MILLI_MARKS = 10**9

# Topics that decide between equal scores before time does, by exam; profiles are dated: `code@date`.
TIE_BREAKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "jee-main": ("Mathematics", "Physics", "Chemistry"),
        "neet": ("Biology", "Chemistry", "Physics"),
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a score stands among others."""

    rank: int
    percentile: Decimal


class Row(NamedTuple):
    """One person on a board."""

    student_id: uuid.UUID
    name: str
    score: Decimal
    rank: int
    percentile: Decimal


@dataclass(frozen=True, slots=True)
class Board:
    """A board at one moment: the first rows, and the rows of those who were asked for, as far as they have one.

    Of two boards of a room the one with the higher ``version`` is newer.
    """

    version: int
    people: int
    top: Sequence[Row]
    rows: Mapping[uuid.UUID, Row]


def percentile(at_or_below: int, people: int) -> Decimal:
    """100 x (number scoring equal or less) / all, to seven decimals."""
    return (Decimal(100 * at_or_below) / people).quantize(PERCENTILE_DIGITS, ROUND_HALF_UP)


def places(scores: Sequence[Decimal]) -> list[Place]:
    """The place of each score among all of them: ties share the rank, and the next rank is left out (1, 2, 2, 4)."""
    ascending = sorted(scores)
    people = len(ascending)
    return [
        Place(1 + people - at_or_below, percentile(at_or_below, people))
        for at_or_below in (bisect.bisect_right(ascending, score) for score in scores)
    ]


def tie_break(profile: str, *, seconds_taken: float, finished_at: datetime, topics: Mapping[str, Decimal | str]) -> str:
    """Orders equal scores, smallest text first: by the profile's chain of topics, then less time, then earlier finish.

    Made of digits in groups of fixed width, so that comparing texts compares the values.
    """
    chain = TIE_BREAKS.get(profile.partition("@")[0], ())
    marks = [f"{_MOST_MILLI_MARKS - round(Decimal(topics.get(topic, 0)) * 1000):010d}" for topic in chain]
    finished = (finished_at - _EPOCH) // timedelta(milliseconds=1)
    return "".join([*marks, f"{max(round(seconds_taken * 1000), 0):012d}", f"{finished:014d}"])


def part_name(*, section: uuid.UUID | None = None, topic: str = "") -> str:
    """How a part of the paper is called where parts are compared; nothing means the whole paper."""
    if section is not None:
        return f"section:{section}"
    return f"topic:{topic}" if topic else ""

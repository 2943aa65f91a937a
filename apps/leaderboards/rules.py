"""Ranks, percentiles and the order of those who share a rank."""

from __future__ import annotations

import bisect
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from apps.mock_tests.rules.profiles import Tie

PERCENTILE_DIGITS = Decimal("1e-7")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MILLI_MARKS = 10**9

# More wrong answers for each right one than anybody can have: who has none right comes last.
_WORST_RATIO = 10**10 - 1


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


@dataclass(frozen=True, slots=True)
class Facts:
    """What orders equal scores: marks by topic and by area, right and wrong answers by area and (under no name) in all."""

    topics: Mapping[str, Decimal | str]
    areas: Mapping[str, Decimal | str]
    answered: Mapping[str, tuple[int, int]]


NOTHING = Facts({}, {}, {})


def tie_break(chain: Iterable[Tie], facts: Facts, *, seconds_taken: float, finished_at: datetime) -> str:
    """Orders equal scores, smallest text first: by the chain of the exam's profile, then less time, then earlier finish.

    Made of digits in groups of fixed width, so that comparing texts compares the values.
    """
    links = [f"{_link(tie, facts):010d}" for tie in chain]
    finished = (finished_at - _EPOCH) // timedelta(milliseconds=1)
    return "".join([*links, f"{max(round(seconds_taken * 1000), 0):012d}", f"{finished:014d}"])


def _link(tie: Tie, facts: Facts) -> int:
    """The smaller, the better. Of ten digits at most."""
    if tie.by == "wrong_ratio":
        right, wrong = facts.answered.get(tie.name, (0, 0))
        return min(round(Decimal(wrong) / right * 10**6), _WORST_RATIO) if right else _WORST_RATIO
    marks = facts.topics if tie.by == "topic" else facts.areas
    return _MOST_MILLI_MARKS - round(Decimal(marks.get(tie.name, 0)) * 1000)


def part_name(*, section: uuid.UUID | None = None, topic: str = "") -> str:
    """How a part of the paper is called where parts are compared; nothing means the whole paper."""
    if section is not None:
        return f"section:{section}"
    return f"topic:{topic}" if topic else ""

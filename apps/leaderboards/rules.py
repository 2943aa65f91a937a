"""Ranks and percentiles, and what a board shows."""

from __future__ import annotations

import bisect
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

PERCENTILE_DIGITS = Decimal("1e-7")


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


def part_name(*, section: uuid.UUID | None = None, topic: str = "") -> str:
    """How a part of the paper is called where parts are compared; nothing means the whole paper."""
    if section is not None:
        return f"section:{section}"
    return f"topic:{topic}" if topic else ""

"""The order of those who share a score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from apps.mock_tests.rules.profiles import Tie

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_MILLI_MARKS = 10**9

# More wrong answers for each right one than anybody can have: who has none right comes last.
_WORST_RATIO = 10**10 - 1


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

"""The course of a sitting whose sections are timed: its steps, who may write when, and what is shown.

A course is drawn up at the start and never changes; only the moments at which its steps end do.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from apps.attempts.rules import ledger
from apps.attempts.rules.ledger import Grant

SECTION: Final = "SECTION"
BREAK: Final = "BREAK"
ANY_TYPE: Final = "*"

Factors = Mapping[str, Decimal]
"""How much of its time a section gets, by section type; ``*`` for all others. Nothing: as everybody."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a paper as its course needs it."""

    id: uuid.UUID | str
    name: str
    type: str
    seconds: int


def draw(parts: Sequence[Part], breaks: Iterable[Mapping[str, int]]) -> list[dict[str, Any]]:
    """The steps: the sections in order, and after the ``after``-th of them (from 1) a break of so many seconds."""
    pauses = {given["after"]: given["seconds"] for given in breaks}
    steps: list[dict[str, Any]] = []
    for number, part in enumerate(parts, start=1):
        steps.append(
            {"kind": SECTION, "section": str(part.id), "name": part.name, "type": part.type, "seconds": part.seconds}
        )
        if number in pauses and number < len(parts):
            steps.append({"kind": BREAK, "section": None, "name": "", "type": "", "seconds": pauses[number]})
    return steps


def extra(seconds: int, section_type: str, factors: Factors) -> float:
    """The seconds that somebody gets beyond what everybody gets, to the millisecond."""
    factor = factors.get(section_type, factors.get(ANY_TYPE, Decimal(1)))
    return float(round((factor - 1) * seconds, 3))


def course_grants(steps: Sequence[Mapping[str, Any]], factors: Factors) -> list[Grant]:
    """The ledger of a sitting whose sections are timed, before its window is looked at."""
    grants = []
    for place, step in enumerate(steps):
        grants.append(Grant(step["kind"], float(step["seconds"]), place))
        more = extra(step["seconds"], step["type"], factors) if step["kind"] == SECTION else 0.0
        if more:
            grants.append(Grant(ledger.ACCOMMODATION, more, place))
    return grants


def whole_grants(seconds: int, parts: Sequence[Part], factors: Factors) -> list[Grant]:
    """The ledger of a sitting whose paper is open as a whole: its extra time is that of its sections, in proportion
    where the room gives the paper another time."""
    grants = [Grant(ledger.BASE, float(seconds))]
    usual = sum(part.seconds for part in parts)
    more = sum(extra(part.seconds, part.type, factors) for part in parts)
    if more and usual:
        grants.append(Grant(ledger.ACCOMMODATION, round(more * seconds / usual, 3)))
    return grants


def step_of_sections(steps: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The step of each section, by its id."""
    return {step["section"]: place for place, step in enumerate(steps) if step["kind"] == SECTION}

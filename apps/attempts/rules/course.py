"""The course of a sitting whose sections, or questions, are timed: its steps, who may write when, and what is shown.

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
QUESTION: Final = "QUESTION"
BREAK: Final = "BREAK"
ANY_TYPE: Final = "*"
MOST_GRACE: Final = 5
"""Seconds that an answer may be on its way where questions are timed: what a section has would be half a question more."""

Factors = Mapping[str, Decimal]
"""How much of its time a section gets, by section type; ``*`` for all others. Nothing: as everybody."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a paper as its course needs it."""

    id: uuid.UUID | str
    name: str
    type: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a quiz as its course needs it; ``type`` is that of its section."""

    id: str
    section: str
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


def draw_questions(asked: Sequence[Asked], *, pause: int) -> list[dict[str, Any]]:
    """The steps of a quiz: its questions in the order of the attempt, and between two of them a break of so many seconds,
    in which nothing is asked; none, if there are no seconds for it."""
    steps: list[dict[str, Any]] = []
    for one in asked:
        if steps and pause:
            steps.append({"kind": BREAK, "section": None, "question": None, "name": "", "type": "", "seconds": pause})
        steps.append(
            {
                "kind": QUESTION,
                "section": one.section,
                "question": one.id,
                "name": one.name,
                "type": one.type,
                "seconds": one.seconds,
            }
        )
    return steps


def is_by_question(steps: Iterable[Mapping[str, Any]]) -> bool:
    """Whether it is single questions that are timed."""
    return any(step["kind"] == QUESTION for step in steps)


def grace(steps: Iterable[Mapping[str, Any]], usual: int) -> int:
    """For how many seconds after its step an answer still counts."""
    return min(usual, MOST_GRACE) if is_by_question(steps) else usual


def extra(seconds: int, section_type: str, factors: Factors) -> float:
    """The seconds that somebody gets beyond what everybody gets, to the millisecond."""
    factor = factors.get(section_type, factors.get(ANY_TYPE, Decimal(1)))
    return float(round((factor - 1) * seconds, 3))


def course_grants(steps: Sequence[Mapping[str, Any]], factors: Factors) -> list[Grant]:
    """The ledger of a sitting that has steps, before its window is looked at."""
    grants = []
    for place, step in enumerate(steps):
        grants.append(Grant(step["kind"], float(step["seconds"]), place))
        more = extra(step["seconds"], step["type"], factors) if step["kind"] != BREAK else 0.0
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


def step_of_questions(steps: Sequence[Mapping[str, Any]], section_of: Mapping[str, str]) -> dict[str, int]:
    """The step of each question, by its id: its own, or that of its section."""
    if is_by_question(steps):
        return {step["question"]: place for place, step in enumerate(steps) if step["kind"] == QUESTION}
    of_section = {step["section"]: place for place, step in enumerate(steps) if step["kind"] == SECTION}
    return {question: of_section[section] for question, section in section_of.items()}

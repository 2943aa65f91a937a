"""Blueprints: so many questions of each sort for each group of a test, and which of the bank's fill them."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from apps.core.errors import Problem
from apps.mock_tests.rules.profiles.base import SECTION_TYPES
from apps.mock_tests.rules.types.registry import TYPES

MOST_QUESTIONS = 1_000
"""Of a whole test."""
SORTS = ("type", "topic", "difficulty", "exam_type", "language")


@dataclass(frozen=True, slots=True)
class Line:
    """So many questions of a sort. What is empty does not narrow; a topic means all below it too, tags all of them.
    ``score``: what each gives, if not what the bank or the exam profile says."""

    count: int
    type: str = ""
    topic: uuid.UUID | None = None
    difficulty: str = ""
    exam_type: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    score: Decimal | None = None

    def filters(self) -> dict[str, Any]:
        """As lists of the bank are narrowed."""
        found = {name: getattr(self, name) for name in SORTS if getattr(self, name)}
        return found | ({"tags": list(self.tags)} if self.tags else {})


@dataclass(frozen=True, slots=True)
class GroupPlan:
    lines: tuple[Line, ...]
    title: str = ""
    instruction: str = ""
    scored_area: str = ""


@dataclass(frozen=True, slots=True)
class SectionPlan:
    """Without ``minutes`` it has those of its exam profile, or a guess by the number of its questions."""

    name: str
    groups: tuple[GroupPlan, ...]
    section_type: str = "GENERAL"
    code: str = ""
    minutes: int | None = None

    @property
    def count(self) -> int:
        """How many questions it asks for."""
        return sum(line.count for group in self.groups for line in group.lines)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole blueprint. ``unseen_first`` takes what stands in the fewest papers; ``skip_papers`` leaves out what stands in
    that many of the newest papers of the center."""

    sections: tuple[SectionPlan, ...]
    level: str = ""
    profile: str = ""
    unseen_first: bool = True
    skip_papers: int = 0

    def lines(self) -> Iterator[tuple[str, Line]]:
        """Every line with its place."""
        for number, section in enumerate(self.sections):
            for position, group in enumerate(section.groups):
                for index, line in enumerate(group.lines):
                    yield f"/sections/{number}/groups/{position}/lines/{index}", line


@dataclass(frozen=True, slots=True)
class Filled:
    """A line with what the bank has for it: ``available`` match it, of which it gets ``ids``."""

    pointer: str
    wanted: int
    available: int
    ids: tuple[uuid.UUID, ...]

    @property
    def is_short(self) -> bool:
        """Whether it gets fewer than it asks for."""
        return len(self.ids) < self.wanted


def read_plan(given: Mapping[str, Any]) -> Plan:
    """The plan that this JSON describes."""
    sections = tuple(
        SectionPlan(**{**section, "groups": tuple(_group(group) for group in section["groups"])})
        for section in given["sections"]
    )
    return Plan(**{**given, "sections": sections})


def write_plan(plan: Plan) -> dict[str, Any]:
    """The inverse."""
    written: dict[str, Any] = _plain(asdict(plan))
    return written


def plan_flaws(plan: Plan) -> tuple[Problem, ...]:
    """Every reason why no test can be made by this plan, whatever the bank has."""
    return tuple(_flaws(plan))


def fill(
    wanted: Sequence[tuple[str, int]], candidates: Sequence[Sequence[uuid.UUID]], available: Sequence[int] = ()
) -> tuple[Filled, ...]:
    """Give each line (its place and how many it asks for) questions of its candidates, which stand in the order in which
    they are preferred, and may be the first of more that are ``available``. Nobody gets a question twice, and a line is
    short only where no way of sharing would fill it: a wide line gives up what a narrow one needs."""
    holder: dict[uuid.UUID, int] = {}
    held: list[list[uuid.UUID]] = [[] for _ in wanted]
    for line, (_, count) in enumerate(wanted):
        for question in candidates[line]:
            if len(held[line]) == count:
                break
            if question not in holder:
                holder[question] = line
                held[line].append(question)
        while len(held[line]) < count and _hand_on(line, candidates, holder, held):
            pass
    order = [{question: place for place, question in enumerate(found)} for found in candidates]
    return tuple(
        Filled(
            pointer,
            count,
            available[line] if available else len(candidates[line]),
            tuple(sorted(held[line], key=order[line].__getitem__)),
        )
        for line, (pointer, count) in enumerate(wanted)
    )


def _hand_on(
    short: int, candidates: Sequence[Sequence[uuid.UUID]], holder: dict[uuid.UUID, int], held: list[list[uuid.UUID]]
) -> bool:
    """One more question for a line that is short: another line hands one on and takes a free one instead, or is handed one
    by a third in turn. False if there is no such way."""
    came: dict[int, tuple[int, uuid.UUID]] = {}
    waiting = deque([short])
    while waiting:
        line = waiting.popleft()
        for question in candidates[line]:
            owner = holder.get(question)
            if owner is None:
                _take(line, question, holder, held)
                while line != short:
                    line, passed = came[line]
                    held[holder[passed]].remove(passed)
                    _take(line, passed, holder, held)
                return True
            if owner != short and owner not in came and owner != line:
                came[owner] = (line, question)
                waiting.append(owner)
    return False


def _take(line: int, question: uuid.UUID, holder: dict[uuid.UUID, int], held: list[list[uuid.UUID]]) -> None:
    holder[question] = line
    held[line].append(question)


def _flaws(plan: Plan) -> Iterator[Problem]:
    if not plan.sections:
        yield Problem("/sections", "no_sections", "The blueprint has no sections.")
    for number, section in enumerate(plan.sections):
        place = f"/sections/{number}"
        if section.section_type not in SECTION_TYPES:
            yield Problem(
                f"{place}/section_type", "unknown_type", f'There is no section type "{section.section_type}".'
            )
        if not section.groups:
            yield Problem(f"{place}/groups", "empty_section", "The section has no groups.")
        for position, group in enumerate(section.groups):
            if not group.lines:
                yield Problem(f"{place}/groups/{position}/lines", "empty_group", "The group has no lines.")
    for pointer, line in plan.lines():
        if line.count < 1:
            yield Problem(f"{pointer}/count", "bad_count", "A line asks for one question at least.")
        if line.type and line.type not in TYPES:
            yield Problem(f"{pointer}/type", "unknown_type", f'There is no question type "{line.type}".')
    if sum(line.count for _, line in plan.lines()) > MOST_QUESTIONS:
        yield Problem("/sections", "too_many_questions", f"A test has at most {MOST_QUESTIONS:,} questions.")


def _group(given: Mapping[str, Any]) -> GroupPlan:
    return GroupPlan(**{**given, "lines": tuple(_line(line) for line in given["lines"])})


def _line(given: Mapping[str, Any]) -> Line:
    topic, score = given.get("topic"), given.get("score")
    read = {
        "topic": uuid.UUID(str(topic)) if topic else None,
        "tags": tuple(given.get("tags", ())),
        "score": None if score is None else Decimal(score),
    }
    return Line(**{**given, **read})


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, uuid.UUID | Decimal) else value

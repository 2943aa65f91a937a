"""The time of an attempt: a ledger of grants whose sum is the deadline, and what counts as late.

A sitting has one step, or, where sections are timed, one for each section and break. Every grant belongs to a step; the
start plus all grants up to a step is the end of that step, and the end of the last one is the deadline. The window of the
room is a limit over all of it, written down as grants that take away, so that the sum always says how it came about.
"""

from __future__ import annotations

import enum
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

BASE: Final = "BASE"  # the time of the paper
SECTION: Final = "SECTION"  # the time of one section
QUESTION: Final = "QUESTION"  # the time of one question of a quiz
BREAK: Final = "BREAK"
ACCOMMODATION: Final = "ACCOMMODATION"  # what a student is always given more
PAUSE: Final = "PAUSE"  # while nobody could write
INCIDENT: Final = "INCIDENT"  # measured stalls, credited by the server
EXTENSION: Final = "EXTENSION"  # given by staff
REOPENED: Final = "REOPENED"  # between the end and the new beginning, and what was given then
LEFT: Final = "LEFT"  # given up by going on to the next step early
WINDOW: Final = "WINDOW"  # what the room's window takes away, or gives back when it moves

PERSONAL: Final = frozenset({ACCOMMODATION, PAUSE, INCIDENT, EXTENSION, REOPENED})
"""Time that was given to this person: it counts beyond the window of the room."""

PRINTED: Final = frozenset({BASE, SECTION, QUESTION, BREAK})
"""What everybody has who sits this paper in this room: the kind says why."""

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ACCOMMODATION: "Approved for this student, and applied at the start.",
        PAUSE: "Time was stopped for the room.",
        LEFT: "Went on to the next part before this one was over.",
        WINDOW: "The window of the room ends before the full time is over.",
    }
)
"""Why, where no person has said it."""

LONGEST_EXTENSION: Final = 24 * 60 * 60
SHORTEST_SITTING: Final = timedelta(milliseconds=1)
"""A deadline never falls on or before the start, even in a room that closes at the moment somebody begins."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry: seconds given to a step, or taken away where they are negative."""

    kind: str
    seconds: float
    step: int = 0


@dataclass(frozen=True, slots=True)
class Reckoning:
    """When each step ends, and the window's grants that are missing for the ledger to say so."""

    ends: list[datetime]
    missing: list[Grant]

    @property
    def deadline(self) -> datetime:
        return self.ends[-1]


class Lateness(enum.Enum):
    """How a moment stands to a deadline. Up to and including the end of the grace it counts."""

    ON_TIME = "on_time"
    IN_GRACE = "in_grace"
    TOO_LATE = "too_late"


def reckon(*, started_at: datetime, grants: Iterable[Grant], limit_at: datetime | None, steps: int = 1) -> Reckoning:
    """Where the grants and the window lead. ``limit_at`` is the end of the window; personal time counts beyond it.

    Whatever order the grants come in and however often the window has moved, the result is the same.
    """
    given: dict[int, timedelta] = defaultdict(timedelta)
    taken: dict[int, timedelta] = defaultdict(timedelta)
    personal = timedelta()
    for grant in grants:
        seconds = timedelta(seconds=grant.seconds)
        (taken if grant.kind == WINDOW else given)[grant.step] += seconds
        if grant.kind in PERSONAL:
            personal += seconds
    earliest = started_at + SHORTEST_SITTING
    latest = None if limit_at is None else max(limit_at + personal, earliest)
    ends, whole = [], started_at
    for step in range(steps):
        whole += given[step]
        ends.append(max(whole if latest is None else min(whole, latest), earliest))
    missing = []
    for step, (begin, end) in enumerate(itertools.pairwise([started_at, *ends])):
        change = (end - begin) - given[step] - taken[step]
        if change:
            missing.append(Grant(WINDOW, change.total_seconds(), step))
    return Reckoning(ends, missing)


def full_ends(started_at: datetime, grants: Iterable[Grant], steps: int) -> list[datetime]:
    """When each step would end if there was no window."""
    return reckon(started_at=started_at, grants=grants, limit_at=None, steps=steps).ends


def deadline(*, started_at: datetime, grants: Iterable[Grant]) -> datetime:
    """The start plus the sum of the ledger."""
    return started_at + sum((timedelta(seconds=grant.seconds) for grant in grants), timedelta())


def personal_seconds(grants: Iterable[Grant]) -> float:
    """What counts beyond the window."""
    return sum(grant.seconds for grant in grants if grant.kind in PERSONAL)


def step_at(*, ends: Sequence[datetime], at: datetime) -> int:
    """The step in which a moment falls; periods are half-open, and after the end it stays the last one."""
    return next((step for step, end in enumerate(ends) if at < end), len(ends) - 1)


def last_moment(*, deadline_at: datetime, grace_seconds: int) -> datetime:
    """The end of the grace: the last moment that counts."""
    return deadline_at + timedelta(seconds=grace_seconds)


def lateness(*, at: datetime, deadline_at: datetime, grace_seconds: int) -> Lateness:
    """Whether what arrived ``at`` is on time, within the grace, or too late."""
    if at <= deadline_at:
        return Lateness.ON_TIME
    if at <= last_moment(deadline_at=deadline_at, grace_seconds=grace_seconds):
        return Lateness.IN_GRACE
    return Lateness.TOO_LATE


def finish_moment(*, at: datetime, started_at: datetime, deadline_at: datetime) -> datetime:
    """When the attempt ended: never after its deadline, never before its start."""
    return max(started_at, min(at, deadline_at))


def closing_limit(*, closed_at: datetime, closes_at: datetime | None, personal: float) -> datetime:
    """The limit of a running attempt whose room closes.

    Closed by hand, time ends there for everybody. Closed by its window, personal time stays.
    """
    if closes_at is not None and closed_at >= closes_at:
        return closes_at
    return closed_at - timedelta(seconds=personal)


def seconds_left(*, at: datetime, deadline_at: datetime, paused_at: datetime | None = None) -> float:
    """Never below zero. While an attempt is paused, what is left stays as it was."""
    return max((deadline_at - min(at, paused_at or at)).total_seconds(), 0.0)

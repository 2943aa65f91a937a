"""The time of an attempt: a ledger of grants whose sum is the deadline, and what counts as late."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

BASE: Final = "BASE"
WINDOW: Final = "WINDOW"
EXTENSION: Final = "EXTENSION"

LONGEST_EXTENSION: Final = 24 * 60 * 60
SHORTEST_SITTING: Final = timedelta(milliseconds=1)
"""A deadline never falls on or before the start, even in a room that closes at the moment somebody begins."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry: seconds given, or taken away where they are negative."""

    kind: str
    seconds: float


class Lateness(enum.Enum):
    """How a moment stands to a deadline. Up to and including the end of the grace it counts."""

    ON_TIME = "on_time"
    IN_GRACE = "in_grace"
    TOO_LATE = "too_late"


def first_grants(*, started_at: datetime, seconds: int, closes_at: datetime | None) -> list[Grant]:
    """The time of the paper, and what the closing of the room cuts off it."""
    grants = [Grant(BASE, float(seconds))]
    end = started_at + timedelta(seconds=seconds)
    if closes_at is not None and closes_at < end:
        cut_to = max(closes_at, started_at + SHORTEST_SITTING)
        grants.append(Grant(WINDOW, (cut_to - end).total_seconds()))
    return grants


def deadline(*, started_at: datetime, grants: Iterable[Grant]) -> datetime:
    """The start plus the sum of the ledger."""
    return started_at + timedelta(seconds=sum(grant.seconds for grant in grants))


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


def closing_deadline(
    *, started_at: datetime, deadline_at: datetime, closed_at: datetime, closes_at: datetime | None, extended: float
) -> datetime:
    """The deadline of a running attempt whose room closes.

    Closed by hand, time ends there for everybody. Closed by its window, extra time that somebody was given stays.
    """
    by_window = closes_at is not None and closed_at >= closes_at
    limit = closed_at + timedelta(seconds=extended if by_window else 0)
    return max(min(deadline_at, limit), started_at + SHORTEST_SITTING)


def seconds_left(*, at: datetime, deadline_at: datetime) -> float:
    """Never below zero."""
    return max((deadline_at - at).total_seconds(), 0.0)

"""Recordings that are not to be played as often as one likes: what may be fetched of them, and what of a stall is given
back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

FREE, LIMITED, SYNCHRONISED = "FREE", "LIMITED", "SYNCHRONISED"

LINK_LIFE: Final = timedelta(seconds=60)
"""How long the address of a play holds; while the play runs, there is a new one for the asking."""
MOST_FETCHES: Final = 10
"""How often the bytes of one play are given out: enough for a connection that breaks, too little for anything else."""
CUE_LEAD: Final = timedelta(seconds=5)
"""Between a cue and its start, so that it reaches everybody before."""
GAP: Final = timedelta(seconds=3)
"""Between two recordings that start by the clock."""
LATEST_CUE: Final = timedelta(hours=4)
MOST_CREDITED: Final = 60.0
"""Seconds that stalls of one recording can give back to one student, however often it is played."""
LEAST_CREDITED: Final = 0.5
LATEST_REPORT: Final = timedelta(minutes=10)
"""After the end of a play: what cut it off may have kept the report of it as well."""
LONGEST_STALL: Final = 600.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the bytes of a play were given out, and where the latest fetch began."""

    fetches: int = 0
    first_byte: int = 0
    sent_bytes: int = 0


def fetch(progress: Progress, *, begin: int, size: int) -> Progress | None:
    """The progress once everything from ``begin`` on is given out; nothing, if that would be a way to seek: fetches go
    forward, each from within what is known already, and there are few of them."""
    if progress.fetches >= MOST_FETCHES or not progress.first_byte <= begin <= progress.sent_bytes or begin >= size:
        return None
    return Progress(progress.fetches + 1, begin, size)


def creditable(
    *,
    seconds: float,
    started_at: datetime,
    at: datetime,
    of_play: float,
    of_recording: float,
    finished_at: datetime | None = None,
) -> float:
    """How much of a measured stall is given back: no more than has passed between the beginning of the play and its end,
    or this moment, and no more for a recording than ``MOST_CREDITED``; what is hardly noticed is nothing, nor is what is
    told long after the end."""
    if not math.isfinite(seconds) or (finished_at is not None and at > finished_at + LATEST_REPORT):
        return 0.0
    passed = (min(at, finished_at or at) - started_at).total_seconds() - of_play
    credit = round(min(seconds, passed, MOST_CREDITED - of_recording), 3)
    return credit if credit >= LEAST_CREDITED else 0.0


def offset(*, starts_at: datetime, at: datetime, paused: float = 0.0) -> float:
    """Where in the recording somebody has to begin who comes at this moment, when time has stood still so long since."""
    return max((at - starts_at).total_seconds() - paused, 0.0)


def own_start(*, cue_at: datetime, section_at: datetime, before: Sequence[float]) -> datetime:
    """When a recording starts for somebody whose section began at ``section_at`` and has recordings of these seconds
    ``before`` it: with the room, or later by as much as they came later, so that nobody misses a beginning."""
    return max(cue_at, section_at + sum((timedelta(seconds=seconds) + GAP for seconds in before), timedelta()))

"""How much time a student will have in a room, told before they begin."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from apps.assignments import queries as assignments
from apps.attempts.queries import courses
from apps.attempts.rules import course, ledger, waiting

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment
    from apps.authentication.models import User


@dataclass(frozen=True, slots=True)
class OwnSection:
    """A timed section or question, or a break, and how long it lasts for this student."""

    kind: str
    section: str | None
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class OwnTime:
    """``total`` is what the student is given; ``from_now`` what would be left of it for somebody who begins at this moment,
    since the room's window may end before. ``extra`` is the part that is given to this student alone."""

    total: float
    extra: float
    from_now: float
    sections: list[OwnSection]


def own_time(*, actor: User, room: ExamAssignment, at: datetime) -> OwnTime:
    """The time of ``actor`` in a room they may see, reckoned as a start would."""
    return own_times(actor=actor, rooms=[room], at=at)[room.pk]


def own_times(*, actor: User, rooms: Iterable[ExamAssignment], at: datetime) -> Mapping[uuid.UUID, OwnTime]:
    """The same of several rooms, by their ids; what the student is given more is looked up once, and so is whether they had
    to wait, since a room was paused."""
    begins = [(room, _begin(room, at)) for room in rooms]
    factors = assignments.factors_at(student_id=actor.pk, moments=[begin for _, begin in begins])
    waits = assignments.waits_of(student_id=actor.pk, rooms=[room for room, _ in begins], at=at)
    return {
        room.pk: _time_in(room, given, begin, waits.get(room.pk, assignments.Wait()).seconds)
        for (room, begin), given in zip(begins, factors, strict=True)
    }


def _begin(room: ExamAssignment, at: datetime) -> datetime:
    """When somebody can begin who wants to at this moment."""
    return max(at, room.opens_at) if room.opens_at is not None and room.opened_at is None else at


def _time_in(room: ExamAssignment, factors: course.Factors, begin: datetime, waited: float) -> OwnTime:
    steps = courses.steps_in(room=room)
    if steps:
        grants = course.course_grants(steps, factors)
    else:
        parts = courses.parts_of(room) if factors else []
        grants = course.whole_grants(room.seconds or room.paper.seconds, parts, factors)
    limit_at = room.closes_at if room.late_policy == room.LatePolicy.WINDOW else None
    made_up = waiting.made_up(
        started_at=begin, grants=grants, limit_at=limit_at, steps=len(steps) or 1, seconds_waited=waited
    )
    reckoning = ledger.reckon(started_at=begin, grants=[*grants, *made_up], limit_at=limit_at, steps=len(steps) or 1)
    of_step = [sum(g.seconds for g in grants if g.step == place) for place in range(len(steps))]
    return OwnTime(
        total=sum(grant.seconds for grant in grants),
        extra=ledger.personal_seconds(grants),
        from_now=(reckoning.deadline - begin).total_seconds(),
        sections=[
            OwnSection(step["kind"], step["section"], step["name"], lasts)
            for step, lasts in zip(steps, of_step, strict=True)
        ],
    )

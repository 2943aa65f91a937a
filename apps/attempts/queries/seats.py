"""The seats of a room as its invigilators see them: who is there, where they are, and how they are doing.

PostgreSQL knows attempts and answers, Redis who was heard of lately; without Redis nobody is said to be away.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from redis.exceptions import RedisError

from apps.assignments import queries as rooms
from apps.assignments.errors import AssignmentNotFound
from apps.attempts.models import Attempt
from apps.attempts.queries import heartbeats
from apps.attempts.queries.heartbeats import Heard, Hearing
from apps.attempts.rules import ledger
from apps.core import clock
from apps.mock_tests import queries as papers

if TYPE_CHECKING:
    from apps.authentication.models import User
    from apps.mock_tests.models import Paper

NOT_STARTED: Final = "NOT_STARTED"
SITTING: Final = "SITTING"
AWAY: Final = "AWAY"
PAUSED: Final = "PAUSED"
HANDED_IN: Final = "HANDED_IN"
EXPIRED: Final = "EXPIRED"
STATES: Final = (NOT_STARTED, SITTING, AWAY, PAUSED, HANDED_IN, EXPIRED)

AWAY_AFTER: Final = timedelta(seconds=30)
"""Clients give a sign of life every ten seconds: three in a row are missing then."""
OVERLAP_MS: Final = 3000
"""Signs of life arrive up to some seconds after their moment."""

# One row for each person of the room and each who has sat in it: the newest attempt that counts. A question is answered
# if its highest line of the journal says something; a sort of each journal would take longer than this sum.
_SEATS = """
SELECT statement_timestamp(), person.id, person.first_name, person.last_name, person.email,
       attempt.id, attempt.status, attempt.was_expired, attempt.number, attempt.epoch, attempt.started_at,
       attempt.deadline_at, attempt.paused_at, attempt.finished_at, attempt.course, attempt.step_ends, attempt.step_floor,
       latest.received_at, COALESCE(answered.count, 0), COALESCE(noticed.events, '{}'), COALESCE(opened.count, 0)
FROM authentication_user person
LEFT JOIN LATERAL (
    SELECT * FROM attempts_attempt
    WHERE student_id = person.id AND assignment_id = %(room)s AND status <> 'VOID' AND NOT is_practice
    ORDER BY number DESC LIMIT 1
) attempt ON true
LEFT JOIN LATERAL (
    SELECT received_at FROM attempts_answerentry WHERE attempt_id = attempt.id ORDER BY epoch DESC, seq DESC LIMIT 1
) latest ON true
LEFT JOIN LATERAL (
    SELECT count(*) FROM (
        SELECT max((epoch::bigint << 32) + seq) AS latest,
               max((epoch::bigint << 32) + seq) FILTER (WHERE response IS NOT NULL AND response <> 'null') AS given
        FROM attempts_answerentry WHERE attempt_id = attempt.id GROUP BY question_id
    ) question WHERE given = latest
) answered ON true
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(kind, count) AS events FROM (
        SELECT kind, count(*) FROM attempts_integrityevent WHERE attempt_id = attempt.id GROUP BY kind
        ORDER BY count(*) DESC LIMIT 12
    ) kinds
) noticed ON true
LEFT JOIN LATERAL (
    SELECT count(*) FROM attempts_withdrawnsheet WHERE attempt_id = attempt.id
) opened ON true
WHERE person.id = ANY(%(audience)s)
   OR person.id IN (SELECT student_id FROM attempts_attempt WHERE assignment_id = %(room)s)
ORDER BY person.last_name, person.first_name, person.id
"""


@dataclass(frozen=True, slots=True)
class Flags:
    """What an invigilator may want to look at; none of it decides anything."""

    windows: int = 1
    """How often it was begun or taken over by another window or device."""
    reopened: int = 0
    focus_lost: int = 0
    events: Mapping[str, int] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seat:
    """One student of the room."""

    student_id: uuid.UUID
    name: str
    state: str = NOT_STARTED
    attempt_id: uuid.UUID | None = None
    number: int = 0
    started_at: datetime | None = None
    deadline_at: datetime | None = None
    paused_at: datetime | None = None
    finished_at: datetime | None = None
    section: str = ""
    section_ends_at: datetime | None = None
    answered: int = 0
    saved_at: datetime | None = None
    heard_at: datetime | None = None
    flags: Flags = field(default_factory=Flags)

    @property
    def is_running(self) -> bool:
        return self.state in (SITTING, AWAY, PAUSED)


@dataclass(frozen=True, slots=True)
class Seats:
    """A room at one moment. ``has_presence`` is false while Redis does not say who was heard of; ``heard_until`` is the
    moment of Redis's clock up to which it did, ``ahead`` how far the database's clock is ahead of that one."""

    server_time: datetime
    seats: list[Seat]
    questions: int
    has_presence: bool
    heard_until: int = 0
    courses: Mapping[uuid.UUID, Course] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many seats are in each state."""
        found = Counter(seat.state for seat in self.seats)
        return {state: found[state] for state in STATES}


@dataclass(frozen=True, slots=True)
class Course:
    """What tells in which section somebody is."""

    steps: list[dict[str, Any]]
    ends: list[datetime]
    floor: int


def seats_for(actor: User, assignment_id: uuid.UUID) -> Seats:
    """All seats of a room ``actor`` manages, by name; refuses any other id. However many they are, so many queries."""
    room = rooms.managed_by(actor).filter(pk=assignment_id).select_related("paper").defer("paper__content").first()
    if room is None:
        raise AssignmentNotFound
    return _look(room.pk, room.paper)


def seats_of(*, assignment_id: uuid.UUID) -> Seats:
    """The same, whoever asks."""
    room = rooms.get_assignment(assignment_id=assignment_id)
    return _look(room.pk, papers.get_paper(paper_id=room.paper_id))


def _look(room_id: uuid.UUID, paper: Paper) -> Seats:
    audience = list(rooms.audience_ids(assignment_id=room_id))
    with connection.cursor() as cursor:
        cursor.execute(_SEATS, {"room": room_id, "audience": audience})
        rows = cursor.fetchall()
    hearing = _hear(room_id)
    seats, courses = [], {}
    now = rows[0][0] if rows else clock.now()
    for row in rows:
        seat, course = _seat(row)
        seats.append(seat)
        if course is not None and seat.attempt_id is not None:
            courses[seat.attempt_id] = course
    seen = Seats(now, seats, paper.item_count, hearing is not None, hearing.now if hearing else 0, courses)
    return with_hearing(seen, hearing, at=now)


def listen(seats: Seats, assignment_id: uuid.UUID, *, at: datetime) -> Seats:
    """The same room a moment later as far as Redis and the clock can tell, without asking the database."""
    return with_hearing(seats, _hear(assignment_id, since=max(seats.heard_until - OVERLAP_MS, 0)), at=at)


def _hear(assignment_id: uuid.UUID, *, since: int = 0) -> Hearing | None:
    try:
        return heartbeats.read(assignment_id, since=since)
    except RedisError:
        return None


def with_hearing(seats: Seats, hearing: Hearing | None, *, at: datetime) -> Seats:
    """These seats with what was heard of them, at this moment of the database's clock."""
    told = [
        _with(seat, seats.courses.get(seat.attempt_id) if seat.attempt_id else None, hearing, at)
        for seat in seats.seats
    ]
    until = hearing.now if hearing else seats.heard_until
    return replace(seats, server_time=at, seats=told, has_presence=hearing is not None, heard_until=until)


def _with(seat: Seat, course: Course | None, hearing: Hearing | None, at: datetime) -> Seat:
    if not seat.is_running or seat.attempt_id is None:
        return seat
    known = hearing.heard.get(seat.attempt_id) if hearing else None
    if known is not None and hearing is not None:
        seat = _heard(seat, known, hearing.now, at)
    state = seat.state
    if state != PAUSED:
        latest = max(filter(None, [seat.heard_at, seat.saved_at, seat.started_at]))
        state = AWAY if hearing is not None and at - latest > AWAY_AFTER else SITTING
    section, section_ends_at = _section(course, min(at, seat.paused_at or at))
    if (state, section, section_ends_at) == (seat.state, seat.section, seat.section_ends_at):
        return seat
    return replace(seat, state=state, section=section, section_ends_at=section_ends_at)


def _heard(seat: Seat, known: Heard, now: int, at: datetime) -> Seat:
    heard_at: datetime | None = at - timedelta(milliseconds=max(now - known.heard, 0))
    saved_at = at - timedelta(milliseconds=max(now - known.saved, 0)) if known.saved else None
    # The two clocks are read one after the other: what moves by that alone is no news.
    heard_at, saved_at = _later(seat.heard_at, heard_at), _later(seat.saved_at, saved_at)
    addresses = known.places or seat.flags.addresses
    if (heard_at, saved_at, addresses) == (seat.heard_at, seat.saved_at, seat.flags.addresses):
        return seat
    return replace(seat, heard_at=heard_at, saved_at=saved_at, flags=replace(seat.flags, addresses=addresses))


def _later(known: datetime | None, said: datetime | None) -> datetime | None:
    if known is None or said is None:
        return known or said
    return said if said - known > timedelta(seconds=1) else known


def _section(course: Course | None, at: datetime) -> tuple[str, datetime | None]:
    if course is None:
        return "", None
    step = max(ledger.step_at(ends=course.ends, at=at), course.floor)
    return course.steps[step]["name"], course.ends[step]


def _seat(row: tuple[Any, ...]) -> tuple[Seat, Course | None]:
    (_, student_id, first, last, email, attempt_id, status, was_expired, number, epoch, started_at, *rest) = row
    name = f"{first} {last}".strip() or email.partition("@")[0]
    if attempt_id is None:
        return Seat(student_id, name), None
    deadline_at, paused_at, finished_at, steps, ends, floor, saved_at, answered, events, reopened = rest
    steps, events = _json(steps), _json(events)
    seat = Seat(
        student_id,
        name,
        _state(status, paused_at, was_expired=was_expired),
        attempt_id,
        number,
        started_at,
        deadline_at,
        paused_at,
        finished_at,
        answered=answered,
        saved_at=saved_at,
        flags=Flags(
            windows=epoch - reopened,
            reopened=reopened,
            focus_lost=events.get("blur", 0) + events.get("hidden", 0),
            events=events,
        ),
    )
    return seat, Course(steps, ends, floor) if ends else None


def _json(value: Any) -> Any:
    """Columns of JSON, whichever way the driver hands them over."""
    return json.loads(value) if isinstance(value, str) else value


def _state(status: str, paused_at: datetime | None, *, was_expired: bool) -> str:
    if status == Attempt.Status.IN_PROGRESS:
        return PAUSED if paused_at else SITTING
    return EXPIRED if was_expired else HANDED_IN


def of_state(seats: Iterable[Seat], states: Collection[str]) -> list[Seat]:
    """Those in one of these states; all, where none is named."""
    return [seat for seat in seats if not states or seat.state in states]


def told(seat: Seat) -> dict[str, Any]:
    """A seat as its watchers know it."""
    return {
        "student": seat.student_id,
        "name": seat.name,
        "attempt": seat.attempt_id,
        "number": seat.number,
        "state": seat.state,
        "started_at": seat.started_at,
        "deadline_at": seat.deadline_at,
        "paused_at": seat.paused_at,
        "finished_at": seat.finished_at,
        "section": seat.section,
        "section_ends_at": seat.section_ends_at,
        "answered": seat.answered,
        "saved_at": seat.saved_at,
        "heard_at": seat.heard_at,
        "flags": {
            "windows": seat.flags.windows,
            "reopened": seat.flags.reopened,
            "focus_lost": seat.flags.focus_lost,
            "events": dict(seat.flags.events),
            "addresses": list(seat.flags.addresses),
        },
    }

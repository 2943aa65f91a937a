"""What takers may see of marks and keys, and from when on: asked wherever any of it comes out.

What waits for the close of a room waits for its last seat too: somebody with an accommodation, with the full time, or whose
seat was opened again sits on after it. A key is shown to nobody before nobody can use it: not while somebody sits in the
room, and not while it lets anybody begin.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from django.db import connection

from apps.assignments import rules as room_rules
from apps.attempts.models import Attempt

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment
    from apps.authentication.models import User

# Whose time is up and who only waits to be closed cannot write any more, so nobody waits for them.
IS_SAT: Final = """
EXISTS (SELECT FROM attempts_attempt seat WHERE seat.assignment_id = room.id AND seat.status = 'IN_PROGRESS'
        AND (seat.paused_at IS NOT NULL
             OR statement_timestamp() <= seat.deadline_at + seat.grace_seconds * interval '1 second'))
"""
# The same as ``assignments.rules.results_visible``.
RELEASED: Final = f"""
(room.is_published OR room.result_policy = 'IMMEDIATELY'
 OR (room.result_policy = 'AFTER_CLOSE' AND room.status IN ('CLOSED', 'FINALISED') AND NOT {IS_SAT}))
"""
_SAT = f"SELECT room.id FROM unnest(%s::uuid[]) AS room (id) WHERE {IS_SAT}"  # noqa: S608
_OVER = f"""
SELECT (room.status IN ('CLOSED', 'FINALISED') OR room.closes_at <= statement_timestamp()) AND NOT {IS_SAT}
FROM assignments_examassignment room WHERE room.id = %s
"""  # noqa: S608


def rooms_sat_in(*, assignment_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these rooms in which somebody sits, in one query."""
    wanted = sorted(set(assignment_ids))
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_SAT, [wanted])
        return {assignment_id for (assignment_id,) in cursor.fetchall()}


def is_sat_in(*, assignment_id: uuid.UUID) -> bool:
    """Whether somebody sits in a room."""
    return bool(rooms_sat_in(assignment_ids=[assignment_id]))


def are_results_shown(room: ExamAssignment) -> bool:
    """Whether who sat in a room may see their marks by now."""
    is_sat = is_sat_in(assignment_id=room.pk)
    return room_rules.results_visible(room.result_policy, room.status, room.is_published, is_sat=is_sat)


def are_marks_visible(actor: User, attempt: Attempt) -> bool:
    """Whether ``actor`` may see the marks of an attempt they may see: staff always, others by the room's policy."""
    return bool(marks_visible_to(actor, [attempt]))


def marks_visible_to(actor: User, attempts: Iterable[Attempt]) -> set[uuid.UUID]:
    """Those of these attempts, which ``actor`` may see, whose marks they may see too; one query however many."""
    attempts = list(attempts)
    if actor.is_center_staff:
        return {attempt.pk for attempt in attempts}
    rooms = {attempt.assignment_id: attempt.assignment for attempt in attempts}
    sat_in = rooms_sat_in(assignment_ids=rooms)
    shown = {
        room.pk
        for room in rooms.values()
        if room_rules.results_visible(room.result_policy, room.status, room.is_published, is_sat=room.pk in sat_in)
    }
    return {attempt.pk for attempt in attempts if attempt.assignment_id in shown}


def is_key_open(actor: User, attempt: Attempt) -> bool:
    """Whether ``actor`` may see what was right in an attempt whose marks they may see: staff always, others where the
    review is open, once the room is over. Of practice that is the room whose attempts count."""
    room = attempt.assignment
    if actor.is_center_staff:
        return True
    counted_in = room.practice_item.room_id if attempt.is_practice else room.pk
    return room.is_review_open and is_over(assignment_id=counted_in)


def is_over(*, assignment_id: uuid.UUID) -> bool:
    """Whether nobody sits in a room, nor may begin there: it is closed, or the end of its window has come."""
    with connection.cursor() as cursor:
        cursor.execute(_OVER, [assignment_id])
        found = cursor.fetchone()
    return found is not None and bool(found[0])

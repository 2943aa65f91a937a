"""Opening attempts again that were closed: the sheet is withdrawn, the marks are taken back, and time is given anew."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from apps.assignments import operations as room_operations
from apps.assignments import queries as rooms
from apps.assignments import rules as room_rules
from apps.assignments.errors import AlreadyReleased
from apps.attempts import errors
from apps.attempts.events import AttemptReopened
from apps.attempts.models import AnswerSheet, Attempt, ItemMark, WithdrawnSheet
from apps.attempts.operations import clock as timing
from apps.attempts.operations import granting
from apps.attempts.rules import grants as rules
from apps.attempts.rules import ledger
from apps.attempts.rules.ledger import Grant
from apps.core import again, bus, clock
from apps.groups import queries as groups

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment
    from apps.authentication.models import User


@again.when_crossed
def reopen(
    *,
    actor: User,
    assignment_id: uuid.UUID,
    student_ids: Iterable[uuid.UUID] | None = None,
    group_ids: Collection[uuid.UUID] | None = None,
    seconds: int,
    reason: str,
    at: datetime | None = None,
) -> list[Attempt]:
    """Let the students of ``student_ids`` and those who study in ``group_ids``, or all, who have handed in or run out of
    time go on with their newest attempt: it continues in the step where it ended, which has so many seconds left from now
    on, whatever the room's window says. Returns these attempts.

    The sheets that were frozen are kept as withdrawn, with who opened them and why; marks and places on boards are taken
    back, and a room that was finalised is so no more. Refuses a room whose results are released, groups that it is not
    for, and, changing nothing, students who have no closed attempt or sit in another one, and more for anybody than a
    week in all.
    """
    reason = rules.check_reason(reason, seconds)
    student_ids = None if student_ids is None else set(student_ids)
    with transaction.atomic():
        at = at or clock.now()
        granting.check_room(actor=actor, assignment_id=assignment_id, group_ids=group_ids)
        # Attempts before their room, as marking does; so the room is looked at before and again.
        _check_room(rooms.get_assignment(assignment_id=assignment_id))
        attempts = _lock_closed(assignment_id, student_ids, group_ids)
        _check_room(rooms.get_assignment(assignment_id=assignment_id, lock="update"))
        attempts = _without_begun(attempts, student_ids)
        if attempts:
            room_operations.withdraw_finalising(assignment_id=assignment_id, reason=reason)
        ledgers = timing.ledgers_of(attempts=attempts)
        granting.check_sums(attempts=attempts, ledgers=ledgers, seconds=seconds)
        _withdraw(attempts, reason=reason, author_id=actor.pk)
        grants = {attempt: _grants(attempt, ledgers[attempt.pk], seconds, at) for attempt in attempts}
        for attempt in attempts:
            attempt.status, attempt.limit_at = Attempt.Status.IN_PROGRESS, None
        timing.give(grants=grants, reason=reason, author_id=actor.pk, at=at, ledgers=ledgers)
        timing.set_alarms(attempts=attempts)
        bus.publish_many([AttemptReopened(attempt_id=attempt.pk, assignment_id=assignment_id) for attempt in attempts])
        granting.record(
            action="room.reopened_seats",
            assignment_id=assignment_id,
            sitting=attempts,
            reason=reason,
            group_ids=group_ids,
            seconds=seconds,
        )
    return attempts


def _check_room(room: ExamAssignment) -> None:
    if room.is_published:
        raise AlreadyReleased
    if room.status == room_rules.SCHEDULED:
        raise errors.CannotReopen


def _lock_closed(
    assignment_id: uuid.UUID, student_ids: Iterable[uuid.UUID] | None, group_ids: Collection[uuid.UUID] | None
) -> list[Attempt]:
    """The newest attempt of each student, if it is closed."""
    named = set(student_ids or ())
    rows = Attempt.objects.filter(assignment_id=assignment_id).exclude(status=Attempt.Status.VOID)
    if student_ids is not None or group_ids is not None:
        rows = rows.filter(student__in=named | groups.student_ids(group_ids or ()))
    newest: dict[uuid.UUID, Attempt] = {}
    for attempt in rows.order_by("pk").select_for_update():
        known = newest.get(attempt.student_id)
        if known is None or known.number < attempt.number:
            newest[attempt.student_id] = attempt
    closed = [attempt for attempt in newest.values() if not attempt.is_running]
    if missing := named - {attempt.student_id for attempt in closed}:
        raise errors.NotClosed(students=sorted(map(str, missing)))
    return closed


def _without_begun(attempts: list[Attempt], student_ids: Iterable[uuid.UUID] | None) -> list[Attempt]:
    """The room is held now: who has begun another attempt there before it was sits in that one."""
    running = Attempt.objects.running().filter(
        assignment__in={attempt.assignment_id for attempt in attempts},
        student__in=[attempt.student_id for attempt in attempts],
    )
    begun = set(running.order_by().values_list("student_id", flat=True))
    if named := begun & set(student_ids or ()):
        raise errors.NotClosed(students=sorted(map(str, named)))
    return [attempt for attempt in attempts if attempt.student_id not in begun]


def _withdraw(attempts: list[Attempt], *, reason: str, author_id: uuid.UUID) -> None:
    ids = [attempt.pk for attempt in attempts]
    ended = {attempt.pk: attempt.finished_at for attempt in attempts}
    sheets = AnswerSheet.objects.filter(attempt__in=ids)
    WithdrawnSheet.objects.bulk_create(
        WithdrawnSheet(
            attempt_id=sheet.attempt_id,
            answers=sheet.answers,
            entry_count=sheet.entry_count,
            receipt=sheet.receipt,
            frozen_at=sheet.frozen_at,
            finished_at=ended[sheet.attempt_id] or sheet.frozen_at,
            reason=reason,
            withdrawn_by_id=author_id,
        )
        for sheet in sheets
    )
    sheets.delete()
    ItemMark.objects.filter(attempt__in=ids).delete()
    Attempt.objects.filter(pk__in=ids).update(
        status=Attempt.Status.IN_PROGRESS,
        epoch=F("epoch") + 1,
        finished_at=None,
        was_expired=False,
        score=None,
        graded_at=None,
    )


def _grants(attempt: Attempt, known: list[Grant], seconds: int, at: datetime) -> list[Grant]:
    """What lies between the end of the step, without any window, and this moment; and what is given from now on."""
    ends = ledger.full_ends(attempt.started_at, known, len(attempt.course) or 1)
    assert attempt.finished_at is not None
    step = max(ledger.step_at(ends=ends, at=attempt.finished_at), attempt.step_floor) if attempt.course else 0
    return [
        Grant(ledger.REOPENED, (at - ends[step]).total_seconds(), step),
        Grant(ledger.EXTENSION, float(seconds), step),
    ]

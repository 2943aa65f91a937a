"""What moves the time of running attempts: extra time, pauses, credits for stalls, the next section, the room's window."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from apps.assignments import queries as rooms
from apps.assignments import rules as room_rules
from apps.assignments.errors import AssignmentNotFound
from apps.assignments.operations import pausing
from apps.attempts import errors, queries
from apps.attempts.models import Attempt
from apps.attempts.operations import browser, grading
from apps.attempts.operations import clock as timing
from apps.attempts.rules import course, grants, ledger
from apps.attempts.rules.ledger import Grant
from apps.audit import operations as audit
from apps.core import again, clock
from apps.groups import queries as groups

if TYPE_CHECKING:
    from apps.authentication.models import User


@again.when_crossed
def extend(
    *,
    actor: User,
    assignment_id: uuid.UUID,
    student_ids: Iterable[uuid.UUID] | None = None,
    group_ids: Collection[uuid.UUID] | None = None,
    seconds: int,
    reason: str,
    at: datetime | None = None,
) -> list[Attempt]:
    """Give running attempts of a room more time, where sections are timed in the present one: those of ``student_ids``
    and of who studies in ``group_ids``, or all, if neither is said. Returns them.

    Refuses less than a second or more than a day, an empty reason, groups that the room is not for, and, changing nothing,
    students who do not sit, and more for anybody than a week in all.
    """
    reason = grants.check_reason(reason, seconds)
    with transaction.atomic():
        at = at or clock.now()
        sitting = lock_seats(
            actor=actor, assignment_id=assignment_id, student_ids=student_ids, group_ids=group_ids, at=at
        )
        ledgers = timing.ledgers_of(attempts=sitting)
        check_sums(attempts=sitting, ledgers=ledgers, seconds=seconds)
        given = {attempt: [Grant(ledger.EXTENSION, float(seconds), _present_step(attempt, at))] for attempt in sitting}
        timing.give(grants=given, reason=reason, author_id=actor.pk, at=at, ledgers=ledgers)
        record(
            action="room.extended",
            assignment_id=assignment_id,
            sitting=sitting,
            reason=reason,
            group_ids=group_ids,
            seconds=seconds,
        )
    return sitting


@again.when_crossed
def pause(
    *,
    actor: User,
    assignment_id: uuid.UUID,
    student_ids: Iterable[uuid.UUID] | None = None,
    group_ids: Collection[uuid.UUID] | None = None,
    reason: str,
    at: datetime | None = None,
) -> list[Attempt]:
    """Let time stand still for those of ``student_ids`` and of who studies in ``group_ids``, or for all who sit, until it is
    resumed. Nothing can be written meanwhile; what was on its way counts for as long as the grace. Where it is not about
    single students, nobody of these groups, or of the room, can begin meanwhile either: they begin afterwards and lose
    nothing by it. Returns whose time has stopped now.

    Refuses an empty reason, groups that the room is not for, and, changing nothing, students who do not sit.
    """
    reason = grants.check_reason(reason)
    with transaction.atomic():
        at = at or clock.now()
        check_room(actor=actor, assignment_id=assignment_id, group_ids=group_ids)
        if student_ids is None or group_ids is not None:
            # Before the seats: who is about to begin is waited for, and is among them then.
            pausing.keep_from_beginning(
                actor=actor, assignment_id=assignment_id, group_ids=group_ids, reason=reason, at=at
            )
        sitting = [
            a
            for a in lock_seats(
                actor=actor, assignment_id=assignment_id, student_ids=student_ids, group_ids=group_ids, at=at
            )
            if a.paused_at is None
        ]
        Attempt.objects.filter(pk__in=[attempt.pk for attempt in sitting]).update(
            paused_at=at, pause_reason=reason, paused_by=actor
        )
        for attempt in sitting:
            attempt.paused_at = at
        timing.tell(attempts=sitting, at=at)
        record(action="room.paused", assignment_id=assignment_id, sitting=sitting, reason=reason, group_ids=group_ids)
    return sitting


@again.when_crossed
def resume(
    *,
    actor: User,
    assignment_id: uuid.UUID,
    student_ids: Iterable[uuid.UUID] | None = None,
    group_ids: Collection[uuid.UUID] | None = None,
    at: datetime | None = None,
) -> list[Attempt]:
    """Let time go on for those of ``student_ids`` and of who studies in ``group_ids``, or for all who are paused; they get
    back what the pause has lasted, also beyond the window of the room. Who has not begun can do so again, if it was
    their group that was paused or if all go on. The ledger keeps who stopped their time, and why. Returns them.

    Refuses groups that the room is not for, and, changing nothing, students who do not sit."""
    with transaction.atomic():
        at = at or clock.now()
        paused = [
            a
            for a in lock_seats(
                actor=actor, assignment_id=assignment_id, student_ids=student_ids, group_ids=group_ids, at=at
            )
            if a.paused_at is not None
        ]
        _end_pauses(paused, at=at, author_id=actor.pk)
        if student_ids is None or group_ids is not None:
            pausing.let_begin(assignment_id=assignment_id, group_ids=group_ids, at=at)
        record(action="room.resumed", assignment_id=assignment_id, sitting=paused, reason="", group_ids=group_ids)
    return paused


def _end_pauses(attempts: list[Attempt], *, at: datetime, author_id: uuid.UUID | None) -> None:
    ended: dict[tuple[str, uuid.UUID | None], dict[Attempt, list[Grant]]] = defaultdict(dict)
    for attempt in attempts:
        assert attempt.paused_at is not None
        lasted = max((at - attempt.paused_at).total_seconds(), 0.0)
        whence = attempt.pause_reason or ledger.REASONS[ledger.PAUSE], attempt.paused_by_id or author_id
        ended[whence][attempt] = [Grant(ledger.PAUSE, lasted, _present_step(attempt, attempt.paused_at))]
        attempt.paused_at = None
    Attempt.objects.filter(pk__in=[attempt.pk for attempt in attempts]).update(paused_at=None)
    for (reason, stopped_by_id), given in ended.items():
        timing.give(grants=given, reason=reason, author_id=stopped_by_id, at=at)
    timing.set_alarms(attempts=attempts)  # the one that rang meanwhile found time standing still


def credit(*, attempt_id: uuid.UUID, seconds: float, reason: str, at: datetime | None = None) -> Attempt | None:
    """Give back time that a measured stall has cost, to the microsecond; nothing, if the attempt does not run any more."""
    with transaction.atomic():
        at = at or clock.now()
        attempt = Attempt.objects.running().select_for_update().filter(pk=attempt_id).first()
        if attempt is None or queries.is_due(attempt, at):
            return None
        grant = Grant(ledger.INCIDENT, round(seconds, 6), _present_step(attempt, at))
        timing.give(grants={attempt: [grant]}, reason=reason, author_id=None, at=at)
    return attempt


def go_on(*, actor: User, attempt_id: uuid.UUID, step: int, at: datetime | None = None) -> Attempt:
    """Leave the present step of one's own attempt for good and begin the next one now. Again, it changes nothing.

    Refuses an attempt that is open as a whole, the last step, one that is not the present, a room in which sections are
    sat to their end (breaks never have to be), an attempt that is paused or closed, and another browser than the room
    asks for.
    """
    with transaction.atomic():
        at = at or clock.now()
        found = Attempt.objects.running().filter(pk=attempt_id, student=actor).select_related("assignment")
        attempt = found.select_for_update(of=("self",)).first()
        if attempt is None:
            queries.get_attempt_for(actor, attempt_id)
            raise errors.AttemptClosed
        if queries.is_due(attempt, at):
            raise errors.AttemptClosed
        browser.check_browser(keys=attempt.assignment.browser_keys)
        if attempt.paused_at is not None:
            raise errors.Paused
        present = queries.present_step(attempt, at)
        if present is None:
            raise errors.NoNextSection
        if step < present:
            return attempt
        if present != step or step + 1 >= len(attempt.course):
            raise errors.NoNextSection
        if attempt.course[step]["kind"] != course.BREAK and not attempt.assignment.may_leave_early:
            raise errors.SectionNotOver
        ledgers = timing.ledgers_of(attempts=[attempt])
        # Also what the window has taken away anyway, or the next step would still begin where the window ends.
        full_ends = ledger.full_ends(attempt.started_at, ledgers[attempt.pk], len(attempt.course))
        left = Grant(ledger.LEFT, (at - full_ends[step]).total_seconds(), step)
        attempt.step_floor = step + 1
        Attempt.objects.filter(pk=attempt.pk).update(step_floor=step + 1)
        reason = ledger.REASONS[ledger.LEFT]
        timing.give(grants={attempt: [left]}, reason=reason, author_id=actor.pk, at=at, ledgers=ledgers)
    return attempt


def close_attempts_of(*, assignment_id: uuid.UUID, at: datetime | None = None) -> int:
    """A room has closed: end the time of those who still sit there, and finalise it if nobody has to be waited for.

    Closed by hand, everybody's deadline is that moment, and no pause lasts on; closed by its window, personal time stays,
    and where late starters have their full time, everybody's. Returns how many deadlines moved.
    """
    with transaction.atomic():
        at = at or clock.now()
        # Waits for gradings under way too: they have either seen the room closed, or are finished when we count.
        waiting = Attempt.objects.unfinished().filter(assignment_id=assignment_id).order_by("pk")
        attempts = [attempt for attempt in waiting.select_for_update() if attempt.is_running]
        room = rooms.get_assignment(assignment_id=assignment_id)
        closed_at = room.closed_at
        if closed_at is None:
            return 0
        by_window = room.closes_at is not None and closed_at >= room.closes_at
        moved: list[Attempt] = []
        if not by_window or room.late_policy == room.LatePolicy.WINDOW:
            ledgers = timing.ledgers_of(attempts=attempts)
            ending = [a for a in attempts if not _was_reopened(ledgers[a.pk])]
            if not by_window:
                paused = [attempt.pk for attempt in ending if attempt.paused_at]
                Attempt.objects.filter(pk__in=paused).update(paused_at=None)
            for attempt in ending:
                attempt.paused_at = attempt.paused_at if by_window else None
                limit_at = ledger.closing_limit(
                    closed_at=closed_at,
                    closes_at=room.closes_at,
                    personal=ledger.personal_seconds(ledgers[attempt.pk]),
                )
                attempt.limit_at = min(limit_at, attempt.limit_at or limit_at)
            moved = timing.give(
                grants={attempt: [] for attempt in ending},
                reason="The room was closed.",
                author_id=None,
                at=at,
                ledgers=ledgers,
            )
        grading.finalise_if_done(assignment_id=assignment_id)
    return len(moved)


def move_windows(*, assignment_id: uuid.UUID, at: datetime | None = None) -> int:
    """The window of an open room has moved: the deadlines of those who sit follow it, and where everybody has their full
    time, whatever ended them is gone. Returns how many moved."""
    with transaction.atomic():
        at = at or clock.now()
        running = Attempt.objects.running().filter(assignment_id=assignment_id).order_by("pk")
        attempts = [a for a in running.select_for_update() if not queries.is_due(a, at)]
        room = rooms.get_assignment(assignment_id=assignment_id)
        if room.status != room_rules.OPEN:
            return 0
        ledgers = timing.ledgers_of(attempts=attempts)
        following = [attempt for attempt in attempts if not _was_reopened(ledgers[attempt.pk])]
        for attempt in following:
            attempt.limit_at = room.closes_at if room.late_policy == room.LatePolicy.WINDOW else None
        nothing: dict[Attempt, list[Grant]] = {attempt: [] for attempt in following}
        moved = timing.give(
            grants=nothing, reason="The window of the room moved.", author_id=None, at=at, ledgers=ledgers
        )
    return len(moved)


# -- shared --------------------------------------------------------------------------------------------------------


def check_room(*, actor: User, assignment_id: uuid.UUID, group_ids: Collection[uuid.UUID] | None) -> None:
    """Refuses a room that ``actor`` does not manage, and groups that it is not for."""
    if not rooms.managed_by(actor).filter(pk=assignment_id).exists():
        raise AssignmentNotFound
    rooms.check_groups(assignment_id=assignment_id, group_ids=group_ids or ())


def lock_seats(
    *,
    actor: User,
    assignment_id: uuid.UUID,
    student_ids: Iterable[uuid.UUID] | None,
    group_ids: Collection[uuid.UUID] | None = None,
    at: datetime,
) -> list[Attempt]:
    """The attempts that run in a room ``actor`` manages, locked: those of the students who are named and of who studies in
    these groups, or all. Refuses groups that the room is not for, and named students who do not sit."""
    check_room(actor=actor, assignment_id=assignment_id, group_ids=group_ids)
    named = set(student_ids or ())
    attempts = Attempt.objects.running().filter(assignment_id=assignment_id).order_by("pk")
    if student_ids is not None or group_ids is not None:
        attempts = attempts.filter(student__in=named | groups.student_ids(group_ids or ()))
    sitting = [attempt for attempt in attempts.select_for_update() if not queries.is_due(attempt, at)]
    if missing := named - {attempt.student_id for attempt in sitting}:
        raise errors.NotSitting(students=sorted(map(str, missing)))
    return sitting


def check_sums(*, attempts: Iterable[Attempt], ledgers: Mapping[uuid.UUID, Iterable[Grant]], seconds: int) -> None:
    """Refuses to give anybody so many seconds more, if it comes to more than a week in all."""
    too_much = [attempt for attempt in attempts if grants.is_too_much(ledgers[attempt.pk], seconds)]
    if too_much:
        raise errors.TooMuchTime(students=sorted(str(attempt.student_id) for attempt in too_much))


def _present_step(attempt: Attempt, at: datetime) -> int:
    return queries.present_step(attempt, at) or 0


def _was_reopened(entries: Iterable[Grant]) -> bool:
    """What was opened again has its own end, whatever becomes of the room."""
    return any(entry.kind == ledger.REOPENED for entry in entries)


def record(
    *,
    action: str,
    assignment_id: uuid.UUID,
    sitting: Iterable[Attempt],
    reason: str,
    group_ids: Collection[uuid.UUID] | None = None,
    **after: object,
) -> None:
    """Leave a trace of what was done in a room, and to whom."""
    students = sorted(str(attempt.student_id) for attempt in sitting)
    of_groups = {} if group_ids is None else {"groups": sorted(map(str, group_ids))}
    audit.record(
        action=action,
        subject="room",
        subject_id=assignment_id,
        after={**after, **of_groups, "students": students},
        reason=reason,
    )

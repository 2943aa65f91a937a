"""A sitting from start to end: who may begin, resume, move to another device, hand in, and when time ends it."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from apps.assignments import queries as rooms
from apps.assignments import rules as room_rules
from apps.assignments.errors import AssignmentNotFound, RoomNotOpen, RoomPaused, TooLateToStart
from apps.attempts import errors, queries
from apps.attempts.events import AttemptStarted
from apps.attempts.models import AnswerSheet, Attempt
from apps.attempts.operations import browser, capacity, codes, integrity, journal, sheets
from apps.attempts.operations import clock as timing
from apps.attempts.queries import courses
from apps.attempts.rules import course, ledger, waiting, watermarks
from apps.attempts.rules import integrity as seen
from apps.attempts.rules.answers import Refused
from apps.audit import operations as audit
from apps.centers.queries import centers
from apps.core import again, bus, clock, constraints, realtime, tenancy
from apps.mock_tests import queries as papers

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment
    from apps.attempts.queries import SeenAttempt
    from apps.authentication.models import User

_PARALLEL_START = {"one_open_attempt_per_student", "one_attempt_per_number"}
_TRIES = 5
_KEPT_OUT = (
    errors.AttemptClosed,
    errors.AnswerTooLate,
    errors.Paused,
    errors.SectionClosed,
    errors.SectionNotOpen,
    errors.AnswerFinal,
)


@dataclass(frozen=True, slots=True)
class Started:
    """An attempt to go on with; ``is_new`` if it began just now."""

    attempt: Attempt
    is_new: bool
    server_time: datetime


@dataclass(frozen=True, slots=True)
class HandedIn:
    """The end of an attempt and the receipt over its journal; ``batch`` tells of the answers that came with it."""

    attempt: Attempt
    receipt: str
    entry_count: int
    batch: journal.Saved | None = None


# -- starting ------------------------------------------------------------------------------------------------------


def start_attempt(
    *,
    actor: User,
    assignment_id: uuid.UUID,
    access_code: str = "",
    kind: str = room_rules.EXAM,
    may_check: bool = False,
    at: datetime | None = None,
) -> Started:
    """Begin, or go on with the attempt that runs already. An attempt whose time is up is closed on the way.

    ``kind`` is that of the room; in one of practice attempts count for nothing. Refuses a room that is unknown, of another
    kind, not assigned, not open, paused, or wants another code, a student without attempts left, and
    everybody while as many sit as the center's plan allows.
    However many starts arrive at once, one attempt begins and all of them get it.
    """
    is_alone = False
    for _ in range(_TRIES):
        mine = list(Attempt.objects.filter(student=actor, assignment_id=assignment_id).select_related("assignment"))
        running = next((attempt for attempt in mine if attempt.is_running), None)
        if running is not None and not _close_if_due(running, moment := at or clock.now()):
            browser.check_browser(keys=running.assignment.browser_keys)
            integrity.see(attempt_id=running.pk, way=seen.STARTED)
            return Started(running, False, moment)
        try:
            with transaction.atomic():
                attempt = _begin(actor, assignment_id, access_code, kind, may_check, mine, at)
                integrity.remember(attempt_id=attempt.pk)
                capacity.take_place(at=attempt.started_at, is_alone=is_alone)
                return Started(attempt, True, attempt.started_at)
        except capacity.NearLimit:
            is_alone = True
        except IntegrityError as error:
            if constraints.broken_by(error) not in _PARALLEL_START:
                raise
    raise errors.AttemptClosed


def _begin(
    actor: User,
    assignment_id: uuid.UUID,
    access_code: str,
    kind: str,
    may_check: bool,
    before: Sequence[Attempt],
    at: datetime | None,
) -> Attempt:
    # Shared by starts, and in the way of closing: whoever begins is seen by the closing of the room, or is refused.
    room = rooms.get_assignment(assignment_id=assignment_id, lock="share")
    at = at or clock.now()  # time that was waited for the lock is nobody's
    if room.kind != kind:
        raise AssignmentNotFound
    wait = rooms.waits_of(student_id=actor.pk, rooms=[room], at=at).get(room.pk, rooms.Wait())
    _guard(room, actor, access_code, before, wait, at)
    paper = papers.get_paper(paper_id=room.paper_id)
    seed = secrets.randbits(63)
    steps = courses.steps_in(room=room, seed=seed, may_check=may_check)
    factors = rooms.factors_of(student_id=actor.pk, at=at)
    grants = (
        course.course_grants(steps, factors)
        if steps
        else course.whole_grants(room.seconds or paper.seconds, courses.parts_of(room), factors)
    )
    limit_at = room.closes_at if room.late_policy == room.LatePolicy.WINDOW else None
    grants += waiting.made_up(
        started_at=at, grants=grants, limit_at=limit_at, steps=len(steps) or 1, seconds_waited=wait.seconds
    )
    reckoning = ledger.reckon(started_at=at, grants=grants, limit_at=limit_at, steps=len(steps) or 1)
    attempt = Attempt.objects.create(
        assignment=room,
        paper_id=room.paper_id,
        student=actor,
        number=1 + max((attempt.number for attempt in before), default=0),
        seed=seed,
        shuffle_questions=room.shuffle_questions,
        shuffle_options=room.shuffle_options,
        started_at=at,
        deadline_at=reckoning.deadline,
        limit_at=limit_at,
        watermark=watermarks.draw() if room.is_watermarked else "",
        course=steps,
        step_ends=reckoning.ends if steps else None,
        grace_seconds=course.grace(steps, settings.SHIKEN_GRACE_SECONDS),
        max_score=paper.max_score,
        is_practice=kind == room_rules.PRACTICE,
        may_check=may_check,
    )
    timing.open_ledger(attempt=attempt, grants=[*grants, *reckoning.missing])
    bus.publish(AttemptStarted(attempt_id=attempt.pk))
    return attempt


def _guard(
    room: ExamAssignment, actor: User, access_code: str, before: Sequence[Attempt], wait: rooms.Wait, at: datetime
) -> None:
    """Everything that can speak against a start, what hides the room first."""
    if not rooms.is_assigned(assignment=room, student_id=actor.pk):
        raise AssignmentNotFound
    centers.check_not_suspended()
    if not room_rules.is_open(room.status, room.opens_at, room.closes_at, at):
        raise RoomNotOpen
    if wait.is_paused:
        raise RoomPaused
    # No clock may have moved the room yet that its window has opened.
    begun_at = room.opened_at or room.opens_at
    latest = room.latest_start_seconds
    if latest is not None and room_rules.is_too_late(begun_at, latest, at, waited=wait.seconds):
        raise TooLateToStart
    browser.check_browser(keys=room.browser_keys)
    codes.check_code(room=room, student_id=actor.pk, code=access_code)
    if sum(attempt.status != Attempt.Status.VOID for attempt in before) >= room.attempts_allowed:
        raise errors.NoAttemptsLeft


# -- while it runs -------------------------------------------------------------------------------------------------


def visit_attempt(*, actor: User, attempt_id: uuid.UUID, at: datetime | None = None) -> SeenAttempt:
    """The attempt as it stands now, for somebody who may see it: if its time is up, it is closed first."""
    attempt = queries.get_attempt_for(actor, attempt_id)
    if _close_if_due(attempt, at or attempt.server_time):
        attempt = queries.get_attempt_for(actor, attempt_id)
    return attempt


def visit_running_attempt(*, actor: User, attempt_id: uuid.UUID, at: datetime | None = None) -> SeenAttempt:
    """The same for what only makes sense while somebody sits; refuses a closed attempt, and its student in another browser
    than the room asks for."""
    attempt = visit_attempt(actor=actor, attempt_id=attempt_id, at=at)
    if not attempt.is_running:
        raise errors.AttemptClosed
    if attempt.student_id == actor.pk:
        browser.check_browser(keys=attempt.assignment.browser_keys)
    return attempt


def take_over(*, actor: User, attempt_id: uuid.UUID, at: datetime | None = None) -> int:
    """Move one's running attempt to another window or device; returns the new epoch. Older windows are refused then."""
    attempt = visit_attempt(actor=actor, attempt_id=attempt_id, at=at)
    if attempt.student_id != actor.pk:
        raise errors.AttemptNotFound
    browser.check_browser(keys=attempt.assignment.browser_keys)
    with transaction.atomic():
        if not Attempt.objects.running().filter(pk=attempt.pk).update(epoch=F("epoch") + 1):
            raise errors.AttemptClosed
        epoch = Attempt.objects.values_list("epoch", flat=True).get(pk=attempt.pk)
        realtime.push(tenancy.room("attempt", attempt.pk), "taken_over", {"attempt": attempt.pk, "epoch": epoch})
        integrity.see(attempt_id=attempt.pk, way=seen.TAKEN_OVER)
        audit.record(action="attempt.taken_over", subject="attempt", subject_id=attempt.pk, after={"epoch": epoch})
    return epoch


# -- the end -------------------------------------------------------------------------------------------------------


@again.when_crossed
def submit_attempt(
    *,
    attempt_id: uuid.UUID,
    actor: User,
    epoch: int | None = None,
    answers: Sequence[Mapping[str, Any]] = (),
    at: datetime | None = None,
) -> HandedIn:
    """Hand in for good, after saving a last batch of ``answers`` if there is one. Waits for saves that are under way.

    Staff may do it for those whose attempts they may see. Again, it gives the same receipt. Up to the end of the grace
    it counts as handed in; after that the attempt is closed as expired, with what was saved in time. Refuses a window
    that was taken over, if it names its ``epoch``.
    """
    at = at or clock.now()
    batch = save_last(actor=actor, attempt_id=attempt_id, epoch=epoch, answers=answers)
    with transaction.atomic():
        found = queries.attempts_for(actor).filter(pk=attempt_id).order_by().select_for_update(of=("self",))
        attempt = found.first()
        if attempt is None:
            raise errors.AttemptNotFound
        if attempt.is_running:
            if epoch is not None and epoch != attempt.epoch:
                raise errors.TakenOver
            _close(attempt, at)
            attempt.refresh_from_db()
        sheet = AnswerSheet.objects.only("receipt", "entry_count").get(attempt_id=attempt_id)
    return HandedIn(attempt, sheet.receipt, sheet.entry_count, batch)


def save_last(
    *, actor: User, attempt_id: uuid.UUID, epoch: int | None, answers: Sequence[Mapping[str, Any]]
) -> journal.Saved | None:
    """Save what came along, or tell why not: nothing but a takeover stands in the way of handing in.

    In a transaction of its own: two submits that both held a save's lock would wait for each other for ever.
    """
    if not answers or epoch is None:
        return None
    try:
        return journal.save_answers(actor=actor, attempt_id=attempt_id, epoch=epoch, answers=answers)
    except (*_KEPT_OUT, errors.BadAnswer) as refusal:
        refused = cast("list[dict[str, Any]] | None", refusal.details.get("refused"))
        if refused is None:
            raise
        return journal.Saved(refused=[Refused(answer["seq"], answer["code"]) for answer in refused])


def _close(attempt: Attempt, at: datetime) -> None:
    """Close a locked, running attempt: in time by its student, otherwise by the clock."""
    if queries.is_due(attempt, at):
        sheets.expire(attempt_ids=[attempt.pk], at=at)
    else:
        stopped_at = min(at, attempt.paused_at or at)
        finished_at = ledger.finish_moment(
            at=stopped_at, started_at=attempt.started_at, deadline_at=attempt.deadline_at
        )
        sheets.hand_in(attempt_id=attempt.pk, finished_at=finished_at, at=at)


def close_expired(*, at: datetime | None = None, most: int = 1000) -> int:
    """Close attempts whose deadline and grace are over, earliest first; returns how many. What others hold is skipped."""
    with transaction.atomic():
        at = at or clock.now()
        overdue = Attempt.objects.overdue(at).order_by("deadline_at").select_for_update(skip_locked=True)
        attempt_ids = list(overdue.values_list("pk", flat=True)[:most])
        sheets.expire(attempt_ids=attempt_ids, at=at)
    return len(attempt_ids)


def ring_time_up(*, attempt_id: uuid.UUID, at: datetime | None = None) -> None:
    """The alarm of an attempt: close it, and others that are due as well; or, if its deadline moved on, wait for that."""
    with transaction.atomic():
        at = at or clock.now()
        attempt = Attempt.objects.running().select_for_update().filter(pk=attempt_id).first()
        if attempt is None:
            return
        if queries.is_due(attempt, at):
            sheets.expire(attempt_ids=[attempt_id], at=at)
            close_expired(at=at, most=200)
        elif attempt.paused_at is None:  # else it is set when time goes on
            timing.set_alarms(attempts=[attempt])


# What moves when somebody is given more time.
_TIMES = ("deadline_at", "limit_at", "step_ends", "step_floor", "paused_at")


def _close_if_due(attempt: Attempt, at: datetime) -> bool:
    """Close an attempt that somebody touched after its time, in a transaction that stays whatever is refused then."""
    if not attempt.is_running or not queries.is_due(attempt, at):
        return False
    with transaction.atomic():
        locked = Attempt.objects.running().select_for_update().filter(pk=attempt.pk).first()
        if locked is None:
            return True
        if not queries.is_due(locked, at):
            for name in _TIMES:
                setattr(attempt, name, getattr(locked, name))
            return False
        sheets.expire(attempt_ids=[locked.pk], at=at)
    return True

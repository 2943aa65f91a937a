from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import ProtectedError

from apps.assignments import queries, rules
from apps.assignments.errors import (
    AlreadyReleased,
    AssignmentNotFound,
    BadReason,
    HasAttempts,
    IllegalMove,
    OpensLater,
    RoomLocked,
    RoomNotOpen,
    TooEarly,
)
from apps.assignments.events import FinalisingWithdrawn, ResultsReleased, RoomDue, TestAssigned, WindowMoved
from apps.assignments.models import Announcement, ExamAssignment
from apps.assignments.operations import checking, pausing, releasing
from apps.audit import operations as audit
from apps.core import bus, clock, realtime, tenancy
from apps.core.errors import Problem
from apps.mock_tests.errors import TestInUse
from apps.mock_tests.operations.authoring import publishing
from apps.mock_tests.queries.papers import sitting

if TYPE_CHECKING:
    from apps.authentication.models import User

COURSE = {"mock_test_id", "seconds", "is_sectioned", "breaks", "listening", "is_cued_by_clock"}
AUDIENCE = {"group_ids": "groups", "user_ids": "people"}


class RoomFields(TypedDict, total=False):
    """What describes a room; what is absent stays, or takes its default."""

    title: str
    description: str
    mock_test_id: uuid.UUID
    group_ids: Iterable[uuid.UUID]
    user_ids: Iterable[uuid.UUID]
    opens_at: datetime | None
    closes_at: datetime | None
    seconds: int | None
    late_policy: str
    latest_start_seconds: int | None
    is_sectioned: bool
    breaks: list[dict[str, int]]
    may_leave_early: bool
    has_review_screen: bool
    tools: list[str]
    counting: str
    listening: str
    plays_allowed: int
    is_cued_by_clock: bool
    browser_keys: list[str]
    is_watermarked: bool
    attempts_allowed: int
    access_code: str
    shuffle_questions: bool
    shuffle_options: bool
    board_policy: str
    result_policy: str
    is_review_open: bool


# -- arranging -----------------------------------------------------------------------------------------------------


def assign_test(
    *,
    actor: User,
    open_now: bool = False,
    as_in_exam: bool = True,
    at: datetime | None = None,
    **fields: Unpack[RoomFields],
) -> ExamAssignment:
    """Make a room with the newest paper of a published test. It opens by its window, by hand, or at once. What is not said
    of how it is sat is as in the exam of the paper, unless ``as_in_exam`` is false.

    Teachers assign to groups they teach and to the students of these, admins to everybody; archived groups get no new
    rooms. Refuses a test that is not published, an empty or unknown audience, a window that ends before it begins or in
    the past, and to open at once what says that it opens later: one of both is a mistake, and guessing which could let
    a class in a day early.
    """
    at = at or clock.now()
    audience = {name: set(fields.pop(name, ())) for name in AUDIENCE}  # type: ignore[misc]
    with transaction.atomic():
        checking.check_audience(actor=actor, audience=audience)
        paper = checking.published_paper(test_id=fields["mock_test_id"])
        of_exam = rules.unsaid(sitting.sitting_of(paper=paper), fields) if as_in_exam else {}
        room = ExamAssignment(paper=paper, created_by=actor, **{**of_exam, **fields})
        checking.check_window(room=room, at=at)
        checking.check_course(room=room)
        if open_now and room.opens_at is not None and room.opens_at > at:
            raise OpensLater(problems=[Problem("/opens_at", "opens_later", OpensLater.message)])
        room.save(force_insert=True)
        room.groups.set(audience["group_ids"])
        room.people.set(audience["user_ids"])
        checking.hold_test(room=room)
        bus.publish(TestAssigned(assignment_id=room.pk))
        _record("room.made", room, after=_told({**_fields(room), **audience}))
        _set_alarms(room, ["opens_at", "closes_at"])
        if open_now:
            _go(room, rules.OPEN, at)
        _apply_clock(room, at)
    return room


def update_assignment(
    *,
    actor: User,
    assignment_id: uuid.UUID,
    status: str = "",
    is_published: bool | None = None,
    at: datetime | None = None,
    **changes: Unpack[RoomFields],
) -> ExamAssignment:
    """Change a room that ``actor`` manages, then open, close or release it if asked. A value that a field has already
    is no change. Refuses what the room's status keeps as it is (``rules.CHANGEABLE``) and whatever ``assign_test`` would."""
    at = at or clock.now()
    with transaction.atomic():
        room = _lock(assignment_id, actor)
        _apply_clock(room, at)
        _change(room, actor, changes, at)
        _apply_clock(room, at)
        if status == rules.OPEN:
            open_room(assignment_id=room.pk, at=at)
        # For a room that never was open, CLOSED asks for nothing: it says "not open yet".
        if status == rules.CLOSED and room.status != rules.SCHEDULED:
            close_room(assignment_id=room.pk, at=at)
        if is_published is not None:
            _publish_results(room.pk, is_published)
    return queries.get_assignment_for(actor, assignment_id)


def delete_assignment(*, actor: User, assignment_id: uuid.UUID) -> None:
    """Remove a room that ``actor`` manages; refuses once somebody has sat in it."""
    with transaction.atomic():
        room = _lock(assignment_id, actor)
        try:
            room.delete()
        except ProtectedError:
            raise HasAttempts from None
        _record("room.deleted", room, subject_id=assignment_id, before=_told(_fields(room)))


def unpublish_unused_test(*, actor: User, test_id: uuid.UUID, kind: str = "MOCK_TEST") -> None:
    """Take a test or quiz back for editing; refuses while a room that is not closed yet gives it."""
    with transaction.atomic():
        publishing.unpublish_test(actor=actor, test_id=test_id, kind=kind)
        # The row of the test is locked now, so no room can appear between this look and the commit.
        if queries.is_test_in_use(test_id=test_id):
            raise TestInUse


# -- moving --------------------------------------------------------------------------------------------------------


def open_room(*, assignment_id: uuid.UUID, actor: User | None = None, at: datetime | None = None) -> ExamAssignment:
    """Let people start, now. An open room stays as it is; refuses one that was closed, or whose window is over."""
    return _move(assignment_id, actor, rules.OPEN, at)


def close_room(*, assignment_id: uuid.UUID, actor: User | None = None, at: datetime | None = None) -> ExamAssignment:
    """Let nobody start any more and end who sits. A closed room stays as it is; refuses one that never was open."""
    return _move(assignment_id, actor, rules.CLOSED, at)


def finalise_room(*, assignment_id: uuid.UUID, at: datetime | None = None) -> ExamAssignment:
    """Freeze a closed room, so that ranks become final. The caller has made sure that nobody sits or waits for marks."""
    return _move(assignment_id, None, rules.FINALISED, at)


def reopen_room(
    *,
    actor: User,
    assignment_id: uuid.UUID,
    closes_at: datetime | None = None,
    reason: str,
    at: datetime | None = None,
) -> ExamAssignment:
    """Let people start again in a room that was closed, until ``closes_at`` or until it is closed by hand, as if it was
    opened now: what is counted from the opening is counted anew, and who sits still has the new window. Who has handed in
    stays so. One that was final is so no more. Refuses one that is not closed, whose results are released, a moment in
    the past and an empty reason."""
    at = at or clock.now()
    reason = _check_reason(reason)
    with transaction.atomic():
        room = _lock(assignment_id, actor)
        _apply_clock(room, at)
        if room.status == rules.FINALISED:
            _withdraw_finalising(room, reason)
        if room.is_published:
            raise AlreadyReleased
        if room.status != rules.CLOSED:
            raise IllegalMove(present=room.status, wanted=rules.OPEN)
        room.closes_at, room.opened_at, room.closed_at, room.status = closes_at, at, None, rules.OPEN
        checking.check_window(room=room, at=at)
        room.save(update_fields=["closes_at", "opened_at", "closed_at", "status", "updated_at"])
        _set_alarms(room, ["closes_at"])
        bus.publish(rules.announcement(rules.OPEN, room.pk))
        # Who still sat when the room was closed follows its new window.
        bus.publish(WindowMoved(assignment_id=room.pk))
        _record("room.reopened", room, reason=reason)
    return room


def withdraw_finalising(*, assignment_id: uuid.UUID, reason: str) -> ExamAssignment:
    """Make a finalised room one that is only closed, because something in it is opened again: it is finalised anew when
    nobody has to be waited for. Any other room stays as it is; refuses one whose results are released, and an empty
    reason."""
    reason = _check_reason(reason)
    with transaction.atomic():
        room = _lock(assignment_id)
        if room.status == rules.FINALISED:
            _withdraw_finalising(room, reason)
    return room


def _withdraw_finalising(room: ExamAssignment, reason: str) -> None:
    if room.is_published:
        raise AlreadyReleased
    room.status, room.finalised_at = rules.CLOSED, None
    room.save(update_fields=["status", "finalised_at", "updated_at"])
    bus.publish(FinalisingWithdrawn(assignment_id=room.pk))
    states = {"before": {"status": rules.FINALISED}, "after": {"status": rules.CLOSED}}
    _record("room.finalising_withdrawn", room, **states, reason=reason)


def _check_reason(reason: str) -> str:
    if not 1 <= len(reason.strip()) <= 200:
        raise BadReason(problems=[Problem("/reason", "required", BadReason.message)])
    return reason.strip()


def announce(*, actor: User, assignment_id: uuid.UUID, text: str) -> Announcement:
    """Say something to everybody who sits in a room ``actor`` manages, now; who comes later can read it too. Refuses
    nothing at all, more than 1,000 characters, and a room that is not open."""
    text = text.strip()
    if not 1 <= len(text) <= 1000:
        raise BadReason(problems=[Problem("/text", "required", "Between 1 and 1,000 characters.")])
    with transaction.atomic():
        room = _lock(assignment_id, actor)
        if room.status not in (rules.OPEN, rules.CLOSED):
            raise RoomNotOpen
        said = Announcement.objects.create(assignment=room, text=text, said_by=actor)
        said.refresh_from_db(fields=["said_at"])
        realtime.push(
            tenancy.room("exam", room.pk), "announcement", {"id": said.pk, "text": text, "said_at": said.said_at}
        )
        audit.record(action="room.announced", subject="room", subject_id=room.pk, name=room.title, after={"text": text})
    return said


def release_results(*, assignment_id: uuid.UUID, actor: User | None = None) -> ExamAssignment:
    """Show students their results, whatever the policy. Done once; refuses before the room is closed, and while somebody
    still sits in it."""
    with transaction.atomic():
        return _publish_results(_lock(assignment_id, actor).pk, is_published=True)


def move_room_by_clock(*, assignment_id: uuid.UUID, at: datetime | None = None) -> None:
    """Open or close a room if its window says so. An alarm of a window that was moved since, or of a room that is gone,
    finds nothing to do."""
    at = at or clock.now()
    with transaction.atomic():
        try:
            room = _lock(assignment_id)
        except AssignmentNotFound:
            return
        _apply_clock(room, at)


def _move(assignment_id: uuid.UUID, actor: User | None, wanted: str, at: datetime | None) -> ExamAssignment:
    at = at or clock.now()
    with transaction.atomic():
        room = _lock(assignment_id, actor)
        _apply_clock(room, at)
        if rules.is_move(room.status, wanted):
            _go(room, wanted, at)
    return room


def _apply_clock(room: ExamAssignment, at: datetime) -> None:
    due = rules.status_by_clock(room.status, room.opens_at, room.closes_at, at)
    if due != room.status:
        # However late the clock comes, what is counted from the opening is counted from where the window begins.
        moment = room.opens_at if due == rules.OPEN and room.opens_at is not None else at
        _go(room, due, moment, reason="Its window says so.")


def _go(room: ExamAssignment, status: str, at: datetime, reason: str = "") -> None:
    """The one place where a room's status changes: with its moment, and with its one announcement."""
    moment = {rules.OPEN: "opened_at", rules.CLOSED: "closed_at", rules.FINALISED: "finalised_at"}[status]
    room.status = status
    setattr(room, moment, at)
    room.save(update_fields=["status", moment, "updated_at"])
    if status == rules.CLOSED:
        pausing.let_begin(assignment_id=room.pk, at=at)
    bus.publish(rules.announcement(status, room.pk))
    _record(f"room.{status.lower()}", room, after={"status": status}, reason=reason)


def _publish_results(assignment_id: uuid.UUID, is_published: bool) -> ExamAssignment:
    room = queries.get_assignment(assignment_id=assignment_id)
    if is_published == room.is_published:
        return room
    if not is_published:
        raise IllegalMove("Results that were released cannot be taken back.")
    if room.status not in (rules.CLOSED, rules.FINALISED):
        raise TooEarly
    releasing.check_nobody_sits(assignment_id=room.pk)
    room.is_published = True
    room.save(update_fields=["is_published", "updated_at"])
    bus.publish(ResultsReleased(assignment_id=room.pk))
    _record("room.released", room)
    return room


def _lock(assignment_id: uuid.UUID, actor: User | None = None) -> ExamAssignment:
    """Whoever moves or changes a room holds its row; a person must be one who manages it."""
    if actor is not None and not queries.managed_by(actor).filter(pk=assignment_id).exists():
        raise AssignmentNotFound
    return queries.get_assignment(assignment_id=assignment_id, lock="update")


# -- checking ------------------------------------------------------------------------------------------------------


def _change(room: ExamAssignment, actor: User, changes: RoomFields, at: datetime) -> None:
    wanted: dict[str, Any] = dict(changes)
    present: dict[str, Any] = {name: getattr(room, name) for name in wanted if name not in AUDIENCE}
    for name, relation in AUDIENCE.items():
        present[name] = set(getattr(room, relation).values_list("pk", flat=True))
        wanted[name] = set(wanted.get(name, present[name]))
    changed = {name: value for name, value in wanted.items() if value != present[name]}
    locked = rules.locked_fields(room.status, changed)
    if locked:
        raise RoomLocked(fields=locked)
    audience = {name: wanted[name] for name in AUDIENCE}
    checking.check_audience(actor=actor, audience=audience, known={name: present[name] for name in AUDIENCE})
    if "mock_test_id" in changed:
        room.paper = checking.published_paper(test_id=changed["mock_test_id"])
    fields = {name: value for name, value in changed.items() if name not in AUDIENCE}
    for name, value in fields.items():
        setattr(room, name, value)
    window = {"opens_at", "closes_at"} & set(fields)
    if window:
        checking.check_window(room=room, at=at)
    if COURSE & set(changed):
        checking.check_course(room=room)
    room.save()
    if "mock_test_id" in changed:
        checking.hold_test(room=room)
    for name, relation in AUDIENCE.items():
        if name in changed:
            getattr(room, relation).set(changed[name])
    if "closes_at" in fields and room.status == rules.OPEN:
        bus.publish(WindowMoved(assignment_id=room.pk))
    _set_alarms(room, sorted(window))
    if changed:
        before = {name: present[name] for name in changed}
        _record("room.changed", room, before=_told(before, "before"), after=_told(changed, "after"))


def _fields(room: ExamAssignment) -> dict[str, Any]:
    names = RoomFields.__optional_keys__ - AUDIENCE.keys()
    return {name: getattr(room, name) for name in names}


def _told(values: dict[str, Any], moment: str = "") -> dict[str, Any]:
    """What the audit trail may know of a room's fields: not the access code, only that there is one or another one."""
    told = {name: sorted(map(str, value)) if isinstance(value, set) else value for name, value in values.items()}
    if "access_code" in told:
        told["access_code"] = moment or bool(told["access_code"])
    return told


def _record(action: str, room: ExamAssignment, *, subject_id: object = None, **states: Any) -> None:
    audit.record(action=action, subject="room", subject_id=subject_id or room.pk, name=room.title, **states)


def _set_alarms(room: ExamAssignment, names: Iterable[str]) -> None:
    for name in names:
        moment: datetime | None = getattr(room, name)
        if moment is not None:
            bus.publish(RoomDue(assignment_id=room.pk), due_at=moment)

"""Homework: several tests and quizzes with one deadline. Behind each item stands a room of its own kind, which holds what
attempts need to know; whatever of the homework concerns them is written there too, in the same transaction."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import ProtectedError

from apps.assignments import queries, rules
from apps.assignments.errors import BadDeadline, HasAttempts, HomeworkNotFound, NoItems, UnknownTest
from apps.assignments.events import (
    HomeworkAssigned,
    HomeworkChanged,
    HomeworkDue,
    HomeworkEnded,
    HomeworkEnding,
    HomeworkMoved,
    RoomDue,
    WindowMoved,
)
from apps.assignments.models import ExamAssignment, HomeworkAssignment, HomeworkItem
from apps.assignments.operations import checking
from apps.audit import operations as audit
from apps.core import bus, clock
from apps.core.errors import Problem
from apps.mock_tests import queries as tests
from apps.mock_tests.errors import CannotPublish, NotPublished, QuizNotActive, TestNotFound
from apps.mock_tests.operations.authoring import access, quizzes

if TYPE_CHECKING:
    from apps.authentication.models import User
    from apps.mock_tests.models import Paper

AUDIENCE = {"group_ids": "groups", "user_ids": "people"}
ITEMS = {"mock_test_ids": "MOCK_TEST", "quiz_ids": "QUIZ"}
PRACTICE_ATTEMPTS = 1000


class HomeworkFields(TypedDict, total=False):
    """What describes a homework; what is absent stays, or takes its default."""

    title: str
    description: str
    deadline: datetime
    mock_test_ids: Sequence[uuid.UUID]
    quiz_ids: Sequence[uuid.UUID]
    group_ids: Iterable[uuid.UUID]
    user_ids: Iterable[uuid.UUID]
    show_results_immediately: bool
    checking: str
    is_one_by_one: bool
    practice: str
    counting: str
    attempts_allowed: int


# -- arranging -----------------------------------------------------------------------------------------------------


def assign_homework(*, actor: User, at: datetime | None = None, **fields: Unpack[HomeworkFields]) -> HomeworkAssignment:
    """Give groups and people the newest papers of published tests and quizzes, until a deadline. It can be worked on at
    once.

    Whom ``actor`` may assign to is as for rooms. Where nobody says whether single answers may be checked, they may in
    quizzes whose results are shown at once. Refuses a deadline in the past, nothing to do, tests that are not published
    or not of the kind they are said to be, and an empty or unknown audience.
    """
    at = at or clock.now()
    given: dict[str, Any] = dict(fields)
    audience = {name: set(given.pop(name, ())) for name in AUDIENCE}
    wanted = {name: _once(given.pop(name, ())) for name in ITEMS}
    given.setdefault("checking", rules.usual_checking(is_shown_at_once=given.get("show_results_immediately", True)))
    with transaction.atomic():
        checking.check_audience(actor=actor, audience=audience)
        _check_deadline(given["deadline"], at)
        papers = _published_papers(actor, wanted)
        homework = HomeworkAssignment.objects.create(created_by=actor, **given)
        for name, relation in AUDIENCE.items():
            getattr(homework, relation).set(audience[name])
        for order, paper in enumerate(papers):
            _add_item(homework, paper, order, audience, at)
        _set_alarms(homework, at)
        bus.publish(HomeworkAssigned(homework_id=homework.pk))
        _record("homework.made", homework, after=_told({**given, **audience, **wanted}))
    return homework


def update_homework(
    *, actor: User, homework_id: uuid.UUID, at: datetime | None = None, **changes: Unpack[HomeworkFields]
) -> HomeworkAssignment:
    """Change a homework that ``actor`` manages, whoever works on it. A value that a field has already is no change.

    A deadline that moves takes running attempts along; one that moves on after it has passed lets people go on. Where
    results come to be shown later, checking ends unless the same call says otherwise. Refuses a new deadline in the past,
    to take away an item that somebody has worked on, and whatever ``assign_homework`` would.
    """
    at = at or clock.now()
    with transaction.atomic():
        homework = _lock(homework_id, actor)
        items = list(homework.items.select_related("mock_test"))
        present = _present(homework, items)
        wanted = {**present, **_normal(dict(changes))}
        if present["show_results_immediately"] and not wanted["show_results_immediately"] and "checking" not in changes:
            wanted["checking"] = rules.usual_checking(is_shown_at_once=False)
        changed = {name: value for name, value in wanted.items() if value != present[name]}
        if not changed:
            return queries.get_homework_for(actor, homework_id)
        audience = {name: wanted[name] for name in AUDIENCE}
        checking.check_audience(actor=actor, audience=audience, known={name: present[name] for name in AUDIENCE})
        if "deadline" in changed:
            _check_deadline(changed["deadline"], at)
        for name in changed.keys() - AUDIENCE.keys() - ITEMS.keys():
            setattr(homework, name, changed[name])
        homework.save()
        for name in changed.keys() & AUDIENCE.keys():
            getattr(homework, AUDIENCE[name]).set(changed[name])
        if changed.keys() & ITEMS.keys():
            _change_items(actor, homework, items, {name: wanted[name] for name in ITEMS}, audience, at)
        _follow(homework, audience, has_moved="deadline" in changed, at=at)
        if "deadline" in changed:
            _set_alarms(homework, at)
            bus.publish(HomeworkMoved(homework_id=homework.pk))
        if changed.keys() - {"deadline"}:
            bus.publish(HomeworkChanged(homework_id=homework.pk))
        before = _told({name: present[name] for name in changed})
        _record("homework.changed", homework, before=before, after=_told(changed))
    return queries.get_homework_for(actor, homework_id)


def delete_homework(*, actor: User, homework_id: uuid.UUID) -> None:
    """Remove a homework that ``actor`` manages; refuses once somebody has worked on it, be it for practice."""
    with transaction.atomic():
        homework = _lock(homework_id, actor)
        before = _told(_present(homework, list(homework.items.select_related("mock_test"))))
        _remove_items(list(homework.items.all()))
        homework.delete()
        _record("homework.deleted", homework, subject_id=homework_id, before=before)


# -- by the clock --------------------------------------------------------------------------------------------------


def ring_homework(*, homework_id: uuid.UUID, at: datetime | None = None) -> None:
    """The alarm of a homework: say once that its deadline is near, and once that it has passed. An alarm of a deadline
    that has moved, or of a homework that is gone, finds nothing to do."""
    at = at or clock.now()
    with transaction.atomic():
        homework = HomeworkAssignment.objects.select_for_update(no_key=True).filter(pk=homework_id).first()
        if homework is None:
            return
        if rules.is_over(homework.deadline, at):
            if homework.ended_deadline != homework.deadline:
                _note(homework, ended_deadline=homework.deadline)
                bus.publish(HomeworkEnded(homework_id=homework_id))
        elif rules.is_near(homework.deadline, at) and homework.reminded_deadline != homework.deadline:
            _note(homework, reminded_deadline=homework.deadline)
            bus.publish(HomeworkEnding(homework_id=homework_id))


def _note(homework: HomeworkAssignment, **moments: datetime) -> None:
    HomeworkAssignment.objects.filter(pk=homework.pk).update(**moments)


def _set_alarms(homework: HomeworkAssignment, at: datetime) -> None:
    """Whoever is told of a deadline within the day needs no reminder of it."""
    moments = [homework.deadline]
    if rules.is_near(homework.deadline, at):
        _note(homework, reminded_deadline=homework.deadline)
    else:
        moments.append(homework.deadline - rules.REMINDED_BEFORE)
    for moment in moments:
        bus.publish(HomeworkDue(homework_id=homework.pk), due_at=moment)


# -- items and their rooms -----------------------------------------------------------------------------------------


def _add_item(
    homework: HomeworkAssignment, paper: Paper, order: int, audience: dict[str, set[uuid.UUID]], at: datetime
) -> None:
    room = _make_room(homework, paper, ExamAssignment.Kind.HOMEWORK, audience, at)
    checking.hold_test(room=room)
    item = HomeworkItem.objects.create(homework=homework, mock_test_id=paper.test_id, room=room, order=order)
    bus.publish(RoomDue(assignment_id=room.pk), due_at=homework.deadline)
    _provide_practice(homework, item, audience, at)


def _provide_practice(
    homework: HomeworkAssignment, item: HomeworkItem, audience: dict[str, set[uuid.UUID]], at: datetime
) -> None:
    if homework.practice != HomeworkAssignment.Practice.NEVER and item.practice_room_id is None:
        item.practice_room = _make_room(homework, item.room.paper, ExamAssignment.Kind.PRACTICE, audience, at)
        item.save(update_fields=["practice_room"])


def _make_room(
    homework: HomeworkAssignment, paper: Paper, kind: str, audience: dict[str, set[uuid.UUID]], at: datetime
) -> ExamAssignment:
    room = ExamAssignment(
        kind=kind,
        mock_test=paper.test,
        paper=paper,
        status=ExamAssignment.Status.OPEN,
        opened_at=at,
        board_policy=ExamAssignment.BoardPolicy.HIDDEN,
        created_by_id=homework.created_by_id,
    )
    _copy(homework, room)
    room.save(force_insert=True)
    for name, relation in AUDIENCE.items():
        getattr(room, relation).set(audience[name])
    return room


def _copy(homework: HomeworkAssignment, room: ExamAssignment) -> None:
    """What a room has from its homework. One for practice has no end, and nothing counts in it."""
    policies = ExamAssignment.ResultPolicy
    room.title = homework.title
    room.is_review_open = True  # for whom nothing counts any more
    room.is_sectioned = homework.is_one_by_one and room.mock_test.kind == ITEMS["quiz_ids"]
    if room.kind == ExamAssignment.Kind.PRACTICE:
        room.attempts_allowed, room.result_policy = PRACTICE_ATTEMPTS, policies.IMMEDIATELY
        return
    room.closes_at = homework.deadline
    room.counting, room.attempts_allowed = homework.counting, homework.attempts_allowed
    room.result_policy = policies.IMMEDIATELY if homework.show_results_immediately else policies.AFTER_CLOSE


def _change_items(
    actor: User,
    homework: HomeworkAssignment,
    items: list[HomeworkItem],
    wanted: dict[str, list[uuid.UUID]],
    audience: dict[str, set[uuid.UUID]],
    at: datetime,
) -> None:
    known = {item.mock_test_id: item for item in items}
    order = {test_id: place for place, test_id in enumerate(test_id for ids in wanted.values() for test_id in ids)}
    if not order:
        raise NoItems(problems=[Problem("/quiz_ids", "no_items", NoItems.message)])
    new = {name: [one for one in ids if one not in known] for name, ids in wanted.items()}
    papers = _published_papers(actor, new, known)
    _remove_items([item for item in items if item.mock_test_id not in order])
    for paper in papers:
        _add_item(homework, paper, order[paper.test_id], audience, at)
    for item in items:
        if item.mock_test_id in order:
            HomeworkItem.objects.filter(pk=item.pk).update(order=order[item.mock_test_id])


def _remove_items(items: list[HomeworkItem]) -> None:
    room_ids = [pk for item in items for pk in (item.room_id, item.practice_room_id) if pk]
    # Whoever begins holds the room: they are seen below, or find it gone.
    rooms = ExamAssignment.objects.filter(pk__in=room_ids).order_by("pk")
    list(rooms.select_for_update(no_key=True))
    HomeworkItem.objects.filter(pk__in=[item.pk for item in items]).delete()
    try:
        rooms.delete()
    except ProtectedError:
        raise HasAttempts("Somebody has worked on this; it cannot be taken away.") from None


def _follow(
    homework: HomeworkAssignment, audience: dict[str, set[uuid.UUID]], *, has_moved: bool, at: datetime
) -> None:
    """Write into the rooms what the homework says now."""
    items = list(homework.items.select_related("room__paper"))
    for item in items:
        _provide_practice(homework, item, audience, at)
    room_ids = [pk for item in items for pk in (item.room_id, item.practice_room_id) if pk]
    rooms = ExamAssignment.objects.filter(pk__in=room_ids).select_related("mock_test").order_by("pk")
    for room in rooms.select_for_update(of=("self",), no_key=True):
        _copy(homework, room)
        is_moved = has_moved and room.kind == ExamAssignment.Kind.HOMEWORK
        if is_moved and room.status == ExamAssignment.Status.CLOSED:
            room.status, room.closed_at = ExamAssignment.Status.OPEN, None
        room.save()
        for name, relation in AUDIENCE.items():
            getattr(room, relation).set(audience[name])
        if is_moved:
            bus.publish(WindowMoved(assignment_id=room.pk))
            bus.publish(RoomDue(assignment_id=room.pk), due_at=homework.deadline)


# -- checking ------------------------------------------------------------------------------------------------------


def _lock(homework_id: uuid.UUID, actor: User) -> HomeworkAssignment:
    managed = queries.managed_homework(actor).filter(pk=homework_id)
    homework = managed.order_by().select_for_update(of=("self",), no_key=True).first()
    if homework is None:
        raise HomeworkNotFound
    return homework


def _check_deadline(deadline: datetime, at: datetime) -> None:
    if rules.is_over(deadline, at):
        raise BadDeadline(problems=[Problem("/deadline", "bad_deadline", BadDeadline.message)])


def _published_papers(
    actor: User, wanted: dict[str, list[uuid.UUID]], known: dict[uuid.UUID, HomeworkItem] | None = None
) -> list[Paper]:
    """The papers of these tests, each of the kind that it is named as; a quiz that is ready is published now. Refuses
    everything else with its place."""
    found, problems = [], []
    access.hold_tests(test_ids=itertools.chain(*wanted.values()))
    for name, kind in ITEMS.items():
        for place, test_id in enumerate(wanted[name]):
            try:
                paper = _paper_of(actor, test_id, kind)
            except (TestNotFound, NotPublished, QuizNotActive) as refusal:
                problems.append(Problem(f"/{name}/{place}", "unknown_test", str(refusal)))
                continue
            except CannotPublish as refusal:
                problems += [replace(one, pointer=f"/{name}/{place}{one.pointer}") for one in refusal.problems]
                continue
            if paper.test.kind != kind:
                problems.append(Problem(f"/{name}/{place}", "unknown_test", "This is a test of the other kind."))
            found.append(paper)
    if problems:
        raise UnknownTest(problems=problems)
    if not found and not known:
        raise NoItems(problems=[Problem("/quiz_ids", "no_items", NoItems.message)])
    return found


def _paper_of(actor: User, test_id: uuid.UUID, kind: str) -> Paper:
    if kind == ITEMS["quiz_ids"]:
        with suppress(TestNotFound):  # a mock test, perhaps: it is told of what it is
            return quizzes.provide_paper(actor=actor, quiz_id=test_id)
    return tests.get_published_paper(test_id=test_id)


def _once(ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    return list(dict.fromkeys(ids))


def _normal(given: dict[str, Any]) -> dict[str, Any]:
    """Given values in the form of ``_present``."""
    sets = {name: set(given[name]) for name in AUDIENCE if name in given}
    return {**given, **sets, **{name: _once(given[name]) for name in ITEMS if name in given}}


def _present(homework: HomeworkAssignment, items: list[HomeworkItem]) -> dict[str, Any]:
    plain = HomeworkFields.__optional_keys__ - AUDIENCE.keys() - ITEMS.keys()
    return {
        **{name: getattr(homework, name) for name in plain},
        **{name: set(getattr(homework, to).values_list("pk", flat=True)) for name, to in AUDIENCE.items()},
        **{name: [item.mock_test_id for item in items if item.mock_test.kind == kind] for name, kind in ITEMS.items()},
    }


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: sorted(map(str, value)) if isinstance(value, set) else value if name not in ITEMS else [*map(str, value)]
        for name, value in values.items()
    }


def _record(action: str, homework: HomeworkAssignment, *, subject_id: object = None, **states: Any) -> None:
    audit.record(action=action, subject="homework", subject_id=subject_id or homework.pk, name=homework.title, **states)

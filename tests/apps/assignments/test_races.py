"""Two people, or a person and the clock, at the same moment, with real threads."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from django.db import OperationalError, transaction

from apps.assignments import errors, operations, queries
from apps.assignments.models import ExamAssignment
from apps.assignments.operations import checking
from apps.core import bus
from apps.mock_tests.errors import NotPublished, TestInUse
from apps.mock_tests.operations.authoring import access
from tests.apps.assignments.builders import make_group, make_room
from tests.factories import make_test, publish
from tests.homework import make_homework

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

ROUNDS = 8


@pytest.fixture
def announced(monkeypatch):
    """``announced("opened")`` says how often that was announced since it was asked last."""
    seen, publish_many = [], bus.publish_many

    def listen(events, **when):
        events = list(events)
        publish_many(events, **when)
        seen.extend(event.name for event in events)

    def count(name):
        found = seen.count(f"assignment.{name}")
        seen[:] = [other for other in seen if other != f"assignment.{name}"]
        return found

    monkeypatch.setattr(bus, "publish_many", listen)
    return count


def test_two_who_open_a_room_open_it_once(cast, at_once, announced):
    for _ in range(ROUNDS):
        room = make_room(cast)
        opened = at_once(*[lambda room=room: operations.open_room(assignment_id=room.pk).status] * 2)
        assert opened == ["OPEN", "OPEN"]
        assert announced("opened") == 1


def test_without_the_lock_a_room_is_opened_twice(cast, at_once, announced, monkeypatch):
    """The proof that the test above could fail."""
    looked = threading.Barrier(2)
    get = queries.get_assignment

    def unlocked(*, assignment_id, lock=""):
        room = get(assignment_id=assignment_id)
        looked.wait(timeout=5)
        return room

    room = make_room(cast)
    monkeypatch.setattr(queries, "get_assignment", unlocked)
    at_once(*[lambda: operations.open_room(assignment_id=room.pk).status] * 2)
    assert announced("opened") == 2


def test_opening_and_closing_at_once_ends_closed_or_refuses_the_close(cast, at_once, announced):
    for _ in range(ROUNDS):
        room = make_room(cast)
        _, closed = at_once(
            lambda room=room: operations.open_room(assignment_id=room.pk).status,
            lambda room=room: operations.close_room(assignment_id=room.pk).status,
        )
        room.refresh_from_db()
        is_closed = not isinstance(closed, errors.IllegalMove)
        assert room.status == ("CLOSED" if is_closed else "OPEN")
        assert (announced("opened"), announced("closed")) == (1, int(is_closed))


def test_a_person_and_two_alarms_close_a_room_once(cast, at_once, announced):
    for _ in range(ROUNDS):
        room = make_room(cast, open_now=True)
        assert announced("closed") == 0
        at_once(
            lambda room=room: operations.close_room(assignment_id=room.pk).status,
            lambda room=room: operations.close_room(assignment_id=room.pk).status,
            lambda room=room: operations.move_room_by_clock(assignment_id=room.pk),
        )
        assert announced("closed") == 1


def test_nobody_who_holds_a_room_still_is_overtaken_by_a_close(cast, at_once):
    """A start holds the room while it looks and writes; a close waits for it."""
    room = make_room(cast, open_now=True)
    holding, order = threading.Event(), []

    def start():
        with transaction.atomic():
            assert queries.get_assignment(assignment_id=room.pk, lock="share").status == "OPEN"
            holding.set()
            threading.Event().wait(0.3)
            order.append("started")

    def close():
        holding.wait()
        operations.close_room(assignment_id=room.pk)
        order.append("closed")

    at_once(start, close)
    assert order == ["started", "closed"]


def test_a_room_and_an_unpublishing_exclude_each_other(cast, at_once):
    group = make_group(cast, cast.alice)
    for _ in range(ROUNDS):
        test = make_test(cast)
        publish(cast, test)
        room, unpublished = at_once(
            lambda test=test: make_room(cast, test=test, group_ids=[group.pk]),
            lambda test=test: operations.unpublish_unused_test(actor=cast.dora, test_id=test.pk),
        )
        test.refresh_from_db()
        is_room = ExamAssignment.objects.filter(mock_test=test).exists()
        assert is_room == (test.status == "PUBLISHED")
        assert isinstance(unpublished, TestInUse) if is_room else isinstance(room, NotPublished)


def give_crossed(cast, at_once, monkeypatch):
    """Two teachers give the same two tests in opposite orders, and both are at their first test before either goes on."""
    tests = [make_test(cast), make_test(cast)]
    for test in tests:
        publish(cast, test)
    _ = cast.alice, cast.dora
    ids, met, hold = [test.pk for test in tests], threading.Barrier(2), checking.hold_test

    def hold_and_wait(*, room):
        hold(room=room)
        with suppress(threading.BrokenBarrierError):
            met.wait(timeout=1)

    monkeypatch.setattr(checking, "hold_test", hold_and_wait)
    fields = {"actor": cast.dora, "quiz_ids": []}
    works = [lambda way=way: make_homework(cast, cast.alice, mock_test_ids=way, **fields) for way in (ids, ids[::-1])]
    return at_once(*works)


def test_the_same_tests_in_opposite_orders_are_given_twice(cast, at_once, monkeypatch):
    given = give_crossed(cast, at_once, monkeypatch)
    assert [homework.items.count() for homework in given] == [2, 2]


def test_without_one_order_of_locks_one_of_the_two_fails(cast, at_once, monkeypatch):
    """The proof that the test above could fail."""
    monkeypatch.setattr(access, "hold_tests", lambda *, test_ids: None)
    given = give_crossed(cast, at_once, monkeypatch)
    assert [type(one) for one in given].count(OperationalError) == 1

"""The same thing asked for twice at the same moment, under one key and without: threads and committed rows."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import IntegrityError, transaction

from apps.assignments import operations as rooms
from apps.assignments.models import Announcement
from apps.attempts import errors
from apps.attempts.models import Attempt, KeyedRequest, TimeGrant
from apps.attempts.operations import granting, keyed, sitting
from tests.factories import make_room

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

ROUNDS = 15


@pytest.fixture
def room(cast):
    return make_room(cast, cast.alice, cast.bob)


@pytest.fixture
def attempt(cast, room):
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


def ask(cast, room, key, work, kind="extend", given=None):
    """Does ``work`` as a view would."""
    if key is None:
        return work()
    return keyed.once(
        actor=cast.dora, scope=room.pk, key=key, kind=kind, given=given or {}, check=lambda: None, work=work
    )


def extend(cast, room):
    done = granting.extend(actor=cast.dora, assignment_id=room.pk, seconds=60, reason="The bell rang late.")
    return [str(attempt.deadline_at) for attempt in done]


def given():
    return TimeGrant.objects.filter(kind="EXTENSION").count()


def test_two_at_once_under_one_key_are_one_and_both_hear_the_same(cast, room, attempt, at_once):
    _ = cast.dora
    for number in range(1, ROUNDS + 1):
        key = uuid.uuid4()
        answers = at_once(*[lambda key=key: ask(cast, room, key, lambda: extend(cast, room))] * 2)
        assert answers[0] == answers[1]
        assert given() == number


def test_two_at_once_without_a_key_are_two(cast, room, attempt, at_once):
    _ = cast.dora
    answers = at_once(*[lambda: ask(cast, room, None, lambda: extend(cast, room))] * 2)
    assert answers[0] != answers[1]
    assert given() == 2


def test_two_at_once_take_an_attempt_over_once(cast, attempt, at_once):
    alice = cast.alice

    def take_over(key):
        return keyed.once(
            actor=alice,
            scope=attempt.pk,
            key=key,
            kind="takeover",
            given={},
            check=lambda: None,
            work=lambda: sitting.take_over(actor=alice, attempt_id=attempt.pk),
        )

    for number in range(2, ROUNDS + 2):
        key = uuid.uuid4()
        assert at_once(*[lambda key=key: take_over(key)] * 2) == [number, number]
    assert Attempt.objects.get().epoch == ROUNDS + 1


def test_ten_announcements_under_one_key_are_one_and_without_ten(cast, room, at_once):
    _ = cast.dora

    def announce():
        return str(rooms.announce(actor=cast.dora, assignment_id=room.pk, text="Quiet.").pk)

    key = uuid.uuid4()
    answers = at_once(*[lambda: ask(cast, room, key, announce, "announce")] * 10)
    assert len(set(answers)) == 1
    assert Announcement.objects.count() == 1
    at_once(*[announce] * 10)
    assert Announcement.objects.count() == 11


def test_who_comes_second_waits_and_does_it_when_the_first_has_failed(cast, room, attempt, at_once):
    _ = cast.dora
    key, is_in = uuid.uuid4(), threading.Event()

    def fail():
        is_in.set()
        raise errors.NotSitting

    def follow():
        is_in.wait(10)
        return ask(cast, room, key, lambda: extend(cast, room))

    refused, done = at_once(lambda: ask(cast, room, key, fail), follow)
    assert isinstance(refused, errors.NotSitting)
    assert done == [str(Attempt.objects.get().deadline_at)]
    assert (given(), KeyedRequest.objects.count()) == (1, 1)


def test_different_things_under_one_key_at_once_are_one_of_them(cast, room, attempt, at_once):
    _ = cast.dora
    key = uuid.uuid4()
    answers = at_once(
        *[
            lambda seconds=seconds: ask(cast, room, key, lambda: extend(cast, room), given={"seconds": seconds})
            for seconds in (60, 61)
        ]
    )
    assert sum(isinstance(answer, errors.KeyReused) for answer in answers) == 1
    assert given() == 1


def test_the_same_key_in_two_rooms_is_two_keys(cast, room):
    other = make_room(cast, cast.bob)
    sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)
    sitting.start_attempt(actor=cast.bob, assignment_id=other.pk)
    key = uuid.uuid4()
    for one in (room, other):
        ask(cast, one, key, lambda one=one: extend(cast, one))
    assert given() == 2


def test_the_constraint_lets_a_key_be_there_once(room):
    key = uuid.uuid4()
    KeyedRequest.objects.create(scope=room.pk, key=key, digest="")
    with pytest.raises(IntegrityError, match="one_request_per_key"), transaction.atomic():
        KeyedRequest.objects.create(scope=room.pk, key=key, digest="")

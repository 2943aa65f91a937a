"""Guessing the access code of a room is slow, alone and together; typing it right is not."""

from __future__ import annotations

import pytest
from redis.exceptions import ConnectionError as RedisIsDown

from apps.assignments.errors import WrongAccessCode
from apps.attempts.errors import TooManyCodes
from apps.attempts.models import Attempt
from apps.attempts.operations import codes, sitting
from apps.core import guesses, tenancy, volatile
from tests.factories import make_room, people_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch):
    monkeypatch.setattr(guesses, "_here", type(guesses._here)())
    # The window does not end in the middle of a test.
    monkeypatch.setattr(guesses.time, "time", lambda: 1_000_000)


@pytest.fixture
def room(cast):
    return make_room(cast, cast.alice, cast.bob, access_code="sakura")


def guess(person, room, code="guess"):
    return sitting.start_attempt(actor=person, assignment_id=room.pk, access_code=code)


def guess_wrong(person, room, times):
    """How many of so many wrong guesses were looked at."""
    looked_at = 0
    for _ in range(times):
        with pytest.raises((WrongAccessCode, TooManyCodes)) as refused:
            guess(person, room)
        looked_at += refused.type is WrongAccessCode
        assert refused.type is WrongAccessCode or refused.value.retry_after
    return looked_at


def test_one_student_has_ten_guesses_and_then_not_even_the_right_one(cast, room):
    assert guess_wrong(cast.alice, room, 15) == 10
    with pytest.raises(TooManyCodes):
        guess(cast.alice, room, "sakura")
    assert guess(cast.bob, room, "sakura").attempt


def test_a_few_wrong_letters_keep_nobody_out(cast, room):
    assert guess_wrong(cast.alice, room, 3) == 3
    assert guess(cast.alice, room, " sakura ").attempt


def test_a_class_that_guesses_together_gets_little_more_than_sixty_tries(cast):
    students = people_of(cast, 30)
    room = make_room(cast, *students, cast.alice, access_code="sakura")
    looked_at = sum(guess_wrong(student, room, 1) for _ in range(10) for student in students)
    assert looked_at == codes.MOST_OF_ROOM
    assert guess(cast.alice, room, "sakura").attempt
    other = make_room(cast, *students, access_code="tsubaki")
    assert guess(students[0], other, "tsubaki").attempt


def test_asking_without_a_code_is_no_guess(cast, room):
    for _ in range(20):
        with pytest.raises(WrongAccessCode):
            guess(cast.alice, room, "  ")
    assert guess(cast.alice, room, "sakura").attempt


def test_after_a_while_one_may_guess_again(cast, room, monkeypatch):
    guess_wrong(cast.alice, room, 11)
    monkeypatch.setattr(guesses.time, "time", lambda: 1_000_000 + guesses.WINDOW_SECONDS)
    assert guess(cast.alice, room, "sakura").attempt


def test_without_redis_a_room_is_entered_all_the_same_and_guesses_are_counted_here(cast, room, monkeypatch):
    class Down:
        def __getattr__(self, name):
            raise RedisIsDown("away")

    monkeypatch.setattr(volatile, "client", Down)
    assert guess_wrong(cast.alice, room, 15) == 10
    assert guess(cast.bob, room, "sakura").attempt
    assert Attempt.objects.count() == 1


def test_a_room_without_a_code_asks_nothing_of_redis(cast, monkeypatch):
    monkeypatch.setattr(codes, "guessing", None)
    assert guess(cast.alice, make_room(cast, cast.alice), "whatever").attempt


def test_counters_belong_to_the_center(cast, room):
    guess_wrong(cast.alice, room, 1)
    found = list(volatile.client().keys("*codes*"))
    assert len(found) == 2
    assert all(key.startswith(f"c:{cast.north.id}:") for key in found), found
    assert tenancy.key("codes", "x", tenant=cast.south).startswith(f"c:{cast.south.id}:")

"""Guesses are counted before they are looked at: many at once are no more than one after the other."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisIsDown

from apps.core import guesses, tenancy, volatile
from apps.core.errors import TooMany

MOST, TOGETHER, AT_ONCE = 10, 12, 24

pytestmark = pytest.mark.django_db


class Down:
    def __getattr__(self, name: str) -> Any:
        raise RedisIsDown("away")


@pytest.fixture(params=["with Redis", "without"], autouse=True)
def _counters(request, monkeypatch):
    monkeypatch.setattr(guesses, "_here", type(guesses._here)())
    monkeypatch.setattr(guesses, "_open", type(guesses._open)())
    monkeypatch.setattr(guesses.time, "time", lambda: 1_000_000)
    if request.param == "without":
        monkeypatch.setattr(volatile, "client", Down)


@pytest.fixture
def guess(north):
    """``guess(person)`` says whether a guess was looked at; ``meanwhile`` happens while it is."""
    room = uuid.uuid4()

    def one(person, *, wrong=True, meanwhile=lambda: None, breaks=False):
        with tenancy.enter(north):
            try:
                with guesses.guessing(
                    "codes", person, at=room, most=MOST, most_together=TOGETHER, refusal=TooMany
                ) as found:
                    meanwhile()
                    found.is_wrong = wrong
                    if breaks:
                        raise OSError
            except TooMany as refused:
                return not refused.retry_after
            except OSError:
                return True
            return True

    return one


def burst(guess, people) -> int:
    """How many of these guesses are looked at when all are at it at once: each one waits for all others to be let in or
    refused before it says that it was wrong."""
    everybody = threading.Barrier(len(people))

    def one(person):
        met = []

        def meet():
            met.append(True)
            everybody.wait(20)

        was_looked_at = guess(person, meanwhile=meet)
        if not met:
            everybody.wait(20)
        return was_looked_at

    with ThreadPoolExecutor(len(people)) as pool:
        return sum(pool.map(one, people))


def test_a_burst_of_one_person_is_no_more_than_one_guess_after_the_other(guess):
    alice = uuid.uuid4()
    assert burst(guess, [alice] * AT_ONCE) == MOST
    assert not guess(alice, wrong=False)


def test_a_burst_passes_where_guesses_are_counted_afterwards(guess, monkeypatch):
    """The control: the same burst, looked at before it is counted."""
    monkeypatch.setattr(guesses, "_begin", lambda *given: guesses._Tried())
    assert burst(guess, [uuid.uuid4()] * AT_ONCE) == AT_ONCE


def test_a_class_that_has_guessed_wrong_gets_no_more_at_once_than_together(guess):
    people = [uuid.uuid4() for _ in range(8)]
    assert all(guess(person) for person in people)
    assert burst(guess, people) == TOGETHER - len(people)
    assert guess(uuid.uuid4(), wrong=False)
    assert not guess(people[0], wrong=False)


def test_right_guesses_cost_nothing_and_nobody_waits_for_others(guess):
    alice = uuid.uuid4()
    assert all(guess(alice, wrong=False) for _ in range(3 * MOST))
    assert all(guess(uuid.uuid4()) for _ in range(3 * TOGETHER))
    assert guess(alice, wrong=False)


def test_a_guess_that_nobody_could_look_at_is_taken_back(guess):
    alice = uuid.uuid4()
    assert guess(alice)
    assert all(guess(alice, breaks=True, wrong=False) for _ in range(3 * MOST))
    assert guess(alice, wrong=False)

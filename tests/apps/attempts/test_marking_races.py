"""Two markers at the same moment, and a mark beside a regrade: real threads, and the proof that the tests can fail."""

from __future__ import annotations

import threading
from contextlib import suppress
from decimal import Decimal

import pytest

from apps.attempts import errors
from apps.attempts.models import Attempt, Attempts, HandMark, ItemMark, Script
from apps.attempts.models.marking import Scripts
from apps.attempts.operations import grading, marking, scripts, sitting
from apps.core.models import Delivery
from tests.apps.attempts import journal
from tests.apps.attempts.samples import make_essay_test
from tests.factories import make_room, publish

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

FULL, HALF = {"0": "5", "1": "3"}, {"0": "2.5", "1": "1.5"}
LETTER, DIARY = 2, 3


@pytest.fixture
def room(cast):
    test = make_essay_test(cast)
    publish(cast, test)
    return make_room(cast, cast.alice, cast.bob, test=test)


@pytest.fixture
def director(cast):
    return cast.person("Dean", "CENTER_ADMIN")


@pytest.fixture
def unlocked(monkeypatch):
    """Takes the row locks away."""

    def take() -> None:
        for rows in (Attempts, Scripts):
            monkeypatch.setattr(rows, "select_for_update", lambda self, **_: self)

    return take


def hand_in(person, room, **answers):
    attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
    for question, response in answers.items():
        journal.write(attempt, question, response)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=person)
    return grading.grade_attempt(attempt_id=attempt.pk)


def script_of(attempt, number):
    return Script.objects.get(attempt=attempt, number=number)


def meet_before(monkeypatch, module, name, people):
    """Whoever calls a function waits until so many call it, or a little while for those who cannot come."""
    real, barrier = getattr(module, name), threading.Barrier(people)

    def wrapped(*args, **kwargs):
        with suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=1)
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, wrapped)


def meet_after(monkeypatch, module, name):
    """Of two who call a function both have what it read before either goes on; the second goes on when the first is
    through. Gives what each of their works is wrapped in."""
    real, barrier, first, through = getattr(module, name), threading.Barrier(2), threading.local(), threading.Event()

    def wrapped(*args, **kwargs):
        found = real(*args, **kwargs)
        first.am_i = barrier.wait(timeout=30) == 0
        assert first.am_i or through.wait(timeout=30)
        return found

    def in_turn(work):
        def run():
            try:
                return work()
            finally:
                if getattr(first, "am_i", False):
                    through.set()

        return run

    monkeypatch.setattr(module, name, wrapped)
    return in_turn


def mark(actor, script, scores):
    return lambda: marking.mark_script(actor=actor, script_id=script.pk, scores=scores, revision=0)


def mark_together(cast, director, room, at_once):
    attempt = hand_in(cast.alice, room, letter="text")
    script = script_of(attempt, LETTER)
    found = at_once(mark(cast.dora, script, FULL), mark(director, script, HALF))
    return script, found


def test_of_two_marks_at_once_one_counts_and_the_other_is_told(cast, director, room, at_once, monkeypatch):
    meet_before(monkeypatch, marking, "_judge", 2)
    script, found = mark_together(cast, director, room, at_once)
    refused = [one for one in found if isinstance(one, errors.MarkChanged)]
    assert len(refused) == 1
    assert refused[0].details == {"revision": 1}
    script.refresh_from_db()
    assert (script.revision, HandMark.objects.count()) == (1, 1)
    (kept,) = [one for one in found if isinstance(one, Script)]
    assert script.current_id == kept.current_id


def test_without_locks_two_marks_at_once_get_through_the_check(cast, director, room, at_once, monkeypatch, unlocked):
    unlocked()
    meet_before(monkeypatch, marking, "_judge", 2)
    _, found = mark_together(cast, director, room, at_once)
    assert not [one for one in found if isinstance(one, errors.MarkChanged)]


def claim_together(cast, director, room, at_once):
    hand_in(cast.alice, room, letter="text", diary="text")
    return at_once(
        lambda: marking.claim_next(actor=cast.dora),
        lambda: marking.claim_next(actor=director),
    )


def test_two_who_ask_for_the_next_one_get_two(cast, director, room, at_once, monkeypatch):
    meet_before(monkeypatch, marking, "_hold", 2)
    found = claim_together(cast, director, room, at_once)
    assert {script.number for script in found} == {LETTER, DIARY}
    assert set(Script.objects.values_list("claimed_by", flat=True)) == {cast.dora.pk, director.pk}


def test_without_locks_two_who_ask_for_the_next_one_get_the_same(cast, director, room, at_once, monkeypatch, unlocked):
    unlocked()
    meet_before(monkeypatch, marking, "_hold", 2)
    found = claim_together(cast, director, room, at_once)
    assert {script.number for script in found} == {LETTER}


def finish_together(cast, director, room, at_once):
    """The last two scripts of an attempt are marked at the same moment."""
    attempt = hand_in(cast.alice, room, river="yes", letter="text", diary="text")
    letter, diary = script_of(attempt, LETTER), script_of(attempt, DIARY)
    found = at_once(mark(cast.dora, letter, FULL), mark(director, diary, {"0": "5"}))
    assert not [one for one in found if isinstance(one, Exception)]
    attempt.refresh_from_db()
    return attempt


def graded_news():
    return Delivery.objects.filter(event="attempt.graded", subscriber__endswith="record_result").count()


def test_the_last_two_marks_at_once_complete_the_attempt_once(cast, director, room, at_once, monkeypatch):
    meet_before(monkeypatch, marking, "_judge", 2)
    attempt = finish_together(cast, director, room, at_once)
    assert (attempt.status, attempt.score, attempt.revision) == ("GRADED", Decimal("16.000"), 1)
    assert graded_news() == 1


def test_without_locks_the_last_two_marks_leave_the_attempt_waiting(
    cast, director, room, at_once, monkeypatch, unlocked
):
    attempt = hand_in(cast.alice, room, river="yes", letter="text", diary="text")
    letter, diary = script_of(attempt, LETTER), script_of(attempt, DIARY)
    unlocked()
    in_turn = meet_after(monkeypatch, scripts, "_lock")  # neither sees the other's mark
    found = at_once(in_turn(mark(cast.dora, letter, FULL)), in_turn(mark(director, diary, {"0": "5"})))
    assert not [one for one in found if isinstance(one, Exception)]
    attempt.refresh_from_db()
    assert not Script.objects.filter(attempt=attempt, current=None).exists()
    assert attempt.status == "SUBMITTED"


def test_a_mark_beside_a_regrade_is_never_lost(cast, director, room, at_once, monkeypatch):
    attempt = hand_in(cast.alice, room, river="yes", letter="text", diary="text")
    letter, diary = script_of(attempt, LETTER), script_of(attempt, DIARY)
    mark(cast.dora, diary, {"0": "5"})()
    found = at_once(
        mark(cast.dora, letter, HALF),
        *[lambda: grading.grade_attempt(attempt_id=attempt.pk)] * 3,
    )
    assert not [one for one in found if isinstance(one, Exception)]
    attempt.refresh_from_db()
    assert (attempt.status, attempt.score, attempt.revision) == ("GRADED", Decimal("11.000"), 1)
    assert ItemMark.objects.filter(attempt=attempt).count() == 3


def test_bulk_zero_beside_a_mark_overwrites_nothing(cast, director, room, at_once):
    attempt = hand_in(cast.alice, room, letter="text")
    blank, text = script_of(attempt, DIARY), script_of(attempt, LETTER)
    found = at_once(
        mark(cast.dora, blank, {"0": "3"}),
        mark(director, text, FULL),
        lambda: marking.zero_unanswered(actor=director, assignment_id=room.pk),
    )
    assert not [one for one in found if isinstance(one, Exception) and not isinstance(one, errors.MarkChanged)]
    assert HandMark.objects.filter(script=blank).count() == 1
    assert Attempt.objects.get(pk=attempt.pk).status == "GRADED"

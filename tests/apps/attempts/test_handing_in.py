"""Handing in with one call."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from apps.attempts import errors, queries
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt, Attempts, RefusedAnswer
from apps.attempts.operations import grading, handing_in, journal, sitting
from apps.core import tenancy
from tests.apps.attempts import journal as lines
from tests.apps.attempts.samples import make_two_part_test
from tests.factories import make_room, publish


def sit(cast, **fields):
    test = make_two_part_test(cast)
    publish(cast, test)
    room = make_room(cast, cast.alice, test=test, **fields)
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


@pytest.fixture
def attempt(cast, db):
    return sit(cast, shuffle_options=True, shuffle_questions=True)


def hand_in(cast, attempt, **answers):
    named = {str(lines.question_id(attempt, name)): told for name, told in answers.items()}
    return handing_in.hand_in_whole(actor=cast.alice, attempt_id=attempt.pk, answers=named)


def place_of(attempt, question, option):
    """Where an option stood on Alice's screen."""
    paper = queries.render_paper(attempt, sign=str)
    shown = [q for s in paper["sections"] for g in s["question_groups"] for q in g["questions"]]
    [texts] = [[option["text"] for option in q["options"]] for q in shown if q["text"] == question]
    return texts.index(option)


def sheet():
    return AnswerSheet.objects.get().answers


def test_saves_by_places_and_hands_in(cast, attempt):
    whole = hand_in(cast, attempt, river=place_of(attempt, "river", "yes"), sum=42, free="A")
    assert whole.refused == {}
    assert whole.handed_in.attempt.status == "SUBMITTED"
    assert sheet()[str(lines.question_id(attempt, "river"))] == lines.option_id(attempt, "river", "yes")
    grading.grade_attempt(attempt_id=attempt.pk)
    assert Attempt.objects.get().score >= 3


@pytest.mark.parametrize("seed", [1, 2, 3, 5, 8, 13, 21, 34])
def test_places_count_in_the_order_of_this_attempt(cast, attempt, seed):
    Attempt.objects.update(seed=seed)
    attempt.refresh_from_db()
    everything = {"river": place_of(attempt, "river", "yes"), "free": place_of(attempt, "free", "yes"), "sum": "42"}
    hand_in(cast, attempt, verbs=[place_of(attempt, "verbs", name) for name in ("see", "eat")], **everything)
    assert grading.grade_attempt(attempt_id=attempt.pk).score == 5


def test_nothing_at_all_may_come_along(cast, attempt):
    assert hand_in(cast, attempt).handed_in.entry_count == 0


def test_what_was_saved_before_stays_unless_told_otherwise(cast, attempt):
    for seq, (name, response) in enumerate([("sum", "1"), ("river", "no"), ("free", "yes")], 1):
        lines.write(attempt, name, response, seq=seq)
    whole = hand_in(cast, attempt, sum="42", river=None)
    assert whole.handed_in.entry_count == 5
    assert sheet() == {
        str(lines.question_id(attempt, "sum")): "42",
        str(lines.question_id(attempt, "free")): lines.option_id(attempt, "free", "yes"),
    }


def test_what_is_saved_already_is_not_saved_again(cast, attempt):
    lines.write(attempt, "sum", "42", seq=7)
    assert hand_in(cast, attempt, sum=42).handed_in.entry_count == 1


def test_numbers_follow_those_of_the_present_window(cast, attempt):
    lines.write(attempt, "sum", "1", seq=40)
    sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    lines.write(attempt, "sum", "2", epoch=2, seq=9)
    hand_in(cast, attempt, sum=3)
    assert sorted(AnswerEntry.objects.values_list("epoch", "seq")) == [(1, 40), (2, 9), (2, 10)]
    assert sheet() == {str(lines.question_id(attempt, "sum")): "3"}


def test_again_gives_the_same_receipt_and_refuses_nothing(cast, attempt):
    first, second = (hand_in(cast, attempt, sum=42, river=0) for _ in range(2))
    assert (first.handed_in.receipt, first.refused) == (second.handed_in.receipt, second.refused)
    assert not RefusedAnswer.objects.exists()


def test_other_answers_after_the_end_are_told_and_kept_but_do_not_count(cast, attempt):
    hand_in(cast, attempt, sum=42)
    late = hand_in(cast, attempt, sum=43)
    assert late.refused == {str(lines.question_id(attempt, "sum")): "attempt_closed"}
    assert sheet() == {str(lines.question_id(attempt, "sum")): "42"}
    assert RefusedAnswer.objects.get().response == "43"


def test_what_is_no_answer_is_told_and_the_rest_counts(cast, attempt):
    unknown = str(uuid.uuid4())
    answers = {unknown: 0, "q1": "B", str(lines.question_id(attempt, "river")): 99}
    answers[str(lines.question_id(attempt, "sum")).upper()] = 42
    whole = handing_in.hand_in_whole(actor=cast.alice, attempt_id=attempt.pk, answers=answers)
    river = str(lines.question_id(attempt, "river"))
    assert whole.refused == {unknown: "unknown_question", "q1": "unknown_question", river: "bad_answer"}
    assert sheet() == {str(lines.question_id(attempt, "sum")): "42"}


def test_after_the_time_it_closes_with_what_was_saved_in_time(cast, attempt):
    lines.write(attempt, "sum", "1", seq=1)
    ago = timedelta(hours=1)
    Attempt.objects.update(started_at=attempt.started_at - ago, deadline_at=attempt.deadline_at - ago)
    whole = hand_in(cast, attempt, sum=42)
    assert (whole.handed_in.attempt.was_expired, list(whole.refused.values())) == (True, ["too_late"])
    assert sheet() == {str(lines.question_id(attempt, "sum")): "1"}


def test_a_window_that_was_taken_over_cannot_if_it_says_which_it_is(cast, attempt):
    sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    answers = {str(lines.question_id(attempt, "sum")): 42}
    for told in (answers, {}):
        with pytest.raises(errors.TakenOver):
            handing_in.hand_in_whole(actor=cast.alice, attempt_id=attempt.pk, answers=told, epoch=1)
    assert not AnswerEntry.objects.exists()
    handing_in.hand_in_whole(actor=cast.alice, attempt_id=attempt.pk, answers=answers, epoch=2)
    assert list(sheet().values()) == ["42"]


def test_is_for_ones_own_attempt(cast, attempt):
    for person in (cast.bob, cast.gus):
        with pytest.raises(errors.AttemptNotFound):
            handing_in.hand_in_whole(actor=person, attempt_id=attempt.pk, answers={})
    assert Attempt.objects.get().is_running


# -- the same moment -----------------------------------------------------------------------------------------------


def save_between(monkeypatch, north, alice, attempt):
    """Alice's other window saves with the next number, just after that number was looked up to hand in."""
    real, done = queries.answer_state, threading.Event()
    answer = {"seq": 1, "question": str(lines.question_id(attempt, "free")), "response": None}

    def save():
        with tenancy.enter(north):
            try:
                journal.save_answers(actor=alice, attempt_id=attempt.pk, epoch=1, answers=[answer])
            except (errors.AttemptClosed, errors.BadAnswer):
                pass
            finally:
                done.set()
                connection.close()

    other = threading.Thread(target=save)

    def answer_state(seen):
        state = real(seen)
        other.start()
        done.wait(timeout=1)
        return state

    monkeypatch.setattr(queries, "answer_state", answer_state)
    return other


@pytest.mark.races
@pytest.mark.usefixtures("committed")
class TestAtOnce:
    def test_a_save_from_another_window_takes_no_number_away(self, cast, north, monkeypatch):
        attempt = sit(cast)
        other = save_between(monkeypatch, north, cast.alice, attempt)
        assert hand_in(cast, attempt, sum=42).refused == {}
        other.join()
        assert sheet() == {str(lines.question_id(attempt, "sum")): "42"}

    def test_without_the_lock_it_would(self, cast, north, monkeypatch):
        attempt = sit(cast)
        other = save_between(monkeypatch, north, cast.alice, attempt)
        monkeypatch.setattr(Attempts, "select_for_update", lambda self, **_: self)
        assert list(hand_in(cast, attempt, sum=42).refused.values()) == ["seq_reused"]
        other.join()

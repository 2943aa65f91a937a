"""The same moment, with real threads and committed rows; each promise beside the proof that its test can fail."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from apps.assignments import operations as rooms
from apps.assignments import queries as room_queries
from apps.attempts import errors, queries
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt, Attempts
from apps.attempts.operations import grading, granting, sitting, statement
from apps.attempts.operations import journal as saving
from apps.core import clock
from apps.core.models import Delivery
from tests.apps.attempts import journal
from tests.factories import make_room, make_test, publish

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

PAUSE = 0.3


@pytest.fixture
def room(cast):
    return make_room(cast, cast.alice, cast.bob)


@pytest.fixture
def attempt(cast, room):
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


@pytest.fixture
def unlocked(monkeypatch):
    """Takes the row locks away."""
    return lambda: monkeypatch.setattr(Attempts, "select_for_update", lambda self, **_: self)


def meet_after(monkeypatch, module, name, people):
    """Everybody waits for everybody else at the end of a function, once."""
    real, barrier = getattr(module, name), threading.Barrier(people)

    def wrapped(*args, **kwargs):
        result = real(*args, **kwargs)
        barrier.wait(timeout=20)
        return result

    monkeypatch.setattr(module, name, wrapped)


def announced(name):
    return Delivery.objects.filter(event=name).count()


def status_of(room):
    return room_queries.get_assignment(assignment_id=room.pk).status


# -- starts --------------------------------------------------------------------------------------------------------


def start_together(monkeypatch, at_once, cast, room, people):
    actor = cast.alice
    meet_after(monkeypatch, sitting, "_guard", people)  # all are let in before the first one sits
    return at_once(*[lambda: sitting.start_attempt(actor=actor, assignment_id=room.pk)] * people)


def test_time_that_a_start_waits_for_the_room_is_not_the_students(cast, at_once, room):
    held, actor = threading.Event(), cast.alice

    def hold():
        with transaction.atomic():
            room_queries.get_assignment(assignment_id=room.pk, lock="update")
            held.set()
            time.sleep(PAUSE)
            return clock.now()

    def start():
        held.wait(10)
        return sitting.start_attempt(actor=actor, assignment_id=room.pk).attempt

    let_go, attempt = at_once(hold, start)
    assert attempt.started_at >= let_go


@pytest.mark.parametrize("attempts_allowed", [1, 3])
def test_fifty_starts_at_once_are_one_attempt_that_all_of_them_get(cast, at_once, monkeypatch, attempts_allowed):
    room = make_room(cast, cast.alice, attempts_allowed=attempts_allowed)
    started = start_together(monkeypatch, at_once, cast, room, 50)
    attempt = Attempt.objects.get()
    assert {s.attempt.pk for s in started} == {attempt.pk}
    assert sum(s.is_new for s in started) == 1
    assert announced("attempt.time_up") == 1


def test_without_its_constraints_there_would_be_as_many_attempts_as_starts(cast, room, at_once, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE attempts_attempt DROP CONSTRAINT one_attempt_per_number")
        cursor.execute("DROP INDEX one_open_attempt_per_student")
    try:
        start_together(monkeypatch, at_once, cast, room, 10)
        assert Attempt.objects.count() == 10
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE attempts_attempt CASCADE")
            cursor.execute(
                "ALTER TABLE attempts_attempt ADD CONSTRAINT one_attempt_per_number"
                " UNIQUE (student_id, assignment_id, number)"
            )
            cursor.execute(
                "CREATE UNIQUE INDEX one_open_attempt_per_student ON attempts_attempt (student_id, assignment_id)"
                " WHERE status = 'IN_PROGRESS'"
            )


def test_nobody_begins_behind_the_back_of_a_closing_room(cast, room, at_once, monkeypatch):
    """Who was let in before the room closed is seen, and cut short, by its closing."""
    inside, real = threading.Event(), sitting._guard

    def slow_guard(*args):
        real(*args)
        inside.set()
        threading.Event().wait(PAUSE)

    def close():
        inside.wait(5)
        rooms.close_room(assignment_id=room.pk)
        return granting.close_attempts_of(assignment_id=room.pk)

    monkeypatch.setattr(sitting, "_guard", slow_guard)
    actor = cast.alice
    started, moved = at_once(lambda: sitting.start_attempt(actor=actor, assignment_id=room.pk), close)
    assert started.is_new
    assert moved == 1
    assert Attempt.objects.get().deadline_at == room_queries.get_assignment(assignment_id=room.pk).closed_at


# -- ends ----------------------------------------------------------------------------------------------------------


def test_two_submits_at_once_close_once_and_give_one_receipt(cast, at_once):
    actor = cast.alice
    test = make_test(cast)
    publish(cast, test)
    for _ in range(8):
        room = make_room(cast, actor, test=test)
        attempt = sitting.start_attempt(actor=actor, assignment_id=room.pk).attempt
        journal.write(attempt, "sum", "42")
        before = announced("attempt.submitted")
        one, other = at_once(*[lambda pk=attempt.pk: sitting.submit_attempt(attempt_id=pk, actor=actor)] * 2)
        assert one.receipt == other.receipt
        assert announced("attempt.submitted") == before + 1


def test_without_the_lock_two_submits_get_in_each_others_way(cast, attempt, at_once, monkeypatch, unlocked):
    unlocked()
    meet_after(monkeypatch, queries, "is_due", 2)  # both have seen the attempt running
    actor = cast.alice
    ends = at_once(*[lambda: sitting.submit_attempt(attempt_id=attempt.pk, actor=actor)] * 2)
    assert sum(isinstance(end, IntegrityError) for end in ends) == 1


def test_a_submit_with_answers_and_its_twin_do_not_wait_for_each_other(cast, at_once):
    actor = cast.alice
    test = make_test(cast)
    publish(cast, test)
    for _ in range(8):
        room = make_room(cast, actor, test=test)
        attempt = sitting.start_attempt(actor=actor, assignment_id=room.pk).attempt
        answers = [{"seq": 1, "question": str(journal.question_id(attempt, "sum")), "response": "42"}]
        one, other = at_once(
            *[
                lambda pk=attempt.pk, answers=answers: sitting.submit_attempt(
                    attempt_id=pk, actor=actor, epoch=1, answers=answers
                )
            ]
            * 2
        )
        assert one.receipt == other.receipt
        assert one.entry_count == other.entry_count == 1
        assert [1] in (one.batch.acked, other.batch.acked)
        # A twin that waited for the submit itself is told that the attempt is closed; its answer was in already.
        assert {refusal.code for end in (one, other) for refusal in end.batch.refused} <= {"attempt_closed"}


def save_slowly_and_submit(cast, attempt, at_once):
    """A save is through but not committed when the submit arrives."""
    actor, saved = cast.alice, threading.Event()
    answers = [{"seq": 1, "question": str(journal.question_id(attempt, "sum")), "response": "42"}]

    def save():
        with transaction.atomic():
            outcome = saving.save_answers(actor=actor, attempt_id=attempt.pk, epoch=1, answers=answers)
            saved.set()
            threading.Event().wait(PAUSE)
        return outcome.acked

    def submit():
        saved.wait(5)
        return sitting.submit_attempt(attempt_id=attempt.pk, actor=actor).entry_count

    return at_once(save, submit)


def test_what_was_acknowledged_is_on_the_sheet(cast, attempt, at_once):
    assert save_slowly_and_submit(cast, attempt, at_once) == [[1], 1]
    assert list(AnswerSheet.objects.get().answers.values()) == ["42"]


def test_without_the_lock_of_a_save_an_acknowledged_answer_is_lost(cast, attempt, at_once, monkeypatch):
    real = statement.text_for
    monkeypatch.setattr(statement, "text_for", lambda schema, **how: real(schema, **how).replace("FOR SHARE", ""))
    assert save_slowly_and_submit(cast, attempt, at_once) == [[1], 0]
    assert AnswerEntry.objects.count() == 1
    assert AnswerSheet.objects.get().answers == {}


def test_a_save_that_meets_a_submit_waits_and_is_refused(cast, attempt, at_once):
    actor, closed = cast.alice, threading.Event()
    answers = [{"seq": 1, "question": str(journal.question_id(attempt, "sum")), "response": "42"}]

    def submit():
        with transaction.atomic():
            sitting.submit_attempt(attempt_id=attempt.pk, actor=actor)
            closed.set()
            threading.Event().wait(PAUSE)

    def save():
        closed.wait(5)
        return saving.save_answers(actor=actor, attempt_id=attempt.pk, epoch=1, answers=answers)

    _, refusal = at_once(submit, save)
    assert isinstance(refusal, errors.AttemptClosed)
    assert not AnswerEntry.objects.exists()


def make_overdue(cast, count):
    test = make_test(cast)
    publish(cast, test)
    for _ in range(count):
        room = make_room(cast, cast.alice, test=test)
        sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=clock.now() - timedelta(hours=1))


def test_the_beat_may_come_twice_at_once_and_closes_each_attempt_once(cast, at_once):
    make_overdue(cast, 20)
    closed = at_once(*[sitting.close_expired] * 4)
    assert sum(closed) == announced("attempt.submitted") == AnswerSheet.objects.count() == 20


def test_without_the_lock_two_rounds_of_the_beat_get_in_each_others_way(cast, at_once, monkeypatch, unlocked):
    make_overdue(cast, 3)
    unlocked()
    meet_after(monkeypatch, clock, "now", 2)
    expire, barrier = sitting.sheets.expire, threading.Barrier(2)

    def meet_first(**closing):
        barrier.wait(timeout=20)
        expire(**closing)

    monkeypatch.setattr(sitting.sheets, "expire", meet_first)
    assert sum(isinstance(end, IntegrityError) for end in at_once(*[sitting.close_expired] * 2)) == 1


# -- last marks ----------------------------------------------------------------------------------------------------


def two_last_ones(cast, room):
    """Alice and Bob have handed in, the room is closed, marks are missing."""
    for person in (cast.alice, cast.bob):
        attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
        sitting.submit_attempt(attempt_id=attempt.pk, actor=person)
    rooms.close_room(assignment_id=room.pk)
    return [lambda pk=pk: grading.grade_attempt(attempt_id=pk) for pk in Attempt.objects.values_list("pk", flat=True)]


def test_of_two_last_gradings_one_finalises_the_room(cast, room, at_once, monkeypatch):
    gradings = two_last_ones(cast, room)
    meet_after(monkeypatch, grading, "_record", 2)  # neither is committed when the first one counts
    at_once(*gradings)
    assert status_of(room) == "FINALISED"


def test_without_the_lock_two_last_gradings_miss_each_other(cast, room, at_once, monkeypatch):
    gradings = two_last_ones(cast, room)
    real = room_queries.get_assignment
    monkeypatch.setattr(
        room_queries, "get_assignment", lambda *, assignment_id, lock="": real(assignment_id=assignment_id)
    )
    meet_after(monkeypatch, grading, "_record", 2)
    meet_after(monkeypatch, grading, "_is_waiting", 2)
    at_once(*gradings)
    assert status_of(room) == "CLOSED"


def grade_while_the_room_closes(cast, room, at_once, monkeypatch, before_closing=lambda: None):
    """A grading has seen the room open and is not committed when the room closes."""
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    looked, real = threading.Event(), grading.finalise_if_done

    def look_slowly(**which):
        real(**which)
        if not looked.is_set():
            looked.set()
            threading.Event().wait(PAUSE)

    def close():
        looked.wait(5)
        before_closing()
        rooms.close_room(assignment_id=room.pk)
        granting.close_attempts_of(assignment_id=room.pk)

    monkeypatch.setattr(grading, "finalise_if_done", look_slowly)
    at_once(lambda: grading.grade_attempt(attempt_id=attempt.pk), close)
    return status_of(room)


def test_a_closing_room_waits_for_a_grading_that_saw_it_open(cast, room, at_once, monkeypatch):
    assert grade_while_the_room_closes(cast, room, at_once, monkeypatch) == "FINALISED"


def test_without_the_lock_a_closing_room_misses_that_grading(cast, room, at_once, monkeypatch, unlocked):
    assert grade_while_the_room_closes(cast, room, at_once, monkeypatch, before_closing=unlocked) == "CLOSED"

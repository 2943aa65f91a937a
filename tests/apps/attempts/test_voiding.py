"""Void attempts: out of everything that counts, with their evidence kept."""

from __future__ import annotations

import pytest

from apps.assignments import operations as rooms
from apps.assignments import queries as room_queries
from apps.attempts import errors
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt, ItemMark
from apps.attempts.operations import grading, homework, sitting, voiding
from apps.attempts.queries import earned
from apps.attempts.queries import homework as standings
from apps.audit.models import Entry
from apps.core import clock
from apps.leaderboards import operations as boards
from apps.leaderboards import queries as board_queries
from apps.leaderboards.models import ExamResult, Ranking
from tests.apps.attempts import journal
from tests.factories import make_room
from tests.homework import make_homework

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(cast):
    return make_room(cast, cast.alice, cast.bob)


def sit(person, room):
    return sitting.start_attempt(actor=person, assignment_id=room.pk).attempt


def hand_in(person, attempt):
    sitting.submit_attempt(attempt_id=attempt.pk, actor=person)
    grading.grade_attempt(attempt_id=attempt.pk)
    boards.record_result(attempt_id=attempt.pk)


def void(cast, attempt, **how):
    return voiding.void_attempt(actor=cast.dora, attempt_id=attempt.pk, reason="Somebody else sat.", **how)


def test_a_void_attempt_has_no_marks_and_keeps_what_was_written(cast, room):
    attempt = sit(cast.alice, room)
    journal.write(attempt, "river", "yes")
    hand_in(cast.alice, attempt)
    assert void(cast, attempt).status == "VOID"
    attempt.refresh_from_db()
    assert (attempt.score, attempt.graded_at) == (None, None)
    assert not ItemMark.objects.filter(attempt=attempt).exists()
    assert AnswerEntry.objects.filter(attempt=attempt).count() == 1
    assert AnswerSheet.objects.get(attempt=attempt).entry_count == 1
    with pytest.raises(errors.NotGradedYet):
        earned.get_result_for(cast.dora, attempt.pk)


def test_one_that_runs_ends_now_and_is_not_marked(cast, room):
    attempt = sit(cast.alice, room)
    at = clock.now()
    void(cast, attempt, at=at)
    attempt.refresh_from_db()
    assert (attempt.status, attempt.finished_at) == ("VOID", at)
    assert grading.grade_attempt(attempt_id=attempt.pk).status == "VOID"
    handed_in = sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    assert (handed_in.attempt.status, handed_in.entry_count) == ("VOID", 0)


def test_its_place_on_the_board_is_gone(cast, room):
    for person in (cast.alice, cast.bob):
        hand_in(person, sit(person, room))
    attempt = Attempt.objects.get(student=cast.alice)
    void(cast, attempt)
    assert boards.withdraw_void_result(attempt_id=attempt.pk, assignment_id=room.pk)
    assert list(ExamResult.objects.values_list("student_id", flat=True)) == [cast.bob.pk]


def test_a_ranking_of_the_running_exam_does_not_show_it_any_more(cast, room):
    for person in (cast.alice, cast.bob):
        hand_in(person, sit(person, room))
    boards.compute_ranking(assignment_id=room.pk, is_final=False)
    attempt = Attempt.objects.get(student=cast.alice)
    assert board_queries.find_rank(attempt_id=attempt.pk) is not None
    void(cast, attempt)
    boards.withdraw_void_result(attempt_id=attempt.pk, assignment_id=room.pk)
    assert board_queries.find_ranking(assignment_id=room.pk) is None
    assert board_queries.find_rank(attempt_id=attempt.pk) is None
    assert boards.sync_board(assignment_id=room.pk)
    assert board_queries.find_ranking(assignment_id=room.pk).people == 1


def test_marks_that_are_taken_back_while_they_wait_to_be_recorded_are_not(cast, room, monkeypatch):
    attempt = sit(cast.alice, room)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    grading.grade_attempt(attempt_id=attempt.pk)
    lock = boards._lock

    def lock_after_the_void(*whom):
        void(cast, attempt)
        lock(*whom)

    monkeypatch.setattr(boards, "_lock", lock_after_the_void)
    assert boards.record_result(attempt_id=attempt.pk) is False
    assert not ExamResult.objects.exists()


def test_a_ranking_that_was_final_is_made_anew_without_it(cast, room):
    for person in (cast.alice, cast.bob):
        hand_in(person, sit(person, room))
    rooms.close_room(actor=cast.dora, assignment_id=room.pk)
    grading.finalise_room(actor=cast.dora, assignment_id=room.pk)
    before = boards.finalise_board(assignment_id=room.pk)
    attempt = Attempt.objects.get(student=cast.alice)
    void(cast, attempt)
    boards.withdraw_void_result(attempt_id=attempt.pk, assignment_id=room.pk)
    after = Ranking.objects.filter(assignment_id=room.pk).latest("pk")
    assert after.is_final
    assert after.pk != before.pk
    assert board_queries.find_rank(attempt_id=attempt.pk) is None


def test_the_student_may_begin_again(cast, room):
    attempt = sit(cast.alice, room)
    void(cast, attempt)
    assert sit(cast.alice, room).number == 2


def test_nobody_has_to_wait_for_it_any_more(cast, room):
    attempt = sit(cast.alice, room)
    rooms.close_room(actor=cast.dora, assignment_id=room.pk)
    void(cast, attempt)
    assert room_queries.get_assignment(assignment_id=room.pk).status == "FINALISED"


def test_again_changes_nothing_and_leaves_one_trace(cast, room):
    attempt = sit(cast.alice, room)
    first, again = void(cast, attempt), void(cast, attempt)
    assert first.finished_at == again.finished_at
    entry = Entry.objects.get(action="attempt.voided", subject_id=str(attempt.pk))
    assert entry.reason == "Somebody else sat."


def test_refuses_who_does_not_manage_the_room_and_no_reason(cast, room):
    attempt = sit(cast.alice, room)
    for actor in (cast.other_teacher, cast.alice):
        with pytest.raises(errors.AttemptNotFound):
            voiding.void_attempt(actor=actor, attempt_id=attempt.pk, reason="Mine.")
    with pytest.raises(errors.BadExtension):
        voiding.void_attempt(actor=cast.dora, attempt_id=attempt.pk, reason=" ")


# -- homework and practice -----------------------------------------------------------------------------------------


def begin(person, work, **how):
    item = work.items.get()
    return homework.start_item(actor=person, homework_id=work.pk, item_id=item.pk, **how).attempt


def test_an_attempt_at_homework_counts_no_more_and_gives_the_item_back(cast, deliver):
    work = make_homework(cast, cast.alice, quiz_ids=[], attempts_allowed=1)
    attempt = begin(cast.alice, work)
    homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    with pytest.raises(errors.NoAttemptsLeft):
        begin(cast.alice, work)
    with pytest.raises(errors.AttemptNotFound):
        voiding.void_attempt(actor=cast.other_teacher, attempt_id=attempt.pk, reason="Mine.")
    assert voiding.void_attempt(actor=cast.carol, attempt_id=attempt.pk, reason="A power cut.").status == "VOID"
    deliver()
    assert standings.standings(homework=[work], student_ids=[cast.alice.pk]) == {}
    assert AnswerSheet.objects.filter(attempt=attempt).exists()
    with pytest.raises(errors.AttemptNotFound):
        standings.own_results(cast.alice, work.pk)
    assert begin(cast.alice, work).number == 2


@pytest.mark.parametrize("practice", [False, True])
def test_one_that_runs_at_homework_ends(cast, practice):
    work = make_homework(cast, cast.alice, quiz_ids=[], practice="ALWAYS")
    attempt = begin(cast.alice, work, practice=practice)
    void(cast, attempt)
    attempt.refresh_from_db()
    assert (attempt.status, attempt.score) == ("VOID", None)
    assert room_queries.get_assignment(assignment_id=attempt.assignment_id).status == "OPEN"

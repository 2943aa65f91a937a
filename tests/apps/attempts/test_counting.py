"""Which of several attempts counts: the same everywhere."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from apps.assignments.models import ExamAssignment
from apps.attempts.models import Attempt
from apps.attempts.operations import grading, sitting, voiding
from apps.attempts.queries import counting
from apps.core import clock
from apps.leaderboards import operations as boards
from apps.leaderboards.models import ExamResult
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.rules.profiles import CUSTOM, Tie
from apps.notifications import operations as notices
from apps.notifications import queries as letters
from tests.apps.attempts import journal
from tests.apps.attempts.samples import make_two_part_test
from tests.client import Api
from tests.factories import make_room, publish

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
SCORES = ({"river": "yes"}, {"river": "yes", "sum": "42"}, {"sum": "42"})  # 1, 3 and 2 marks


@pytest.fixture
def make(cast):
    """A room that counts by this rule and shows results at once, for Alice and Bob."""
    test = make_two_part_test(cast)
    publish(cast, test)

    def make(rule):
        return make_room(
            cast, cast.alice, cast.bob, test=test, counting=rule, attempts_allowed=9, result_policy="IMMEDIATELY"
        )

    return make


def sit(person, room, *, minutes=5, **answers):
    """From start to marks; the next one begins a minute later."""
    latest = Attempt.objects.filter(student=person, assignment=room).order_by("number").last()
    at = (latest.finished_at if latest else clock.now()) + MINUTE
    attempt = sitting.start_attempt(actor=person, assignment_id=room.pk, at=at).attempt
    for question, response in answers.items():
        journal.write(attempt, question, response)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=person, at=at + minutes * MINUTE)
    attempt = grading.grade_attempt(attempt_id=attempt.pk)
    boards.record_result(attempt_id=attempt.pk)
    return attempt


def told(person, room):
    """The attempt that each of the places tells of that know one: results by both names, board and letter."""
    mine = Api(person)
    own = mine.get("submissions/my-results/", {"exam_assignment_id": str(room.pk)}).json()["submission"]
    ranked = mine.get(f"results/exams/{room.pk}/").json()["results"]
    board = mine.get(f"leaderboards/exams/{room.pk}/").json()["results"]
    letter = letters.result_letter(user_id=person.pk, assignment_id=room.pk)
    by_score = {str(attempt.score): str(attempt.pk) for attempt in Attempt.objects.filter(student=person)}
    return {
        "my-results": own["id"],
        "result": ranked[0]["attempt_id"],
        "board": next(by_score[row["score"]] for row in board if row["is_me"]),
        "letter": letter.path.split("/")[2],
    }


@pytest.mark.parametrize(("rule", "number"), [("BEST", 2), ("FIRST", 1), ("LAST", 3)])
def test_results_board_and_letter_are_of_the_same_attempt(cast, make, rule, number):
    room = make(rule)
    attempts = [sit(cast.alice, room, **answers) for answers in SCORES]
    sit(cast.bob, room, river="yes", sum="42", free="yes")
    expected = str(attempts[number - 1].pk)
    assert told(cast.alice, room) == dict.fromkeys(("my-results", "result", "board", "letter"), expected)
    boards.finalise_board(assignment_id=room.pk)
    assert told(cast.alice, room) == dict.fromkeys(("my-results", "result", "board", "letter"), expected)


@pytest.mark.parametrize(("rule", "numbers"), [("BEST", (2, 3, 1)), ("FIRST", (1, 2, 3)), ("LAST", (3, 2, 1))])
def test_another_counts_where_the_one_that_did_is_void(cast, make, deliver, rule, numbers):
    room = make(rule)
    attempts = [sit(cast.alice, room, **answers) for answers in SCORES]
    for number in numbers:
        assert set(told(cast.alice, room).values()) == {str(attempts[number - 1].pk)}
        voiding.void_attempt(actor=cast.dora, attempt_id=attempts[number - 1].pk, reason="Somebody else sat.")
        deliver()
    assert letters.result_letter(user_id=cast.alice.pk, assignment_id=room.pk) is None
    assert not ExamResult.objects.exists()


@pytest.mark.parametrize(
    ("ties", "number"), [((), 1), ((Tie("topic", "Kanji"),), 2)], ids=["by time", "by the exam's chain"]
)
def test_equal_marks_are_ordered_as_the_exam_orders_them(cast, make, monkeypatch, ties, number):
    monkeypatch.setattr(exam_profiles, "profile_of", lambda paper: dataclasses.replace(CUSTOM, ties=ties))
    room = make("BEST")
    attempts = [sit(cast.alice, room, minutes=3, free="yes"), sit(cast.alice, room, minutes=9, river="yes")]
    assert {attempt.score for attempt in attempts} == {1}
    chosen = counting.find_counting(assignment_id=room.pk, student_id=cast.alice.pk)
    best = ExamResult.objects.get(is_best=True)
    assert chosen.pk == best.attempt_id == attempts[number - 1].pk
    boards.rebuild_results(assignment_id=room.pk)
    assert ExamResult.objects.get(is_best=True).attempt_id == chosen.pk
    first = sorted(ExamResult.objects.all(), key=lambda row: (row.tie_break, row.attempt_id))[0]
    assert first.attempt_id == chosen.pk


def test_an_attempt_that_is_not_recorded_yet_takes_nobody_from_the_board(cast, make):
    room = make("BEST")
    first = sit(cast.alice, room, river="yes")
    second = sit(cast.alice, room, river="no")
    best = sit(cast.alice, room, river="yes", sum="42")
    ExamResult.objects.filter(attempt_id=best.pk).delete()
    ExamResult.objects.filter(attempt_id=second.pk).update(revision=0)
    boards.record_result(attempt_id=second.pk)
    assert ExamResult.objects.get(is_best=True).attempt_id == first.pk


def test_what_counts_is_found_with_the_same_queries_for_many_as_for_few(cast, make, count_queries):
    room = make("BEST")
    sit(cast.alice, room, river="yes")
    recorded = ExamResult.objects.values_list("attempt_id", flat=True)

    def chosen():
        return counting.counting_ids(assignment_id=room.pk, rule="BEST", among=recorded)

    with count_queries() as few:
        assert len(chosen()) == 1
    for person in (cast.alice, cast.bob):
        for answers in SCORES:
            sit(person, room, **answers)
    with count_queries() as many:
        assert len(chosen()) == 2
    assert len(many) == len(few) == 1


def test_a_letter_about_marks_by_hand_is_about_the_attempt_that_was_marked(cast, make):
    room = make("FIRST")
    sit(cast.alice, room, river="yes")
    second = sit(cast.alice, room, sum="42")
    told = {"attempt_id": second.pk, "assignment_id": room.pk, "student_id": cast.alice.pk}
    ExamAssignment.objects.filter(pk=room.pk).update(result_policy="BY_HAND")
    assert notices.tell_marked(**told) == 0
    ExamAssignment.objects.filter(pk=room.pk).update(result_policy="IMMEDIATELY")
    assert notices.tell_marked(**told) == 1

"""Nothing while others still sit: two students in every way that marks and keys come out."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from datetime import timedelta

import pytest

from apps.assignments import operations as rooms
from apps.assignments import rules as room_rules
from apps.assignments.models import ExamAssignment
from apps.attempts import queries
from apps.attempts.models import Attempt
from apps.attempts.operations import grading, granting, homework, reopening, sitting
from apps.attempts.queries import earned, figures, personal, visibility
from apps.attempts.rules import shown
from apps.core import clock
from apps.leaderboards import operations as boards
from apps.leaderboards import queries as board_queries
from apps.mail.models import Mail
from apps.notifications import operations as notices
from tests.apps.attempts import journal
from tests.apps.attempts.samples import make_two_part_test
from tests.client import Api
from tests.factories import make_room, publish
from tests.homework import make_homework

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
WHY = "Because."  # the explanation of ``free``


@pytest.fixture
def make(cast):
    """A room for Alice and Bob with an open review."""
    test = make_two_part_test(cast)
    publish(cast, test)

    def make(policy, **fields):
        people = (cast.alice, cast.bob)
        return make_room(cast, *people, test=test, result_policy=policy, is_review_open=True, **fields)

    return make


def sit(person, room, **how):
    return sitting.start_attempt(actor=person, assignment_id=room.pk, **how).attempt


def hand_in(person, attempt):
    journal.write(attempt, "free", "yes")
    journal.write(attempt, "river", "no")
    sitting.submit_attempt(attempt_id=attempt.pk, actor=person)
    grading.grade_attempt(attempt_id=attempt.pk)
    if attempt.assignment.kind == "EXAM":
        boards.record_result(attempt_id=attempt.pk)


def key_ways(person, attempt):
    """Every answer that a student's key could be in."""
    mine, room = Api(person), attempt.assignment
    return {
        path: mine.get(path)
        for path in (
            f"attempts/{attempt.pk}/review/",
            f"attempts/{attempt.pk}/result/",
            f"attempts/{attempt.pk}/",
            f"attempts/{attempt.pk}/receipt/",
            f"attempts/{attempt.pk}/paper/",
            f"attempts/{attempt.pk}/answers/",
            f"submissions/{attempt.pk}/",
            "submissions/",
            f"submissions/my-results/?exam_assignment_id={room.pk}",
            f"mock-tests/{room.mock_test_id}/",
            f"exam-assignments/{room.pk}/",
            f"results/exams/{room.pk}/",
            "results/my-results/",
            "notifications/",
            "analytics/student/",
            "auth/me/export/",
        )
    }


def text_of(answer):
    if answer.headers["Content-Type"] != "application/zip":
        return answer.content.decode()
    with zipfile.ZipFile(io.BytesIO(b"".join(answer) if answer.streaming else answer.content)) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def has_key(answers):
    """Which of these tell a share, an explanation, or which single answers were right."""
    signs = ('"fractions"', WHY, '"correct":true', '"correct": true', '"correct":false', '"correct": false')
    return {path for path, answer in answers.items() if any(sign in text_of(answer) for sign in signs)}


def has_marks(person, attempt):
    """Which ways tell somebody the marks of their own attempt: 1 - 0.5."""
    mine, room = Api(person), attempt.assignment
    found = {
        "result": mine.get(f"attempts/{attempt.pk}/result/").status_code == 200,
        "attempt": mine.get(f"attempts/{attempt.pk}/").json()["score"] is not None,
        "attempts": mine.get("attempts/").json()["results"][0]["score"] is not None,
        "submission": mine.get(f"submissions/{attempt.pk}/").json()["score"] is not None,
        "submissions": mine.get("submissions/").json()["results"][0]["results"] is not None,
        "my-results": mine.get(f"submissions/my-results/?exam_assignment_id={room.pk}").status_code == 200,
        "results of the room": mine.get(f"results/exams/{room.pk}/").status_code == 200,
        "all results": mine.get("results/my-results/").json()["count"] == 1,
        "board": mine.get(f"leaderboards/exams/{room.pk}/").status_code == 200,
        "averages": figures.own_figures(person).average is not None,
        "skills": bool(figures.own_skills(person)),
        "recent": bool(figures.own_results(person)),
        "export": personal.data_about(person=person)[0]["result"] is not None,
        "letters": notices.mail_results(assignment_id=room.pk) > 0,
    }
    Mail.objects.all().delete()
    return {way for way, tells in found.items() if tells}


WAYS = {
    *("result", "attempt", "attempts", "submission", "submissions", "my-results", "results of the room", "all results"),
    *("board", "averages", "skills", "recent", "export", "letters"),
}


def sit_on(cast, room, bobs, why):
    """Bob sits on after the room has closed, for this reason."""
    if why == "a seat that was opened again":
        hand_in(cast.bob, bobs)
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    if why == "a seat that was opened again":
        reopening.reopen(
            actor=cast.dora, assignment_id=room.pk, student_ids=[cast.bob.pk], seconds=600, reason="A power cut."
        )
    elif why == "a pause":
        granting.pause(actor=cast.dora, assignment_id=room.pk, student_ids=[cast.bob.pk], reason="A fire alarm.")
        past = clock.now() - HOUR
        Attempt.objects.filter(pk=bobs.pk).update(started_at=past - HOUR, paused_at=past - HOUR / 2, deadline_at=past)


ON = ["time of their own", "a seat that was opened again", "a pause"]


@pytest.mark.parametrize("why", ON)
def test_what_waits_for_the_close_waits_for_the_last_seat(cast, make, why):
    room = make("AFTER_CLOSE", board_policy="AFTER_CLOSE")
    alices, bobs = sit(cast.alice, room), sit(cast.bob, room)
    hand_in(cast.alice, alices)
    assert has_marks(cast.alice, alices) == set()
    sit_on(cast, room, bobs, why)
    assert has_marks(cast.alice, alices) == set()
    assert has_key(key_ways(cast.alice, alices)) == set()
    Attempt.objects.filter(pk=bobs.pk).update(status="SUBMITTED", finished_at=clock.now(), paused_at=None)
    alices.refresh_from_db()
    assert has_marks(cast.alice, alices) == WAYS
    assert f"attempts/{alices.pk}/review/" in has_key(key_ways(cast.alice, alices))


@pytest.mark.parametrize("why", ON)
def test_the_first_who_hands_in_gets_marks_at_once_and_no_key(cast, make, why):
    room = make("IMMEDIATELY")
    alices, bobs = sit(cast.alice, room), sit(cast.bob, room)
    hand_in(cast.alice, alices)
    assert WAYS - has_marks(cast.alice, alices) == {"letters"}
    assert has_key(key_ways(cast.alice, alices)) == set()
    sit_on(cast, room, bobs, why)
    assert has_key(key_ways(cast.alice, alices)) == set()
    Attempt.objects.filter(pk=bobs.pk).update(status="SUBMITTED", finished_at=clock.now(), paused_at=None)
    ways = has_key(key_ways(cast.alice, alices))
    mine = f"submissions/my-results/?exam_assignment_id={room.pk}"
    assert ways == {f"attempts/{alices.pk}/review/", f"submissions/{alices.pk}/", mine}


def test_a_release_by_hand_shows_marks_and_keeps_the_key_from_who_could_use_it(cast, make):
    room = make("BY_HAND")
    alices, bobs = sit(cast.alice, room), sit(cast.bob, room)
    hand_in(cast.alice, alices)
    sit_on(cast, room, bobs, "time of their own")
    ExamAssignment.objects.filter(pk=room.pk).update(is_published=True)
    assert has_marks(cast.alice, alices) >= {"result", "my-results"}
    assert has_key(key_ways(cast.alice, alices)) == set()


def test_no_key_as_long_as_the_room_lets_somebody_begin(cast, make):
    room = make("IMMEDIATELY", closes_at=clock.now() + HOUR)
    alices = sit(cast.alice, room)
    hand_in(cast.alice, alices)
    assert has_key(key_ways(cast.alice, alices)) == set()
    sit(cast.bob, room)  # as they may
    ExamAssignment.objects.filter(pk=room.pk).update(closes_at=clock.now())
    assert has_key(key_ways(cast.alice, alices)) == set()
    Attempt.objects.filter(student=cast.bob).delete()
    assert has_key(key_ways(cast.alice, alices)), (
        "The end of the window closes a room also where no clock has moved it."
    )


def test_nobody_waits_for_an_attempt_whose_time_is_up(cast, make):
    room = make("AFTER_CLOSE")
    alices, bobs = sit(cast.alice, room), sit(cast.bob, room)
    hand_in(cast.alice, alices)
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    past = clock.now() - HOUR
    Attempt.objects.filter(pk=bobs.pk).update(started_at=past - HOUR, deadline_at=past)
    assert visibility.rooms_sat_in(assignment_ids=[room.pk]) == set()
    assert Api(cast.alice).get(f"attempts/{alices.pk}/review/").status_code == 200
    bobs.refresh_from_db()
    assert bobs.is_running


def test_the_grace_belongs_to_the_sitting(cast, make):
    room = make("AFTER_CLOSE")
    attempt = sit(cast.bob, room)
    for seconds, is_sat in ((5, True), (15, False)):
        Attempt.objects.update(
            started_at=clock.now() - HOUR, deadline_at=clock.now() - timedelta(seconds=seconds), grace_seconds=10
        )
        assert visibility.is_sat_in(assignment_id=attempt.assignment_id) is is_sat


def test_a_board_that_waits_for_the_close_is_not_on_sockets_before(cast, make):
    room = make("BY_HAND", board_policy="AFTER_CLOSE")
    alices, bobs = sit(cast.alice, room), sit(cast.bob, room)
    hand_in(cast.alice, alices)
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)

    def shown_on_sockets():
        return board_queries.board_and_terms(assignment_id=room.pk)[1].shown

    assert shown_on_sockets() == "hidden"
    hand_in(cast.bob, bobs)
    assert shown_on_sockets() == "named"


def test_staff_wait_for_nobody(cast, make):
    room = make("AFTER_CLOSE")
    alices = sit(cast.alice, room)
    sit(cast.bob, room)
    hand_in(cast.alice, alices)
    assert earned.get_review_for(cast.dora, alices.pk, sign=lambda attempt: str).items
    assert Api(cast.dora).get("attempts/").json()["results"][1]["score"] == "0.500"


def test_a_review_of_what_is_reopened_at_this_moment_is_refused_as_not_graded(cast, make, monkeypatch):
    room = make("AFTER_CLOSE")
    alices = sit(cast.alice, room)
    hand_in(cast.alice, alices)

    def reopened_meanwhile(*asked):
        reopening.reopen(
            actor=cast.dora, assignment_id=room.pk, student_ids=[cast.alice.pk], seconds=60, reason="A power cut."
        )
        return True

    monkeypatch.setattr(visibility, "is_key_open", reopened_meanwhile)
    answer = Api(cast.dora).get(f"attempts/{alices.pk}/review/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_graded")


def test_one_look_at_the_seats_however_many_attempts_are_listed(cast, make, count_queries):
    first = make("AFTER_CLOSE", attempts_allowed=9)
    hand_in(cast.alice, sit(cast.alice, first))

    def ask():
        for path in ("attempts/", "submissions/", "results/my-results/"):
            assert Api(cast.alice).get(path).status_code == 200

    ask()
    with count_queries() as few:
        ask()
    hand_in(cast.alice, sit(cast.alice, first))
    hand_in(cast.alice, sit(cast.alice, make("AFTER_CLOSE")))
    with count_queries() as many:
        ask()
    assert len(many) == len(few)


def test_the_statement_on_dashboards_says_what_the_rule_says(cast, make):
    room = make("BY_HAND")
    attempt = sit(cast.alice, room)
    hand_in(cast.alice, attempt)
    other = sit(cast.bob, room)
    grid = itertools.product(
        ExamAssignment.ResultPolicy.values, ExamAssignment.Status.values, (True, False), ("IN_PROGRESS", "VOID")
    )
    seen = set()
    for policy, status, is_published, bobs in grid:
        ExamAssignment.objects.filter(pk=room.pk).update(result_policy=policy, status=status, is_published=is_published)
        ended = None if bobs == "IN_PROGRESS" else clock.now()
        Attempt.objects.filter(pk=other.pk).update(status=bobs, finished_at=ended)
        expected = room_rules.results_visible(policy, status, is_published, is_sat=bobs == "IN_PROGRESS")
        attempt = queries.get_attempt_for(cast.alice, attempt.pk)
        assert bool(figures.own_results(cast.alice)) is expected
        assert bool(figures.own_skills(cast.alice)) is expected
        assert visibility.are_marks_visible(cast.alice, attempt) is expected
        seen.add(expected)
    assert seen == {True, False}


# -- homework ------------------------------------------------------------------------------------------------------


def begin(person, work, **how):
    return homework.start_item(actor=person, homework_id=work.pk, item_id=work.items.get().pk, **how).attempt


def check(person, attempt, name):
    asked = {q["text"]: q for _, q in shown.questions_of(queries.render_paper(attempt, sign=str))}[name]
    body = {"question": asked["id"], "response": None}
    return Api(person).post(f"attempts/{attempt.pk}/check/", body)


def test_in_homework_the_review_waits_for_the_deadline_and_for_the_last_who_works(cast):
    work = make_homework(cast, cast.alice, cast.bob, mock_test_ids=[], attempts_allowed=1)
    alices, bobs = begin(cast.alice, work), begin(cast.bob, work)
    homework.hand_in(actor=cast.alice, attempt_id=alices.pk, answers={})
    review = f"attempts/{alices.pk}/review/"
    assert Api(cast.alice).get(f"attempts/{alices.pk}/result/").status_code == 200
    assert Api(cast.alice).get(review).json()["code"] == "review_closed"
    ExamAssignment.objects.update(status="CLOSED", closed_at=clock.now())  # Bob works on with an accommodation
    assert Api(cast.alice).get(review).json()["code"] == "review_closed"
    homework.hand_in(actor=cast.bob, attempt_id=bobs.pk, answers={})
    assert Api(cast.alice).get(review).status_code == 200


def test_homework_with_results_after_the_deadline_waits_for_the_last_who_works(cast):
    work = make_homework(cast, cast.alice, cast.bob, mock_test_ids=[], show_results_immediately=False)
    alices, bobs = begin(cast.alice, work), begin(cast.bob, work)
    homework.hand_in(actor=cast.alice, attempt_id=alices.pk, answers={})
    ExamAssignment.objects.update(status="CLOSED", closed_at=clock.now())
    paths = f"attempts/{alices.pk}/result/", f"submissions/my-homework-results/?homework_assignment_id={work.pk}"
    assert {Api(cast.alice).get(path).json()["code"] for path in paths} == {"result_not_released"}
    (item,) = Api(cast.alice).get(f"homework-assignments/{work.pk}/").json()["quizzes"]
    assert item["score"] is None
    homework.hand_in(actor=cast.bob, attempt_id=bobs.pk, answers={})
    assert {Api(cast.alice).get(path).status_code for path in paths} == {200}
    (item,) = Api(cast.alice).get(f"homework-assignments/{work.pk}/").json()["quizzes"]
    assert item["score"] == "0.000"


def test_a_check_tells_each_student_the_key_of_what_counts_no_more_for_them(cast):
    work = make_homework(cast, cast.alice, cast.bob, mock_test_ids=[], attempts_allowed=2)
    alices = begin(cast.alice, work)
    homework.hand_in(actor=cast.alice, attempt_id=alices.pk, answers={})
    told = check(cast.alice, begin(cast.alice, work), "river").json()
    assert told["key"] is not None
    bobs = check(cast.bob, begin(cast.bob, work), "river")
    assert bobs.json()["key"] is None
    assert "fractions" not in bobs.content.decode()


def test_practice_is_reviewed_once_nobody_can_use_it_where_attempts_count(cast):
    work = make_homework(cast, cast.alice, cast.bob, mock_test_ids=[], practice="ALWAYS", attempts_allowed=1)
    practice, counted = begin(cast.alice, work, practice=True), begin(cast.alice, work)
    for attempt in (practice, counted):
        homework.hand_in(actor=cast.alice, attempt_id=attempt.pk, answers={})
    bobs = begin(cast.bob, work)
    review = f"attempts/{practice.pk}/review/"
    assert Api(cast.alice).get(review).json()["code"] == "review_closed"
    ExamAssignment.objects.filter(kind="HOMEWORK").update(status="CLOSED", closed_at=clock.now())
    assert Api(cast.alice).get(review).json()["code"] == "review_closed"
    homework.hand_in(actor=cast.bob, attempt_id=bobs.pk, answers={})
    begin(cast.bob, work, practice=True)  # which is no reason to wait
    told = Api(cast.alice).get(review)
    assert (told.status_code, "fractions" in json.dumps(told.json())) == (200, True)

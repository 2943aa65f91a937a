"""attempts/{id}/result/ and review/, and who gives extra time."""

from __future__ import annotations

import uuid

import pytest

from apps.assignments import operations as rooms
from apps.attempts.operations import grading, sitting
from tests.apps.attempts import journal
from tests.factories import import_sample, make_room, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def released(graded):
    graded.assignment.is_published = True
    graded.assignment.save()
    return graded


def test_tells_marks_by_section_and_topic(api, cast, released):
    result = api(cast.alice).get(f"attempts/{released.pk}/result/").json()
    assert (result["score"], result["max_score"], result["percentage"]) == ("3.000", "5.000", "60.00")
    assert [(part["name"], part["score"], part["max_score"], part["correct"]) for part in result["sections"]] == [
        ("Words", "0.000", "2.000", 0),
        ("Counting", "3.000", "3.000", 2),
    ]
    assert [(part["name"], part["percentage"]) for part in result["topics"]] == [
        ("Kanji", "0.00"),
        ("Counting", "100.00"),
    ]
    assert (result["jlpt_estimate"], result["revision"]) == (None, 1)
    assert result["seconds_taken"] > 0
    assert result["rank"] is None


def test_tells_the_rank_once_it_is_counted(api, cast, released, deliver):
    deliver()
    result = api(cast.alice).get(f"attempts/{released.pk}/result/").json()
    assert result["rank"] == {"rank": 1, "percentile": "100.00", "people": 1, "is_final": False}


def test_tells_nothing_before_the_release_except_to_staff(api, cast, graded):
    for route in ("result/", "review/"):
        answer = api(cast.alice).get(f"attempts/{graded.pk}/{route}")
        assert (answer.status_code, answer.json()["code"]) == (403, "result_not_released")
        assert "3.000" not in answer.content.decode()
        assert api(cast.dora).get(f"attempts/{graded.pk}/{route}").status_code == 200


def test_tells_that_marks_are_not_there_yet(api, cast, attempt):
    answer = api(cast.dora).get(f"attempts/{attempt.pk}/result/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_graded")


def test_a_jlpt_paper_gives_an_estimate(api, cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    test = import_sample(cast)
    publish(cast, test)
    room = make_room(cast, cast.alice, test=test)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    grading.grade_attempt(attempt_id=attempt.pk)
    estimate = api(cast.dora).get(f"attempts/{attempt.pk}/result/").json()["jlpt_estimate"]
    assert (estimate["total"], estimate["passed"]) == (0, False)
    assert [(area["code"], area["min_score"], area["max_score"]) for area in estimate["areas"]] == [
        ("language_reading_combined", 38, 120),
        ("listening", 19, 60),
    ]


def test_a_review_shows_key_and_explanations_once_it_is_open(api, cast, released):
    closed = api(cast.alice).get(f"attempts/{released.pk}/review/")
    assert (closed.status_code, closed.json()["code"]) == (403, "review_closed")
    released.assignment.is_review_open = True
    released.assignment.save()
    early = api(cast.alice).get(f"attempts/{released.pk}/review/")
    assert (early.status_code, early.json()["code"]) == (403, "review_closed"), "Bob may begin still."
    rooms.close_room(assignment_id=released.assignment_id)
    review = api(cast.alice).get(f"attempts/{released.pk}/review/").json()
    item = review["items"][str(journal.question_id(released, "free"))]
    assert (item["outcome"], item["marks"], item["explanation"]) == ("CORRECT", "1.000", "Because.")
    assert item["key"]["fractions"][item["response"]] == "1"
    assert review["answers"][str(journal.question_id(released, "sum"))] == "42"
    assert [section["name"] for section in review["paper"]["sections"]] == ["Words", "Counting"]


# -- extra time ----------------------------------------------------------------------------------------------------


def extend(api, person, room, **body):
    return api(person).post(f"exam-assignments/{room}/extend/", {"seconds": 60, "reason": "Noise.", **body})


def test_staff_give_time_to_all_or_to_some(api, cast, room, attempt):
    answer = extend(api, cast.dora, room.pk)
    before = attempt.deadline_at
    attempt.refresh_from_db()
    assert answer.status_code == 200
    assert (attempt.deadline_at - before).total_seconds() == 60
    [extended] = answer.json()["extended"]
    assert (extended["attempt"], extended["student"]) == (str(attempt.pk), str(cast.alice.pk))
    assert extend(api, cast.dora, room.pk, student_ids=[str(cast.alice.pk)]).status_code == 200


def test_refuses_time_for_somebody_who_does_not_sit(api, cast, room, attempt):
    answer = extend(api, cast.dora, room.pk, student_ids=[str(cast.bob.pk)])
    assert (answer.status_code, answer.json()["code"]) == (409, "not_sitting")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"seconds": 0}, "/seconds"), ({"seconds": 86401}, "/seconds"), ({"reason": ""}, "/reason"), ({"x": 1}, "/x")],
)
def test_refuses_time_out_of_bounds(api, cast, room, attempt, change, pointer):
    answer = extend(api, cast.dora, room.pk, **change)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_only_staff_of_the_room_give_time(api, cast, room, attempt):
    assert extend(api, cast.alice, room.pk).status_code == 403
    assert extend(api, cast.other_teacher, room.pk).status_code == 404
    assert extend(api, cast.dora, uuid.uuid4()).status_code == 404
    assert extend(api, cast.trent, room.pk).status_code == 404
    assert extend(api, None, room.pk).status_code == 401


# -- finalising ----------------------------------------------------------------------------------------------------


def test_staff_finalise_a_closed_room_once_all_have_marks(api, cast, room, graded):
    early = api(cast.dora).post(f"exam-assignments/{room.pk}/finalize/")
    assert (early.status_code, early.json()["code"]) == (409, "illegal_move")
    rooms.close_room(assignment_id=room.pk)
    answer = api(cast.dora).post(f"exam-assignments/{room.pk}/finalize/")
    assert (answer.status_code, answer.json()["status"]) == (200, "FINALISED")


def test_nobody_finalises_a_room_where_somebody_sits_or_that_is_not_theirs(api, cast, room, attempt):
    rooms.close_room(assignment_id=room.pk)
    answer = api(cast.dora).post(f"exam-assignments/{room.pk}/finalize/")
    assert (answer.status_code, answer.json()["code"]) == (409, "still_sitting")
    assert api(cast.alice).post(f"exam-assignments/{room.pk}/finalize/").status_code == 403
    assert api(cast.other_teacher).post(f"exam-assignments/{room.pk}/finalize/").status_code == 404

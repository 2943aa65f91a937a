"""submissions/start-exam/ and submissions/submit-exam/."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from apps.assignments import operations as rooms
from apps.attempts.models import AnswerSheet, Attempt
from apps.attempts.operations import granting
from apps.mock_tests.models import QuestionGroup
from apps.mock_tests.operations import authoring
from apps.mock_tests.rules.types.base import Given, Truth
from tests.api.v1.submissions.conftest import chosen, questions_of
from tests.factories import make_room, make_test, publish

pytestmark = pytest.mark.django_db


def start_in(api, person, room, **body):
    return api(person).post("submissions/start-exam/", {"exam_assignment_id": str(getattr(room, "pk", room)), **body})


def submit_as(api, person, attempt, answers=None):
    return api(person).post("submissions/submit-exam/", {"submission_id": str(attempt), "answers": answers or {}})


# -- starting ------------------------------------------------------------------------------------------------------


def test_starts_and_goes_on_with_the_same_submission(api, cast, room):
    first, again = start_in(api, cast.alice, room), start_in(api, cast.alice, room)
    attempt = Attempt.objects.get()
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["submission_id"] == again.json()["submission_id"] == str(attempt.pk)
    assert first.json()["exam_paper"] == again.json()["exam_paper"]
    assert (first.json()["message"], again.json()["message"]) == ("The exam has begun.", "The exam goes on.")
    assert first.json()["started_at"] == again.json()["started_at"]


def test_gives_the_paper_of_attempts_in_the_same_order(api, cast, room):
    paper = start_in(api, cast.alice, room).json()["exam_paper"]
    under_the_other_name = api(cast.alice).get(f"attempts/{Attempt.objects.get().pk}/paper/").json()
    assert paper == under_the_other_name
    assert {"title", "sections"} <= set(paper)
    for section in paper["sections"]:
        assert {"id", "name", "section_type", "duration", "question_groups"} <= set(section)
        for group in section["question_groups"]:
            fields = {"id", "mondai_number", "title", "instruction", "reading_text", "image", "audio_file", "questions"}
            assert fields <= set(group)


def test_has_no_trace_of_the_key(api, cast, room):
    text = start_in(api, cast.alice, room).content.decode()
    for secret in ("fraction", '"key"', "explanation", "Because.", "correct", '"42"'):
        assert secret not in text


def test_a_code_is_wanted_where_the_room_has_one(api, cast):
    room = make_room(cast, cast.alice, access_code="sakura")
    refused = start_in(api, cast.alice, room)
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_access_code")
    assert start_in(api, cast.alice, room, access_code="sakura").status_code == 201


def test_a_room_that_is_not_open_or_used_up_is_refused_with_403_and_a_sentence(api, cast, room):
    api(cast.alice).post(
        "submissions/submit-exam/", {"submission_id": start_in(api, cast.alice, room).json()["submission_id"]}
    )
    used_up = start_in(api, cast.alice, room)
    rooms.close_room(assignment_id=room.pk)
    closed = start_in(api, cast.bob, room)
    assert (used_up.status_code, used_up.json()["code"]) == (403, "no_attempts_left")
    assert (closed.status_code, closed.json()["code"]) == (403, "room_not_open")
    assert used_up.json()["detail"] == "You have used all your attempts in this room."
    assert closed.json()["detail"] == "The exam room is not open."


def test_a_room_that_is_paused_or_too_late_to_begin_in_is_refused_so_too(api, cast):
    room = make_room(cast, cast.alice, latest_start_seconds=0)
    granting.pause(actor=cast.dora, assignment_id=room.pk, reason="Fire drill")
    paused = start_in(api, cast.alice, room)
    assert (paused.status_code, paused.json()["code"]) == (403, "room_paused")
    assert "as soon as it goes on" in paused.json()["detail"]
    granting.resume(actor=cast.dora, assignment_id=room.pk)
    late = start_in(api, cast.alice, room)
    assert (late.status_code, late.json()["code"]) == (403, "too_late_to_start")


def test_the_other_name_says_409_for_the_same(api, cast, room):
    rooms.close_room(assignment_id=room.pk)
    here, there = start_in(api, cast.bob, room), api(cast.bob).post(f"exam-assignments/{room.pk}/start/", {})
    assert (here.status_code, there.status_code) == (403, 409)
    assert [here.json()[name] for name in ("code", "detail")] == [there.json()[name] for name in ("code", "detail")]


def test_rooms_of_others_are_not_there(api, cast, room):
    answers = [
        start_in(api, cast.gus, room),
        start_in(api, cast.mallory, room),
        start_in(api, cast.alice, uuid.uuid4()),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({str({**answer.json(), "request_id": ""}) for answer in answers}) == 1


def test_only_takers_sit(api, cast, room):
    for person in (cast.carol, cast.dora):
        assert start_in(api, person, room).status_code == 403
        assert submit_as(api, person, uuid.uuid4()).status_code == 403
    assert start_in(api, None, room).status_code == 401
    assert submit_as(api, None, uuid.uuid4()).status_code == 401


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/exam_assignment_id"),
        ({"exam_assignment_id": "1"}, "/exam_assignment_id"),
        ({"exam_assignment_id": str(uuid.uuid4()), "seed": 1}, "/seed"),
    ],
)
def test_refuses_other_bodies_to_start_with(api, cast, body, pointer):
    answer = api(cast.alice).post("submissions/start-exam/", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


# -- handing in ----------------------------------------------------------------------------------------------------


def test_hands_in_what_was_clicked(api, cast, room, start, submit, deliver):
    started = start(cast.alice, room)
    asked = questions_of(started)
    handed_in = submit(cast.alice, started["submission_id"], {
        **chosen(started, river="yes", free="yes"), asked["verbs"]["id"]: ["A", "B"], asked["sum"]["id"]: 42,
    })  # fmt: skip
    assert (handed_in["submission_id"], handed_in["status"]) == (started["submission_id"], "SUBMITTED")
    assert (handed_in["message"], handed_in["note"], handed_in["refused"]) == ("Handed in.", "", {})
    assert len(handed_in["receipt"]) == 64
    deliver()
    assert Attempt.objects.get().status == "GRADED"
    sheet = AnswerSheet.objects.get().answers
    assert sheet[asked["verbs"]["id"]] == sorted(option["id"] for option in asked["verbs"]["options"][:2])
    assert Attempt.objects.get().score >= 4


@pytest.mark.parametrize("answers", [{}, None], ids=["empty", "absent"])
def test_nothing_may_be_answered(api, cast, room, start, answers):
    body = {"submission_id": start(cast.alice, room)["submission_id"]}
    answer = api(cast.alice).post("submissions/submit-exam/", body if answers is None else {**body, "answers": {}})
    assert (answer.status_code, answer.json()["refused"]) == (200, {})


def test_letters_words_and_numbers_are_understood(api, cast, submit, start):
    """The one call of S3: ``{"answers": {"q1": "B", "q2": "True", "q3": "42"}}``, by the ids of questions."""
    test = make_test(cast)
    group = QuestionGroup.objects.get(section__mock_test=test)
    authoring.create_question(
        actor=cast.carol,
        group_id=group.pk,
        changes={"type": "true_false", "text": "truth", "given": Given(truth=Truth(True))},
    )
    publish(cast, test)
    started = start(cast.alice, make_room(cast, cast.alice, test=test, shuffle_options=True))
    asked = questions_of(started)
    assert [option["text"] for option in asked["truth"]["options"]] == ["True", "False"]
    told = {asked["river"]["id"]: "B", asked["truth"]["id"]: "True", asked["sum"]["id"]: "42"}
    assert submit(cast.alice, started["submission_id"], told)["refused"] == {}
    sheet = AnswerSheet.objects.get().answers
    assert sheet[asked["river"]["id"]] == asked["river"]["options"][1]["id"]
    assert (sheet[asked["truth"]["id"]], sheet[asked["sum"]["id"]]) == (True, "42")


def test_tells_what_was_not_taken(api, cast, room, start, submit):
    started = start(cast.alice, room)
    river = questions_of(started)["river"]["id"]
    handed_in = submit(cast.alice, started["submission_id"], {river: 9})
    assert (handed_in["refused"], handed_in["note"]) == ({river: "bad_answer"}, "1 answers were not taken.")


def test_again_gives_the_same_receipt(api, cast, room, start, submit):
    started = start(cast.alice, room)
    answers = chosen(started, river="yes")
    first, again = (submit(cast.alice, started["submission_id"], answers) for _ in range(2))
    assert first == again


def test_says_so_when_the_time_was_up(api, cast, room, start, submit):
    started = start(cast.alice, room)
    attempt, ago = Attempt.objects.get(), timedelta(hours=1)
    Attempt.objects.update(started_at=attempt.started_at - ago, deadline_at=attempt.deadline_at - ago)
    late = submit(cast.alice, started["submission_id"], chosen(started, river="yes"))
    assert (late["status"], late["message"]) == ("SUBMITTED", "The time was up; what arrived before counts.")
    assert list(late["refused"].values()) == ["too_late"]


def test_submissions_of_others_are_not_there(api, cast, room, start):
    submission = start(cast.alice, room)["submission_id"]
    for person, asked in ((cast.bob, submission), (cast.mallory, submission), (cast.alice, uuid.uuid4())):
        assert submit_as(api, person, asked).status_code == 404
    assert Attempt.objects.get().is_running


BAD = [
    ({"answers": {}}, "/submission_id"),
    ({"submission_id": "1", "answers": {}}, "/submission_id"),
    ({"submission_id": str(uuid.uuid4()), "answers": []}, "/answers"),
    ({"submission_id": str(uuid.uuid4()), "answers": "A"}, "/answers"),
    ({"submission_id": str(uuid.uuid4()), "answers": {"x" * 37: 0}}, "/answers"),
    ({"submission_id": str(uuid.uuid4()), "answers": {str(n): 0 for n in range(1001)}}, "/answers"),
    ({"submission_id": str(uuid.uuid4()), "score": 5}, "/score"),
]


@pytest.mark.parametrize(("body", "pointer"), BAD, ids=[str(n) for n in range(len(BAD))])
def test_refuses_other_bodies_to_hand_in_with(api, cast, body, pointer):
    answer = api(cast.alice).post("submissions/submit-exam/", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("told", ['"\\ud800"', "1e999", "[[[[[[1]]]]]]", '{"a":{"b":1}}', "1" * 4000, '"\\u0000"'])
def test_whatever_is_told_is_taken_or_refused_and_never_breaks(api, cast, room, start, told):
    started = start(cast.alice, room)
    asked = questions_of(started)
    answers = ",".join(f'"{question["id"]}":{told}' for question in asked.values())
    body = f'{{"submission_id":"{started["submission_id"]}","answers":{{{answers}}}}}'
    answer = api(cast.alice).post("submissions/submit-exam/", body, content_type="application/json")
    assert answer.status_code in {200, 400, 422}, answer.content

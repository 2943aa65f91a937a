"""Marking by hand over HTTP: the queue, claims, points, second marks, rooms without names, and the review."""

from __future__ import annotations

import json
import uuid

import pytest

from apps.assignments import operations as rooms
from apps.attempts.models import Script
from apps.attempts.operations import grading, marking, sitting
from apps.groups import operations as groups
from tests.apps.attempts import journal
from tests.apps.attempts.samples import make_essay_test
from tests.client import Api
from tests.factories import make_room, publish

pytestmark = pytest.mark.django_db

FULL = [{"criterion": 0, "points": "5"}, {"criterion": 1, "points": "3"}]
HALF = [{"criterion": 0, "points": "2.5"}, {"criterion": 1, "points": 1.5}]
TEXT = "Dear Bob,\n<script>alert(1)</script>"


@pytest.fixture
def room(cast):
    """For Carol's class with Alice, and for Bob by name."""
    group = groups.create_group(name="A")
    groups.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT"), (cast.carol.pk, "TEACHER")])
    test = make_essay_test(cast)
    publish(cast, test)
    room = make_room(cast, cast.bob, test=test, group_ids=[group.pk], result_policy="IMMEDIATELY", is_review_open=True)
    room.group = group
    return room


def hand_in(person, room, **answers):
    attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
    for question, response in answers.items():
        journal.write(attempt, question, response)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=person)
    return grading.grade_attempt(attempt_id=attempt.pk)


@pytest.fixture
def attempt(cast, room):
    """Alice wrote a letter and no diary."""
    return hand_in(cast.alice, room, river="yes", letter=TEXT)


@pytest.fixture
def letter(attempt):
    return Script.objects.get(attempt=attempt, number=2)


def post(person, path, **body):
    return Api(person).post(f"grading-queue/{path}", body, format="json")


def listed(person, **filters):
    answer = Api(person).get("grading-queue/", filters)
    assert answer.status_code == 200, answer.content
    return [(row["number"], row["state"]) for row in answer.json()["results"]]


def problems(answer):
    assert answer.status_code == 422, answer.content
    return {(one["pointer"], one["code"]) for one in answer.json()["errors"]}


def test_a_teacher_takes_the_next_one_and_marks_it(cast, room, attempt, letter):
    path = f"next/?exam_assignment_id={room.pk}&question_id={letter.question_id}"
    taken = post(cast.carol, path)
    assert taken.status_code == 200
    sheet = taken.json()
    assert sheet["answer"] == TEXT
    assert (sheet["words"], sheet["characters"]) == (3, 33)
    assert sheet["question"]["limits"] == {"unit": "words", "least": None, "most": 50}
    assert [criterion["title"] for criterion in sheet["key"]["rubric"]] == ["Content", "Language"]
    assert sheet["key"]["model_answer"] == "<p>Dear canary,</p>"
    assert sheet["marks"] == []
    assert (
        sheet["script"]
        | {
            "state": "WAITING",
            "revision": 0,
            "marks": None,
            "max_marks": "10.000",
            "attempt": str(attempt.pk),
            "student": {"id": str(cast.alice.pk), "name": "Alice North"},
        }
        == sheet["script"]
    )
    assert sheet["script"]["claimed_by"] == {"id": str(cast.carol.pk), "name": "Carol North"}
    marked = post(cast.carol, f"{letter.pk}/mark/", scores=HALF, comment="Good.\nMore verbs.", revision=0)
    assert marked.status_code == 200
    body = marked.json()
    assert (body["script"]["state"], body["script"]["marks"], body["script"]["claimed_by"]) == ("MARKED", "5.000", None)
    (mark,) = body["marks"]
    assert (mark["kind"], mark["comment"], mark["marked_by"]["name"]) == ("FIRST", "Good.\nMore verbs.", "Carol North")
    assert mark["scores"] == [{"criterion": 0, "points": "2.5"}, {"criterion": 1, "points": "1.5"}]
    assert post(cast.carol, path).status_code == 204


def test_the_queue_is_asked_by_room_group_question_and_state(cast, room, attempt, letter):
    hand_in(cast.bob, room, diary="text")
    assert sorted(listed(cast.carol)) == [(2, "WAITING"), (2, "WAITING"), (3, "WAITING"), (3, "WAITING")]
    assert listed(cast.carol, group_id=room.group.pk) == [(2, "WAITING"), (3, "WAITING")]
    assert listed(cast.carol, group_id=room.group.pk, unanswered="true") == [(3, "WAITING")]
    assert listed(cast.carol, group_id=room.group.pk, unanswered="false") == [(2, "WAITING")]
    assert len(listed(cast.carol, question_id=letter.question_id)) == 2
    post(cast.carol, f"{letter.pk}/claim/")
    assert listed(cast.carol, mine="true") == [(2, "WAITING")]
    post(cast.carol, f"{letter.pk}/mark/", scores=FULL, revision=0)
    assert listed(cast.carol, state="MARKED") == [(2, "MARKED")]
    assert listed(cast.carol, exam_assignment_id=uuid.uuid4()) == []
    assert problems(Api(cast.carol).get("grading-queue/?state=LOST")) == {("/state", "invalid_choice")}
    assert problems(Api(cast.carol).get("grading-queue/?student=Alice")) == {("/student", "unknown_field")}


def test_a_list_takes_the_same_queries_however_long_it_is(cast, room, attempt, count_queries):
    carol = Api(cast.carol)
    carol.get("grading-queue/")
    with count_queries() as few:
        assert carol.get("grading-queue/").json()["count"] == 2
    hand_in(cast.bob, room, letter="text")
    with count_queries() as many:
        assert carol.get("grading-queue/").json()["count"] == 4
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, {("/scores", "required"), ("/revision", "required")}),
        ({"scores": [], "revision": 0}, {("/scores", "bad_points")}),
        ({"scores": FULL[:1], "revision": 0}, {("/scores", "bad_points")}),
        ({"scores": [*FULL, FULL[0]], "revision": 0}, {("/scores", "twice")}),
        ({"scores": [{"criterion": 0, "points": "4"}, FULL[1]], "revision": 0}, {("/scores", "bad_points")}),
        ({"scores": [FULL[0], {"criterion": 1, "points": "3.001"}], "revision": 0}, {("/scores", "bad_points")}),
        ({"scores": [FULL[0], {"criterion": 1, "points": "-1"}], "revision": 0}, {("/scores/1/points", "min_value")}),
        ({"scores": [FULL[0], {"criterion": 1, "points": "NaN"}], "revision": 0}, {("/scores/1/points", "invalid")}),
        (
            {"scores": [FULL[0], {"criterion": 1, "points": 1, "x": 1}], "revision": 0},
            {("/scores/1/x", "unknown_field")},
        ),
        ({"scores": "5", "revision": 0}, {("/scores", "not_a_list")}),
        ({"scores": FULL, "revision": -1}, {("/revision", "min_value")}),
        ({"scores": FULL, "revision": 0, "marks": 10}, {("/marks", "unknown_field")}),
        ({"scores": FULL, "revision": 0, "comment": "a\x00b"}, {("/comment", "null_characters_not_allowed")}),
        ({"scores": FULL, "revision": 0, "comment": "x" * 10_001}, {("/comment", "max_length")}),
    ],
)
def test_refuses_what_is_no_mark(cast, letter, body, found):
    assert problems(post(cast.dora, f"{letter.pk}/mark/", **body)) == found
    letter.refresh_from_db()
    assert letter.revision == 0


def test_conflicts_are_told_apart(cast, attempt, letter):
    post(cast.carol, f"{letter.pk}/claim/")
    for path, body in (("claim/", {}), ("mark/", {"scores": FULL, "revision": 0})):
        answer = post(cast.dora, f"{letter.pk}/{path}", **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "script_claimed")
    early = post(cast.carol, f"{letter.pk}/second-mark/", scores=FULL, revision=0)
    assert (early.status_code, early.json()["code"]) == (409, "not_marked_yet")
    post(cast.carol, f"{letter.pk}/release/")
    assert post(cast.dora, f"{letter.pk}/mark/", scores=HALF, revision=0).status_code == 200
    late = post(cast.carol, f"{letter.pk}/mark/", scores=FULL, revision=0)
    assert (late.status_code, late.json()["code"], late.json()["details"]) == (409, "mark_changed", {"revision": 1})
    assert problems(post(cast.carol, f"{letter.pk}/mark/", scores=FULL, revision=1)) == {("/reason", "required")}
    same = post(cast.dora, f"{letter.pk}/second-mark/", scores=FULL, revision=1)
    assert (same.status_code, same.json()["code"]) == (409, "same_marker")
    second = post(cast.carol, f"{letter.pk}/second-mark/", scores=FULL, revision=1)
    assert (second.json()["script"]["state"], second.json()["script"]["marks"]) == ("DISPUTED", "5.000")
    settled = post(cast.carol, f"{letter.pk}/mark/", scores=FULL, revision=2, reason="We agreed.")
    assert (settled.json()["script"]["state"], settled.json()["script"]["marks"]) == ("MARKED", "10.000")
    assert [mark["kind"] for mark in settled.json()["marks"]] == ["FIRST", "SECOND", "CHANGED"]


def test_what_was_not_answered_is_zero_in_one_call(cast, room, attempt):
    answer = post(cast.carol, "unanswered/", exam_assignment_id=str(room.pk))
    assert (answer.status_code, answer.json()) == (200, {"marked": 1, "left": 0})
    assert listed(cast.carol, unanswered="true") == [(3, "MARKED")]
    assert problems(post(cast.carol, "unanswered/")) == {("/exam_assignment_id", "required")}


def test_a_room_without_names_tells_none(cast, room, attempt, letter):
    path = f"grading-queue/rooms/{room.pk}/"
    assert Api(cast.carol).get(path).json()["is_anonymous"] is False
    answer = Api(cast.carol).patch(path, {"is_anonymous": True}, format="json")
    assert (answer.status_code, answer.json()["is_anonymous"], answer.json()["waiting"]) == (200, True, 2)
    told = [
        Api(cast.carol).get("grading-queue/"),
        Api(cast.carol).get(f"grading-queue/{letter.pk}/"),
        post(cast.carol, "next/"),
        post(cast.carol, f"{letter.pk}/mark/", scores=FULL, revision=0),
    ]
    for one in told:
        assert one.status_code == 200
        seen = one.content.decode()
        assert "Alice" not in seen
        assert str(cast.alice.pk) not in seen
        assert str(attempt.pk) not in seen
    rows = told[0].json()["results"]
    assert len({row["candidate"] for row in rows}) == 1
    assert all(row["student"] is None and row["attempt"] is None and row["finished_at"] is None for row in rows)


def test_rooms_say_how_far_they_are(cast, room, attempt):
    (row,) = Api(cast.carol).get("grading-queue/rooms/").json()["results"]
    assert row == {
        "exam_assignment": str(room.pk),
        "title": "Mock exam",
        "waiting": 2,
        "marked": 0,
        "disputed": 0,
        "unanswered": 1,
        "questions": [
            {
                "question": str(script.question_id),
                "number": script.number,
                "waiting": 1,
                "unanswered": int(script.is_blank),
                "marked": 0,
                "disputed": 0,
            }
            for script in Script.objects.order_by("number")
        ],
        "is_anonymous": False,
        "zero_unanswered": False,
    }
    assert Api(cast.other_teacher).get("grading-queue/rooms/").json()["count"] == 0
    bad = Api(cast.carol).patch(f"grading-queue/rooms/{room.pk}/", {"is_anonymous": "perhaps"}, format="json")
    assert problems(bad) == {("/is_anonymous", "invalid")}


def test_who_may_not_mark(cast, room, attempt, letter):
    acts = [
        ("get", f"grading-queue/{letter.pk}/", {}),
        ("post", f"grading-queue/{letter.pk}/claim/", {}),
        ("post", f"grading-queue/{letter.pk}/release/", {}),
        ("post", f"grading-queue/{letter.pk}/mark/", {"scores": FULL, "revision": 0}),
        ("post", f"grading-queue/{letter.pk}/second-mark/", {"scores": FULL, "revision": 0}),
        ("post", "grading-queue/unanswered/", {"exam_assignment_id": str(room.pk)}),
        ("get", f"grading-queue/rooms/{room.pk}/", {}),
        ("patch", f"grading-queue/rooms/{room.pk}/", {"is_anonymous": True}),
    ]
    unknown = Api(cast.carol).get(f"grading-queue/{uuid.uuid4()}/")
    assert unknown.status_code == 404
    for method, path, body in acts:
        for person in (cast.alice, cast.gus):
            assert getattr(Api(person), method)(path, body, format="json").status_code == 403
        for person in (cast.other_teacher, cast.sybil):
            answer = getattr(Api(person), method)(path, body, format="json")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    assert Api(cast.alice).get("grading-queue/").status_code == 403
    assert listed(cast.other_teacher) == []
    assert post(cast.other_teacher, "next/").status_code == 204
    for where in (f"exam_assignment_id={room.pk}", f"group_id={room.group.pk}"):
        assert post(cast.other_teacher, f"next/?{where}").status_code == 404


def test_the_student_sees_the_rubric_points_and_comment_in_the_review_and_not_before(cast, room, attempt, letter):
    mine = Api(cast.alice)
    assert mine.get(f"attempts/{attempt.pk}/result/").json()["code"] == "not_graded"
    assert "canary" not in mine.get(f"attempts/{attempt.pk}/").content.decode()
    post(cast.carol, f"{letter.pk}/mark/", scores=HALF, comment="Good.", revision=0)
    assert mine.get(f"attempts/{attempt.pk}/review/").status_code == 409
    post(cast.carol, "unanswered/", exam_assignment_id=str(room.pk))
    marking.mark_second(
        actor=cast.dora, script_id=letter.pk, scores={"0": "5", "1": "3"}, revision=1, comment="Among us."
    )
    assert mine.get(f"attempts/{attempt.pk}/result/").json()["score"] == "6.000"
    assert mine.get(f"attempts/{attempt.pk}/review/").json()["code"] == "review_closed"
    rooms.close_room(assignment_id=room.pk)
    review = mine.get(f"attempts/{attempt.pk}/review/")
    assert review.status_code == 200, review.content
    items = review.json()["items"]
    item = items[str(letter.question_id)]
    assert (item["marks"], item["outcome"], item["response"]) == ("5.000", "PARTIAL", TEXT)
    assert item["judgement"]["comment"] == "Good."
    assert [one["points"] for one in item["judgement"]["scores"]] == ["2.5", "1.5"]
    assert "canary" in json.dumps(item["key"])
    assert "Among us." not in review.content.decode()
    assert "Carol" not in json.dumps(item)
    assert {name: items[name]["judgement"] for name in items if name != str(letter.question_id)} == {
        str(journal.question_id(attempt, "river")): None,
        str(journal.question_id(attempt, "diary")): None,
    }


def test_an_essay_that_is_too_long_is_not_taken_and_what_was_saved_stays(cast, room):
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    question = str(journal.question_id(attempt, "letter"))

    def save(seq, response):
        body = {"epoch": 1, "answers": [{"seq": seq, "question": question, "response": response}]}
        return Api(cast.alice).put(f"attempts/{attempt.pk}/answers/", body, format="json").json()

    assert save(1, "word " * 50)["acked"] == [1]
    assert save(2, "word " * 51)["code"] == "bad_answer"
    state = Api(cast.alice).get(f"attempts/{attempt.pk}/answers/").json()
    assert state["answers"] == {question: "word " * 50}

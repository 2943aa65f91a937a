"""A quiz from its author's form to the marks of a student, over the verbs that the client knows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core import clock
from tests.apps.assignments.builders import make_group

pytestmark = pytest.mark.django_db


def choice(text, right, *wrong, **fields):
    options = [{"text": right, "is_correct": True, "image": None}]
    options += [{"text": other, "is_correct": False, "image": None} for other in wrong]
    return {"text": text, "question_type": "QUIZ", "points": 1, "options": options, **fields}


def assign(api, cast, **quiz):
    """A teacher's quiz, never published by hand, given to Alice's class as the client's forms send it."""
    carol = api(cast.carol)
    body = {"title": "Kanji", "description": "", "is_active": True, "default_question_duration": "20", **quiz}
    made = carol.post("quizzes/", body).json()["id"]
    asked = [
        choice("川", "river", "mountain", "tree", "fire"),
        choice("山", "mountain", "river", "tree", "fire", duration=45),
        {
            "text": "日 is the sun.",
            "question_type": "TRUE_FALSE",
            "points": "2",
            "options": [{"text": "True", "is_correct": True}, {"text": "False", "is_correct": False}],
        },
    ]
    for order, question in enumerate(asked, 1):
        answer = carol.post("quiz-questions/", {"quiz": made, "order": order, **question})
        assert answer.status_code == 201, answer.content
    group = make_group(cast, cast.alice, cast.bob)
    work = {
        "title": "Week one",
        "deadline": f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}",
        "quiz_ids": [made],
        "assigned_group_ids": [str(group.pk)],
        "assigned_user_ids": [],
        "show_results_immediately": True,
    }
    answer = carol.post("homework-assignments/", work)
    assert answer.status_code == 201, answer.content
    return answer.json()["id"], made


def play(api, person, work, quiz, choices):
    """The screen of the client: one question after the other, ``None`` for a time-out, then an empty hand-in."""
    asking = api(person)
    start = {"homework_assignment_id": work, "item_type": "quiz", "item_id": quiz}
    begun = asking.post("submissions/homework-start/", start).json()
    told = []
    for question, wanted in zip(begun["item_data"]["questions"], choices, strict=True):
        body = {"submission_id": begun["submission_id"], "question_id": question["id"]}
        if wanted is not None:
            body["selected_index"] = [option["text"] for option in question["options"]].index(wanted)
        told.append(asking.post("submissions/check-single-question/", body).json())
    ended = asking.post("submissions/submit-homework/", {"submission_id": begun["submission_id"], "answers": {}})
    assert ended.status_code == 200, ended.content
    return begun, told, ended.json()["results"]


def test_the_seconds_of_each_question_reach_the_screen(api, cast):
    work, quiz = assign(api, cast)
    start = {"homework_assignment_id": work, "item_type": "quiz", "item_id": quiz}
    data = api(cast.alice).post("submissions/homework-start/", start).json()
    shown = data["item_data"]
    assert (shown["default_question_duration"], [q["duration"] for q in shown["questions"]]) == (20, [20, 45, 20])
    assert shown["paper"]["quiz"] == {"default_question_seconds": 20, "passing_percent": None}
    asked = shown["paper"]["sections"][0]["question_groups"][0]["questions"]
    assert [question["seconds"] for question in asked] == [20, 45, 20]


def test_a_time_out_costs_the_question_and_no_more(api, cast):
    work, quiz = assign(api, cast, passing_percent=75)
    _, told, results = play(api, cast.alice, work, quiz, ["river", None, "True"])
    assert [answer["is_correct"] for answer in told] == [True, False, True]
    assert told[1]["no_selection_sent"] is True
    assert told[1]["correct_option_index"] is None
    assert (results["total_score"], results["max_score"], results["percentage"]) == (3, 4, 75)
    assert (results["passing_percent"], results["passed"]) == (75, True)


@pytest.mark.parametrize(
    ("percent", "passed"),
    [("75", True), ("75.01", False), ("0", True), ("100", False), (None, None)],
)
def test_passing_is_told_wherever_the_marks_are(api, cast, percent, passed):
    work, quiz = assign(api, cast, passing_percent=percent)
    begun, _, results = play(api, cast.alice, work, quiz, ["river", "tree", "True"])
    assert results["passed"] is passed
    mine = api(cast.alice).get(f"submissions/my-homework-results/?homework_assignment_id={work}").json()
    assert mine["submissions"][0]["results"]["passed"] is passed
    result = api(cast.alice).get(f"attempts/{begun['submission_id']}/result/").json()
    assert result["passed"] is passed
    staff = api(cast.carol).get(f"submissions/?homework_assignment_id={work}").json()["results"]
    assert staff[0]["results"]["passed"] is passed


def test_a_quiz_that_changes_later_changes_nothing_for_who_has_taken_it(api, cast):
    work, quiz = assign(api, cast, passing_percent=75)
    begun, _, _ = play(api, cast.alice, work, quiz, ["river", "tree", "True"])
    refused = api(cast.carol).patch(f"quizzes/{quiz}/", {"passing_percent": 100})
    assert (refused.status_code, refused.json()["code"]) == (409, "test_locked")
    assert api(cast.carol).delete(f"quizzes/{quiz}/").status_code == 204
    assert api(cast.alice).get(f"attempts/{begun['submission_id']}/result/").json()["passed"] is True


def test_the_time_of_the_whole_leaves_room_between_questions(api, cast):
    work, quiz = assign(api, cast)
    start = {"homework_assignment_id": work, "item_type": "quiz", "item_id": quiz}
    begun = api(cast.alice).post("submissions/homework-start/", start).json()
    state = api(cast.alice).get(f"attempts/{begun['submission_id']}/").json()
    assert 20 + 45 + 20 < state["time_remaining_seconds"] <= 20 + 45 + 20 + 3 * 10

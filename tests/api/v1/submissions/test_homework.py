"""The verbs of homework under submissions/, as the main source's client calls them."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from apps.assignments.models import ExamAssignment
from apps.attempts.models import AnswerEntry, Attempt
from apps.core import clock
from tests import factories
from tests.homework import make_homework

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(cast):
    """One quiz for Alice and Bob."""
    return make_homework(cast, cast.alice, cast.bob, mock_test_ids=[])


def begin(api, person, work, *, item_type="quiz", **sent):
    kind = item_type.upper()
    item = next(item for item in work.items.all() if item.mock_test.kind == kind)
    body = {"homework_assignment_id": str(work.pk), "item_type": item_type, "item_id": str(item.mock_test_id), **sent}
    return api(person).post("submissions/homework-start/", body)


def check(api, person, begun, text, **chosen):
    question = next(q for q in begun["item_data"]["questions"] if q["text"] == text)
    if "option" in chosen:
        texts = [option["text"] for option in question["options"]]
        chosen = {"selected_index": texts.index(chosen["option"])}
    body = {"submission_id": begun["submission_id"], "question_id": question["id"], **chosen}
    return api(person).post("submissions/check-single-question/", body)


def submit(api, person, begun, **sent):
    return api(person).post("submissions/submit-homework/", {"submission_id": begun["submission_id"], **sent})


def test_a_quiz_as_the_client_plays_it(api, cast, work):
    begun = begin(api, cast.alice, work)
    assert begun.status_code == 201, begun.content
    begun = begun.json()
    assert {"submission_id", "item_data", "item_type", "started_at", "message"} <= set(begun)
    data = begun["item_data"]
    assert (data["title"], begun["item_type"], data["default_question_duration"]) == ("Kana quiz", "quiz", 590)
    for question in data["questions"]:
        assert {"id", "text", "image", "audio", "options"} <= set(question)
        for option in question["options"]:
            assert {"text", "image"} <= set(option)
    right = check(api, cast.alice, begun, "river", option="yes").json()
    place = [o["text"] for o in data["questions"][0]["options"]].index("yes")
    assert right == {
        "is_correct": True,
        "correct_option_index": place,
        "selected_index": place,
        "no_selection_sent": False,
        "score": 1.0,
    }
    timed_out = check(api, cast.alice, begun, "verbs").json()
    assert (timed_out["is_correct"], timed_out["no_selection_sent"], timed_out["score"]) == (False, True, 0)
    handed_in = submit(api, cast.alice, begun, answers={})
    assert handed_in.status_code == 200, handed_in.content
    told = handed_in.json()
    assert (told["submission_id"], told["status"]) == (begun["submission_id"], "GRADED")
    results = told["results"]
    assert (results["resource_type"], results["total_score"], results["max_score"]) == ("quiz", 1, 5)
    assert (results["percentage"], results["correct_count"], results["total_count"]) == (20, 1, 3)
    history = api(cast.alice).get(f"submissions/history/{work.pk}/list/").json()
    assert history["homework_title"] == "Week one"
    (entry,) = history["submissions"]
    assert (entry["submission_id"], entry["quiz_title"], entry["score"], entry["percentage"], entry["status"]) == (
        begun["submission_id"],
        "Kana quiz",
        1,
        20,
        "GRADED",
    )
    assert entry["time_taken_seconds"] >= 0
    assert entry["completed_at"]


def test_nothing_of_the_key_is_in_what_is_sent(api, cast, work):
    begun = begin(api, cast.alice, work)
    checked = check(api, cast.alice, begun.json(), "river", option="no")
    for secret in ("fraction", '"key"', "explanation", '"42"', "is_right"):
        assert secret not in begun.content.decode()
        assert secret not in checked.content.decode()


def test_a_time_out_is_a_null_answer_in_the_journal(api, cast, work):
    begun = begin(api, cast.alice, work).json()
    for text in ("river", "verbs", "sum"):
        assert check(api, cast.alice, begun, text).status_code == 200
    assert list(AnswerEntry.objects.values_list("response", flat=True)) == [None, None, None]
    changed = check(api, cast.alice, begun, "river", option="yes")
    assert (changed.status_code, changed.json()["code"]) == (409, "answer_final")


def test_answers_may_be_absent_empty_or_more_than_nothing(api, cast, work):
    begun = begin(api, cast.alice, work).json()
    question = begun["item_data"]["questions"][2]["id"]
    assert submit(api, cast.alice, begun, answers={question: "42"}).json()["results"]["total_score"] == 2
    assert submit(api, cast.alice, begun).status_code == 200
    again = begin(api, cast.alice, work).json()
    assert again["submission_id"] != begun["submission_id"]
    assert submit(api, cast.alice, again).json()["results"]["total_score"] == 0
    numbers = api(cast.alice).get(f"submissions/history/{work.pk}/list/").json()["submissions"]
    assert [entry["submission_id"] for entry in numbers] == [again["submission_id"], begun["submission_id"]]


def test_going_on_is_the_same_submission(api, cast, work):
    first, again = begin(api, cast.alice, work).json(), begin(api, cast.alice, work).json()
    assert first["submission_id"] == again["submission_id"]
    assert (first["message"], again["message"]) == ("It has begun.", "It goes on.")


def test_a_test_of_a_homework_is_started_the_same_way(api, cast):
    work = make_homework(cast, cast.alice)
    begun = begin(api, cast.alice, work, item_type="mock_test").json()
    assert [q["text"] for q in begun["item_data"]["questions"]] == ["river", "verbs", "sum"]
    assert begun["item_data"]["paper"]["sections"]
    assert not begun["may_check"]
    refused = check(api, cast.alice, begun, "river", option="yes")
    assert (refused.status_code, refused.json()["code"]) == (403, "may_not_check")


def test_what_is_another_persons_is_not_there(api, cast, work):
    begun = begin(api, cast.alice, work).json()
    assert begin(api, cast.gus, work).status_code == 404
    for person in (cast.bob, cast.mallory):
        assert check(api, person, begun, "river").status_code == 404
        assert submit(api, person, begun).status_code == 404


def test_after_the_deadline_nothing_begins(api, cast, work):
    ExamAssignment.objects.update(closes_at=clock.now() - timedelta(hours=1))
    late = begin(api, cast.bob, work)
    assert (late.status_code, late.json()["code"]) == (409, "deadline_passed")
    assert "deadline" in late.json()["detail"]


def test_only_takers_work(api, cast, work):
    begun = begin(api, cast.alice, work).json()
    for person in (cast.carol, cast.dora):
        assert begin(api, person, work).status_code == 403
        assert check(api, person, begun, "river").status_code == 403
        assert submit(api, person, begun).status_code == 403


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"item_type": "book"}, "/item_type"),
        ({"item_id": "7"}, "/item_id"),
        ({"seed": 1}, "/seed"),
    ],
)
def test_refuses_other_bodies_to_start_with(api, cast, work, sent, pointer):
    body = {"homework_assignment_id": str(work.pk), "item_type": "quiz", "item_id": str(uuid.uuid4()), **sent}
    answer = api(cast.alice).post("submissions/homework-start/", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


# -- reading -------------------------------------------------------------------------------------------------------


def test_lists_are_filtered_by_homework_and_know_no_practice(api, cast, deliver):
    work = make_homework(cast, cast.alice, mock_test_ids=[], practice="ALWAYS")
    begun = begin(api, cast.alice, work).json()
    submit(api, cast.alice, begun)
    submit(api, cast.alice, begin(api, cast.alice, work, practice=True).json())
    exam = factories.make_room(cast, cast.alice)
    api(cast.alice).post("submissions/start-exam/", {"exam_assignment_id": str(exam.pk)})
    assert Attempt.objects.count() == 3
    for person in (cast.carol, cast.dora, cast.alice):
        (row,) = api(person).get(f"submissions/?homework_assignment_id={work.pk}").json()["results"]
        assert (row["assignment_type"], row["homework_assignment"], row["exam_assignment"]) == (
            "HOMEWORK",
            str(work.pk),
            None,
        )
        assert (row["assignment_title"], row["results"]["resource_type"]) == ("Week one", "quiz")
    (row,) = api(cast.alice).get(f"submissions/?exam_assignment_id={exam.pk}").json()["results"]
    assert (row["assignment_type"], row["homework_assignment"], row["exam_assignment"]) == ("EXAM", None, str(exam.pk))


def test_my_results_are_those_that_count(api, cast):
    work = make_homework(cast, cast.alice, mock_test_ids=[], counting="BEST")
    path = f"submissions/my-homework-results/?homework_assignment_id={work.pk}"
    assert api(cast.alice).get(path).status_code == 404
    best = begin(api, cast.alice, work).json()
    check(api, cast.alice, best, "river", option="yes")
    submit(api, cast.alice, best)
    submit(api, cast.alice, begin(api, cast.alice, work).json())
    told = api(cast.alice).get(path).json()
    assert (told["homework_id"], told["homework_title"], told["show_results_immediately"]) == (
        str(work.pk),
        "Week one",
        True,
    )
    assert [row["id"] for row in told["submissions"]] == [best["submission_id"]]
    assert api(cast.bob).get(path).status_code == 404
    assert api(cast.carol).get(path).status_code == 403
    assert api(cast.alice).get("submissions/my-homework-results/").status_code == 422


def test_results_that_are_not_shown_yet_are_refused(api, cast):
    work = make_homework(cast, cast.alice, mock_test_ids=[], show_results_immediately=False)
    begun = begin(api, cast.alice, work).json()
    told = submit(api, cast.alice, begun).json()
    assert (told["status"], told["results"]) == ("GRADED", None)
    refused = api(cast.alice).get(f"submissions/my-homework-results/?homework_assignment_id={work.pk}")
    assert (refused.status_code, refused.json()["code"]) == (403, "result_not_released")
    (entry,) = api(cast.alice).get(f"submissions/history/{work.pk}/list/").json()["submissions"]
    assert (entry["score"], entry["percentage"]) == (None, None)


def test_a_result_is_shown_after_handing_in_and_saves_nothing(api, cast, work):
    begun = begin(api, cast.alice, work).json()
    body = {"submission_id": begun["submission_id"], "answers": {begun["item_data"]["questions"][2]["id"]: 42}}
    early = api(cast.alice).post("submissions/show-result/", body)
    assert (early.status_code, early.json()["code"]) == (403, "not_before_the_end")
    assert not AnswerEntry.objects.exists()
    submit(api, cast.alice, begun)
    told = api(cast.alice).post("submissions/show-result/", body).json()
    assert (told["submission_id"], told["status"]) == (begun["submission_id"], "GRADED")
    assert told["results"]["total_score"] == 0
    assert api(cast.bob).post("submissions/show-result/", body).status_code == 404
    assert api(cast.gus).post("submissions/show-result/", body).status_code == 403


def test_in_practice_it_says_what_answers_would_earn(api, cast):
    work = make_homework(cast, cast.alice, mock_test_ids=[], practice="ALWAYS")
    begun = begin(api, cast.alice, work, practice=True).json()
    body = {"submission_id": begun["submission_id"], "answers": {begun["item_data"]["questions"][2]["id"]: 42}}
    told = api(cast.alice).post("submissions/show-result/", body)
    assert told.status_code == 200, told.content
    results = told.json()["results"]
    assert (results["total_score"], results["correct_count"], results["percentage"]) == (2, 1, 40)
    assert not AnswerEntry.objects.exists()


def test_what_the_screen_noticed_is_kept_for_homework_too(api, cast, work):
    begun = begin(api, cast.alice, work).json()
    incident = {"source": "quiz", "events": [{"type": "blur", "message_id": "b", "message": "left"}]}
    body = {"submission_id": begun["submission_id"], "incident": incident}
    assert api(cast.alice).post("submissions/report-exam-integrity/", body).status_code == 202


def test_histories_of_others_are_not_there(api, cast, work):
    path = f"submissions/history/{work.pk}/list/"
    assert api(cast.bob).get(path).json()["submissions"] == []
    assert api(cast.gus).get(path).status_code == 404
    assert api(cast.mallory).get(path).status_code == 404
    assert api(cast.carol).get(path).status_code == 403
    assert api(None).get(path).status_code == 401

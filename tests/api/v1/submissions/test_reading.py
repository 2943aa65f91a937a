"""submissions/, submissions/{id}/ and submissions/my-results/."""

from __future__ import annotations

import uuid

import pytest

from apps.assignments import operations as rooms
from apps.attempts.models import Attempt
from apps.attempts.operations import integrity
from tests.api.v1.submissions.conftest import chosen, questions_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def graded(cast, room, start, submit, deliver):
    """Alice got 3 of 5: river wrong, free right, sum right. Gives what her screen had."""
    started = start(cast.alice, room)
    answers = {**chosen(started, river="no", free="yes"), questions_of(started)["sum"]["id"]: "42"}
    submit(cast.alice, started["submission_id"], answers)
    deliver()
    return {**started, "answers": answers}


@pytest.fixture
def released(room, graded):
    rooms.close_room(assignment_id=room.pk)
    rooms.release_results(assignment_id=room.pk)
    return graded


def my_results(api, person, room):
    return api(person).get("submissions/my-results/", {"exam_assignment_id": str(getattr(room, "pk", room))})


# -- lists ---------------------------------------------------------------------------------------------------------


def test_staff_see_every_submission_of_a_room_with_all_its_results(api, cast, room, graded, start):
    start(cast.bob, room)
    page = api(cast.dora).get("submissions/", {"exam_assignment_id": str(room.pk), "page": 1, "page_size": 8}).json()
    bobs, alices = page["results"]
    assert (page["count"], bobs["status"], bobs["score"], bobs["results"]) == (2, "STARTED", None, None)
    assert (alices["id"], alices["status"]) == (graded["submission_id"], "GRADED")
    assert (alices["student_display"], alices["user_id"]) == ("Alice North", str(cast.alice.pk))
    assert (alices["assignment_title"], alices["exam_assignment"]) == ("Mock exam", str(room.pk))
    assert (alices["assignment_type"], alices["homework_assignment"]) == ("EXAM", None)
    assert (alices["disqualified"], alices["disqualification_reason"]) == (False, "")
    assert (alices["score"], alices["raw_score"], alices["max_score"], alices["percentage"]) == (2.5, 2.5, 5.0, 50.0)
    assert alices["completed_at"] > alices["started_at"]
    results = alices["results"]
    assert (results["resource_type"], results["total_score"], results["jlpt_result"]) == ("mock_test", 2.5, None)
    sections = {section["section_name"]: section for section in results["sections"].values()}
    assert [(sections[name]["score"], sections[name]["max_score"]) for name in ("Words", "Counting")] == [
        (-0.5, 2.0),
        (3.0, 3.0),
    ]
    asked = questions_of(graded)
    answered = {**sections["Words"]["questions"], **sections["Counting"]["questions"]}
    river, verbs, number = (answered[asked[name]["id"]] for name in ("river", "verbs", "sum"))
    assert river == {"correct": False, "selected_index": graded["answers"][asked["river"]["id"]], "score": -0.5}
    assert verbs == {"correct": False, "selected_index": None, "score": 0.0}
    assert number == {"correct": True, "selected_index": None, "score": 2.0}


def test_each_sees_their_own_or_those_of_their_rooms(api, cast, room, graded, start):
    start(cast.bob, room)
    people = {cast.alice: 1, cast.bob: 1, cast.dora: 2, cast.other_teacher: 0, cast.gus: 0, cast.sybil: 0}
    assert {who: api(who).get("submissions/").json()["count"] for who in people} == people
    for person in (cast.bob, cast.other_teacher, cast.gus, cast.sybil):
        assert api(person).get(f"submissions/{graded['submission_id']}/").status_code == 404
    assert api(cast.alice).get(f"submissions/{uuid.uuid4()}/").status_code == 404
    assert api().get("submissions/").status_code == 401


def test_students_see_no_marks_before_the_release_and_no_items_in_lists(api, cast, room, graded):
    def seen():
        [row] = api(cast.alice).get("submissions/").json()["results"]
        return row

    assert [seen()[name] for name in ("status", "score", "raw_score", "percentage", "results")] == ["GRADED"] + [
        None
    ] * 4
    rooms.close_room(assignment_id=room.pk)
    rooms.release_results(assignment_id=room.pk)
    assert seen()["score"] == 2.5
    assert [section["questions"] for section in seen()["results"]["sections"].values()] == [{}, {}]


def test_a_list_takes_the_same_queries_however_long(api, cast, room, graded, start, submit, deliver, count_queries):
    client = api(cast.dora)
    client.get("submissions/")
    with count_queries() as one:
        assert client.get("submissions/").json()["count"] == 1
    started = start(cast.bob, room)
    submit(cast.bob, started["submission_id"], chosen(started, river="yes"))
    deliver()
    with count_queries() as two:
        assert client.get("submissions/").json()["count"] == 2
    assert len(one) == len(two) <= 8


@pytest.mark.parametrize(
    "filters", [{"exam_assignment_id": "1"}, {"status": "GRADED"}, {"homework_assignment_id": "1"}]
)
def test_refuses_other_filters(api, cast, filters):
    answer = api(cast.dora).get("submissions/", filters)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{next(iter(filters))}")


def test_nobody_writes_submissions(api, cast, graded):
    for person in (cast.dora, cast.alice):
        client, path = api(person), f"submissions/{graded['submission_id']}/"
        answers = [client.post("submissions/", {}), client.put(path, {}), client.patch(path, {}), client.delete(path)]
        assert {answer.status_code for answer in answers} == {405}


def test_staff_see_what_the_screen_noticed_when_they_look_at_one(api, cast, room, graded):
    event = {"kind": "blur", "message": "left the page"}
    integrity.keep_events(attempt_id=uuid.UUID(graded["submission_id"]), events=[event])
    path = f"submissions/{graded['submission_id']}/"
    [event] = api(cast.dora).get(path).json()["results"]["integrity_incident"]["events"]
    assert (event["type"], event["at"], event["details"]) == ("blur", None, {"message": "left the page"})
    [row] = api(cast.dora).get(f"attempts/{graded['submission_id']}/events/").json()["results"]
    assert (row["kind"], row["received_at"]) == ("blur", event["received_at"])
    rooms.close_room(assignment_id=room.pk)
    rooms.release_results(assignment_id=room.pk)
    assert api(cast.alice).get(path).json()["results"]["integrity_incident"] is None
    assert api(cast.alice).get(f"attempts/{graded['submission_id']}/events/").status_code == 403


# -- my results ----------------------------------------------------------------------------------------------------


def test_nothing_to_show_is_never_a_200(api, cast, room, start, submit, deliver):
    assert my_results(api, cast.alice, room).status_code == 404
    started = start(cast.alice, room)
    assert my_results(api, cast.alice, room).status_code == 404
    submit(cast.alice, started["submission_id"], {})
    assert my_results(api, cast.alice, room).status_code == 404
    deliver()
    unreleased = my_results(api, cast.alice, room)
    assert (unreleased.status_code, unreleased.json()["code"]) == (403, "result_not_released")
    rooms.close_room(assignment_id=room.pk)
    rooms.release_results(assignment_id=room.pk)
    assert my_results(api, cast.alice, room).status_code == 200


def test_tells_my_result_without_single_questions_while_the_review_is_closed(api, cast, room, released):
    body = my_results(api, cast.alice, room).json()
    assert body["is_published"] is True
    submission = body["submission"]
    assert (submission["id"], submission["score"], submission["percentage"]) == (released["submission_id"], 2.5, 50.0)
    assert submission["mock_test_level"] == ""
    assert submission["time_taken_seconds"] >= 0
    assert [section["questions"] for section in submission["results"]["sections"].values()] == [{}, {}]


def test_and_with_them_once_it_is_open(api, cast, room, released):
    type(room).objects.update(is_review_open=True)
    sections = my_results(api, cast.alice, room).json()["submission"]["results"]["sections"]
    river = questions_of(released)["river"]["id"]
    [answered] = [section["questions"][river] for section in sections.values() if river in section["questions"]]
    assert answered["selected_index"] == released["answers"][river]
    assert answered["correct"] is False


def test_an_open_review_waits_for_who_may_sit_again(api, cast, room, graded):
    type(room).objects.update(is_review_open=True, result_policy="IMMEDIATELY", attempts_allowed=2)
    sections = my_results(api, cast.alice, room).json()["submission"]["results"]["sections"]
    assert [section["questions"] for section in sections.values()] == [{}, {}]


def test_the_best_attempt_counts(api, cast, room, start, submit, deliver):
    type(room).objects.update(attempts_allowed=3, result_policy="IMMEDIATELY")
    expected = 0
    for texts in ({"river": "yes"}, {"river": "yes", "free": "yes"}, {"river": "no"}):
        started = start(cast.alice, room)
        submit(cast.alice, started["submission_id"], chosen(started, **texts))
        deliver()
        expected = max(expected, Attempt.objects.get(pk=started["submission_id"]).score)
    assert my_results(api, cast.alice, room).json()["submission"]["score"] == float(expected) == 2.0


def test_a_jlpt_paper_is_told_on_the_scale_of_the_exam(api, cast, jlpt_room, start, submit, deliver):
    started = start(cast.alice, jlpt_room)
    sections = started["exam_paper"]["sections"]
    asked = [q for s in sections for g in s["question_groups"] for q in g["questions"]]
    right = {q["id"]: [option["text"] for option in q["options"]].index("yes") for q in asked}
    submit(cast.alice, started["submission_id"], right)
    deliver()
    rooms.close_room(assignment_id=jlpt_room.pk)
    rooms.release_results(assignment_id=jlpt_room.pk)
    submission = my_results(api, cast.alice, jlpt_room).json()["submission"]
    assert (submission["mock_test_level"], submission["score"], submission["percentage"]) == ("N5", 180.0, 100.0)
    assert (submission["raw_score"], submission["max_score"]) == (3.0, 3.0)
    result = submission["results"]["jlpt_result"]
    assert (result["passed"], result["pass_mark"], submission["results"]["total_score"]) == (True, 80, 180.0)
    assert result["section_results"] == {
        "language_reading_combined": {"score": 120, "min_required": 38, "max_score": 120, "passed": True},
        "listening": {"score": 60, "min_required": 19, "max_score": 60, "passed": True},
    }
    kinds = {section["section_type"] for section in submission["results"]["sections"].values()}
    assert kinds == {"VOCAB", "GRAMMAR_READING", "LISTENING"}


def test_the_same_marks_under_both_names(api, cast, room, released):
    here = my_results(api, cast.alice, room).json()["submission"]
    there = api(cast.alice).get(f"attempts/{released['submission_id']}/result/").json()
    assert (here["raw_score"], here["percentage"]) == (float(there["score"]), float(there["percentage"]))
    assert {name: part["score"] for name, part in here["results"]["sections"].items()} == {
        part["id"]: float(part["score"]) for part in there["sections"]
    }


def test_results_of_others_and_of_other_rooms_are_not_there(api, cast, room, released):
    answers = [my_results(api, who, room) for who in (cast.bob, cast.gus, cast.mallory)]
    answers.append(my_results(api, cast.alice, uuid.uuid4()))
    assert {answer.status_code for answer in answers} == {404}
    for person in (cast.dora, cast.carol):
        assert my_results(api, person, room).status_code == 403
    assert my_results(api, None, room).status_code == 401


@pytest.mark.parametrize("query", [{}, {"exam_assignment_id": ""}, {"exam_assignment_id": "x"}])
def test_wants_a_room(api, cast, query):
    answer = api(cast.alice).get("submissions/my-results/", query)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/exam_assignment_id")

"""homework-assignments/ and attempts/{id}/check/."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils.dateparse import parse_datetime

from apps.assignments.models import ExamAssignment, HomeworkAssignment
from apps.assignments.operations import accommodations
from apps.attempts.models import Attempt
from apps.core import clock
from tests import factories
from tests.apps.assignments.builders import make_group
from tests.apps.mock_tests.test_exam_profiles import JEE_MAIN, SINGLE, exam_of
from tests.homework import make_homework, make_quiz

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def group(cast):
    return make_group(cast, cast.alice, cast.bob)


@pytest.fixture
def body(cast, group):
    """What the client's form sends."""
    return {
        "title": "Week one",
        "description": "Kana",
        "deadline": f"{clock.now() + 2 * DAY:%Y-%m-%dT%H:%M}",
        "quiz_ids": [str(make_quiz(cast).pk)],
        "assigned_group_ids": [str(group.pk)],
        "assigned_user_ids": [],
        "show_results_immediately": True,
    }


def create(api, person, body, **changes):
    return api(person).post("homework-assignments/", {**body, **changes})


def problem(answer):
    return answer.status_code, answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]


def start(api, person, work, item, **sent):
    return api(person).post(f"homework-assignments/{work}/items/{item}/start/", sent)


# -- making and reading --------------------------------------------------------------------------------------------


def test_a_teacher_assigns_what_the_form_says(api, cast, body, group):
    answer = create(api, cast.carol, body)
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert told["deadline"][:16] == body["deadline"]
    assert told["assigned_groups"] == [{"id": str(group.pk), "name": group.name}]
    (quiz,) = told["quizzes"]
    assert (quiz["id"], quiz["type"], quiz["status"]) == (body["quiz_ids"][0], "quiz", None)
    assert told["mock_tests"] == []
    assert (told["show_results_immediately"], told["checking"], told["practice"]) == (True, "QUIZZES", "NEVER")
    assert told["created_by_id"] == str(cast.carol.pk)
    listed = api(cast.carol).get("homework-assignments/?page=1&page_size=8").json()
    assert (listed["count"], listed["results"]) == (1, [told])


def test_a_student_sees_their_own_status_in_each_item_and_not_who_is_named(api, cast):
    work = make_homework(cast, cast.alice, cast.bob)
    item = work.items.first()
    assert start(api, cast.alice, work.pk, item.pk).status_code == 201
    for person, status in ((cast.alice, "In Progress"), (cast.bob, "Not Started")):
        told = api(person).get(f"homework-assignments/{work.pk}/").json()
        assert told["mock_tests"][0]["status"] == status
        assert told["quizzes"][0]["status"] == "Not Started"
        assert "assigned_user_ids" not in told
    api(cast.alice).post(f"attempts/{Attempt.objects.get().pk}/submit/", {})
    (listed,) = api(cast.alice).get("homework-assignments/").json()["results"]
    assert (listed["mock_tests"][0]["status"], listed["mock_tests"][0]["attempts_used"]) == ("Completed", 1)


def test_each_item_tells_the_time_that_its_reader_will_have(api, cast):
    asked = accommodations.propose(
        actor=cast.dora, student_id=cast.alice.pk, factors={"*": Decimal("1.5")}, reason="A letter."
    )
    accommodations.approve(actor=cast.dora, accommodation_id=asked.pk)
    work = make_homework(cast, cast.alice, cast.bob)
    for person, factor in ((cast.alice, 1.5), (cast.bob, 1)):
        told = api(person).get(f"homework-assignments/{work.pk}/").json()
        assert api(person).get("homework-assignments/").json()["results"][0]["quizzes"][0]["my_seconds"]["total"]
        for item in told["quizzes"] + told["mock_tests"]:
            mine, usual = item["my_seconds"], item["seconds"]
            assert (mine["total"], mine["extra"], mine["from_now"]) == (
                usual * factor,
                usual * (factor - 1),
                mine["total"],
            )
            begun = start(api, person, work.pk, item["item"]).json()
            lasts = parse_datetime(begun["deadline_at"]) - parse_datetime(begun["started_at"])
            assert lasts.total_seconds() == mine["total"]
    (quiz,) = api(cast.carol).get(f"homework-assignments/{work.pk}/").json()["quizzes"]
    assert quiz["my_seconds"] is None


def test_each_item_tells_what_wrong_answers_cost(api, cast):
    test = exam_of(cast, JEE_MAIN, one=SINGLE)
    factories.publish(cast, test)
    work = make_homework(cast, cast.alice, mock_test_ids=[test.pk])
    for person in (cast.alice, cast.carol):
        told = api(person).get(f"homework-assignments/{work.pk}/").json()
        assert told["mock_tests"][0]["penalties"] == [{"score": "4.000", "wrong_marks": "-1.000", "questions": 3}]
        assert told["quizzes"][0]["penalties"] == []
        (listed,) = api(person).get("homework-assignments/").json()["results"]
        assert listed["mock_tests"][0]["penalties"] is None


def test_the_deadline_may_leave_less(api, cast):
    work = make_homework(cast, cast.bob, deadline=clock.now() + timedelta(seconds=30))
    mine = api(cast.bob).get(f"homework-assignments/{work.pk}/").json()["mock_tests"][0]["my_seconds"]
    assert 20 < mine["from_now"] <= 30 < mine["total"]


def test_lists_are_searched_filtered_and_ordered(api, cast, group):
    make_homework(cast, cast.alice, title="Alpha", deadline=clock.now() + DAY)
    make_homework(cast, title="Beta", group_ids=[group.pk])

    def titles(query):
        return [row["title"] for row in api(cast.dora).get(f"homework-assignments/?{query}").json()["results"]]

    assert titles("search=alp") == ["Alpha"]
    assert titles(f"group_id={group.pk}") == ["Beta"]
    assert titles("ordering=-deadline") == ["Beta", "Alpha"]
    assert api(cast.dora).get("homework-assignments/?color=red").status_code == 422


def test_the_list_takes_the_same_queries_however_long_it_is(api, cast, count_queries):
    make_homework(cast, cast.alice)
    for person in (cast.alice, cast.dora):
        api(person).get("homework-assignments/")
    with count_queries() as few:
        api(cast.alice).get("homework-assignments/")
    for number in range(3):
        make_homework(cast, cast.alice, title=f"More {number}")
    with count_queries() as many:
        api(cast.alice).get("homework-assignments/")
    assert len(few) == len(many)


def test_guests_get_what_names_them(api, cast):
    named = make_homework(cast, cast.gus, actor=cast.dora)
    make_homework(cast, cast.alice, actor=cast.dora)
    assert [row["id"] for row in api(cast.gus).get("homework-assignments/").json()["results"]] == [str(named.pk)]
    assert start(api, cast.gus, named.pk, named.items.first().pk).status_code == 201


def test_what_is_homework_is_not_among_exams(api, cast):
    work = make_homework(cast, cast.alice, practice="ALWAYS")
    for person in (cast.alice, cast.carol, cast.dora):
        assert api(person).get("exam-assignments/").json()["count"] == 0
    room = work.items.first().room_id
    for person, verb in ((cast.alice, "start"), (cast.dora, "open"), (cast.dora, "extend")):
        sent = {"seconds": 5, "reason": "So"} if verb == "extend" else {}
        assert api(person).post(f"exam-assignments/{room}/{verb}/", sent).status_code == 404
    assert api(cast.dora).get(f"leaderboards/exams/{room}/").status_code == 404
    assert api(cast.dora).get(f"results/exams/{room}/").status_code == 404
    assert api(cast.dora).get("analytics/center-admin/").json()["active_exams_count"] == 0


# -- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"deadline": "2020-01-01T10:00"}, (422, "/deadline", "bad_deadline")),
        ({"deadline": "soon"}, (422, "/deadline", "invalid")),
        ({"quiz_ids": []}, (422, "/quiz_ids", "no_items")),
        ({"assigned_group_ids": []}, (422, "/assigned_group_ids", "no_audience")),
        ({"quiz_ids": ["7c9e6679-7425-40de-944b-e07fc1f90ae7"]}, (422, "/quiz_ids/0", "unknown_test")),
        ({"checking": "SOMETIMES"}, (422, "/checking", "invalid_choice")),
        ({"attempts_allowed": 0}, (422, "/attempts_allowed", "min_value")),
        ({"status": "OPEN"}, (422, "/status", "unknown_field")),
    ],
)
def test_refuses_with_the_place(api, cast, body, changes, expected):
    assert problem(create(api, cast.carol, body, **changes)) == expected
    assert not HomeworkAssignment.objects.exists()


def test_refuses_a_quiz_as_a_test_and_other_peoples_groups(api, cast, body):
    foreign = make_group(cast, name="Foreign", teacher=cast.other_teacher)
    as_test = create(api, cast.carol, body, mock_test_ids=body["quiz_ids"], quiz_ids=[])
    assert problem(as_test) == (422, "/mock_test_ids/0", "unknown_test")
    theirs = create(api, cast.carol, body, assigned_group_ids=[str(foreign.pk)])
    assert problem(theirs) == (422, "/assigned_group_ids", "unknown_audience")


def test_only_staff_assign_and_only_who_is_near_sees(api, cast, body):
    work = make_homework(cast, cast.alice)
    path = f"homework-assignments/{work.pk}/"
    for person in (cast.alice, cast.gus):
        assert create(api, person, body).status_code == 403
        assert api(person).patch(path, {"title": "Mine"}).status_code == 403
        assert api(person).delete(path).status_code == 403
        assert api(person).get(f"{path}progress/").status_code == 403
    unknown = f"homework-assignments/{uuid.uuid4()}/"
    for person in (cast.bob, cast.gus, cast.other_teacher, cast.mallory):
        answers = [api(person).get(where) for where in (path, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert api(cast.other_teacher).patch(path, {"title": "Mine"}).status_code == 404
    assert api(cast.other_teacher).delete(path).status_code == 404
    assert api(cast.other_teacher).get(f"{path}progress/").status_code == 404
    assert api(None).get(path).status_code == 401
    for person in (cast.carol, cast.dora):
        assert start(api, person, work.pk, work.items.first().pk).status_code == 403


# -- changing ------------------------------------------------------------------------------------------------------


def test_a_change_says_only_what_changes(api, cast):
    work = make_homework(cast, cast.alice)
    for method in ("patch", "put"):
        sent = {"title": f"By {method}", "practice": "AFTER_DEADLINE"}
        answer = getattr(api(cast.carol), method)(f"homework-assignments/{work.pk}/", sent)
        assert answer.status_code == 200, answer.content
        told = answer.json()
        assert (told["title"], told["practice"], len(told["quizzes"]), len(told["mock_tests"])) == (
            f"By {method}",
            "AFTER_DEADLINE",
            1,
            1,
        )


def test_what_somebody_has_worked_on_stays(api, cast):
    work, unused = make_homework(cast, cast.alice), make_homework(cast, cast.alice)
    start(api, cast.alice, work.pk, work.items.first().pk)
    path = f"homework-assignments/{work.pk}/"
    for answer in (api(cast.carol).delete(path), api(cast.carol).patch(path, {"mock_test_ids": []})):
        assert (answer.status_code, answer.json()["code"]) == (409, "has_attempts")
    assert api(cast.carol).delete(f"homework-assignments/{unused.pk}/").status_code == 204
    assert HomeworkAssignment.objects.get() == work


# -- working -------------------------------------------------------------------------------------------------------


def test_starts_once_and_goes_on(api, cast):
    work = make_homework(cast, cast.alice)
    item = work.items.last()
    first = start(api, cast.alice, work.pk, item.pk)
    again = start(api, cast.alice, work.pk, item.mock_test_id)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["attempt"] == again.json()["attempt"]
    assert first.json()["paper"] == again.json()["paper"]
    assert {"epoch", "deadline_at", "server_time"} <= set(first.json())
    for secret in ("fraction", '"key"', "explanation", "correct"):
        assert secret not in first.content.decode()


def test_after_the_deadline_there_is_only_practice(api, cast):
    work = make_homework(cast, cast.alice, practice="AFTER_DEADLINE")
    item = work.items.first().pk
    early = start(api, cast.alice, work.pk, item, practice=True)
    assert (early.status_code, early.json()["code"]) == (409, "no_practice")
    past = clock.now() - DAY
    HomeworkAssignment.objects.update(deadline=past)
    ExamAssignment.objects.filter(kind="HOMEWORK").update(closes_at=past)
    late = start(api, cast.alice, work.pk, item)
    assert (late.status_code, late.json()["code"]) == (409, "deadline_passed")
    assert start(api, cast.alice, work.pk, item, practice=True).status_code == 201
    assert Attempt.objects.get().is_practice


def test_others_find_nothing_to_start(api, cast):
    work = make_homework(cast, cast.alice)
    item = work.items.first().pk
    answers = [
        start(api, cast.bob, work.pk, item),
        start(api, cast.mallory, work.pk, item),
        start(api, cast.alice, work.pk, uuid.uuid4()),
        start(api, cast.alice, uuid.uuid4(), item),
    ]
    assert {answer.status_code for answer in answers} == {404}


def test_a_single_answer_is_checked(api, cast):
    work = make_homework(cast, cast.alice, mock_test_ids=[], attempts_allowed=1)
    begun = start(api, cast.alice, work.pk, work.items.get().pk).json()
    river = begun["paper"]["sections"][0]["question_groups"][0]["questions"][0]
    yes = next(option["id"] for option in river["options"] if option["text"] == "yes")
    path = f"attempts/{begun['attempt']}/check/"
    sent = {"question": river["id"], "response": yes, "epoch": 1, "seq": 1}
    told = api(cast.alice).post(path, sent)
    assert told.status_code == 200, told.content
    assert (told.json()["outcome"], told.json()["response"], told.json()["marks"]) == ("CORRECT", yes, "1.000")
    assert told.json()["key"]["fractions"][yes] == "1"
    other = api(cast.alice).post(path, {**sent, "response": None, "seq": 2})
    assert (other.status_code, other.json()["code"]) == (409, "answer_final")
    saved = {"epoch": 1, "answers": [{"seq": 3, "question": river["id"], "response": None}]}
    refused = api(cast.alice).put(f"attempts/{begun['attempt']}/answers/", saved)
    assert (refused.status_code, refused.json()["code"]) == (409, "answer_final")
    assert problem(api(cast.alice).post(path, {"question": river["id"]}))[:2] == (422, "/response")
    assert api(cast.bob).post(path, sent).status_code == 404
    assert api(cast.carol).post(path, sent).status_code == 403
    assert api(None).post(path, sent).status_code == 401


def test_a_check_keeps_the_key_while_another_attempt_may_count(api, cast):
    work = make_homework(cast, cast.alice, mock_test_ids=[])
    begun = start(api, cast.alice, work.pk, work.items.get().pk).json()
    for question in begun["paper"]["sections"][0]["question_groups"][0]["questions"]:
        sent = {"question": question["id"], "response": None}
        told = api(cast.alice).post(f"attempts/{begun['attempt']}/check/", sent)
        assert (told.json()["outcome"], told.json()["key"], told.json()["explanation"]) == ("BLANK", None, "")
        assert "fraction" not in told.content.decode()


def test_no_answer_of_an_exam_is_checked(api, cast):
    room = factories.make_room(cast, cast.alice)
    begun = api(cast.alice).post(f"exam-assignments/{room.pk}/start/", {}).json()
    river = begun["paper"]["sections"][0]["question_groups"][0]["questions"][0]
    refused = api(cast.alice).post(f"attempts/{begun['attempt']}/check/", {"question": river["id"], "response": None})
    assert (refused.status_code, refused.json()["code"]) == (403, "may_not_check")
    assert "fraction" not in refused.content.decode()


# -- how they stand ------------------------------------------------------------------------------------------------


def test_staff_see_how_each_student_stands(api, cast):
    work = make_homework(cast, cast.alice, cast.bob)
    begun = start(api, cast.bob, work.pk, work.items.first().pk).json()
    api(cast.bob).post(f"attempts/{begun['attempt']}/submit/", {})
    start(api, cast.alice, work.pk, work.items.last().pk)
    for person in (cast.carol, cast.dora):
        told = api(person).get(f"homework-assignments/{work.pk}/progress/").json()
        assert told["count"] == 2
        rows = {row["name"]: row for row in told["results"]}
        assert [item["status"] for item in rows["Alice North"]["items"]] == ["Not Started", "In Progress"]
        assert [item["status"] for item in rows["Bob North"]["items"]] == ["Completed", "Not Started"]
        assert rows["Bob North"]["items"][0]["attempt"] == begun["attempt"]
        assert (rows["Alice North"]["completed"], rows["Bob North"]["completed"]) == (0, 1)

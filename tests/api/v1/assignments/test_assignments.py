"""Exam rooms over HTTP."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from apps.assignments import operations
from apps.attempts.models import Attempt
from apps.core import clock
from tests.apps.assignments.builders import make_group, make_room
from tests.client import Api
from tests.factories import make_test, publish

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def room(cast):
    return make_room(cast, access_code="sakura", description="Bring a pencil.")


@pytest.fixture
def test(cast):
    made = make_test(cast)
    publish(cast, made)
    return made


def titles(person, query=""):
    answer = Api(person).get(f"exam-assignments/{query}")
    assert answer.status_code == 200, answer.content
    return [row["title"] for row in answer.json()["results"]]


def place(room, verb=""):
    return f"exam-assignments/{room.pk}/{verb}"


def pointers(answer):
    assert answer.status_code == 422, answer.content
    return [row["pointer"] for row in answer.json()["errors"]]


def sit(room, student, status="IN_PROGRESS"):
    now = clock.now()
    return Attempt.objects.create(
        assignment=room,
        paper_id=room.paper_id,
        student=student,
        seed=1,
        status=status,
        started_at=now,
        finished_at=None if status == "IN_PROGRESS" else now,
        deadline_at=now + HOUR,
        grace_seconds=10,
        max_score=1,
        shuffle_questions=False,
        shuffle_options=False,
    )


# -- looking -------------------------------------------------------------------------------------------------------


def test_a_student_sees_a_room_without_what_is_for_staff(cast, room):
    body = Api(cast.alice).get(place(room)).json()
    for moment in ("created_at", "updated_at"):
        assert body.pop(moment)
    assert body == {
        "id": str(room.pk),
        "title": "Mock exam",
        "description": "Bring a pencil.",
        "mock_test": str(room.mock_test_id),
        "mock_test_data": {
            "id": str(room.mock_test_id),
            "title": room.mock_test.title,
            "level": "",
            "status": "PUBLISHED",
            "kind": "MOCK_TEST",
        },
        "paper_id": str(room.paper_id),
        "status": "SCHEDULED",
        "estimated_start_time": None,
        "opens_at": None,
        "closes_at": None,
        "opened_at": None,
        "closed_at": None,
        "paused_at": None,
        "is_published": False,
        "assigned_groups": [{"id": str(group.pk), "name": group.name} for group in room.groups.all()],
        "student_submission_status": None,
        "created_by_id": str(cast.carol.pk),
        "created_by": {"id": str(cast.carol.pk), "full_name": "Carol North", "avatar": None},
        "board_policy": "LIVE",
        "result_policy": "BY_HAND",
        "is_review_open": False,
        "attempts_allowed": 1,
        "late_policy": "WINDOW",
        "latest_start_seconds": None,
        "is_sectioned": False,
        "breaks": [],
        "may_leave_early": True,
        "has_review_screen": True,
        "tools": [],
        "counting": "BEST",
        "listening": "FREE",
        "plays_allowed": 1,
        "is_cued_by_clock": False,
        "is_watermarked": False,
        "needs_exam_browser": False,
        "seconds": room.paper.seconds,
        "question_count": room.paper.item_count,
        "max_score": str(room.paper.max_score),
        "has_access_code": True,
        "shuffle_questions": False,
        "shuffle_options": False,
        "my_seconds": {"total": 1800.0, "extra": 0.0, "from_now": 1800.0, "sections": []},
        "penalties": [],
    }
    assert "sakura" not in Api(cast.alice).get("exam-assignments/").content.decode()


def test_staff_see_the_access_code_and_who_is_named(cast):
    room = make_room(cast, actor=cast.dora, user_ids=[cast.gus.pk], access_code="sakura")
    body = Api(cast.dora).get(place(room)).json()
    assert (body["access_code"], body["assigned_user_ids"]) == ("sakura", [str(cast.gus.pk)])
    assert body["assigned_group_ids"] == []


def test_everybody_sees_what_concerns_them(cast):
    make_room(cast, title="Class")
    make_room(cast, actor=cast.dora, title="Named", user_ids=[cast.gus.pk])
    assert titles(cast.dora) == ["Named", "Class"]
    assert titles(cast.carol) == ["Class"]
    assert titles(cast.alice) == ["Class"]
    assert titles(cast.gus) == ["Named"]
    assert titles(cast.other_teacher) == titles(cast.sybil) == titles(cast.mallory) == []
    assert Api().get("exam-assignments/").status_code == 401


def test_a_student_sees_how_the_own_newest_attempt_stands(cast, room):
    sit(room, cast.alice, status="GRADED")
    statuses = [
        Api(person).get("exam-assignments/").json()["results"][0]["student_submission_status"]
        for person in (cast.alice, cast.bob, cast.carol)
    ]
    assert statuses == ["GRADED", None, None]


def test_lists_are_narrowed_and_ordered(cast):
    group = make_group(cast, cast.alice)
    other = make_group(cast, name="Other")
    make_room(cast, title="First", group_ids=[group.pk], open_now=True)
    make_room(cast, title="Second", group_ids=[other.pk])
    assert titles(cast.carol, "?ordering=title") == ["First", "Second"]
    assert titles(cast.carol, "?status=OPEN") == ["First"]
    assert titles(cast.carol, "?search=SECO") == ["Second"]
    assert titles(cast.carol, f"?group_id={other.pk}") == ["Second"]
    assert titles(cast.carol, "?page_size=1&page=2") == ["First"]


@pytest.mark.parametrize("query", ["ordering=access_code", "status=OPENED", "group_id=1", "mock_test__paper=1"])
def test_refuses_parameters_it_does_not_know(cast, query):
    assert pointers(Api(cast.carol).get(f"exam-assignments/?{query}")) == [f"/{query.split('=')[0]}"]


@pytest.mark.parametrize("name", ["dora", "carol", "alice", "gus"])
def test_a_list_costs_the_same_for_many_rooms(cast, count_queries, name):
    group = make_group(cast, cast.alice)

    def another():
        return make_room(cast, actor=cast.dora, group_ids=[group.pk], user_ids=[cast.gus.pk, cast.bob.pk])

    another()
    client = Api(getattr(cast, name))
    client.get("exam-assignments/")
    with count_queries() as one:
        client.get("exam-assignments/")
    for _ in range(4):
        sit(another(), cast.alice)
    with count_queries() as many:
        assert client.get("exam-assignments/").json()["count"] == 5
    assert len(many) == len(one) <= 7


def test_hidden_foreign_and_unknown_rooms_look_the_same(cast, room):
    strip = lambda answer: (answer.status_code, {**answer.json(), "request_id": ""})  # noqa: E731
    unknown = strip(Api(cast.carol).get(f"exam-assignments/{uuid.uuid4()}/"))
    assert unknown[0] == 404
    for person in (cast.other_teacher, cast.gus, cast.trent, cast.sybil, cast.mallory):
        assert strip(Api(person).get(place(room))) == unknown
    for person in (cast.other_teacher, cast.trent, cast.sybil):
        client = Api(person)
        assert strip(client.patch(place(room), {"title": "Mine"})) == unknown
        assert strip(client.delete(place(room))) == unknown
        for verb in ("open/", "close/", "release/"):
            assert strip(client.post(place(room, verb))) == unknown


def test_takers_may_look_but_not_touch(cast, room):
    for person in (cast.alice, cast.gus):
        client = Api(person)
        answers = [
            client.post("exam-assignments/", {}),
            client.patch(place(room), {"title": "Mine"}),
            client.delete(place(room)),
            *[client.post(place(room, verb)) for verb in ("open/", "close/", "release/")],
        ]
        assert [answer.status_code for answer in answers] == [403] * 6


# -- making --------------------------------------------------------------------------------------------------------


def test_a_teacher_assigns_a_test(cast, test):
    group = make_group(cast, cast.alice)
    opens_at = clock.now() + HOUR
    body = {
        "title": "July mock",
        "mock_test": str(test.pk),
        "assigned_group_ids": [str(group.pk)],
        "assigned_user_ids": [str(cast.alice.pk)],
        "opens_at": opens_at.isoformat(),
        "closes_at": (opens_at + HOUR).isoformat(),
        "seconds": 600,
        "attempts_allowed": 2,
        "access_code": "sakura",
        "shuffle_options": True,
        "board_policy": "ANONYMOUS",
        "result_policy": "AFTER_CLOSE",
        "is_review_open": True,
    }
    answer = Api(cast.carol).post("exam-assignments/", body)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["status"] == "SCHEDULED"
    assert made["estimated_start_time"] == made["opens_at"]
    kept = {"title", "mock_test", "assigned_group_ids", "assigned_user_ids", "seconds", "attempts_allowed"}
    kept |= {"access_code", "shuffle_options", "board_policy", "result_policy", "is_review_open"}
    assert {name: made[name] for name in kept} == {name: body[name] for name in kept}


def test_takes_the_form_of_existing_clients(cast, test):
    group = make_group(cast, cast.alice)
    start = clock.now() + HOUR
    body = {
        "title": "July mock",
        "description": "",
        "mock_test": str(test.pk),
        "assigned_group_ids": [str(group.pk)],
        "estimated_start_time": start.isoformat().replace("+00:00", "Z"),
        "status": "CLOSED",
        "is_published": False,
    }
    teacher = Api(cast.carol)
    made = teacher.post("exam-assignments/", body)
    assert (made.status_code, made.json()["status"]) == (201, "SCHEDULED")
    here = f"exam-assignments/{made.json()['id']}/"
    assert teacher.patch(here, {**body, "title": "August mock"}).json()["status"] == "SCHEDULED"
    groups = {"assigned_group_ids": [str(group.pk)]}
    assert teacher.patch(here, {"status": "OPEN", **groups}).json()["status"] == "OPEN"
    assert teacher.patch(here, {"status": "CLOSED", **groups}).json()["status"] == "CLOSED"
    assert teacher.patch(here, {"is_published": True, **groups}).json()["is_published"] is True


def test_can_be_open_from_the_start(cast, test):
    group = make_group(cast, cast.alice)
    body = {"title": "Now", "mock_test": str(test.pk), "assigned_group_ids": [str(group.pk)], "status": "OPEN"}
    assert Api(cast.carol).post("exam-assignments/", body).json()["status"] == "OPEN"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"mock_test": "7"}, "/mock_test"),
        ({"mock_test": str(uuid.uuid4())}, "/mock_test"),
        ({"assigned_group_ids": []}, "/assigned_group_ids"),
        ({"assigned_group_ids": [str(uuid.uuid4())]}, "/assigned_group_ids"),
        ({"assigned_user_ids": [str(uuid.uuid4())]}, "/assigned_user_ids"),
        ({"closes_at": "2020-01-01T00:00:00Z"}, "/closes_at"),
        ({"opens_at": "2090-01-02T00:00:00Z", "closes_at": "2090-01-01T00:00:00Z"}, "/closes_at"),
        ({"opens_at": "soon"}, "/opens_at"),
        ({"seconds": 9}, "/seconds"),
        ({"seconds": 10**12}, "/seconds"),
        ({"attempts_allowed": 0}, "/attempts_allowed"),
        ({"board_policy": "NEVER"}, "/board_policy"),
        ({"status": "FINALISED"}, "/status"),
        ({"is_published": True}, "/is_published"),
        ({"paper": str(uuid.uuid4())}, "/paper"),
        ({"created_by": str(uuid.uuid4())}, "/created_by"),
    ],
)
def test_bad_input_is_refused_with_its_place(cast, test, change, pointer):
    group = make_group(cast, cast.alice)
    body = {"title": "Mock", "mock_test": str(test.pk), "assigned_group_ids": [str(group.pk)], **change}
    assert pointers(Api(cast.carol).post("exam-assignments/", body)) == [pointer]
    assert titles(cast.dora) == []


def test_ids_of_other_groups_and_centers_are_refused_like_unknown_ones(cast, test):
    other = make_group(cast, cast.bob, name="Other", teacher=cast.other_teacher)
    body = {"title": "Mock", "mock_test": str(test.pk)}
    for audience in (
        {"assigned_group_ids": [str(other.pk)]},
        {"assigned_user_ids": [str(cast.bob.pk)]},
        {"assigned_user_ids": [str(cast.mallory.pk)]},
    ):
        answer = Api(cast.carol).post("exam-assignments/", {**body, **audience})
        assert pointers(answer) == [f"/{next(iter(audience))}"]
        assert answer.json()["code"] == "unknown_audience"
    answer = Api(cast.trent).post("exam-assignments/", {**body, "assigned_group_ids": [str(other.pk)]})
    assert answer.status_code == 422


def test_a_draft_cannot_be_assigned(cast):
    group = make_group(cast, cast.alice)
    body = {"title": "Mock", "mock_test": str(make_test(cast).pk), "assigned_group_ids": [str(group.pk)]}
    answer = Api(cast.carol).post("exam-assignments/", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_published")


# -- moving and changing -------------------------------------------------------------------------------------------


def test_verbs_move_a_room_and_again_is_harmless(cast, room):
    teacher = Api(cast.carol)
    early = teacher.post(place(room, "release/"))
    assert (early.status_code, early.json()["code"]) == (409, "too_early")
    for verb, field, value in [
        ("open/", "status", "OPEN"),
        ("close/", "status", "CLOSED"),
        ("release/", "is_published", True),
    ]:
        for _ in range(2):
            answer = teacher.post(place(room, verb))
            assert (answer.status_code, answer.json()[field]) == (200, value)
    refused = teacher.post(place(room, "open/"))
    assert (refused.status_code, refused.json()["code"]) == (409, "illegal_move")
    assert refused.json()["details"] == {"present": "CLOSED", "wanted": "OPEN"}


def test_a_scheduled_room_cannot_be_closed(cast, room):
    answer = Api(cast.carol).post(place(room, "close/"))
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")


def test_an_open_room_says_what_is_fixed(cast, room):
    operations.open_room(assignment_id=room.pk)
    answer = Api(cast.carol).patch(place(room), {"seconds": 60, "shuffle_options": True, "title": "New"})
    assert (answer.status_code, answer.json()["code"]) == (409, "room_locked")
    assert answer.json()["details"] == {"fields": ["seconds", "shuffle_options"]}
    assert Api(cast.carol).patch(place(room), {"title": "New"}).json()["title"] == "New"


@pytest.mark.parametrize("field", ["finalised_at", "paper_id", "created_by_id", "opened_at", "id"])
def test_what_the_server_decides_cannot_be_sent(cast, room, field):
    assert pointers(Api(cast.carol).patch(place(room), {field: None})) == [f"/{field}"]


def test_a_room_is_deleted_until_somebody_has_sat_in_it(cast, room):
    used = make_room(cast)
    sit(used, cast.alice)
    answer = Api(cast.carol).delete(place(used))
    assert (answer.status_code, answer.json()["code"]) == (409, "has_attempts")
    assert Api(cast.carol).delete(place(room)).status_code == 204
    assert Api(cast.carol).get(place(room)).status_code == 404


def test_methods_that_are_not_served_answer_405(cast, room):
    assert Api(cast.carol).post(place(room), {}).status_code == 405
    assert Api(cast.carol).get(place(room, "open/")).status_code == 405


def test_put_takes_part_of_a_room_as_patch_does(cast):
    group = make_group(cast, cast.alice)
    room = make_room(cast, group_ids=[group.pk])
    changed = Api(cast.carol).put(place(room), {"title": "Put", "assigned_group_ids": [str(group.pk)]})
    assert (changed.status_code, changed.json()["title"]) == (200, "Put")
    assert Api(cast.alice).put(place(room), {"title": "Mine"}).status_code == 403
    assert Api(cast.trent).put(place(room), {"title": "Mine"}).status_code == 404


def test_a_room_that_is_open_from_now_on_cannot_open_later(cast, test):
    group = make_group(cast, cast.alice)
    later = (clock.now() + HOUR).isoformat()
    body = {"title": "Now", "mock_test": str(test.pk), "assigned_group_ids": [str(group.pk)], "status": "OPEN"}
    answer = Api(cast.carol).post("exam-assignments/", {**body, "opens_at": later})
    assert answer.status_code == 422
    assert answer.json()["errors"][0] | {"detail": ""} == {"pointer": "/opens_at", "code": "opens_later", "detail": ""}
    waiting = Api(cast.carol).post("exam-assignments/", {**body, "status": "CLOSED", "estimated_start_time": later})
    assert (waiting.status_code, waiting.json()["status"]) == (201, "SCHEDULED")

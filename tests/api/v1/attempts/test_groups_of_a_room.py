"""What is done to seats, said of groups: an exam that sits in several rooms. And what a paused room says to who begins."""

from __future__ import annotations

import uuid

import pytest

from apps.assignments import operations as rooms
from apps.attempts.models import Attempt
from apps.attempts.operations import sitting
from tests.apps.assignments.builders import make_group
from tests.factories import make_room

pytestmark = pytest.mark.django_db

ACTS = {
    "extend": {"seconds": 60, "reason": "Late bus"},
    "pause": {"reason": "Fire drill"},
    "resume": {},
    "force-submit": {"reason": "Fire"},
    "reopen-seats": {"seconds": 60, "reason": "No fire"},
}


@pytest.fixture
def left(cast):
    return make_group(cast, cast.alice, name="Left")


@pytest.fixture
def right(cast):
    return make_group(cast, cast.bob, name="Right")


@pytest.fixture
def room(cast, left, right):
    return make_room(cast, cast.gus, group_ids=[left.pk, right.pk])


@pytest.fixture
def do(api, cast, room):
    def do(verb, who=None, **whom):
        body = {**ACTS[verb], **{name: [str(one.pk) for one in chosen] for name, chosen in whom.items()}}
        return api(who or cast.dora).post(f"exam-assignments/{room.pk}/{verb}/", body)

    return do


def students(answer):
    assert answer.status_code == 200, answer.content
    (seats,) = answer.json().values()
    return {seat["student"] for seat in seats}


def ids(*people):
    return {str(person.pk) for person in people}


def test_each_act_is_about_who_sits_of_the_groups_and_who_is_named(cast, room, do, left, right):
    for person in (cast.alice, cast.bob, cast.gus):
        sitting.start_attempt(actor=person, assignment_id=room.pk)
    assert students(do("extend", group_ids=[left])) == ids(cast.alice)
    assert students(do("pause", group_ids=[left], student_ids=[cast.gus])) == ids(cast.alice, cast.gus)
    assert students(do("resume", group_ids=[left, right])) == ids(cast.alice)
    assert students(do("force-submit", group_ids=[right])) == ids(cast.bob)
    assert students(do("reopen-seats", group_ids=[left, right])) == ids(cast.bob)
    assert students(do("resume")) == ids(cast.gus)


@pytest.mark.parametrize("verb", ACTS)
def test_groups_that_the_room_is_not_for_are_not_to_be_found(cast, room, do, left, verb):
    elsewhere = make_group(cast, cast.alice, name="Elsewhere")
    ghost = type("Ghost", (), {"pk": uuid.uuid4()})
    answers = [do(verb, group_ids=groups) for groups in ([elsewhere], [left, elsewhere], [ghost])]
    said = [{**answer.json(), "instance": ""} for answer in answers]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert {body["code"] for body in said} == {"not_found"}
    assert len({body["detail"] for body in said}) == 1
    assert do(verb, who=cast.other_teacher, group_ids=[left]).status_code == 404
    assert do(verb, who=cast.alice, group_ids=[left]).status_code == 403


@pytest.mark.parametrize("verb", ACTS)
def test_groups_are_a_list_of_some_ids(api, cast, room, verb):
    for given, pointer in (([], "/group_ids"), (["x"], "/group_ids/0"), ([str(uuid.uuid4())] * 201, "/group_ids")):
        body = {**ACTS[verb], "group_ids": given}
        answer = api(cast.dora).post(f"exam-assignments/{room.pk}/{verb}/", body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_a_paused_room_says_so_to_who_begins_and_to_who_looks(api, cast, room, do, left):
    start = lambda person: api(person).post(f"exam-assignments/{room.pk}/start/", {})  # noqa: E731
    look = lambda person: api(person).get(f"exam-assignments/{room.pk}/").json()  # noqa: E731
    assert students(do("pause", group_ids=[left])) == set()
    answer = start(cast.alice)
    assert (answer.status_code, answer.json()["code"]) == (409, "room_paused")
    assert "as soon as it goes on" in answer.json()["detail"]
    assert start(cast.bob).status_code == 201
    assert (look(cast.dora)["paused_at"], look(cast.dora)["paused_group_ids"]) == (None, [str(left.pk)])
    assert "paused_group_ids" not in look(cast.alice)
    do("pause")
    assert look(cast.alice)["paused_at"] == look(cast.dora)["paused_at"] is not None
    assert start(cast.gus).json()["code"] == "room_paused"
    do("resume")
    assert look(cast.dora)["paused_at"] is None
    assert start(cast.alice).status_code == start(cast.gus).status_code == 201


def test_results_are_not_released_while_somebody_sits_and_nothing_is_opened_again_afterwards(api, cast, room, deliver):
    staff, url = api(cast.dora), f"exam-assignments/{room.pk}/"
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    rooms.close_room(assignment_id=room.pk)
    for early in (staff.post(f"{url}release/"), staff.patch(url, {"is_published": True})):
        assert (early.status_code, early.json()["code"]) == (409, "still_sitting")
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    deliver()
    assert staff.get(url).json()["status"] == "FINALISED"
    reopened = staff.post(f"{url}reopen-seats/", {"seconds": 60, "reason": "The fire bell"})
    assert [seat["attempt"] for seat in reopened.json()["seats"]] == [str(attempt.pk)]
    assert staff.get(url).json()["status"] == "CLOSED"
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    assert staff.post(f"{url}release/").json()["is_published"] is True
    for verb, body in (("reopen-seats", {"seconds": 60, "reason": "Again"}), ("reopen", {"reason": "Again"})):
        late = staff.post(f"{url}{verb}/", body)
        assert (late.status_code, late.json()["code"]) == (409, "already_released")


def test_more_than_a_week_is_refused_with_the_names_of_whom(api, cast, room):
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    url, body = f"exam-assignments/{room.pk}/extend/", {"seconds": 86_400, "reason": "A week in bed"}
    answers = [api(cast.dora).post(url, body) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 7 + [409]
    assert (answers[-1].json()["code"], answers[-1].json()["details"]) == (
        "too_much_time",
        {"students": [str(cast.alice.pk)]},
    )
    assert Attempt.objects.get(pk=attempt.pk).time_grants.filter(kind="EXTENSION").count() == 7

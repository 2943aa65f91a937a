"""Results over HTTP: a room's for its staff, one's own once they are released."""

from __future__ import annotations

import uuid

import pytest

from apps.assignments import operations as rooms
from apps.assignments.models import ExamAssignment
from apps.groups import operations as groups
from apps.leaderboards.models import Ranking
from tests.apps.attempts.samples import make_two_part_test
from tests.apps.leaderboards.samples import ALL_RIGHT, hand_in, put, scores
from tests.factories import make_room, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(cast):
    test = make_two_part_test(cast)
    publish(cast, test)
    return make_room(cast, cast.alice, cast.bob, test=test)


@pytest.fixture
def two(cast, room, deliver):
    """Bob has 5 marks, Alice 1.5: *river* wrong, *sum* right."""
    attempts = [hand_in(cast.bob, room, **ALL_RIGHT), hand_in(cast.alice, room, river="no", sum="42")]
    deliver()
    return attempts


def found(answer):
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


def show(room, policy="IMMEDIATELY"):
    ExamAssignment.objects.filter(pk=room.pk).update(result_policy=policy)


def test_staff_see_everybody_with_ranks_of_every_part(api, cast, room, two):
    bob, alice = found(api(cast.dora).get(f"results/exams/{room.pk}/"))
    assert (bob["name"], bob["rank"], bob["percentile"], bob["percentage"]) == ("Bob North", 1, "100.0000000", "100.00")
    assert (alice["attempt_id"], alice["student_id"]) == (str(two[1].pk), str(cast.alice.pk))
    assert (alice["score"], alice["max_score"], alice["rank"], alice["percentile"]) == (
        "1.500",
        "5.000",
        2,
        "50.0000000",
    )
    assert [(part["name"], part["score"], part["max_score"], part["rank"]) for part in alice["sections"]] == [
        ("Words", "-0.500", "2.000", 2),
        ("Counting", "2.000", "3.000", 2),
    ]
    assert [(part["id"], part["rank"], part["percentile"]) for part in alice["topics"]] == [
        ("Kanji", 2, "50.0000000"),
        ("Counting", 1, "100.0000000"),
    ]


def test_final_results_are_those_of_the_final_ranking(api, cast, room, two, deliver):
    before = found(api(cast.dora).get(f"results/exams/{room.pk}/"))
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    deliver()
    assert Ranking.objects.get().is_final
    assert found(api(cast.dora).get(f"results/exams/{room.pk}/")) == before


def test_students_see_their_own_once_it_is_released(api, cast, room, two):
    answer = api(cast.alice).get(f"results/exams/{room.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (403, "result_not_released")
    show(room)
    (alice,) = found(api(cast.alice).get(f"results/exams/{room.pk}/"))
    assert (alice["name"], alice["rank"]) == ("Alice North", 2)
    assert "Bob" not in str(alice)


def test_who_may_not_see_the_room_finds_nothing(api, cast, room, two):
    unknown = api(cast.dora).get(f"results/exams/{uuid.uuid4()}/")
    for person in (cast.gus, cast.other_teacher, cast.mallory, cast.sybil):
        answer = api(person).get(f"results/exams/{room.pk}/")
        assert answer.status_code == 404
        assert {**answer.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


# -- one person's --------------------------------------------------------------------------------------------------


def test_mine_appear_when_they_are_released(api, cast, room, two, deliver):
    assert found(api(cast.alice).get("results/my-results/")) == []
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    deliver()
    assert found(api(cast.alice).get("results/my-results/")) == []
    rooms.release_results(assignment_id=room.pk, actor=cast.dora)
    (mine,) = found(api(cast.alice).get("results/my-results/"))
    assert mine["exam_assignment_id"] == str(room.pk)
    assert (mine["title"], mine["attempt_id"]) == (room.title, str(two[1].pk))
    assert (mine["score"], mine["rank"], mine["percentile"], mine["people"], mine["is_final"]) == (
        "1.500",
        2,
        "50.0000000",
        2,
        True,
    )


def test_mine_have_a_present_rank_before_the_final_one(api, cast, room, two):
    show(room)
    put(room.pk, scores(4, 3, 2, 1))
    (mine,) = found(api(cast.alice).get("results/my-results/"))
    assert (mine["rank"], mine["people"], mine["percentile"], mine["is_final"]) == (5, 6, "33.3333333", False)


def test_mine_stay_when_i_have_left_the_room_s_audience(api, cast, room, two):
    show(room)
    room.people.remove(cast.alice)
    assert len(found(api(cast.alice).get("results/my-results/"))) == 1


def test_there_are_none_of_staff(api, cast):
    assert api(cast.carol).get("results/my-results/").status_code == 403


def test_a_person_may_be_looked_up_by_admins_their_teachers_and_themselves(api, cast, room, two):
    address = f"results/users/{cast.alice.pk}/"
    assert [row["rank"] for row in found(api(cast.dora).get(address))] == [2]
    assert found(api(cast.alice).get(address)) == []
    for person in (cast.bob, cast.carol, cast.other_teacher):
        assert api(person).get(address).status_code == 404
    group = groups.create_group(name="Morning", teacher_ids=[cast.carol.pk])
    groups.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT")])
    assert found(api(cast.carol).get(address)) == []  # a student of hers, but not in a room of hers
    show(room)
    assert len(found(api(cast.alice).get(address))) == 1
    assert api(cast.mallory).get(address).status_code == 404


def test_teachers_see_results_of_their_students_in_their_rooms(api, cast, room, two):
    group = groups.create_group(name="Morning", teacher_ids=[cast.carol.pk])
    groups.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT")])
    room.groups.add(group.pk)
    assert [row["score"] for row in found(api(cast.carol).get(f"results/users/{cast.alice.pk}/"))] == ["1.500"]
    assert api(cast.carol).get(f"results/users/{cast.bob.pk}/").status_code == 404


def test_an_unknown_person_is_not_found(api, cast):
    assert api(cast.dora).get(f"results/users/{uuid.uuid4()}/").status_code == 404
    assert api(cast.dora).get(f"results/users/{cast.mallory.pk}/").status_code == 404


def test_costs_the_same_for_few_and_many(api, cast, room, two, count_queries):
    show(room)
    clients = {api(cast.dora): f"results/exams/{room.pk}/", api(cast.alice): "results/my-results/"}
    for client, address in clients.items():
        found(client.get(address))
        with count_queries() as few:
            found(client.get(address))
        put(room.pk, scores(*range(40)))
        with count_queries() as many:
            found(client.get(address))
        assert len(few) == len(many) <= 7

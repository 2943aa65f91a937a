"""Coming into and leaving groups over HTTP."""

from __future__ import annotations

import uuid

import pytest

from apps.groups import operations, queries
from tests.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(cast):
    return operations.create_group(name="N5", max_students=2, teacher_ids=[cast.carol.pk])


def bulk(person, group, *people):
    members = [{"user_id": str(user.pk), "role_in_group": "STUDENT"} for user in people]
    return Api(person).post("group-memberships/bulk-add/", {"group_id": str(group.pk), "members": members})


def test_many_come_in_at_once(cast, group):
    bulk(cast.dora, group, cast.alice)
    answer = bulk(cast.dora, group, cast.alice, cast.bob)
    assert answer.status_code == 201
    assert answer.json() == {
        "group_id": str(group.pk),
        "created_count": 1,
        "skipped_count": 1,
        "created_user_ids": [str(cast.bob.pk)],
    }


def test_one_comes_in_and_leaves(cast, group):
    admin = Api(cast.dora)
    body = {"group_id": str(group.pk), "user_id": str(cast.alice.pk), "role_in_group": "STUDENT"}
    made = admin.post("group-memberships/", body)
    assert made.status_code == 201
    assert {**made.json(), "id": "", "created_at": ""} == {**body, "id": "", "created_at": ""}
    again = admin.post("group-memberships/", body)
    assert (again.status_code, again.json()["code"]) == (409, "already_member")
    left = admin.delete(f"group-memberships/{made.json()['id']}/")
    assert (left.status_code, bool(left.json()["message"])) == (200, True)
    assert admin.delete(f"group-memberships/{made.json()['id']}/").status_code == 404
    assert queries.student_ids([group.pk]) == set()


def test_a_full_group_refuses_all(cast, group):
    zoe = cast.person("Zoe", "STUDENT")
    answer = bulk(cast.dora, group, cast.alice, cast.bob, zoe)
    assert (answer.status_code, answer.json()["code"]) == (409, "group_full")
    assert answer.json()["details"] == {"places": 2}


def test_people_of_another_center_and_wrong_roles_are_refused_by_place(cast, group):
    answer = bulk(cast.dora, group, cast.alice, cast.mallory, cast.carol)
    assert answer.status_code == 422
    found = [(row["pointer"], row["code"]) for row in answer.json()["errors"]]
    assert found == [("/members/1/user_id", "unknown_member"), ("/members/2/user_id", "unknown_member")]
    assert queries.student_ids([group.pk]) == set()


def test_only_admins_let_people_in_or_out(cast, group):
    row = operations.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
    for person in (cast.carol, cast.alice, cast.gus):
        assert bulk(person, group, cast.bob).status_code == 403
        assert Api(person).post("group-memberships/", {}).status_code == 403
        assert Api(person).delete(f"group-memberships/{row.pk}/").status_code == 403


def test_another_centers_group_is_unknown(cast, group):
    row = operations.add_member(group_id=group.pk, user_id=cast.alice.pk, role="STUDENT")
    assert bulk(cast.sybil, group, cast.mallory).status_code == 404
    assert Api(cast.sybil).delete(f"group-memberships/{row.pk}/").status_code == 404


def test_the_list_shows_what_concerns_the_asking_person(cast, group):
    operations.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT"), (cast.bob.pk, "STUDENT")])
    count = lambda person, query="": Api(person).get(f"group-memberships/{query}").json()["count"]  # noqa: E731
    assert [count(person) for person in (cast.dora, cast.carol, cast.other_teacher)] == [3, 3, 0]
    assert [count(person) for person in (cast.alice, cast.gus, cast.sybil)] == [1, 0, 0]
    assert count(cast.dora, "?role_in_group=TEACHER") == 1
    assert count(cast.dora, f"?group_id={group.pk}&user_id={cast.bob.pk}") == 1
    assert count(cast.dora, f"?group_id={uuid.uuid4()}") == 0
    assert Api(cast.dora).get("group-memberships/?group_id=1").status_code == 422


@pytest.mark.parametrize("members", [[], [{}], [{"user_id": "x"}], "all", [{"user_id": str(uuid.uuid4())}] * 101])
def test_bad_lists_are_refused(cast, group, members):
    answer = Api(cast.dora).post("group-memberships/bulk-add/", {"group_id": str(group.pk), "members": members})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/members")


def move(person, old, new, *people):
    members = [{"user_id": str(user.pk)} for user in people]
    body = {"from_group_id": str(old.pk), "to_group_id": str(new.pk), "members": members}
    return Api(person).post("group-memberships/move/", body)


def test_people_are_moved_at_once(cast, group):
    new = operations.create_group(name="N4", max_students=2)
    bulk(cast.dora, group, cast.alice, cast.bob)
    operations.add_member(group_id=new.pk, user_id=cast.bob.pk, role="STUDENT")
    answer = move(cast.dora, group, new, cast.alice, cast.bob)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "from_group_id": str(group.pk),
        "to_group_id": str(new.pk),
        "moved_count": 1,
        "skipped_count": 1,
        "moved_user_ids": [str(cast.alice.pk)],
    }
    assert queries.student_ids([group.pk]) == set()
    assert queries.student_ids([new.pk]) == {cast.alice.pk, cast.bob.pk}


def test_moving_is_refused_with_its_reason(cast, group):
    new = operations.create_group(name="N4", max_students=1)
    bulk(cast.dora, group, cast.alice, cast.bob)
    full = move(cast.dora, group, new, cast.alice, cast.bob)
    assert (full.status_code, full.json()["code"], full.json()["details"]) == (409, "group_full", {"places": 1})
    absent = move(cast.dora, group, new, cast.alice, cast.mallory)
    assert (absent.status_code, absent.json()["errors"][0]["pointer"]) == (422, "/members/1/user_id")
    same = move(cast.dora, group, group, cast.alice)
    assert (same.status_code, same.json()["errors"][0]["pointer"]) == (422, "/to_group_id")
    assert move(cast.dora, group, new).status_code == 422
    for person in (cast.carol, cast.alice, cast.gus):
        assert move(person, group, new, cast.alice).status_code == 403
    assert queries.student_ids([group.pk]) == {cast.alice.pk, cast.bob.pk}
    assert move(cast.sybil, group, new, cast.alice).status_code == 404


def test_a_persons_own_history_is_for_admins(cast, group):
    new = operations.create_group(name="N4")
    admin = Api(cast.dora)
    bulk(cast.dora, group, cast.alice, cast.bob)
    move(cast.dora, group, new, cast.alice)
    rows = admin.get(f"group-memberships/history/?user_id={cast.alice.pk}").json()["results"]
    dora = {"id": str(cast.dora.pk), "full_name": "Dora North"}
    told = {row["group"]["name"]: row for row in rows}
    assert set(told) == {"N5", "N4"}
    assert told["N5"]["ending"] == "MOVED"
    assert told["N5"]["went_to"] == {"id": str(new.pk), "name": "N4"}
    assert told["N5"]["left_by"] == told["N5"]["joined_by"] == told["N4"]["joined_by"] == dora
    assert told["N4"]["came_from"] == {"id": str(group.pk), "name": "N5"}
    assert told["N4"]["left_at"] is told["N4"]["left_by"] is None
    assert admin.get(f"group-memberships/history/?group_id={new.pk}").json()["count"] == 1
    assert admin.get(f"group-memberships/history/?group_id={uuid.uuid4()}").status_code == 404
    assert admin.get("group-memberships/history/?user_id=1").status_code == 422
    for person in (cast.carol, cast.alice, cast.gus):
        assert Api(person).get("group-memberships/history/").status_code == 403

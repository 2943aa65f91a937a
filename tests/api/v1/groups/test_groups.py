"""Groups over HTTP: who sees which, who may change what."""

from __future__ import annotations

import uuid

import pytest

from apps.groups import operations
from tests.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(cast):
    made = operations.create_group(name="N5 evening", description="Mon", teacher_ids=[cast.carol.pk])
    operations.add_members(group_id=made.pk, members=[(cast.alice.pk, "STUDENT"), (cast.bob.pk, "STUDENT")])
    return made


def names(answer):
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def same(refused, unknown):
    strip = lambda answer: {**answer.json(), "request_id": ""}  # noqa: E731
    assert refused.status_code == unknown.status_code == 404
    assert strip(refused) == strip(unknown)


def test_a_row_says_who_teaches_and_how_many_study(cast, group):
    row = Api(cast.dora).get("groups/").json()["results"][0]
    assert row.pop("created_at")
    assert row.pop("updated_at")
    assert row == {
        "id": str(group.pk),
        "name": "N5 evening",
        "description": "Mon",
        "max_students": 30,
        "is_active": True,
        "student_count": 2,
        "teacher_count": 1,
        "teachers": [
            {
                "id": str(cast.carol.pk),
                "first_name": "Carol",
                "last_name": "North",
                "avatar": None,
                "email": "carol@north.test",
            }
        ],
    }


def test_everybody_sees_their_own(cast, group):
    operations.create_group(name="Other", teacher_ids=[cast.other_teacher.pk])
    assert names(Api(cast.dora).get("groups/")) == ["N5 evening", "Other"]
    assert names(Api(cast.carol).get("groups/")) == ["N5 evening"]
    assert names(Api(cast.alice).get("groups/")) == ["N5 evening"]
    assert names(Api(cast.other_teacher).get("groups/")) == ["Other"]
    assert names(Api(cast.gus).get("groups/")) == []
    assert names(Api(cast.sybil).get("groups/")) == []


def test_lists_are_searched_ordered_and_given_whole(cast, group):
    operations.create_group(name="A small one")
    admin = Api(cast.dora)
    assert names(admin.get("groups/?search=SMALL")) == ["A small one"]
    assert names(admin.get("groups/?ordering=-student_count")) == ["N5 evening", "A small one"]
    assert [row["name"] for row in admin.get("groups/?page=all").json()] == ["A small one", "N5 evening"]


@pytest.mark.parametrize("query", ["ordering=memberships__user__password", "owner=1", "search=%00"])
def test_refuses_parameters_it_does_not_know(cast, query):
    answer = Api(cast.dora).get(f"groups/?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{query.split('=')[0]}"


def test_a_list_costs_the_same_for_many_groups(cast, group, count_queries):
    admin = Api(cast.dora)
    admin.get("groups/")
    with count_queries() as one:
        admin.get("groups/")
    for number in range(5):
        operations.create_group(name=f"Group {number}", teacher_ids=[cast.carol.pk, cast.other_teacher.pk])
    with count_queries() as many:
        admin.get("groups/")
    assert len(many) == len(one) <= 4


def test_hidden_foreign_and_unknown_groups_look_the_same(cast, group):
    unknown = Api(cast.other_teacher).get(f"groups/{uuid.uuid4()}/")
    for person in (cast.other_teacher, cast.gus, cast.sybil, cast.trent, cast.mallory):
        for path in ("", "members/"):
            same(Api(person).get(f"groups/{group.pk}/{path}"), unknown)
    same(Api(cast.trent).patch(f"groups/{group.pk}/", {"name": "Mine"}), unknown)
    same(Api(cast.sybil).delete(f"groups/{group.pk}/"), unknown)


def test_an_admin_opens_changes_and_closes_a_group(cast):
    admin = Api(cast.dora)
    made = admin.post("groups/", {"name": "N4", "max_students": 20, "teacher_ids": [str(cast.carol.pk)]})
    assert made.status_code == 201
    assert [teacher["first_name"] for teacher in made.json()["teachers"]] == ["Carol"]
    place = f"groups/{made.json()['id']}/"
    changed = admin.patch(place, {"name": "N4 b", "teacher_ids": [str(cast.other_teacher.pk)]})
    assert changed.json()["name"] == "N4 b"
    assert [teacher["first_name"] for teacher in changed.json()["teachers"]] == ["Cyril"]
    assert admin.delete(place).status_code == 204
    assert admin.get(place).status_code == 404


def test_only_admins_open_and_close_groups(cast, group):
    for person in (cast.carol, cast.alice, cast.gus):
        assert Api(person).post("groups/", {"name": "Mine"}).status_code == 403
        assert Api(person).delete(f"groups/{group.pk}/").status_code == 403
    assert Api(cast.alice).patch(f"groups/{group.pk}/", {"name": "Mine"}).status_code == 403
    assert Api().get("groups/").status_code == 401


def test_a_teacher_cannot_make_the_own_group_bigger(cast, group):
    answer = Api(cast.carol).patch(f"groups/{group.pk}/", {"max_students": 99})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 121}, "/name"),
        ({"name": "N5", "max_students": 0}, "/max_students"),
        ({"name": "N5", "teacher_ids": ["7"]}, "/teacher_ids/0"),
        ({"name": "N5", "teacher_ids": [str(uuid.uuid4())]}, "/teacher_ids/0"),
        ({"name": "N5", "deleted_at": None}, "/deleted_at"),
    ],
)
def test_bad_input_is_refused_with_its_place(cast, body, pointer):
    answer = Api(cast.dora).post("groups/", body)
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_taken_name_is_a_conflict(cast, group):
    answer = Api(cast.dora).post("groups/", {"name": "n5 EVENING"})
    assert (answer.status_code, answer.json()["code"]) == (409, "group_exists")


def test_members_come_teachers_first_and_their_addresses_are_for_staff(cast, group):
    rows = Api(cast.carol).get(f"groups/{group.pk}/members/").json()["results"]
    assert [(row["first_name"], row["role"], row["email"]) for row in rows] == [
        ("Carol", "TEACHER", "carol@north.test"),
        ("Alice", "STUDENT", "alice@north.test"),
        ("Bob", "STUDENT", "bob@north.test"),
    ]
    assert rows[1]["id"] == str(cast.alice.pk)
    seen = Api(cast.alice).get(f"groups/{group.pk}/members/").json()["results"]
    assert {row["email"] for row in seen} == {None}

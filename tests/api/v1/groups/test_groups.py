"""Groups over HTTP: who sees which, who may change what."""

from __future__ import annotations

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.groups import operations
from tests.client import Api
from tests.factories import people_of

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
        "avatar": None,
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
        "teacher_ids": [str(cast.carol.pk)],
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


def test_lists_are_filtered(cast, group):
    operations.create_group(name="Grammar", description="for the second time", is_active=False)
    admin = Api(cast.dora)
    assert names(admin.get("groups/?is_active=false")) == ["Grammar"]
    assert names(admin.get("groups/?is_active=true&search=even n5")) == ["N5 evening"]
    assert names(admin.get("groups/?search=second")) == ["Grammar"]
    assert names(admin.get(f"groups/?teacher_id={cast.carol.pk}")) == ["N5 evening"]
    assert names(admin.get(f"groups/?teacher_id={cast.trent.pk}")) == []
    assert admin.get("groups/?teacher_id=7").status_code == 422


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


def test_students_do_not_see_the_addresses_of_their_teachers(cast, group):
    seen = Api(cast.alice).get(f"groups/{group.pk}/").json()
    assert [(teacher["first_name"], teacher["email"]) for teacher in seen["teachers"]] == [("Carol", None)]
    assert "carol@" not in Api(cast.alice).get("groups/?page=all").content.decode()


def test_members_are_searched_filtered_and_given_whole(cast, group):
    place = f"groups/{group.pk}/members/"
    assert [row["first_name"] for row in Api(cast.carol).get(f"{place}?search=ali nor").json()["results"]] == ["Alice"]
    assert [row["first_name"] for row in Api(cast.carol).get(f"{place}?search=bob@").json()["results"]] == ["Bob"]
    assert Api(cast.alice).get(f"{place}?search=bob@").json()["results"] == []
    assert Api(cast.carol).get(f"{place}?role_in_group=TEACHER").json()["count"] == 1
    assert [row["first_name"] for row in Api(cast.carol).get(f"{place}?page=all").json()] == ["Carol", "Alice", "Bob"]
    assert Api(cast.carol).get(f"{place}?role_in_group=OWNER").status_code == 422


def test_members_cost_the_same_for_many(cast, group, count_queries):
    admin = Api(cast.dora)
    admin.get(f"groups/{group.pk}/members/")
    with count_queries() as few:
        admin.get(f"groups/{group.pk}/members/")
    operations.add_members(group_id=group.pk, members=[(user.pk, "STUDENT") for user in people_of(cast, 12)])
    with count_queries() as many:
        admin.get(f"groups/{group.pk}/members/")
    assert len(many) == len(few) <= 5


def test_put_takes_part_of_a_group_as_patch_does(cast, group):
    changed = Api(cast.dora).put(f"groups/{group.pk}/", {"teacher_ids": [str(cast.other_teacher.pk)]})
    assert changed.status_code == 200
    assert changed.json()["name"] == "N5 evening"
    assert [teacher["first_name"] for teacher in changed.json()["teachers"]] == ["Cyril"]
    assert Api(cast.alice).put(f"groups/{group.pk}/", {"name": "Mine"}).status_code == 403
    assert Api(cast.trent).put(f"groups/{group.pk}/", {"name": "Mine"}).status_code == 404


def test_a_group_rests_and_is_taken_up_again(cast, group):
    admin, place = Api(cast.dora), f"groups/{group.pk}/"
    assert admin.post(f"{place}archive/").json()["is_active"] is False
    assert admin.post(f"{place}archive/").status_code == 200
    joining = {"group_id": str(group.pk), "user_id": str(cast.person("Zoe", "STUDENT").pk)}
    refused = admin.post("group-memberships/", joining)
    assert (refused.status_code, refused.json()["code"]) == (409, "group_archived")
    assert admin.post(f"{place}reactivate/").json()["is_active"] is True
    assert admin.post("group-memberships/", joining).status_code == 201
    for act in ("archive", "reactivate"):
        assert Api(cast.carol).post(f"{place}{act}/").status_code == 403
        assert Api(cast.sybil).post(f"{place}{act}/").status_code == 404


def test_fewer_places_than_students_are_refused(cast, group):
    answer = Api(cast.dora).patch(f"groups/{group.pk}/", {"max_students": 1})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/max_students")


def upload(data=None, name="face.png"):
    if data is None:
        made = io.BytesIO()
        Image.new("RGB", (40, 40), "green").save(made, "PNG")
        data = made.getvalue()
    return {"avatar": SimpleUploadedFile(name, data, "image/png")}


def test_a_group_shows_itself_by_a_picture(cast, group):
    teacher, place = Api(cast.carol), f"groups/{group.pk}/avatar/"
    shown = teacher.post(place, upload(), format="multipart")
    assert shown.status_code == 200, shown.content
    address = shown.json()["avatar"]
    assert address.startswith("http://north.localhost/api/v1/pictures/groups/")
    assert Api().get(address.removeprefix("http://north.localhost")).headers["Content-Type"] == "image/jpeg"
    assert teacher.delete(place).json()["avatar"] is None
    assert Api(cast.alice).post(place, upload(), format="multipart").status_code == 403
    assert Api(cast.other_teacher).post(place, upload(), format="multipart").status_code == 404
    assert Api(cast.trent).delete(place).status_code == 404


@pytest.mark.parametrize("data", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\nbroken"])
def test_what_is_no_picture_is_refused(cast, group, data):
    answer = Api(cast.dora).post(f"groups/{group.pk}/avatar/", upload(data), format="multipart")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/avatar"


def test_a_form_with_a_picture_opens_a_group(cast):
    fields = {"name": "N3", "max_students": "20", "teacher_ids": [str(cast.carol.pk)], **upload()}
    made = Api(cast.dora).post("groups/", fields, format="multipart")
    assert made.status_code == 201, made.content
    assert made.json()["teacher_ids"] == [str(cast.carol.pk)]
    assert made.json()["avatar"]
    assert Api(cast.dora).patch(f"groups/{made.json()['id']}/", {"avatar": None}).json()["avatar"] is None


def test_the_history_is_for_staff_of_the_group(cast, group):
    place = f"groups/{group.pk}/history/"
    rows = Api(cast.carol).get(place).json()
    assert rows["count"] == 3
    assert Api(cast.dora).get(f"{place}?user_id={cast.bob.pk}").json()["count"] == 1
    for person, status in ((cast.alice, 403), (cast.gus, 403), (cast.other_teacher, 404), (cast.sybil, 404)):
        assert Api(person).get(place).status_code == status


def test_the_history_costs_the_same_for_many(cast, group, count_queries):
    admin = Api(cast.dora)
    admin.get(f"groups/{group.pk}/history/")
    with count_queries() as few:
        admin.get(f"groups/{group.pk}/history/")
    operations.add_members(group_id=group.pk, members=[(user.pk, "STUDENT") for user in people_of(cast, 12)])
    with count_queries() as many:
        admin.get(f"groups/{group.pk}/history/")
    assert len(many) == len(few) <= 5

"""The list of people, and what an admin may do with them."""

from __future__ import annotations

import uuid

import pytest

from apps.groups import operations as groups
from tests.cast import PASSWORD
from tests.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def group(cast):
    made = groups.create_group(name="N5", teacher_ids=[cast.carol.pk])
    groups.add_members(group_id=made.pk, members=[(cast.alice.pk, "STUDENT")])
    return made


def first_names(answer):
    assert answer.status_code == 200, answer.content
    return [row["first_name"] for row in answer.json()["results"]]


def test_an_admin_sees_everybody_of_the_own_center(cast, group):
    cast.bob, cast.gus, cast.mallory  # noqa: B018
    assert first_names(Api(cast.dora).get("users/")) == ["Alice", "Bob", "Carol", "Dora", "Gus"]
    assert first_names(Api(cast.sybil).get("users/")) == ["Mallory", "Sybil"]


def test_a_teacher_sees_the_students_of_own_groups(cast, group):
    cast.bob  # noqa: B018
    assert first_names(Api(cast.carol).get("users/")) == ["Alice"]
    assert first_names(Api(cast.other_teacher).get("users/")) == []
    assert Api(cast.carol).get(f"users/{cast.alice.pk}/").status_code == 200
    for hidden in (cast.bob, cast.dora, cast.carol):
        assert Api(cast.carol).get(f"users/{hidden.pk}/").status_code == 404


def test_students_and_guests_may_not_look(cast):
    for person in (cast.alice, cast.gus):
        assert Api(person).get("users/").status_code == 403
        assert Api(person).get(f"users/{person.pk}/").status_code == 403


def test_lists_are_narrowed_ordered_and_given_whole(cast):
    cast.alice, cast.bob, cast.carol  # noqa: B018
    admin = Api(cast.dora)
    admin.patch(f"users/{cast.bob.pk}/", {"is_active": False})
    assert first_names(admin.get("users/?role=STUDENT&ordering=-first_name")) == ["Bob", "Alice"]
    assert first_names(admin.get("users/?search=north%20ali")) == ["Alice"]
    assert first_names(admin.get("users/?search=bob@north")) == ["Bob"]
    assert first_names(admin.get("users/?is_active=false")) == ["Bob"]
    assert first_names(admin.get("users/?is_approved=false")) == []
    assert first_names(admin.get("users/?page_size=1&page=2&role=")) == ["Bob"]
    assert len(admin.get("users/?page=all").json()) == 4


@pytest.mark.parametrize(
    "query", ["ordering=password", "role=OWNER", "is_active=7", "password=x", "search=" + "x" * 101]
)
def test_refuses_parameters_it_does_not_know(cast, query):
    answer = Api(cast.dora).get(f"users/?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{query.split('=')[0]}"


def test_a_list_costs_the_same_for_many_people(cast, group, count_queries):
    for person in (cast.dora, cast.carol):
        client = Api(person)
        client.get("users/")
        with count_queries() as few:
            client.get("users/")
        for number in range(4):
            new = cast.person(f"S{person.first_name}{number}", "STUDENT")
            groups.add_member(group_id=group.pk, user_id=new.pk, role="STUDENT")
        with count_queries() as many:
            client.get("users/")
        assert len(many) == len(few) <= 3


def test_one_person_comes_with_their_groups_and_no_secrets(cast, group):
    body = Api(cast.dora).get(f"users/{cast.alice.pk}/").json()
    assert body["my_groups"] == [{"id": str(group.pk), "name": "N5", "role": "STUDENT"}]
    assert not {"password", "session_version", "last_login"} & set(body)


def test_another_centers_person_is_unknown(cast):
    for client in (Api(cast.sybil), Api(cast.trent)):
        assert client.get(f"users/{cast.alice.pk}/").json()["code"] == "not_found"
    unknown = Api(cast.sybil).patch(f"users/{uuid.uuid4()}/", {"first_name": "X"})
    foreign = Api(cast.sybil).patch(f"users/{cast.alice.pk}/", {"first_name": "X"})
    assert (unknown.status_code, foreign.status_code) == (404, 404)
    assert {**unknown.json(), "request_id": 0} == {**foreign.json(), "request_id": 0}


@pytest.mark.parametrize("role", ["TEACHER", "STUDENT", "GUEST"])
def test_an_admin_adds_somebody_who_can_sign_in(cast, role):
    body = {"email": "New@North.test", "password": PASSWORD, "role": role, "first_name": "New"}
    made = Api(cast.dora).post("users/", body)
    assert (made.status_code, made.json()["role"], made.json()["is_approved"]) == (201, role, True)
    signed_in = Api().post("auth/login/", {"email": "new@north.test", "password": PASSWORD})
    assert signed_in.status_code == 200


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"role": "CENTER_ADMIN"}, "/role"),
        ({"role": "OWNER"}, "/role"),
        ({"email": "no"}, "/email"),
        ({"password": "12345678"}, "/password"),
        ({"is_superuser": True}, "/is_superuser"),
    ],
)
def test_bad_input_is_refused_with_its_place(cast, change, pointer):
    body = {"email": "new@north.test", "password": PASSWORD, "role": "STUDENT", **change}
    answer = Api(cast.dora).post("users/", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_taken_address_is_a_conflict(cast):
    body = {"email": cast.alice.email.upper(), "password": PASSWORD, "role": "STUDENT"}
    answer = Api(cast.dora).post("users/", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


def test_only_admins_add_and_change_people(cast, group):
    for person in (cast.carol, cast.alice, cast.gus):
        assert Api(person).post("users/", {}).status_code == 403
        assert Api(person).patch(f"users/{cast.alice.pk}/", {"first_name": "X"}).status_code == 403


@pytest.mark.parametrize("field", ["is_active", "is_approved"])
def test_who_is_shut_out_is_signed_out_at_once_and_can_be_let_in_again(cast, field):
    alice = Api(cast.alice)
    assert alice.get("auth/me/").status_code == 200
    admin = Api(cast.dora)
    answer = admin.patch(f"users/{cast.alice.pk}/", {field: False})
    assert (answer.status_code, answer.json()[field]) == (200, False)
    assert alice.get("auth/me/").status_code == 401
    admin.put(f"users/{cast.alice.pk}/", {"first_name": "Alicia", field: True})
    assert alice.get("auth/me/").status_code == 401
    signed_in = Api().post("auth/login/", {"email": cast.alice.email, "password": PASSWORD})
    assert signed_in.json()["user"]["first_name"] == "Alicia"


def test_a_new_name_ends_no_session(cast):
    alice = Api(cast.alice)
    Api(cast.dora).patch(f"users/{cast.alice.pk}/", {"last_name": "Smith"})
    assert alice.get("auth/me/").json()["last_name"] == "Smith"


def test_nobody_shuts_themselves_out(cast):
    answer = Api(cast.dora).patch(f"users/{cast.dora.pk}/", {"is_active": False})
    assert (answer.status_code, answer.json()["code"]) == (409, "own_account")


def test_role_and_password_do_not_change_here(cast):
    for field in ("role", "password", "email", "session_version"):
        answer = Api(cast.dora).patch(f"users/{cast.alice.pk}/", {field: "TEACHER"})
        assert answer.json()["errors"][0] == {
            "pointer": f"/{field}",
            "code": "unknown_field",
            "detail": "This field is not known here.",
        }

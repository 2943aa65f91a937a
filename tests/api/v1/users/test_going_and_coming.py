"""Roles, leaving and coming back, and the letter to choose a password."""

from __future__ import annotations

import uuid

import pytest

from apps.audit.models import Entry
from apps.authentication.models import User
from apps.authentication.operations import people
from apps.groups import operations as groups
from apps.groups.models import Membership
from tests.cast import PASSWORD
from tests.client import Api
from tests.letters import arrived

pytestmark = pytest.mark.django_db


def set_role(actor, person, role, **more):
    return Api(actor).post(f"users/{person.pk}/role/", {"role": role, **more})


# -- roles -----------------------------------------------------------------------------------------------------------


def test_a_new_role_counts_at_once_and_ends_every_session(cast):
    carol = Api(cast.carol)
    assert carol.get("users/").status_code == 200
    answer = set_role(cast.dora, cast.carol, "STUDENT", reason="moved to the other desk")
    assert (answer.status_code, answer.json()["role"]) == (200, "STUDENT")
    assert carol.get("auth/me/").status_code == 401
    assert Api(User.objects.get(pk=cast.carol.pk), host="north.localhost", token="x").get("users/").status_code == 401
    entry = Entry.objects.get(action="person.role_changed")
    assert (entry.subject_id, entry.reason) == (str(cast.carol.pk), "moved to the other desk")


def test_the_same_role_again_changes_nothing(cast):
    alice = Api(cast.alice)
    assert set_role(cast.dora, cast.alice, "STUDENT").status_code == 200
    assert alice.get("auth/me/").status_code == 200


def test_nobody_changes_their_own_role_and_the_last_admin_stays(cast):
    own = set_role(cast.dora, cast.dora, "TEACHER")
    assert (own.status_code, own.json()["code"]) == (409, "own_account")
    set_role(cast.dora, cast.carol, "CENTER_ADMIN")
    carol = User.objects.get(pk=cast.carol.pk)
    people.change_role(actor=carol, user_id=cast.dora.pk, role="TEACHER")
    assert User.objects.get(pk=cast.dora.pk).role == "TEACHER"


def test_a_student_who_becomes_a_guest_is_one_for_a_time(cast):
    assert set_role(cast.dora, cast.alice, "GUEST").json()["access_ends_at"]
    assert set_role(cast.dora, cast.alice, "STUDENT").json()["access_ends_at"] is None


@pytest.mark.parametrize(("body", "pointer"), [({}, "/role"), ({"role": "OWNER"}, "/role"), ({"role": 1}, "/role")])
def test_there_are_four_roles_here(cast, body, pointer):
    answer = Api(cast.dora).post(f"users/{cast.alice.pk}/role/", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


# -- leaving and coming back -----------------------------------------------------------------------------------------


def test_who_is_deleted_is_out_of_everything_and_the_address_is_free(cast, deliver):
    group = groups.create_group(name="N5")
    groups.add_members(group_id=group.pk, members=[(cast.alice.pk, "STUDENT")])
    alice = Api(cast.alice)
    admin = Api(cast.dora)
    assert admin.delete(f"users/{cast.alice.pk}/").status_code == 204
    deliver()
    assert alice.get("auth/me/").status_code == 401
    assert admin.get(f"users/{cast.alice.pk}/").status_code == 404
    assert admin.delete(f"users/{cast.alice.pk}/").status_code == 404
    assert str(cast.alice.pk) not in admin.get("users/?page=all").content.decode()
    assert not Membership.objects.filter(user=cast.alice, left_at=None).exists()
    credentials = {"email": cast.alice.email, "password": PASSWORD}
    assert Api().post("auth/login/", credentials).status_code == 401
    assert admin.post("users/", {**credentials, "role": "STUDENT"}).status_code == 201
    assert Api().post("auth/login/", credentials).status_code == 200


def test_who_was_deleted_can_come_back_unless_the_address_is_taken(cast):
    admin = Api(cast.dora)
    admin.delete(f"users/{cast.alice.pk}/")
    assert admin.post(f"users/{cast.alice.pk}/restore/").status_code == 200
    assert Api().post("auth/login/", {"email": cast.alice.email, "password": PASSWORD}).status_code == 200
    assert admin.post(f"users/{cast.alice.pk}/restore/").status_code == 404
    admin.delete(f"users/{cast.alice.pk}/")
    admin.post("users/", {"email": cast.alice.email, "password": PASSWORD, "role": "STUDENT"})
    answer = admin.post(f"users/{cast.alice.pk}/restore/")
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


def test_nobody_deletes_themselves(cast):
    answer = Api(cast.dora).delete(f"users/{cast.dora.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "own_account")


VERBS = [
    ("delete", "", None),
    ("post", "restore/", {}),
    ("post", "role/", {"role": "TEACHER"}),
    ("post", "approve/", {}),
    ("post", "reject/", {}),
    ("post", "resend-invitation/", {}),
]


@pytest.mark.parametrize(("method", "verb", "body"), VERBS)
def test_the_verbs_are_for_admins_and_for_people_of_their_center(cast, method, verb, body):
    for person in (cast.carol, cast.alice, cast.gus):
        answer = getattr(Api(person), method)(f"users/{cast.bob.pk}/{verb}", body)
        assert answer.status_code == 403
    call = getattr(Api(cast.dora), method)
    unknown, foreign = (call(f"users/{id}/{verb}", body) for id in (uuid.uuid4(), cast.mallory.pk))
    assert unknown.status_code == foreign.status_code == 404
    assert {**unknown.json(), "request_id": 0} == {**foreign.json(), "request_id": 0}


# -- the letter ------------------------------------------------------------------------------------------------------


def test_somebody_added_without_a_password_chooses_one(cast):
    answer = Api(cast.dora).post("users/", {"email": "new@north.test", "role": "TEACHER", "first_name": "Nora"})
    assert (answer.status_code, answer.json()["is_invited"]) == (201, True)
    [letter] = arrived()
    assert letter.to == ["new@north.test"]
    assert "Hello Nora" in letter.body
    link = next(word for word in letter.body.split() if "#uid=" in word)
    parts = dict(part.split("=") for part in link.split("#")[1].split("&"))
    confirm = {**parts, "new_password": "a sentence of mine 3"}
    assert Api().post("auth/password/reset/confirm/", confirm).status_code == 200
    assert Api().post("auth/password/reset/confirm/", confirm).status_code == 404
    signed_in = Api().post("auth/login/", {"email": "new@north.test", "password": "a sentence of mine 3"})
    assert signed_in.json()["user"]["email_verified_at"]
    assert Api(cast.dora).get(f"users/{answer.json()['id']}/").json()["is_invited"] is False


def test_the_letter_can_be_sent_again_but_not_at_once(cast):
    new = User.objects.get(pk=Api(cast.dora).post("users/", {"email": "n@north.test", "role": "STUDENT"}).json()["id"])
    again = Api(cast.dora).post(f"users/{new.pk}/resend-invitation/")
    assert (again.status_code, again.json()["code"]) == (429, "sent_just_now")
    assert int(again["Retry-After"]) > 100
    User.objects.filter(pk=new.pk).update(invited_at="2020-01-01T00:00:00Z")
    assert Api(cast.dora).post(f"users/{new.pk}/resend-invitation/").status_code == 200
    assert len(arrived()) == 2
    refused = Api(cast.dora).post(f"users/{cast.alice.pk}/resend-invitation/")
    assert (refused.status_code, refused.json()["code"]) == (409, "has_signed_in")


# -- many at once ----------------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(cast):
    people = [cast.person(name, "STUDENT") for name in ("Wendy", "Will", "Wanda")]
    User.objects.filter(pk__in=[person.pk for person in people]).update(is_approved=False)
    return people


def test_many_are_let_in_each_on_their_own(cast, waiting):
    ids = [str(person.pk) for person in waiting]
    answer = Api(cast.dora).post("users/approve/", {"user_ids": [*ids, str(cast.mallory.pk)]})
    body = answer.json()
    assert (answer.status_code, body["done"]) == (200, ids)
    assert [(item["id"], item["code"]) for item in body["refused"]] == [(str(cast.mallory.pk), "not_found")]
    assert User.objects.filter(pk__in=ids, is_approved=True).count() == 3
    assert len(arrived()) == 3


def test_many_are_rejected_with_a_reason_that_they_are_told(cast, waiting):
    ids = [str(person.pk) for person in waiting]
    body = Api(cast.dora).post("users/reject/", {"user_ids": [*ids, str(cast.bob.pk)], "reason": "No places"}).json()
    assert body["done"] == ids
    assert [item["code"] for item in body["refused"]] == ["already_approved"]
    letters = arrived()
    assert len(letters) == 3
    assert all("No places" in letter.body for letter in letters)
    Api(cast.dora).post("users/reject/", {"user_ids": ids})
    assert len(arrived()) == 3


@pytest.mark.parametrize("ids", [[], ["no"], [str(uuid.uuid4()) for _ in range(101)]])
def test_one_to_a_hundred_at_once(cast, ids):
    for verb in ("approve", "reject"):
        answer = Api(cast.dora).post(f"users/{verb}/", {"user_ids": ids})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"].startswith("/user_ids")
        assert Api(cast.carol).post(f"users/{verb}/", {"user_ids": ids}).status_code == 403


# -- the list --------------------------------------------------------------------------------------------------------


def test_the_list_is_narrowed_to_a_group_that_one_may_see(cast):
    ours = groups.create_group(name="N5", teacher_ids=[cast.carol.pk])
    theirs = groups.create_group(name="N4", teacher_ids=[cast.other_teacher.pk])
    groups.add_members(group_id=ours.pk, members=[(cast.alice.pk, "STUDENT")])
    groups.add_members(group_id=theirs.pk, members=[(cast.bob.pk, "STUDENT")])

    def names(person, group):
        return [row["first_name"] for row in Api(person).get(f"users/?group={group}").json()["results"]]

    assert names(cast.dora, theirs.pk) == ["Bob", "Cyril"]
    assert names(cast.carol, ours.pk) == ["Alice"]
    assert names(cast.carol, theirs.pk) == names(cast.carol, uuid.uuid4()) == []
    assert Api(cast.dora).get("users/?group=x").status_code == 422


def test_the_list_says_where_people_are_from(cast):
    row = Api(cast.dora).get("users/").json()["results"][0]
    assert row["center"] == str(cast.north.id)
    assert row["center_avatar"] is None

"""People who registered and wait, and guests who stay."""

from __future__ import annotations

import uuid

import pytest

from apps.authentication.models import User
from tests.client import Api, access_token
from tests.letters import arrived

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(cast):
    person = cast.person("Wendy", "STUDENT")
    User.objects.filter(pk=person.pk).update(is_approved=False)
    return person


def test_approving_lets_in_and_tells_once(cast, waiting):
    for _ in range(2):
        answer = Api(cast.dora).post(f"users/{waiting.pk}/approve/")
        assert (answer.status_code, answer.json()["is_approved"]) == (200, True)
    [letter] = arrived()
    assert letter.to == ["wendy@north.test"]
    assert "Hello Wendy North," in letter.body


def test_rejecting_shuts_out_and_can_be_taken_back(cast, waiting):
    answer = Api(cast.dora).post(f"users/{waiting.pk}/reject/")
    assert (answer.json()["is_active"], answer.json()["is_approved"]) == (False, False)
    assert Api(cast.dora).post(f"users/{waiting.pk}/approve/").json()["is_active"] is True
    answer = Api(cast.dora).post(f"users/{waiting.pk}/reject/")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_approved")


def test_others_neither_approve_nor_reject(cast, waiting):
    for verb in ("approve", "reject"):
        assert Api(cast.carol).post(f"users/{waiting.pk}/{verb}/").status_code == 403
        assert Api(cast.sybil).post(f"users/{waiting.pk}/{verb}/").status_code == 404
        assert Api(cast.dora).post(f"users/{uuid.uuid4()}/{verb}/").status_code == 404


def test_a_guest_becomes_a_student_and_signs_in_anew(cast):
    token = access_token(cast.gus)
    answer = Api(cast.dora).post("guests/upgrade/", {"user_id": str(cast.gus.pk)})
    assert answer.status_code == 200
    assert answer.json()["user"]["role"] == "STUDENT"
    assert Api(token=token).get("auth/me/").status_code == 401
    assert Api(cast.dora).get("guests/").json()["count"] == 0
    answer = Api(cast.dora).post("guests/upgrade/", {"user_id": str(cast.gus.pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_guest")


def test_only_guests_of_this_center_are_upgraded(cast):
    visitor = cast.person("Gita", "GUEST", cast.south)
    for user_id in (visitor.pk, uuid.uuid4()):
        assert Api(cast.dora).post("guests/upgrade/", {"user_id": str(user_id)}).status_code == 404
    assert Api(cast.carol).post("guests/upgrade/", {"user_id": str(cast.gus.pk)}).status_code == 403
    assert Api(cast.dora).post("guests/upgrade/", {"user_id": "me"}).status_code == 422


def test_guests_are_listed_with_and_without_an_invitation(cast):
    assert cast.gus
    [guest] = Api(cast.dora).get("guests/?search=gus").json()["results"]
    assert (guest["invitation_code"], guest["is_expired"]) == (None, False)
    assert Api(cast.dora).get("guests/?search=nobody").json()["count"] == 0

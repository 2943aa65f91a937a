"""Accommodations over HTTP."""

from __future__ import annotations

import uuid

import pytest

from tests.apps.assignments.builders import make_group
from tests.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def taught(cast):
    """Carol teaches Alice."""
    return make_group(cast, cast.alice)


def ask(person, whom, **fields):
    body = {"student": str(whom.pk), "factors": {"*": "1.25"}, "reason": "A doctor's letter.", **fields}
    return Api(person).post("accommodations/", body, format="json")


def decide(person, accommodation, verb, **body):
    return Api(person).post(f"accommodations/{accommodation}/{verb}/", body, format="json")


@pytest.mark.usefixtures("taught")
def test_a_teacher_asks_and_an_admin_approves(cast):
    asked = ask(cast.carol, cast.alice, factors={"LISTENING": "1.500", "*": 2}, valid_until="2099-01-01")
    assert asked.status_code == 201, asked.content
    body = asked.json()
    assert (body["status"], body["factors"], body["decided_at"]) == ("PENDING", {"LISTENING": "1.5", "*": "2"}, None)
    answer = decide(cast.dora, body["id"], "approve", reason="As asked.")
    assert (answer.status_code, answer.json()["status"], answer.json()["decision"]) == (200, "APPROVED", "As asked.")
    assert answer.json()["decided_by"]["id"] == str(cast.dora.pk)


@pytest.mark.usefixtures("taught")
def test_a_teacher_cannot_decide(cast):
    asked = ask(cast.carol, cast.alice).json()["id"]
    for verb in ("approve", "reject", "withdraw"):
        answer = decide(cast.carol, asked, verb, reason="Mine.")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.usefixtures("taught")
def test_everybody_sees_what_is_theirs(cast):
    mine = ask(cast.dora, cast.alice).json()["id"]
    other = ask(cast.dora, cast.bob).json()["id"]

    def seen(person, query=""):
        return {row["id"] for row in Api(person).get(f"accommodations/{query}").json()["results"]}

    assert seen(cast.dora) == {mine, other}
    assert seen(cast.dora, f"?student={cast.bob.pk}&status=PENDING") == {other}
    assert seen(cast.carol) == seen(cast.alice) == {mine}
    assert seen(cast.other_teacher) == set()
    assert Api(cast.alice).get(f"accommodations/{mine}/").status_code == 200
    unknown = Api(cast.alice).get(f"accommodations/{uuid.uuid4()}/")
    hidden = Api(cast.alice).get(f"accommodations/{other}/")
    assert (hidden.status_code, hidden.json()["detail"]) == (404, unknown.json()["detail"])


def test_students_do_not_ask_for_themselves(cast):
    assert ask(cast.alice, cast.alice).status_code == 403


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"factors": {"*": "0.5"}}, "/factors/*"),
        ({"factors": {"*": "NaN"}}, "/factors/*"),
        ({"factors": {str(n): "2" for n in range(9)}}, "/factors"),
        ({"factors": []}, "/factors"),
        ({"reason": " "}, "/reason"),
        ({"reason": "x" * 501}, "/reason"),
        ({"valid_until": "2001-01-01"}, "/valid_until"),
        ({"student": str(uuid.uuid4())}, "/student"),
        ({"status": "APPROVED"}, "/status"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(cast, fields, pointer):
    answer = ask(cast.dora, cast.alice, **fields)
    assert answer.status_code == 422, answer.content
    assert [row["pointer"] for row in answer.json()["errors"]] == [pointer]


def test_a_second_one_in_force_is_refused(cast):
    first, second = (ask(cast.dora, cast.alice).json()["id"] for _ in range(2))
    assert decide(cast.dora, first, "approve").status_code == 200
    answer = decide(cast.dora, second, "approve")
    assert (answer.status_code, answer.json()["code"]) == (409, "another_in_force")
    assert decide(cast.dora, second, "reject", reason="One is enough.").status_code == 200
    assert decide(cast.dora, first, "withdraw", reason="Not needed.").json()["status"] == "WITHDRAWN"
    again = decide(cast.dora, first, "withdraw", reason="Not needed.")
    assert (again.status_code, again.json()["code"]) == (409, "decided_already")


def test_next_door_nothing_is_there(cast):
    asked = ask(cast.dora, cast.alice).json()["id"]
    assert decide(cast.sybil, asked, "approve").status_code == 404

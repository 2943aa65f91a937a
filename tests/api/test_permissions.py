"""The table of policies: complete, obeyed by default deny, and written down as it is. What it promises is tried in
``tests/api/matrix``."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import ERROR, run_checks
from rest_framework.views import APIView

from api import policies
from api.common import inventory
from api.common.permissions import DeclaredPolicy
from api.common.permissions_page import page
from api.policies import ALL, CENTER, OWN, YES, Hosts, Reach, may
from api.v1.groups.views import GroupViewSet
from apps.authentication.models import User
from tests.api.matrix.operations import operations
from tests.api.matrix.world import EVERYTHING, INSIDE
from tests.client import Api

ROOT = Path(__file__).resolve().parents[2]


def without(resource, action):
    rows = {name: rule for name, rule in policies.TABLE[resource].items() if name != action}
    return {**policies.TABLE, resource: rows}


def test_everything_that_is_served_has_a_row_and_each_row_is_served():
    assert inventory.findings() == []
    assert len(inventory.served()) > 200


def test_the_start_is_stopped_by_what_is_not_in_the_table(monkeypatch):
    monkeypatch.setattr(policies, "TABLE", without("groups", "destroy"))
    found = [message for message in run_checks() if message.id == "shiken.E010"]
    assert [message.msg for message in found] == [
        "DELETE /api/v1/groups/{id}/ has no policy, so it is refused to everybody."
    ]


@pytest.mark.parametrize(
    ("row", "id"),
    [
        ({"forgotten": {"list": may(admin=ALL)}}, "shiken.E011"),
        ({"owner-centers": {**policies.TABLE["owner-centers"], "list": may(owner=ALL, on=Hosts.BOTH)}}, "shiken.E012"),
        ({"groups": {**policies.TABLE["groups"], "list": may(admin=ALL, on=Hosts.MAIN)}}, "shiken.E012"),
    ],
)
def test_a_row_that_nothing_serves_there_is_found(monkeypatch, row, id):
    monkeypatch.setattr(policies, "TABLE", policies.TABLE | row)
    assert [(message.id, message.level) for message in inventory.findings()] == [(id, ERROR)]


def test_a_view_that_names_no_row_is_found(monkeypatch):
    monkeypatch.setattr(GroupViewSet, "resource", "")
    assert {message.id for message in inventory.findings()} == {"shiken.E010", "shiken.E011"}


@pytest.mark.django_db
def test_without_a_row_everybody_is_refused(cast, monkeypatch):
    monkeypatch.setattr(policies, "TABLE", without("groups", "list"))
    for person in (cast.dora, cast.carol, cast.alice, cast.gus):
        answer = Api(person).get("groups/")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert Api().get("groups/").status_code == 401


def test_every_view_of_the_api_is_guarded_by_the_table():
    for one in inventory.served():
        if one.method != "ws":
            assert isinstance(one.view, APIView), one.path
            assert one.view.permission_classes == [DeclaredPolicy], one.path


def test_each_route_is_in_a_document():
    documented = {(operation.is_main, operation.method, operation.path) for operation in operations()}
    served = {(one.is_main, one.method, one.path) for one in inventory.served() if one.method != "ws"}
    assert served == documented


def test_rows_name_people_that_there_are():
    roles = {*User.Role.values, policies.EVERYBODY}
    for resource, actions in policies.TABLE.items():
        for action, rule in actions.items():
            assert rule.roles, f"{resource} {action} is for nobody"
            assert rule.roles <= roles, f"{resource} {action}"
    with pytest.raises(ValueError, match="teachers"):
        may(teachers=ALL)


def test_the_narrower_word_wins():
    assert may(members=OWN, admin=ALL).grants == {
        "CENTER_ADMIN": ALL,
        "TEACHER": OWN,
        "STUDENT": OWN,
        "GUEST": OWN,
    }
    assert may(anybody=YES).roles == {"ANYBODY"}
    assert may(admin=YES).hosts == CENTER


def test_the_matrix_knows_who_is_inside_each_reach():
    assert INSIDE.keys() | EVERYTHING | {Reach.HOLDERS} == set(Reach)


def test_the_page_is_the_one_that_is_committed():
    assert (ROOT / "docs" / "permissions.md").read_text() == page(), "The table has changed: make openapi"


@pytest.mark.django_db
def test_teachers_read_the_tests_of_their_colleagues_and_write_only_their_own(cast):
    """Clients list all tests of the center to copy and assign them; what a teacher may change is what they wrote."""
    made = Api(cast.carol).post("mock-tests/", {"title": "Carol's"}).json()
    colleague = Api(cast.other_teacher)
    assert [test["id"] for test in colleague.get("mock-tests/").json()["results"]] == [made["id"]]
    assert colleague.get(f"mock-tests/{made['id']}/").status_code == 200
    copy = colleague.post(f"mock-tests/{made['id']}/clone/")
    assert copy.status_code == 201
    for client, id, status in ((colleague, made["id"], 403), (colleague, copy.json()["id"], 200)):
        assert client.patch(f"mock-tests/{id}/", {"title": "Cyril's"}).status_code == status
    refused = colleague.delete(f"mock-tests/{made['id']}/")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    assert Api(cast.dora).patch(f"mock-tests/{made['id']}/", {"title": "Dora's"}).status_code == 200

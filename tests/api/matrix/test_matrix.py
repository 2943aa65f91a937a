"""Every operation of both documents, asked by every kind of principal, against the table of policies."""

from __future__ import annotations

import sys
import time

import pytest
from rest_framework.permissions import AllowAny

from api import policies
from api.v1.groups.views import GroupViewSet
from apps.groups import queries as groups
from apps.groups.models import Group
from tests.api.matrix.operations import Operation, operations
from tests.api.matrix.walk import Walk, lines

pytestmark = pytest.mark.django_db


@pytest.fixture
def walk(world) -> Walk:
    return Walk(world)


def test_everybody_gets_what_the_table_says_and_nothing_else(walk, capsys):
    began = time.monotonic()
    walk.go(operations())
    seconds = time.monotonic() - began
    with capsys.disabled():
        sys.stdout.write(
            f"\nmatrix: {len(operations())} operations x {len(walk.world.principals)} principals, {walk.asked} requests,"
            f" {walk.checks} checks, {len(walk.wrong)} deviations, {seconds:.1f} s\n"
        )
    assert not walk.wrong, "\n".join(lines(walk.wrong))
    assert not walk.undecided, "no body gets past the shape, so nothing is learned:\n" + "\n".join(walk.undecided)
    assert walk.checks > 20 * len(operations())


# -- it can fail ---------------------------------------------------------------------------------------------------


def of_groups() -> list[Operation]:
    return [operation for operation in operations() if operation.resource == "groups"]


def test_the_groups_are_as_they_should_be(walk):
    """The other half of what follows."""
    walk.go(of_groups())
    assert not walk.wrong


def test_a_view_that_asks_nobody_is_noticed(walk, monkeypatch, caplog):
    monkeypatch.setattr(GroupViewSet, "permission_classes", [AllowAny])
    caplog.set_level("CRITICAL", "django.request")
    walk.go(of_groups())
    assert any(said.startswith("Bob at north.localhost: DELETE") for said in walk.wrong)


def test_a_view_that_asks_for_another_row_is_noticed(walk, monkeypatch):
    monkeypatch.setattr(GroupViewSet, "resource", "notifications")
    walk.go([operation for operation in of_groups() if operation.action in ("list", "retrieve")])
    walk.go([operation for operation in of_groups() if operation.action == "create"])
    assert any("Dora" in said and "groups_create" in said for said in walk.wrong)


def test_a_query_that_shows_too_much_is_noticed(walk, monkeypatch):
    monkeypatch.setattr(groups, "groups_for", lambda actor: Group.objects.filter(deleted_at=None))
    walk.go(of_groups())
    for name in ("Bob", "Gus", "Cyril"):
        assert any(said.startswith(name) and "GET /api/v1/groups/ " in said and "shows" in said for said in walk.wrong)
        assert any(said.startswith(name) and "GET /api/v1/groups/{id}/ " in said for said in walk.wrong)


def test_a_query_that_shows_too_little_is_noticed(walk, monkeypatch):
    monkeypatch.setattr(groups, "groups_for", lambda actor: Group.objects.none())
    walk.go(of_groups())
    for name in ("Alice", "Carol", "Dora"):
        assert any(said.startswith(name) and "GET /api/v1/groups/{id}/ " in said for said in walk.wrong)


def test_a_refusal_that_tells_foreign_from_unknown_is_noticed(walk, monkeypatch):
    class Telling(groups.GroupNotFound):
        message = "This group is not yours."

    def get(actor, group_id):
        group = groups.list_groups_for(actor).filter(pk=group_id).first()
        if group is None:
            raise Telling if Group.objects.filter(pk=group_id).exists() else groups.GroupNotFound
        return group

    monkeypatch.setattr(groups, "get_group_for", get)
    walk.go(of_groups())
    assert any("differs from an unknown id" in said for said in walk.wrong)


def test_an_operation_without_a_row_is_noticed(walk, monkeypatch):
    listed = of_groups()
    rows = {action: rule for action, rule in policies.TABLE["groups"].items() if action != "destroy"}
    monkeypatch.setattr(policies, "TABLE", {**policies.TABLE, "groups": rows})
    walk.go(listed)
    assert walk.wrong == ["center:groups_delete has no row in api/policies.py"]

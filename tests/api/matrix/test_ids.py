"""Ids wherever they may stand (path, query, body): whose they are is never told. Own, a sibling's, foreign and made up."""

from __future__ import annotations

import re
import sys
import time
import uuid
from collections.abc import Collection, Iterator
from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest

from api.policies import Reach
from apps.groups import queries as groups
from apps.groups.models import Group
from tests.api.matrix.operations import WRITES, Operation, ids_in, operations
from tests.api.matrix.walk import lines
from tests.api.matrix.world import NORTH, Bodies, Principal, World, ask, unknown_like, words
from tests.furnish import Furniture

pytestmark = pytest.mark.django_db

_TIME = re.compile(rb"20\d\d-\d\d-\d\dT[0-9:.]+(?:Z|\+00:00)")

_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def world(cast) -> World:
    return World(cast)


def things_of(furniture: Furniture) -> dict[str, uuid.UUID]:
    """One of each kind."""
    question = furniture.question
    rows = {
        "group": furniture.group,
        "membership": furniture.membership,
        "room": furniture.room,
        "attempt": furniture.attempt,
        "session": furniture.session,
        "notice": furniture.notice,
        "student": furniture.attempt.student,
        "test": furniture.test,
        "draft": furniture.draft,
        "question": question,
        "question group": question.group,
        "section": question.group.section,
    }
    return {kind: row.pk for kind, row in rows.items()}


class Comparison:
    """Asks with an id and with made-up ones: the answers must be the same but for the id itself."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bodies = Bodies(world)
        self.compared = 0
        self.wrong: list[str] = []
        self._made_up: dict[tuple[Any, ...], Any] = {}

    def everywhere(
        self, principal: Principal, furniture: Furniture, *, unless: Reach | None = None, only: Collection[str] = ()
    ) -> None:
        """In each place where this principal may put an id, unless what they reach there is ``unless``: in a path the
        thing that it is about, elsewhere things of all kinds, or of ``only`` these."""
        things = {kind: id for kind, id in things_of(furniture).items() if kind in (only or kind)}
        for operation in operations():
            reach = operation.reach_of(principal.role)
            if operation.is_main or reach in (None, unless):
                continue
            for place in places_of(operation):
                if place[0] == "path" and principal.reaches(operation.lookup_reach_of(principal.role)) and unless:
                    continue  # they may look at it, so there is nothing to hide
                right = self.world.thing(operation, furniture)
                here = things if place[0] != "path" else {"thing": right} if right else {}
                for kind, id in here.items():
                    self.one(operation, principal, place, kind, id)

    def one(self, operation: Operation, principal: Principal, place: Place, kind: str, id: Any) -> None:
        key = (operation, principal, place)
        if key not in self._made_up:
            self._made_up[key] = self._ask(operation, principal, place, unknown_like(id))
        said, unknown = self._ask(operation, principal, place, id), self._made_up[key]
        self.compared += 1
        if said != unknown:
            self.wrong.append(f"{principal}, {operation}, {place}: a {kind} -> {said[:2]} instead of {unknown[:2]}")

    def _ask(self, operation: Operation, principal: Principal, place: Place, id: Any) -> Any:
        kind, where = place
        path_id: Any = self.world.thing_for(operation, principal) if operation.has_id else None
        body, query = deepcopy(self.bodies.get(operation)), ""
        sent = [*_ID.findall(str(body).encode()), str(id).encode()]  # a refusal may name whatever was sent beside it
        if kind == "path":
            path_id = id
        elif kind == "query":
            query = f"?{where[0]}={id}"
        else:
            put(body, where, str(id))
        answer = ask(operation, host=principal.host, token=principal.token, id=path_id, body=body, query=query)
        status, content, headers = words(answer)
        for known in sent:
            content = content.replace(known, b"-")
        return status, _TIME.sub(b"-", content), headers


Place = tuple[str, tuple[str, ...]]


def places_of(operation: Operation) -> Iterator[Place]:
    if operation.has_id:
        yield "path", ()
    for name, shape in operation.queries.items():
        if shape.get("format") == "uuid":
            yield "query", (name,)
    if operation.method in WRITES:
        for where in ids_in(operation.body):
            yield "body", where


def put(body: Any, where: tuple[str, ...], value: str) -> None:
    """Write a value where the names lead; what is missing on the way is made."""
    for name, following in pairwise(where):
        empty: Any = [] if following == "[]" else {}
        if name == "[]":
            body[:] = body or [empty]
            body = body[0]
        else:
            body = body.setdefault(name, empty)
    if where[-1] == "[]":
        body[:] = [value]
    else:
        body[where[-1]] = value


def people(world: World, *names: str) -> list[Principal]:
    return [one for one in world.principals if one.name in names and one.role and one.host == NORTH]


def test_ids_of_the_other_center_are_answered_as_made_up_ones(world, capsys):
    began, comparison = time.monotonic(), Comparison(world)
    for principal in people(world, "Alice", "Carol", "Dora", "Gus"):
        comparison.everywhere(principal, world.south)
    with capsys.disabled():
        sys.stdout.write(f"\nforeign ids: {comparison.compared} comparisons in {time.monotonic() - began:.1f} s\n")
    assert not comparison.wrong, "\n".join(lines(comparison.wrong))
    assert comparison.compared > 500


def test_ids_of_others_of_the_center_are_answered_as_made_up_ones(world):
    """Bob and Gus are not in Alice's class or room, Cyril does not teach it."""
    hidden = ("group", "membership", "room", "attempt", "session", "notice", "student")
    comparison = Comparison(world)
    for principal in people(world, "Bob", "Gus", "Cyril"):
        comparison.everywhere(principal, world.north, unless=Reach.ALL, only=hidden)
    assert not comparison.wrong, "\n".join(lines(comparison.wrong))
    assert comparison.compared > 200


def test_their_own_ids_are_found(world):
    """The other half: with the people who reach them, the same ids in the same places make a difference."""
    comparison = Comparison(world)
    for principal in people(world, "Alice", "Carol", "Dora"):
        comparison.everywhere(principal, world.north)
    kinds = {said.partition(": a ")[2].partition(" ->")[0] for said in comparison.wrong}
    assert kinds >= {"thing", "group", "room", "attempt", "student", "test", "draft", "section"}
    places = {said.split(", (")[1].split(",")[0] for said in comparison.wrong}
    assert places == {"'path'", "'query'", "'body'"}


def test_a_query_that_tells_is_noticed(world, monkeypatch):
    monkeypatch.setattr(groups, "groups_for", lambda actor: Group.objects.filter(deleted_at=None))
    comparison = Comparison(world)
    for principal in people(world, "Cyril"):
        comparison.everywhere(principal, world.north, unless=Reach.ALL, only=["group"])
    places = {said.split(", (")[1].split(",")[0] for said in comparison.wrong}
    assert {"'path'", "'body'"} <= places

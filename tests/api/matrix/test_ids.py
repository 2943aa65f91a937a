"""Ids wherever they may stand (path, query, body): whose they are is never told. Own, a sibling's, foreign and made up."""

from __future__ import annotations

import re
import sys
import time
import uuid
from collections.abc import Collection, Iterable, Iterator
from copy import deepcopy
from itertools import pairwise, product
from typing import Any
from zlib import crc32

import pytest

from api.policies import Reach
from apps.groups import queries as groups
from apps.groups.models import Group
from tests.api.matrix.operations import WRITES, Operation, ids_in, operations
from tests.api.matrix.walk import lines
from tests.api.matrix.world import NORTH, WHOLE, Bodies, Principal, World, ask, unknown_like, words
from tests.furnish import Furniture

pytestmark = pytest.mark.django_db

_TIME = re.compile(rb"20\d\d-\d\d-\d\dT[0-9:.]+(?:Z|\+00:00)")

_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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
        self.bodies = world.bodies
        self.compared = 0
        self.wrong: list[str] = []
        self._made_up: dict[tuple[Any, ...], Any] = {}

    def everywhere(
        self,
        principals: list[Principal],
        furniture: Furniture,
        *,
        unless: Reach | None = None,
        only: Collection[str] = (),
        among: Iterable[Operation] = operations(),
    ) -> None:
        """In each place where these may put an id, unless what they reach there is ``unless``: in a path the thing that
        it is about, elsewhere what its name says and things of all kinds, or of ``only`` these."""
        things = {kind: id for kind, id in things_of(furniture).items() if kind in (only or kind)}
        for operation in among:
            askers = [one for one in principals if operation.reach_of(one.role) not in (None, unless)]
            if operation.is_main or not askers:
                continue
            right = self.world.thing(operation, furniture) if operation.has_id else None
            for principal in askers if right else ():
                # What they may look at need not be hidden.
                if not (unless and principal.reaches(operation.lookup_reach_of(principal.role))):
                    self.one(operation, principal, PATH, "thing", right)
            places = list(places_in(operation))
            tried = {
                (principal, place, things[kind]): kind
                for principal, place, kind in dealt(operation, askers, places, list(things))
            }
            for principal, place in product(askers, places):
                meant = named_by(place, furniture)
                kind = next((kind for kind, id in things.items() if id == meant), "" if only else "namesake")
                tried |= {(principal, place, meant): kind} if kind else {}
            for (principal, place, id), kind in tried.items():
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


PATH: Place = ("path", ())
OWN = "idempotency_key"
"""What senders make up themselves is no id of anything."""


def places_in(operation: Operation) -> Iterator[Place]:
    """Where ids stand besides the path."""
    for name, shape in operation.queries.items():
        if shape.get("format") == "uuid":
            yield "query", (name,)
    if operation.method in WRITES:
        for where in ids_in(operation.body):
            if where[-1] != OWN:
                yield "body", where


def named_by(place: Place, furniture: Furniture) -> uuid.UUID:
    name = next(name for name in reversed(place[1]) if name != "[]")
    return Bodies.id_named(name, furniture)


def dealt(
    operation: Operation, askers: list[Principal], places: list[Place], kinds: list[str]
) -> Iterator[tuple[Principal, Place, str]]:
    """Each kind somewhere, from somebody, always the same of an operation; ``make walks`` tries all with all."""
    if WHOLE or not places:
        yield from product(askers, places, kinds)
        return
    first = crc32(str(operation).encode())
    for turn in range(max(len(askers), len(places), len(kinds))):
        at = first + turn
        yield askers[at % len(askers)], places[at % len(places)], kinds[turn % len(kinds)]


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
    comparison.everywhere(people(world, "Alice", "Carol", "Dora", "Gus"), world.south)
    with capsys.disabled():
        sys.stdout.write(f"\nforeign ids: {comparison.compared} comparisons in {time.monotonic() - began:.1f} s\n")
    assert not comparison.wrong, "\n".join(lines(comparison.wrong))
    assert comparison.compared > 500


def test_ids_of_others_of_the_center_are_answered_as_made_up_ones(world):
    """Bob and Gus are not in Alice's class or room, Cyril does not teach it."""
    hidden = ("group", "membership", "room", "attempt", "session", "notice", "student")
    comparison = Comparison(world)
    comparison.everywhere(people(world, "Bob", "Gus", "Cyril"), world.north, unless=Reach.ALL, only=hidden)
    assert not comparison.wrong, "\n".join(lines(comparison.wrong))
    assert comparison.compared > 200


def test_their_own_ids_are_found(world):
    """The other half: with the people who reach them, the same ids in the same places make a difference."""
    comparison = Comparison(world)
    some = [operation for operation in operations() if WHOLE or crc32(str(operation).encode()) % 2 == 0]
    comparison.everywhere(people(world, "Alice", "Carol", "Dora"), world.north, among=some)
    kinds = {said.partition(": a ")[2].partition(" ->")[0] for said in comparison.wrong}
    assert kinds >= {"thing", "group", "room", "attempt", "student", "test", "draft", "section"}
    places = {said.split(", (")[1].split(",")[0] for said in comparison.wrong}
    assert places == {"'path'", "'query'", "'body'"}


def test_a_query_that_tells_is_noticed(world, monkeypatch):
    monkeypatch.setattr(groups, "groups_for", lambda actor: Group.objects.filter(deleted_at=None))
    comparison = Comparison(world)
    comparison.everywhere(people(world, "Cyril"), world.north, unless=Reach.ALL, only=["group"])
    places = {said.split(", (")[1].split(",")[0] for said in comparison.wrong}
    assert {"'path'", "'body'"} <= places

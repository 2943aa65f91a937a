"""One furnished world for all of the matrix: two centers, everybody who may come to their doors, and who reaches what."""

from __future__ import annotations

import functools
import io
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from PIL import Image

from api.common import tokens
from api.policies import CENTER_ADMIN, GUEST, OWNER, STUDENT, Reach
from apps.authentication.models import Invitation, Session, User
from apps.authentication.operations import people, sessions
from apps.core import tenancy
from tests.api.matrix import things
from tests.api.matrix.operations import WRITES, Operation, Shape, ids_in
from tests.cast import Cast
from tests.client import Api, access_token
from tests.furnish import Furniture, furnish, furnish_south

WHOLE = bool(os.environ.get("WHOLE_WALKS"))
"""Whether to try all there is, where some stand for the others."""
NORTH, SOUTH, MAIN = "north.localhost", "south.localhost", "localhost"

# The furniture is one story: Alice sits in Carol's class, in a room for that class, with a test that Carol wrote.
INSIDE: Mapping[Reach, frozenset[str]] = {
    Reach.OWN: frozenset({"Alice"}),
    Reach.WRITTEN: frozenset({"Carol"}),
    Reach.TAUGHT: frozenset({"Carol"}),
    Reach.STUDENTS: frozenset({"Carol"}),
    Reach.ROOMS: frozenset({"Carol"}),
    Reach.JOINED: frozenset({"Alice"}),
    Reach.ASSIGNED: frozenset({"Alice"}),
    Reach.HOSTED: frozenset({"Carol"}),
    Reach.PLAYED: frozenset({"Alice"}),
    Reach.NAMED: frozenset(),
    Reach.NOTHING: frozenset(),
}
EVERYTHING = {Reach.ALL, Reach.YES}
NOBODY = "new@north.test"


def _picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(written, "PNG")
    return written.getvalue()


PICTURE = _picture()


@dataclass(frozen=True)
class Principal:
    """Somebody at a door. ``role`` is what they are at this host; nothing for who is nobody there."""

    name: str
    host: str
    role: str = ""
    token: str = ""
    is_foreign: bool = False
    """They are at home at this host, and ask for things of the other center."""

    def __str__(self) -> str:
        return f"{self.name} at {self.host}"

    def reaches(self, reach: Reach | None) -> bool:
        """Whether the furniture of north is inside."""
        if reach is None or self.is_foreign:
            return False
        return reach in EVERYTHING or self.name in INSIDE[reach]


class World:
    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.south = furnish_south(cast)
        self.north = furnish(cast)
        self.principals = _principals(cast)
        self._things = {
            self.north: things.of_center(cast, cast.north, cast.alice, cast.dora),
            self.south: things.of_center(cast, cast.south, cast.mallory, cast.sybil),
        }
        self._on_main = things.of_main_host(cast, cast.north.id, self._things[self.north]["acting"])
        self.code = Invitation.objects.latest("created_at").code
        self.bodies = Bodies(self)

    def thing(self, operation: Operation, furniture: Furniture | None = None) -> Any:
        """What stands for the id in the path: a thing of north unless told otherwise, or of the main host."""
        furniture = furniture or self.north
        part = operation.path.removeprefix("/api/v1/").partition("/{")[0]
        beside = self._on_main if operation.is_main else self._things[furniture]
        found = beside.get(operation.id) or beside.get(part)
        return found if operation.is_main else found or furniture.id_for(operation.path)

    def thing_for(self, operation: Operation, principal: Principal) -> Any:
        """Takers are assigned the published test, not the draft that is there to be changed."""
        thing = self.thing(operation)
        if operation.resource == "mock-tests" and principal.role in (STUDENT, GUEST) and not isinstance(thing, tuple):
            return self.north.test.pk
        return thing


def _principals(cast: Cast) -> list[Principal]:
    northerners = [cast.alice, cast.bob, cast.carol, cast.other_teacher, cast.gus, cast.dora]
    southerners = [cast.mallory, cast.trent, cast.sybil]
    found = [Principal("a stranger", host) for host in (NORTH, MAIN)]
    found += [Principal("a forger", host, token="e30.e30.e30") for host in (NORTH, MAIN)]
    found += [Principal(user.first_name, NORTH, user.role, access_token(user)) for user in northerners]
    found.append(Principal("Olga", MAIN, OWNER, access_token(cast.olga)))
    # Tokens that are good elsewhere.
    found.append(Principal("Olga, an owner", NORTH, token=access_token(cast.olga)))
    found += [Principal(f"{user.first_name} of south", NORTH, token=access_token(user)) for user in southerners]
    found += [Principal(f"{user.first_name} of north", MAIN, token=access_token(user)) for user in northerners[:1]]
    found += [Principal(f"{cast.dora.first_name} of north", MAIN, token=access_token(cast.dora))]
    # People who are at home next door, and ask there for what is in north.
    found += [Principal(user.first_name, SOUTH, user.role, access_token(user), is_foreign=True) for user in southerners]
    for host, tenant, role in ((NORTH, cast.north, CENTER_ADMIN), (MAIN, tenancy.PUBLIC, OWNER)):
        found += _former(cast, host, tenant, role)
    return found


def _former(cast: Cast, host: str, tenant: tenancy.Tenant, role: str) -> list[Principal]:
    """People whose token was good once, or is not good yet."""
    names = ("Disa", "Rex", "Una", "Ed")
    disabled, revoked, unapproved, late = (cast.person(name, role, tenant) for name in names)
    old = {user.first_name: access_token(user) for user in (disabled, revoked, unapproved)}
    with patch.object(tokens.time, "time", lambda: (timezone.now() - timedelta(days=2)).timestamp()):
        expired = access_token(late)
    with tenancy.enter(tenant):
        people.deactivate(user_id=disabled.pk)
        sessions.end_session(session_id=Session.objects.get(user_id=revoked.pk).pk)
        User.objects.filter(pk=unapproved.pk).update(is_approved=False)
    return [
        Principal("Disa, disabled", host, token=old["Disa"]),
        Principal("Rex, signed out", host, token=old["Rex"]),
        Principal("Una, not approved", host, token=old["Una"]),
        Principal("Ed, too late", host, token=expired),
        Principal("Ed, with a refresh token", host, token="refresh" + expired[7:]),
    ]


# -- asking --------------------------------------------------------------------------------------------------------


def ask(
    operation: Operation,
    *,
    host: str,
    token: str = "",
    id: object = None,
    body: Any = None,
    query: str = "",
    is_kept: bool = False,
) -> Any:
    """One request; what it did is undone, in the database and in what this process remembers of centers."""
    given = iter(id if isinstance(id, tuple) else [id])
    path = re.sub(r"{\w+}", lambda _: str(next(given, None) or uuid.uuid4()), operation.path)
    how: dict[str, Any] = {}
    values = body.values() if isinstance(body, dict) else ()
    files = [value for value in values if isinstance(value, SimpleUploadedFile)]
    if operation.method != "get":
        is_form = files or operation.content_type.startswith("multipart/")
        how["format"] = "multipart" if is_form else "json"
    for file in files:
        file.seek(0)  # it may have been sent before
    with transaction.atomic():
        try:
            client = _client(host, token)
            client.cookies.clear()
            return getattr(client, operation.method)(path + query, {} if body is None else body, **how)
        finally:
            transaction.set_rollback(not is_kept)
            if operation.is_main and operation.method != "get":
                tenancy.forget()


@functools.lru_cache
def _client(host: str, token: str) -> Api:
    """One for all requests of somebody: to make the middleware anew takes as long as many an answer."""
    client = Api(host=host, token=token)
    client.raise_request_exception = False
    return client


def unknown_like(id: Any) -> Any:
    """An id of the same kind that nothing has."""
    if isinstance(id, tuple):
        return tuple(map(unknown_like, id))
    return 2_000_000_011 if isinstance(id, int) else uuid.uuid4()


def words(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    """An answer, byte for byte, but for the number of the request."""
    request_id = answer.headers["X-Request-ID"]
    headers = {name: value for name, value in answer.headers.items() if name not in ("X-Request-ID", "Content-Length")}
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, content.replace(request_id.encode(), b"-"), headers


# -- bodies --------------------------------------------------------------------------------------------------------


class Bodies:
    """For each operation a body that gets past the check of its shape, so that what is asked for is looked at."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: dict[Operation, Any] = {}
        self._email = NOBODY

    def get(self, operation: Operation) -> Any:
        if operation not in self._known:
            self._known[operation] = self._find(operation) if operation.method in WRITES else {}
        return self._known[operation]

    def _find(self, operation: Operation) -> Any:
        several = reversed([one for one in self.world.principals if may_have(operation, one)])
        somebody = {(one.role, one.host): one for one in several}.values()  # the first of each role
        first: Any = None
        for email in (NOBODY, self.world.cast.dora.email):
            self._email = email
            for body in ({}, self.fill(operation.body), self.fill(operation.body, everything=True)):
                for principal in somebody:
                    id = self.world.thing_for(operation, principal)
                    answer = ask(operation, host=principal.host, token=principal.token, id=id, body=body)
                    if answer.status_code not in (400, 404, 413, 415, 422):
                        return body
                    first = body if first is None and answer.status_code == 404 else first
        return first or self.fill(operation.body)

    def fill(self, shape: Shape, *, everything: bool = False) -> dict[str, Any]:
        fields = shape.get("properties", {})
        wanted = fields if everything else shape.get("required", [])
        return {name: self.sample(name, fields[name], everything) for name in wanted if name in fields}

    def sample(self, name: str, shape: Shape, everything: bool = False) -> Any:
        if shape.get("format") == "uuid":
            return str(self.id_named(name, self.world.north))
        if "enum" in shape:
            return shape["enum"][0]
        if name == "code":
            return self.world.code
        if shape.get("format") == "binary":
            return SimpleUploadedFile("a.png", PICTURE, content_type="image/png")
        match shape.get("type"):
            case "array":
                return [self.sample(name, shape["items"], everything)]
            case "object":
                return self.fill(shape, everything=everything)
            case "integer" | "number":
                return shape.get("minimum", 1)
            case "boolean":
                return True
        soon = (timezone.now() + timedelta(days=1)).isoformat()
        made = {"email": self._email, "date-time": soon, "decimal": "1", "uri": "https://example.com/"}
        return made.get(str(shape.get("format", "")), "something 77")

    @staticmethod
    def id_named(name: str, furniture: Furniture) -> uuid.UUID:
        """The thing that a field of this name is about."""
        return {
            "group": furniture.question.group.pk,
            "section": furniture.question.group.section.pk,
            "group_id": furniture.group.pk,
            "group_ids": furniture.group.pk,
            "assigned_group_ids": furniture.group.pk,
            "mock_test": furniture.test.pk,
            "quiz": furniture.quiz.pk,
            "mock_test_ids": furniture.test.pk,
            "quiz_ids": furniture.quiz.pk,
            "item_id": furniture.quiz.pk,
            "homework_assignment_id": furniture.homework.pk,
            "exam_assignment_id": furniture.room.pk,
            "submission_id": furniture.attempt.pk,
            "attempt_id": furniture.attempt.pk,
            "center": furniture.center.pk,
            "center_id": furniture.center.pk,
            "question_id": furniture.question.pk,
            "question_ids": furniture.bank_question.pk,
            "player": furniture.player.pk,
        }.get(name, furniture.attempt.student.pk)


def may_have(operation: Operation, principal: Principal) -> bool:
    """Whether the operation with the thing of north is theirs, by the table."""
    if operation.is_main != (principal.host == MAIN):
        return False
    if operation.is_for_everybody:
        return True
    reach = operation.reach_of(principal.role)
    if operation.is_main:
        return reach is not None
    names_things = operation.has_id or (operation.method in WRITES and any(True for _ in ids_in(operation.body)))
    return principal.reaches(reach if names_things or reach is None else Reach.YES)

"""Every operation of both documents, as every kind of person, against the policy it declares."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator
from rest_framework.views import APIView

from api.common.permissions import ANYBODY, declared_policy
from apps.authentication.models import User
from apps.authentication.operations import people
from apps.core import tenancy
from tests.cast import Cast
from tests.client import Api, access_token
from tests.furnish import furnish, furnish_south

CENTER, MAIN = "config.urls", "config.urls_public"
JSON = "application/json"
METHODS = {"get", "post", "put", "patch", "delete"}


@dataclass(frozen=True)
class Operation:
    urlconf: str
    method: str
    path: str
    id: str
    roles: frozenset[str]
    content_type: str
    body: Any

    @property
    def host(self) -> str:
        return "localhost" if self.urlconf == MAIN else "north.localhost"

    def __str__(self) -> str:
        return f"{'main' if self.urlconf == MAIN else 'center'}:{self.id}"


def _operations() -> Iterator[Operation]:
    for urlconf in (CENTER, MAIN):
        document = SchemaGenerator(urlconf=urlconf).get_schema(request=None, public=True)
        for path, item in document["paths"].items():
            for method in METHODS & set(item):
                operation = item[method]
                contents = operation.get("requestBody", {}).get("content", {JSON: {}})
                kind = JSON if JSON in contents else next(iter(contents))
                body = _sample(contents[kind].get("schema", {}), document["components"]["schemas"])
                roles = frozenset(operation["x-roles"])
                yield Operation(urlconf, method, path, operation["operationId"], roles, kind, body)


def _sample(schema: dict[str, Any], shapes: dict[str, Any]) -> Any:
    """A body of the right shape: what is required, or everything where nothing is."""
    for key in ("allOf", "oneOf"):
        if key in schema:
            return _sample(schema[key][0], shapes)
    if "$ref" in schema:
        return _sample(shapes[schema["$ref"].rsplit("/", 1)[1]], shapes)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "array":
            return [_sample(schema["items"], shapes)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "string":
            made = {"uuid": str(uuid.uuid4()), "email": "new@north.test", "date-time": "2030-01-01T00:00:00Z"}
            return made.get(schema.get("format", ""), "something 77")
    fields = schema.get("properties", {})
    return {name: _sample(fields[name], shapes) for name in schema.get("required", fields) if name in fields}


OPERATIONS = sorted(_operations(), key=str)
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


def call(operation: Operation, token: str = "", *, id: uuid.UUID | None = None, body: Any = None) -> Any:
    """One request, with an empty body and random ids unless others are given; what it did is undone."""
    path = re.sub(r"{\w+}", lambda _: str(id or uuid.uuid4()), operation.path)
    how: dict[str, Any] = {}
    if operation.method != "get":
        how["format"] = "multipart" if operation.content_type.startswith("multipart/") else "json"
    with transaction.atomic():
        try:
            return getattr(Api(host=operation.host, token=token), operation.method)(path, body or {}, **how)
        finally:
            transaction.set_rollback(True)


def principals(cast: Cast, operation: Operation) -> dict[str, tuple[str, str]]:
    """Name -> (role at this host, or nothing for who is nobody there; token)."""
    here = tenancy.PUBLIC if operation.urlconf == MAIN else cast.north
    known = {
        "Alice": cast.alice,
        "Bob": cast.bob,
        "Carol": cast.carol,
        "Cyril": cast.other_teacher,
        "Gus": cast.gus,
        "Dora": cast.dora,
        "Olga": cast.olga,
        "Mallory": cast.mallory,
        "Trent": cast.trent,
        "Sybil": cast.sybil,
    }
    found = {name: (user.role if user.tenant.id == here.id else "", access_token(user)) for name, user in known.items()}
    role = "OWNER" if operation.urlconf == MAIN else "CENTER_ADMIN"
    disabled = cast.person("Disa", role, here)
    revoked = cast.person("Rex", role, here)
    found |= {"Disa, disabled": ("", access_token(disabled)), "Rex, signed out": ("", access_token(revoked))}
    with tenancy.enter(here):
        people.deactivate(user_id=disabled.pk)
        people.change_role(user_id=revoked.pk, role=role)
    return found | {"a stranger": ("", ""), "a forger": ("", "e30.e30.e30")}


@every_operation
@pytest.mark.django_db
def test_lets_in_whom_the_policy_names_and_answers_privately(cast, operation):
    assert operation.roles, "declares no policy"
    for name, (role, token) in principals(cast, operation).items():
        answer = call(operation, token)
        said = f"{name} got {answer.status_code}: {getattr(answer, 'content', b'')[:300]!r}"
        assert answer.status_code < 500, said
        check_headers(answer)
        if operation.roles == ANYBODY:
            continue
        if not role:
            assert answer.status_code == 401, said
            assert answer.json()["code"] == "not_signed_in", said
        elif role in operation.roles:
            assert answer.status_code != 401, said
            assert answer.status_code != 403 or answer.json()["code"] != "forbidden", said
        else:
            assert answer.status_code == 403, said
            assert answer.json()["code"] == "forbidden", said


def check_headers(answer: Any) -> None:
    """Nobody on the way keeps it, and no browser takes it for a page."""
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert {"Authorization", "Host"} <= set(answer.headers["Vary"].split(", "))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["X-Request-ID"]


# -- what is not theirs is not there ---------------------------------------------------------------------------------

# Whose signature opens it for whoever has it; tested where it is made.
SIGNED = {"media_retrieve"}
# Teachers may look at, and copy, what their colleagues wrote.
SHARED = ("/api/v1/mock-tests/", "/api/v1/test-sections/", "/api/v1/question-groups/", "/api/v1/questions/")
WITH_ID = [operation for operation in OPERATIONS if "{" in operation.path and operation.id not in SIGNED]


def compare(operation: Operation, token: str, id: uuid.UUID) -> tuple[str, int]:
    """What is wrong, if this id is answered otherwise than a made-up one; and the status."""
    body = operation.body if operation.method in {"post", "put", "patch"} else None
    answers = [call(operation, token, id=asked, body=body) for asked in (id, uuid.uuid4())]
    said = [(answer.status_code, answer.json() if answer.content else None) for answer in answers]
    for _, document in said:
        document and document.pop("request_id", None)
    headers = [set(answer.headers) for answer in answers]
    if said[0] != said[1] or headers[0] != headers[1] or said[0][0] < 400:
        return f"{operation}: {said[0]} instead of {said[1]}", said[0][0]
    return "", said[0][0]


@pytest.mark.django_db
def test_every_id_in_a_path_can_be_filled(cast):
    furniture = furnish(cast)
    unknown = [
        str(operation) for operation in WITH_ID if operation.urlconf == CENTER and not furniture.id_for(operation.path)
    ]
    assert not unknown, "say in tests/furnish.py what stands for the id"


@pytest.mark.django_db
def test_ids_of_another_center_are_answered_as_made_up_ones(cast):
    southern = furnish_south(cast)
    furnish(cast)
    wrong, statuses = [], []
    for operation in WITH_ID:
        if operation.urlconf != CENTER:
            continue
        for person in (cast.alice, cast.carol, cast.dora, cast.gus):
            if person.role in operation.roles:
                problem, status = compare(operation, access_token(person), southern.id_for(operation.path))
                wrong.append(problem)
                statuses.append((status, f"{operation} {person.first_name}"))
    assert not [problem for problem in wrong if problem]
    # A body that is refused by itself is refused before the id is looked at.
    assert not [who for status, who in statuses if status != 404 and not (status == 422 and "_update" in who)]


@pytest.mark.django_db
def test_what_belongs_to_others_of_the_center_is_answered_as_made_up_ids(cast):
    """Bob and Gus are not in Alice's group or room, Cyril does not teach it; none of them finds any of it."""
    northern = furnish(cast)
    wrong, tried = [], 0
    for operation in WITH_ID:
        if operation.urlconf != CENTER or operation.path.startswith(SHARED):
            continue
        for person in (cast.bob, cast.gus, cast.other_teacher):
            if person.role in operation.roles:
                problem, status = compare(operation, access_token(person), northern.id_for(operation.path))
                wrong.append(problem or (f"{operation} {person}: {status}" if status != 404 else ""))
                tried += 1
    assert not [problem for problem in wrong if problem]
    assert tried > 30


@pytest.mark.django_db
def test_their_owners_do_find_them(cast):
    """The other half of the two tests above: with the right person the same ids are found."""
    northern = furnish(cast)
    found = 0
    for operation in WITH_ID:
        if operation.urlconf != CENTER or operation.method != "get":
            continue
        for person in (cast.alice, cast.dora):
            if person.role in operation.roles:
                answer = call(operation, access_token(person), id=northern.id_for(operation.path))
                found += answer.status_code == 200
    assert found > 15


# -- every view declares ---------------------------------------------------------------------------------------------


def _views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        place = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, place)
        elif isinstance(pattern, URLPattern):
            yield place, pattern.callback


@pytest.mark.parametrize("urlconf", [CENTER, MAIN])
def test_every_view_of_the_api_declares_a_policy_for_all_it_serves(urlconf):
    served = 0
    for place, callback in _views(get_resolver(urlconf).url_patterns):
        if not place.startswith("api/v1/"):
            continue
        view = getattr(callback, "cls", None)
        assert view is not None, f"{place} is no API view"
        assert issubclass(view, APIView), place
        actions: dict[str, str] = getattr(callback, "actions", None) or {
            method: method for method in METHODS if hasattr(view, method)
        }
        for method, action in actions.items():
            instance = view(**callback.initkwargs)
            instance.action = action
            policy = declared_policy(instance, method)
            assert policy, f"{view.__name__}.{action} at {place} declares no policy"
            roles = {*User.Role.values}
            assert policy == ANYBODY or policy <= roles, f"{view.__name__}.{action} names unknown roles"
            served += 1
    assert served


def test_the_walk_sees_what_is_served():
    """Each route of the API is in a document, so that no operation is walked past."""
    for urlconf in (CENTER, MAIN):
        documented = {
            (re.sub(r"{\w+}", "{}", operation.path), operation.method)
            for operation in OPERATIONS
            if operation.urlconf == urlconf
        }
        for place, callback in _views(get_resolver(urlconf).url_patterns):
            if place.startswith("api/v1/") and hasattr(callback, "cls"):
                methods = getattr(callback, "actions", None) or [m for m in METHODS if hasattr(callback.cls, m)]
                path = re.sub(r"<[^>]+>", "{}", f"/{place}")
                for method in METHODS & set(methods):
                    assert (path, method) in documented, f"{method} {path} is served and not documented"

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

CENTER, MAIN = "config.urls", "config.urls_public"
METHODS = {"get", "post", "put", "patch", "delete"}


@dataclass(frozen=True)
class Operation:
    urlconf: str
    method: str
    path: str
    id: str
    roles: frozenset[str]
    content_type: str

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
                kinds = list(operation.get("requestBody", {}).get("content", {"application/json": {}}))
                kind = "application/json" if "application/json" in kinds else kinds[0]
                roles = frozenset(operation["x-roles"])
                yield Operation(urlconf, method, path, operation["operationId"], roles, kind)


OPERATIONS = sorted(_operations(), key=str)
every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


def call(operation: Operation, token: str = "", ids: dict[str, Any] | None = None) -> Any:
    """One request with an empty body; what it did is undone. Path parameters are random unless ``ids`` names them."""
    path = re.sub(r"{(\w+)}", lambda found: str((ids or {}).get(found[1]) or uuid.uuid4()), operation.path)
    body: dict[str, Any] = {}
    if operation.method != "get":
        body["format"] = "multipart" if operation.content_type.startswith("multipart/") else "json"
    with transaction.atomic():
        try:
            return getattr(Api(host=operation.host, token=token), operation.method)(path, {}, **body)
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
    found = {
        name: (user.role if user.tenant.id == here.id else "", access_token(user)) for name, user in known.items()
    }
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
def test_lets_in_exactly_whom_the_policy_names(cast, operation):
    assert operation.roles, "declares no policy"
    for name, (role, token) in principals(cast, operation).items():
        answer = call(operation, token)
        said = f"{name} got {answer.status_code}: {answer.content[:300]!r}"
        assert answer.status_code < 500, said
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


@every_operation
@pytest.mark.django_db
def test_answers_carry_the_headers_that_keep_them_private(cast, operation):
    asking = cast.olga if operation.urlconf == MAIN else cast.dora
    for token in (access_token(asking), ""):
        answer = call(operation, token)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert {"Authorization", "Host"} <= set(answer.headers["Vary"].split(", "))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Request-ID"]


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

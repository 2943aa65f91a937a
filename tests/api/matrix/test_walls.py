"""What no view should ever see, sent to every address: the answer is a refusal in one shape, and never an error of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from typing import Any

import pytest
from django.db import transaction

from tests.api.matrix.operations import WRITES, operations
from tests.api.matrix.walk import PRIVATE, PROBLEM, lines
from tests.api.matrix.world import MAIN, NORTH, World, ask, may_have
from tests.client import Api

pytestmark = pytest.mark.django_db

ADDRESSES = sorted({(operation.is_main, operation.path) for operation in operations()}, key=str)
NOTHING = "3f2b8a52-0000-4000-8000-000000000000"


def filled(path: str) -> str:
    return re.sub(r"{\w+}", NOTHING, path.replace("{number}", "1"))


def what_is_wrong(answer: Any, *statuses: int) -> str:
    """Nothing, if it is a problem document of one of these statuses."""
    if answer.status_code not in statuses:
        return f"{answer.status_code} {answer.content[:200]!r}"
    if answer.headers["Content-Type"] != "application/problem+json":
        return f"{answer.headers['Content-Type']} {answer.content[:100]!r}"
    body = answer.json()
    is_whole = body.keys() >= PROBLEM and body["status"] == answer.status_code
    if not is_whole or body["request_id"] != answer.headers["X-Request-ID"]:
        return f"{body}"
    missed = [name for name, value in PRIVATE.items() if answer.headers.get(name) != value]
    return f"without {missed}" if missed else ""


@pytest.fixture
def olga(cast) -> Api:
    return Api(cast.olga)


@pytest.fixture
def dora(cast) -> Api:
    return Api(cast.dora)


def test_a_method_that_an_address_does_not_know_is_told_to_everybody(olga, dora):
    wrong = []
    for is_main, path in ADDRESSES:
        known = {one.method.upper() for one in operations() if (one.is_main, one.path) == (is_main, path)}
        for client in (Api(host=MAIN if is_main else NORTH), olga if is_main else dora):
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - known:
                answer = client.generic(method, filled(path))
                said = what_is_wrong(answer, 405)
                allowed = set(re.split(r",\s*", answer.headers.get("Allow", "")))
                if said or not known <= allowed or method in allowed:
                    wrong.append(f"{method} {path}: {said} Allow: {allowed}")
    assert not wrong, "\n".join(lines(wrong))


def test_options_tells_the_methods_and_nothing_else(dora):
    for client in (Api(), dora):
        answer = client.options("groups/")
        assert (answer.status_code, answer.json()) == (200, {"methods": ["GET", "POST", "HEAD", "OPTIONS"]})


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "image/png, text/*;q=0.5", "nonsense"])
def test_whoever_accepts_no_json_is_told_so(dora, accept):
    for path in ("groups/", "users/", f"groups/{NOTHING}/"):
        assert not what_is_wrong(dora.get(path, headers={"accept": accept}), 406)


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json;q=0.1, text/html"])
def test_whoever_accepts_json_gets_it(dora, accept):
    answer = dora.get("groups/", headers={"accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


def test_a_parameter_called_format_changes_nothing(dora):
    assert dora.get("auth/me/?format=xml").status_code == 200
    answer = dora.get("groups/?format=xml")
    assert not what_is_wrong(answer, 422)
    assert answer.json()["errors"][0]["pointer"] == "/format"


KINDS = [
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=" + "x" * 300,
    'multipart/form-data; boundary="é"',
    "multipart/form-data; boundary=a\tb",
    "multipart/mixed; boundary=x",
    "application/x-www-form-urlencoded",
    "text/plain",
    "application/xml",
    "application/json; charset=utf-7",
    "application/json; charset=nonsense",
    "application/jsonx",
    "nonsense",
    "",
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_kind_of_body_is_refused_in_words(dora, cast, kind):
    for client, path in [
        (Api(), "auth/login/"),
        (dora, "groups/"),
        (dora, "media-uploads/"),
        (dora, "mock-tests/import/"),
    ]:
        answer = client.generic("POST", path, b"--x\r\nnonsense", content_type=kind)
        said = what_is_wrong(answer, 400, 406, 413, 415, 422)
        assert not said, f"{path}: {said}"


@pytest.mark.parametrize("is_debug", [False, True])
@pytest.mark.parametrize(
    "path", ["/api/v1/nowhere/", "/api/v1/", "/api/", "/api/v2/groups/", "/api/v1/groups/nonsense/"]
)
def test_an_unknown_address_is_a_problem_also_while_developing(cast, settings, path, is_debug):
    settings.DEBUG = is_debug
    for host in (NORTH, MAIN):
        for client in (Api(host=host), Api(cast.dora)):
            for method in ("GET", "POST", "DELETE"):
                answer = client.generic(method, path)
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
                assert answer.headers["Content-Type"] == "application/problem+json"
                assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
                assert int(answer.headers.get("Content-Length", len(answer.content))) == len(answer.content)


HOSTILE = {
    "a NUL": r'"a\u0000b"',
    "a half character": r'"\ud800"',
    "beyond all measure": "1e999",
    "a long number": "9" * 400,
    "below nothing": "-1",
    "deep": "[" * 300 + "]" * 300,
    "a list": "[1]",
    "an object": '{"a": 1}',
    "nothing": "null",
    "yes": "true",
    "long": '"' + "x" * 20_000 + '"',
}


def test_a_hostile_value_in_any_field_is_never_an_error_of_ours(world, caplog):
    """Each field of each operation by itself, beside others that are as they should be, with some of these in turn."""
    caplog.set_level("CRITICAL", "django.request")
    bodies, turns = world.bodies, cycle(HOSTILE)
    wrong, sent = [], 0
    for operation in operations():
        somebody = next((one for one in world.principals if one.role and may_have(operation, one)), None)
        if operation.method not in WRITES or somebody is None or operation.content_type != "application/json":
            continue
        address = address_of(world, operation, somebody)
        client = Api(host=somebody.host, token=somebody.token)
        client.raise_request_exception = False
        plain = bodies.get(operation)
        for name, hostile in in_turn(operation.body.get("properties", {}), turns):
            text = json.dumps({**plain, name: "~here~"}).replace('"~here~"', HOSTILE[hostile])
            answer = undone(client, operation.method, address, text)
            sent += 1
            if answer.status_code >= 500 or (answer.status_code >= 400 and what_is_wrong(answer, answer.status_code)):
                wrong.append(f"{operation} {name}, {hostile}: {answer.status_code} {answer.content[:160]!r}")
    assert not wrong, "\n".join(lines(wrong))
    assert sent > 300


def in_turn(names: Iterable[str], values: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Each name with the next two values; over all operations every value comes often."""
    for name in names:
        for value in islice(values, 2):
            yield name, value


def address_of(world: World, operation: Any, principal: Any) -> str:
    ids = world.thing_for(operation, principal) if operation.has_id else None
    given = iter(ids if isinstance(ids, tuple) else [ids])
    return re.sub(r"{\w+}", lambda _: str(next(given, None) or NOTHING), operation.path)


def undone(client: Api, method: str, path: str, text: str) -> Any:
    with transaction.atomic():
        try:
            return client.generic(method.upper(), path, text, content_type="application/json")
        finally:
            transaction.set_rollback(True)


QUERIES = ["%00", "%ff", "-1", "1e999", "9" * 400, "[]", "'", "a" * 5000, "%F0%9F%98%80"]


def test_a_hostile_parameter_is_never_an_error_of_ours(world, caplog):
    caplog.set_level("CRITICAL", "django.request")
    wrong, turns = [], cycle(QUERIES)
    for operation in operations():
        somebody = next((one for one in world.principals if one.role and may_have(operation, one)), None)
        if operation.method != "get" or somebody is None:
            continue
        id = world.thing_for(operation, somebody) if operation.has_id else None
        for name, value in in_turn(sorted({*operation.queries, "page", "page_size", "nonsense"}), turns):
            answer = ask(operation, host=somebody.host, token=somebody.token, id=id, query=f"?{name}={value}")
            if answer.status_code >= 500:
                wrong.append(f"{operation} {name}={value}: {answer.status_code} {answer.content[:160]!r}")
    assert not wrong, "\n".join(lines(wrong))

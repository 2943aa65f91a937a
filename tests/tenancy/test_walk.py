"""Every operation of a center's API, asked by people of the other center for things that are not theirs.

The operations come from the OpenAPI document and the things from exploring the API, so a new endpoint is walked as soon
as it exists.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests import lasting
from tests.cast import Cast
from tests.client import Api, access_token
from tests.tenancy import world
from tests.tenancy.world import Found, Operation

ANYBODY = frozenset({"ANYBODY"})
NOTHING = "3f2b8a52-0000-4000-8000-000000000000"


pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def listed():
    return world.operations()


@pytest.fixture(scope="module")
def people(both):
    """Those who are there all the time, of north and of south."""
    north, south = both
    return Cast(north=north, south=south), Cast(north=south, south=north)


@pytest.fixture(scope="module")
def northern(people, listed, django_db_blocker) -> Iterator[Found]:
    """What is in north, with both centers full."""
    cast, mirror = people

    def make() -> Found:
        world.populate(mirror)
        world.populate(cast)
        return world.explore([cast.dora, cast.carol, cast.alice, cast.bob], listed)

    with lasting.rows(django_db_blocker, cast.north, make) as found:
        yield found


@pytest.fixture
def cast(northern, people) -> Cast:
    return copy.copy(people[0])


@pytest.fixture
def mirror(northern, people) -> Cast:
    """The same people, in south."""
    return copy.copy(people[1])


@pytest.fixture
def southerners(mirror) -> dict[str, Api]:
    """Clients of people of south, on their own host."""
    return {"CENTER_ADMIN": Api(mirror.dora), "TEACHER": Api(mirror.carol), "STUDENT": Api(mirror.alice)}


def ask(client: Api, operation: Operation, path: str, body: Any = None) -> Any:
    """One request; what it did is undone."""
    with transaction.atomic():
        try:
            return getattr(client, operation.method)(path, body or {})
        finally:
            transaction.set_rollback(True)


def leaks(answer: Any, found: Found, tenant: Any, sent: str = "") -> list[str]:
    """What of the other center stands in an answer, besides what was sent."""
    text = "" if answer.streaming else answer.content.decode(errors="replace")
    return [
        *(word for word in world.canaries(tenant) if word in text),
        *(one for one in set(world.UUID.findall(text)) & found.ids if one not in sent),
    ]


def _every(listed: list[Operation], found: Found) -> Iterator[tuple[Operation, str]]:
    for operation in listed:
        one = found.good.get(operation.path) or found.good.get(operation.resource)
        if operation.is_about_one and one:
            yield operation, one


def test_nobody_of_south_finds_anything_of_north(cast, northern, southerners, listed):
    """Each refusal is the one for a thing that does not exist, word for word."""
    about_one = [operation for operation in listed if operation.method == "get" and operation.is_about_one]
    missed = [operation.id for operation in about_one if operation.path not in northern.good]
    # Some can be named by whoever asks only; ``matrix/test_ids.py`` tries every one with an id that is good.
    assert len(missed) <= len(about_one) / 4, f"nobody of north gets an answer from {missed}"
    assert any("canary test of north" in text for text in northern.texts)
    asked = 0
    for operation, one in _every(listed, northern):
        for role, client in southerners.items():
            answer = ask(client, operation, operation.at(one))
            said = f"{role} {operation.method} {operation.at(one)}: {answer.status_code} {answer.content[:200]!r}"
            if operation.roles != ANYBODY and role not in operation.roles:
                assert answer.status_code == 403, said
            elif operation.method in ("get", "delete"):
                assert answer.status_code == 404, said
            else:
                assert answer.status_code in (404, 415, 422), said
            assert not leaks(answer, northern, cast.north, sent=one), said
            assert _words(answer) == _words(ask(client, operation, operation.at(NOTHING))), said
            asked += 1
    assert asked > 60


def _words(answer: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    return answer.status_code, {**answer.json(), "request_id": ""}, headers


def test_lists_and_filters_hold_nothing_of_the_other_center(cast, mirror, northern, southerners, listed):
    asked = 0
    for operation in listed:
        if operation.method != "get" or "{" in operation.path:
            continue
        shape = {"format": "uuid"}
        filtered = [f"{operation.path}?{name}={northern.sample(name, shape)}" for name in operation.queries]
        for client in southerners.values():
            for path in [operation.path, *filtered]:
                answer = ask(client, operation, path)
                assert answer.status_code in (200, 403, 404, 422), path
                assert not leaks(answer, northern, cast.north, sent=path), path
                asked += answer.status_code == 200
    assert asked > 15
    southern = world.explore([mirror.dora, mirror.carol, mirror.alice], listed)
    assert len(southern.ids) > 15
    assert not southern.ids & northern.ids
    for text in northern.texts:
        for word in world.canaries(cast.south):
            assert word not in text


def test_a_token_of_south_is_nothing_on_the_host_of_north(cast, listed):
    token = access_token(cast.sybil)
    for operation in listed:
        if operation.roles != ANYBODY:
            answer = ask(Api(host="north.localhost", token=token), operation, operation.at(str(cast.alice.pk)))
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), operation.id


def is_heard(answer: Any) -> bool:
    return answer.status_code in (200, 201, 202, 409) or (
        answer.status_code == 403 and answer.json()["code"] != "forbidden"
    )


def is_nobody(answer):
    body = answer.json() if answer.status_code == 200 else {}
    return body.get("done") == [] and {refusal["code"] for refusal in body["refused"]} == {"not_found"}


def test_ids_of_north_in_a_body_reach_nothing(cast, northern, southerners, listed):
    """Whatever is sent, no table of south holds an id of north afterwards, and no row of north has changed."""
    northerners = {"CENTER_ADMIN": Api(cast.dora), "STUDENT": Api(cast.alice)}
    bodies, unheard = [], []
    for operation in listed:
        if operation.method not in ("post", "put", "patch") or "{" in operation.path or operation.roles == ANYBODY:
            continue
        tried = [northern.fill(operation.body, turn) for turn in range(6)]
        if not world.UUID.search(str(tried)):
            continue
        # The control: in north such a body passes, or is refused for what is the case there, not for what it names.
        client = next(client for role, client in northerners.items() if role in operation.roles)
        answers = [ask(client, operation, operation.path, body) for body in tried]
        heard = [body for body, answer in zip(tried, answers, strict=True) if is_heard(answer)]
        bodies += [(operation, body) for body in heard[:1] or tried[:1]]
        unheard += [] if heard else [(operation.id, answers[0].status_code, answers[0].content, tried[0])]
    assert len(unheard) <= len(bodies) / 4, unheard
    before = world.fingerprint(cast.north)
    assert world.tables_that_name(cast.south, northern.ids) == []
    for operation, body in bodies:
        for client in southerners.values():
            answer = getattr(client, operation.method)(operation.path, body)
            said = f"{operation.id}: {answer.status_code} {answer.content[:300]!r}"
            # One that works on many does nothing, and says of each that it is not there.
            assert answer.status_code in (403, 404, 422) or is_nobody(answer), said
            assert not leaks(answer, northern, cast.north, sent=str(body)), said
    assert world.tables_that_name(cast.south, northern.ids) == []
    assert world.fingerprint(cast.north) == before

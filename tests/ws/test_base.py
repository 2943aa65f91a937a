"""What every socket promises, on both servers, over a real connection."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from websockets.exceptions import ConnectionClosed, InvalidStatus

from apps.authentication.models import Session, User
from apps.authentication.operations import sessions
from apps.core import realtime, tenancy
from tests.client import access_token
from tests.ws.client import Server, hear, ticket_for

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, django_db_setup: None) -> Any:
    with Server(request.param, app="tests.ws.app:application", SOCKET_MESSAGES_PER_SECOND="20") as server:
        yield server


@pytest.fixture
def ticket(cast: Any) -> Any:
    """``await ticket("alice")``"""

    def make(name: str = "alice", **options: Any) -> str:
        return ticket_for(getattr(cast, name), **options)

    return sync_to_async(make)


async def refused(connection: Any) -> int:
    with pytest.raises(InvalidStatus) as caught:
        async with connection:
            pass
    return caught.value.response.status_code


async def closed(ws: Any) -> int:
    try:
        while True:
            await asyncio.wait_for(ws.recv(), 10)
    except ConnectionClosed:
        return ws.close_code


async def test_lets_a_ticket_in_once_and_echoes_it(server, ticket):
    entry = await ticket(purpose="rooms")
    async with server.socket("/ws/echo/", ticket=entry) as ws:
        assert ws.subprotocol == f"ticket.{entry}"
        assert await hear(ws) == {"type": "hello", "center": "north", "role": "STUDENT"}
    assert await refused(server.socket("/ws/echo/", ticket=entry)) == 403


async def test_refuses_strangers_before_they_are_in(server, ticket, cast):
    assert await refused(server.socket("/ws/echo/")) == 403
    assert await refused(server.socket("/ws/echo/", ticket="made-up")) == 403
    assert await refused(server.socket("/ws/echo/", ticket=await ticket(purpose="attempts"))) == 403
    assert await refused(server.socket("/ws/echo/", ticket=await ticket("mallory"))) == 403
    assert await refused(server.socket("/ws/echo/", ticket=await ticket(), host="nowhere.localhost")) == 403
    assert await refused(server.socket("/ws/echo/", ticket=await ticket(), host="localhost")) == 403
    assert await refused(server.socket("/ws/echo/?token=abc")) == 403
    assert await refused(server.socket("/ws/loose/?token=abc")) == 403


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        ("http://north.localhost:{port}", True),
        ("https://north.localhost:{port}", True),
        ("http://south.localhost:{port}", False),
        ("http://north.localhost", False),
        ("null", False),
        ("http://evil.test", False),
    ],
)
async def test_takes_only_pages_of_its_own_host(server, ticket, origin, is_let_in):
    connection = server.socket("/ws/echo/", ticket=await ticket(), origin=origin.format(port=server.port))
    if is_let_in:
        async with connection as ws:
            assert (await hear(ws))["type"] == "hello"
    else:
        assert await refused(connection) == 403


async def test_takes_an_access_token_in_the_address_only_where_it_may(server, cast):
    token = (
        await sync_to_async(access_token)(cast.alice)
        if False
        else await sync_to_async(lambda: access_token(cast.alice))()
    )
    async with server.socket(f"/ws/loose/?token={token}") as ws:
        assert (await hear(ws))["type"] == "hello"
    assert await refused(server.socket(f"/ws/echo/?token={token}")) == 403


async def test_a_role_that_has_no_business_here_is_told_so(server, ticket):
    async with server.socket("/ws/staff/", ticket=await ticket()) as ws:
        assert await closed(ws) == 4403


async def test_speaks_json_and_survives_everything_else(server, ticket):
    async with server.socket("/ws/echo/", ticket=await ticket()) as ws:
        await hear(ws, "hello")
        for nonsense in ("", "{", "[]", "1", '"x"', "{}", '{"type":1}', '{"type":"a","x":NaN}', "[" * 5000, b"bytes"):
            await ws.send(nonsense)
            assert await hear(ws) == {"type": "error", "code": "malformed"}
        await ws.send('{"type":"ping"}')
        assert await hear(ws) == {"type": "pong"}
        await ws.send('{"type":"refuse"}')
        assert (await hear(ws))["code"] == "conflict"
        await ws.send('{"type":"hi","x":"試験"}')
        assert await hear(ws) == {"type": "echo", "of": {"type": "hi", "x": "試験"}}
        await ws.send('{"type":"break"}')
        assert await closed(ws) == 1011


async def test_ends_what_is_too_big_or_too_much(server, ticket):
    async with server.socket("/ws/echo/", ticket=await ticket()) as ws:
        await ws.send(json.dumps({"type": "x" * 70_000}))
        assert await closed(ws) == 1009
    async with server.socket("/ws/echo/", ticket=await ticket()) as ws:
        for _ in range(100):
            await ws.send('{"type":"ping"}')
        for _ in range(101):
            last = await hear(ws)
        assert last == {"type": "pong"}
        await ws.send('{"type":"ping"}')
        assert await closed(ws) == 4429


@pytest.mark.parametrize("message", ["x" * 2 * 2**20, b"x" * 2 * 2**20, ["x" * 60_000] * 40])
async def test_says_so_even_of_what_it_does_not_take_in(server, ticket, message):
    async with server.socket("/ws/echo/", ticket=await ticket()) as ws:
        await hear(ws, "hello")
        with suppress(ConnectionClosed):
            await ws.send(message)
        assert await closed(ws) == 1009


async def test_holds_five_sockets_of_a_person(server, ticket, cast):
    opened = [await server.socket("/ws/echo/", ticket=await ticket()) for _ in range(5)]
    sixth = await server.socket("/ws/echo/", ticket=await ticket())
    assert await closed(sixth) == 4429
    other = await server.socket("/ws/echo/", ticket=await ticket("bob"))
    assert (await hear(other))["type"] == "hello"
    for ws in [*opened, other]:
        await ws.close()


async def test_news_of_a_room_reaches_its_center_only(server, ticket, cast, north, south):
    async with (
        server.socket("/ws/echo/", ticket=await ticket()) as near,
        server.socket("/ws/echo/", ticket=await ticket("mallory"), host="south.localhost") as far,
    ):
        for ws in (near, far):
            await ws.send('{"type":"join","room":"board"}')
            await hear(ws, "echo")
        await sync_to_async(realtime.push)(tenancy.room("echo", "board", tenant=north), "score", {"n": 1})
        assert await asyncio.wait_for(hear(near, "score"), 5) == {"type": "score", "n": 1}
        await sync_to_async(realtime.push)(tenancy.room("echo", "board", tenant=south), "score", {"n": 2})
        assert await asyncio.wait_for(hear(far, "score"), 5) == {"type": "score", "n": 2}


def _sign_out(user: User) -> None:
    with tenancy.enter(user.tenant):
        for session in Session.objects.filter(user=user):
            sessions.end_session(session_id=session.pk)


def _disable(user: User) -> None:
    with tenancy.enter(user.tenant):
        User.objects.filter(pk=user.pk).update(is_active=False)


async def test_signing_out_ends_the_socket_at_once(server, ticket, cast):
    async with server.socket("/ws/echo/", ticket=await ticket()) as ws:
        await hear(ws, "hello")
        await sync_to_async(_sign_out)(cast.alice)
        assert await asyncio.wait_for(closed(ws), 3) == 4401


async def test_a_person_who_was_disabled_before_the_ticket_was_used_is_soon_out(server, ticket, cast):
    entry = await ticket()
    await sync_to_async(_disable)(cast.alice)
    async with server.socket("/ws/echo/", ticket=entry) as ws:
        assert await asyncio.wait_for(closed(ws), 5) == 4401

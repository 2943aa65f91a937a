"""What ends a session ends its sockets and its access tokens at once: on a real connection, within five seconds."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest
from asgiref.sync import sync_to_async
from websockets.exceptions import ConnectionClosed

from api.common import tokens
from apps.authentication.operations import people, second_factor, sessions, tickets
from apps.core import tenancy
from tests.cast import PASSWORD
from tests.client import Api, access_token
from tests.ws.client import Server, hear

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]
SOON = 5


@pytest.fixture(scope="module")
def server(django_db_setup):
    with Server("uvicorn", app="tests.ws.app:application") as server:
        yield server


def _post(path, token, **body):
    return Api(token=token).post(path, body).status_code


def _change_password(person, token):
    new = {"old_password": PASSWORD, "new_password": "another sentence 8"}
    return _post("auth/password/update/", access_token(person), **new)


ENDS = {
    "logout": lambda person, token: _post("auth/logout/", token),
    "logout everywhere, elsewhere": lambda person, token: _post("auth/logout/", access_token(person), everywhere=True),
    "other sessions ended": lambda person, token: Api(token=access_token(person)).delete("auth/sessions/"),
    "new password elsewhere": _change_password,
    "new password by an admin": lambda person, token: people.change_password(
        user_id=person.pk, password="new horse 99"
    ),
    "another role": lambda person, token: people.change_role(user_id=person.pk, role="TEACHER"),
    "shut out": lambda person, token: people.deactivate(user_id=person.pk),
    "second factor set up elsewhere": lambda person, token: sessions.end_other_sessions(
        user_id=person.pk, session_id=person.pk, because="second factor set up"
    ),
    "second factor taken away": lambda person, token: _take_factor(person),
}


def _take_factor(person):
    second_factor.SecondFactor.objects.create(user=person, secret="x", confirmed_at="2020-01-01T00:00:00Z")
    second_factor.reset(user_id=person.pk)


def _enter(cast):
    token = access_token(cast.alice)
    access = tokens.read_access(tenant=cast.north, token=token)
    entry = tickets.Entry(cast.alice.pk, access.session_id, access.version, "STUDENT")
    with tenancy.enter(cast.north):
        return token, tickets.issue_ticket(entry=entry)


@pytest.mark.parametrize("how", ENDS)
async def test_the_end_of_a_session_closes_its_socket_and_its_token(server, cast, how):
    token, ticket = await sync_to_async(_enter)(cast)
    async with server.socket("/ws/echo/", ticket=ticket) as ws:
        await hear(ws, "hello")

        def end():
            with tenancy.enter(cast.north):
                ENDS[how](cast.alice, token)
                return time.monotonic(), Api(token=token).get("auth/me/").status_code

        at, status = await sync_to_async(end)()
        assert status == 401
        with suppress(ConnectionClosed):
            async with asyncio.timeout(SOON):
                await ws.wait_closed()
        assert ws.close_code == 4401
        assert time.monotonic() - at < SOON


async def test_the_socket_of_another_person_stays(server, cast):
    _, ticket = await sync_to_async(_enter)(cast)
    async with server.socket("/ws/echo/", ticket=ticket) as ws:
        await hear(ws, "hello")

        def end():
            with tenancy.enter(cast.north):
                people.deactivate(user_id=cast.bob.pk)

        await sync_to_async(end)()
        await ws.send('{"type":"ping"}')
        assert await asyncio.wait_for(hear(ws), SOON) == {"type": "pong"}

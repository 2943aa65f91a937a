"""What becomes of open sockets and running attempts when their center is suspended or archived."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from websockets.exceptions import ConnectionClosed

from apps.attempts.operations import sitting
from apps.centers.models import Center
from apps.centers.operations import centers
from apps.core import bus, tenancy
from tests.cast import PASSWORD
from tests.client import Api
from tests.factories import make_room
from tests.ws.client import Server, hear
from tests.ws.test_attempts import Desk

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]


@pytest.fixture(scope="module")
def server(serving: Any) -> Any:
    return serving("daphne")


@pytest.fixture
def desk(cast: Any, north: Any) -> Any:
    room = make_room(cast, cast.alice, cast.bob)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    _ = cast.bob
    desk = Desk(cast.alice, attempt)
    desk.room = room
    connection.set_schema_to_public()
    yield desk
    Center.objects.filter(pk=north.id).update(status="ACTIVE")
    tenancy.forget()


async def test_a_suspended_center_lets_running_attempts_finish_and_nobody_begin(server: Server, desk: Desk, cast: Any):
    async with server.socket(desk.path, ticket=await sync_to_async(desk.ticket)()) as open_before:
        await hear(open_before, "hello")
        await sync_to_async(_suspend)(cast)
        await open_before.send(desk.message(1))
        assert (await hear(open_before, "acked"))["acked"] == [1]
        async with server.socket(desk.path, ticket=await sync_to_async(desk.ticket)()) as opened_after:
            await hear(opened_after, "hello")
            await opened_after.send(desk.message(2))
            assert (await hear(opened_after, "acked"))["acked"] == [2]
        await sync_to_async(_over_http)(desk, cast)


def _suspend(cast: Any) -> None:
    with tenancy.enter(tenancy.PUBLIC):
        centers.suspend_center(center_id=cast.north.id)
        _deliver()


def _over_http(desk: Desk, cast: Any) -> None:
    alice = Api(token=desk.token)
    start = f"exam-assignments/{desk.room.pk}/start/"
    assert (
        alice.put(f"attempts/{desk.attempt.pk}/answers/", {"epoch": 1, "answers": [desk.answer(3)]}).status_code == 200
    )
    assert alice.get(f"attempts/{desk.attempt.pk}/paper/").status_code == 200
    assert alice.post(start).status_code == 200  # the one that runs
    refused = Api(cast.bob).post(start)
    assert (refused.status_code, refused.json()["code"]) == (403, "center_suspended")
    refused = Api().post("auth/login/", {"email": cast.bob.email, "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (403, "center_suspended")
    assert alice.post(f"attempts/{desk.attempt.pk}/submit/").status_code == 200
    assert desk.stored() == [1, 2, 3]
    connection.close()


async def test_an_archived_center_closes_its_sockets_within_five_seconds(server: Server, desk: Desk, cast: Any):
    async with server.socket(desk.path, ticket=await sync_to_async(desk.ticket)()) as ws:
        await hear(ws, "hello")
        began = time.monotonic()
        await sync_to_async(_archive)(cast)
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(_listen(ws), 10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        assert time.monotonic() - began < 5
    assert await sync_to_async(_back)(cast, desk) == 401


async def _listen(ws: Any) -> None:
    while True:
        await ws.recv()


def _archive(cast: Any) -> None:
    with tenancy.enter(tenancy.PUBLIC):
        centers.archive_center(center_id=cast.north.id)
        _deliver()


def _back(cast: Any, desk: Desk) -> int:
    """An old token after the center has come back."""
    with tenancy.enter(tenancy.PUBLIC):
        centers.activate_center(center_id=cast.north.id)
    try:
        return Api(token=desk.token).get("auth/me/").status_code
    finally:
        connection.close()


def _deliver() -> None:
    bus.deliver_due(most=10_000)

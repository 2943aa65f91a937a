"""Notices as they happen, over real connections, with two centers on one Redis."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from websockets.exceptions import InvalidStatus

from apps.assignments import operations as rooms
from apps.core import bus, tenancy
from apps.notifications import operations, queries
from tests.apps.assignments.builders import make_room
from tests.client import Api, access_token
from tests.ws.client import hear, ticket_for

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

PATH = "/ws/notifications/"


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, serving: Any) -> Any:
    return serving(request.param)


@pytest.fixture
def enter(server, cast):
    """``await enter("alice")`` opens the socket of somebody of the cast and reads the greeting."""

    async def make(name: str) -> Any:
        person = await sync_to_async(lambda: getattr(cast, name))()
        ticket = await sync_to_async(ticket_for)(person, purpose="notifications")
        host = f"{person.tenant.slug}.localhost"
        ws = await server.socket(PATH, ticket=ticket, host=host)
        greeting = await hear(ws)
        assert (greeting["type"], greeting["unread"]) == ("unread", 0)
        return ws

    return make


async def in_center(tenant, work, **kwargs):
    return await tenancy.run(tenant, work, **kwargs)


async def is_silent(ws):
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ws.recv(), 0.4)


async def test_greets_with_what_is_unread(server, cast, north):
    await sync_to_async(lambda: cast.alice)()
    for number in range(2):
        await in_center(
            north, operations.notify, user_ids=[cast.alice.pk], type="EXAM_OPENED", message=f"Exam {number}."
        )
    ticket = await sync_to_async(ticket_for)(cast.alice, purpose="notifications")
    async with server.socket(PATH, ticket=ticket) as ws:
        greeting = await hear(ws)
        assert (greeting["type"], greeting["unread"]) == ("unread", 2)


async def test_a_notice_comes_as_http_gives_it_and_to_its_person_only(enter, cast, north, south):
    alice, phone, bob, mallory = [await enter(name) for name in ("alice", "alice", "bob", "mallory")]
    await in_center(north, operations.notify, user_ids=[cast.alice.pk], type="EXAM_OPENED", message="試験です。")
    [row] = (await sync_to_async(lambda: Api(cast.alice).get("notifications/"))()).json()["results"]
    for ws in (alice, phone):
        heard = await hear(ws)
        assert (heard.pop("type"), heard.pop("unread")) == ("notification", 1)
        assert heard.pop("version") > 0
        assert heard == row
    await is_silent(bob)
    await is_silent(mallory)
    await in_center(south, operations.notify, user_ids=[cast.mallory.pk], type="EXAM_OPENED", message="Southern.")
    assert (await hear(mallory))["message"] == "Southern."
    for ws in (alice, phone, bob):
        await is_silent(ws)
    for ws in (alice, phone, bob, mallory):
        await ws.close()


async def test_reading_changes_the_count_on_every_device(enter, cast, north):
    alice, phone = await enter("alice"), await enter("alice")
    await in_center(north, operations.notify, user_ids=[cast.alice.pk], type="EXAM_OPENED", message="One.")
    first = await hear(alice, "notification")
    answer = await sync_to_async(lambda: Api(cast.alice).post("notifications/mark-all-read/"))()
    assert answer.json() == {"updated": 1}
    for ws in (alice, phone):
        count = await hear(ws, "unread")
        assert count["unread"] == 0
        assert count["version"] > first["version"]
        await ws.close()


async def test_an_opened_room_is_told_on_the_socket(enter, cast, north):
    alice, carol = await enter("alice"), await enter("carol")

    def open_one():
        room = make_room(cast, title="July")
        rooms.open_room(assignment_id=room.pk)
        bus.deliver_due()
        return room.pk

    room_id = await in_center(north, open_one)
    heard = await hear(alice, "notification")
    assert (heard["notification_type"], heard["message"]) == ("EXAM_OPENED", "July is open.")
    assert heard["related_task_id"] == str(room_id)
    await is_silent(carol)
    await alice.close()
    await carol.close()


async def test_what_is_rolled_back_is_never_heard(enter, cast, north):
    alice = await enter("alice")

    def fail():
        with transaction.atomic():
            operations.notify(user_ids=[cast.alice.pk], type="EXAM_OPENED", message="Never.")
            transaction.set_rollback(True)
        return queries.unread_state(user_id=cast.alice.pk)["unread"]

    assert await in_center(north, fail) == 0
    await is_silent(alice)
    await alice.close()


async def test_existing_clients_come_in_with_their_token(server, cast):
    token = await sync_to_async(lambda: access_token(cast.alice))()
    async with server.socket(f"{PATH}?token={token}") as ws:
        assert (await hear(ws))["type"] == "unread"
        await ws.send(json.dumps({"type": "hello"}))
        assert (await hear(ws))["code"] == "unknown_type"
    for refused in (f"{PATH}?token=x{token}", PATH):
        with pytest.raises(InvalidStatus):
            await server.socket(refused)
    with pytest.raises(InvalidStatus):
        await server.socket(f"{PATH}?token={token}", host="south.localhost")

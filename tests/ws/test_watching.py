"""What watches have in common, and what a socket does before it may see anything."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from api.ws import base, commands, watching
from api.ws.rooms import RoomSocket
from apps.assignments.errors import AssignmentNotFound
from apps.attempts.queries.seats import Seats
from apps.authentication.operations.tickets import Entry
from apps.core import realtime, tenancy
from apps.core.errors import NotFound


class Thing(watching.Watch[Any]):
    name = "thing"
    news = "thing"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.reads = 0
        self.fails: list[Exception] = []

    def due(self) -> float:
        return self.loop.time() + (0 if self.is_changed or self.newcomers else 60)

    async def read(self) -> None:
        self.reads += 1
        self.is_changed = False
        self.newcomers.clear()
        if self.fails:
            raise self.fails.pop()


class Peer:
    closed: int | None = None

    async def close(self, code: int) -> None:
        self.closed = code


class Layer:
    """A channel layer that answers when it is told to."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.asked = asyncio.Event()
        self.joined: set[str] = set()

    async def new_channel(self) -> str:
        return "c"

    async def group_add(self, room: str, channel: str) -> None:
        self.asked.set()
        await self.answers.wait()
        self.joined.add(room)

    async def group_discard(self, room: str, channel: str) -> None:
        self.joined.discard(room)

    async def receive(self, channel: str) -> Any:
        await asyncio.Event().wait()


@pytest.fixture
def tenant():
    return tenancy.Tenant(uuid.uuid4(), "north", "North", "north", "ACTIVE", is_ready=True)


@pytest.fixture
def layer(monkeypatch):
    made = Layer()
    monkeypatch.setattr(realtime, "get_channel_layer", lambda: made)
    return made


async def some_rounds() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_watch_serves_all_who_look_at_one_thing_and_ends_with_the_last(tenant, layer):
    layer.answers.set()
    key = uuid.uuid4()
    watch = watching.watch_of(Thing, tenant, key)
    assert watching.watch_of(Thing, tenant, key) is watch
    one, other, elsewhere = Peer(), Peer(), Peer()
    another = watching.watch_of(Thing, tenant, uuid.uuid4())
    assert another is not watch
    another.seat(elsewhere)
    another.dismiss(elsewhere)
    watch.seat(one)
    watch.seat(other)
    await some_rounds()
    assert watch.reads == 1
    await watch.hear("room", "changed", "{}")
    await some_rounds()
    assert watch.reads == 2
    watch.dismiss(one)
    await some_rounds()
    assert realtime.hub()._rooms
    watch.dismiss(other)
    await some_rounds()
    assert not realtime.hub()._rooms
    assert not layer.joined
    assert watching.watch_of(Thing, tenant, key) is not watch


async def test_an_old_watch_that_is_left_again_does_not_end_the_new_one(tenant, layer):
    layer.answers.set()
    key, late = uuid.uuid4(), Peer()
    old = watching.watch_of(Thing, tenant, key)
    old.seat(late)
    old.dismiss(late)
    new = watching.watch_of(Thing, tenant, key)
    old.dismiss(late)
    assert watching.watch_of(Thing, tenant, key) is new


async def test_who_leaves_while_the_room_is_being_joined_leaves_nothing_behind(tenant, layer):
    watch = watching.watch_of(Thing, tenant, uuid.uuid4())
    peer = Peer()
    watch.seat(peer)
    await asyncio.wait_for(layer.asked.wait(), 2)
    assert realtime.hub()._rooms, "the subscription is under way"
    watch.dismiss(peer)
    await some_rounds()
    assert not realtime.hub()._rooms


async def test_what_is_not_found_ends_all_connections_and_other_failures_are_tried_again(tenant, layer, monkeypatch):
    layer.answers.set()
    monkeypatch.setattr(watching, "LEAST_SECONDS", 0)
    watch, peer = watching.watch_of(Thing, tenant, uuid.uuid4()), Peer()
    watch.fails = [NotFound(), ValueError("once")]
    watch.seat(peer)
    await some_rounds()
    assert (watch.reads, peer.closed) == (1, None)
    watch.hurry()
    await some_rounds()
    assert (watch.reads, peer.closed) == (2, base.NOT_FOUND)
    watch.dismiss(peer)


@pytest.mark.parametrize("may_look", [True, False])
async def test_the_news_of_a_room_are_joined_only_by_who_may_see_it(tenant, monkeypatch, may_look):
    joined: list[str] = []
    socket = RoomSocket()
    socket.scope = {"url_route": {"kwargs": {"assignment_id": uuid.uuid4()}}}
    socket.tenant = tenant
    socket.entry = Entry(uuid.uuid4(), uuid.uuid4(), 1, "TEACHER")

    async def look(*_: Any) -> Seats:
        if not may_look:
            raise AssignmentNotFound
        return Seats(datetime.now(UTC), [], 0, has_presence=False)

    async def join(room: str) -> None:
        joined.append(room)

    monkeypatch.setattr(socket, "run", look)
    monkeypatch.setattr(socket, "join", join)
    if may_look:
        await socket.entered()
        await socket.left()
    else:
        with pytest.raises(AssignmentNotFound):
            await socket.entered()
    assert len(joined) == may_look


@pytest.mark.parametrize(
    ("said", "given_back"),
    [
        ("a", "a"),
        ("a" * 64, "a" * 64),
        ("a" * 65, None),
        (7, 7),
        (10**30, None),
        (-(10**30), None),
        (1.5, None),
        ([1], None),
        ({"a": 1}, None),
        (None, None),
    ],
)
def test_the_name_of_a_message_is_given_back_if_it_is_plain(said, given_back):
    assert commands.about({"type": "pause", "id": said}) == {"of": "pause", "id": given_back}

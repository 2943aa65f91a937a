"""A rush waits at the door: nobody is sent away while there is time, and no host takes all places."""

from __future__ import annotations

import asyncio
import json

import pytest

from api.fast.admission import Admission


class Rooms:
    """An application that tells how many are inside, and keeps them for a while."""

    def __init__(self, seconds=0.01, streams=False):
        self.seconds, self.streams = seconds, streams
        self.inside, self.most, self.order = 0, 0, []
        self.by_host = {}

    async def __call__(self, scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        host = dict(scope["headers"])[b"host"].decode()
        self.inside += 1
        self.by_host[host] = self.by_host.get(host, 0) + 1
        self.most = max(self.most, self.inside)
        self.order.append(scope["path"])
        try:
            if scope["path"] == "/broken":
                raise ZeroDivisionError
            await send({"type": "http.response.start", "status": 200, "headers": []})
            if self.streams:
                await send({"type": "http.response.body", "body": b"a", "more_body": True})
            await asyncio.sleep(self.seconds)
            await send({"type": "http.response.body", "body": b"z"})
        finally:
            self.inside -= 1
            self.by_host[host] -= 1


async def ask(door, path="/", host="north.localhost", parts=1):
    left = [{"type": "http.request", "body": b"", "more_body": n > 1} for n in range(parts, 0, -1)]
    said = []

    async def receive():
        return left.pop(0) if left else await asyncio.Event().wait()

    async def send(message):
        said.append(message)

    await door({"type": "http", "path": path, "headers": [(b"host", host.encode())]}, receive, send)
    return said


def status(said):
    return said[0]["status"]


async def test_so_many_at_once_as_there_are_places_and_all_get_in():
    rooms = Rooms()
    door = Admission(rooms, most=4)
    answers = await asyncio.gather(*(ask(door, f"/{n}", host=f"h{n}") for n in range(60)))
    assert {status(said) for said in answers} == {200}
    assert rooms.most == 4


async def test_without_the_door_all_are_inside_together():
    rooms = Rooms()
    await asyncio.gather(*(ask(rooms, host=f"h{n}") for n in range(60)))
    assert rooms.most == 60


async def test_those_who_wait_get_in_in_their_order():
    rooms = Rooms()
    door = Admission(rooms, most=4)
    await asyncio.gather(*(ask(door, f"/{n}") for n in range(30)))
    assert rooms.order == [f"/{n}" for n in range(30)]


async def test_a_rush_at_one_host_leaves_places_for_others():
    rooms = Rooms(seconds=0.2)
    door = Admission(rooms, most=4)
    rush = asyncio.gather(*(ask(door) for _ in range(8)))
    await asyncio.sleep(0.05)
    assert rooms.by_host == {"north.localhost": 3}
    async with asyncio.timeout(0.25):
        assert status(await ask(door, host="south.localhost")) == 200
    await rush


async def test_who_waits_too_long_is_told_when_to_come_back():
    door = Admission(Rooms(seconds=0.5), most=1, patience=0.02)
    first = asyncio.create_task(ask(door))
    await asyncio.sleep(0.01)
    start, body = await ask(door)
    assert (start["status"], dict(start["headers"])[b"retry-after"]) == (503, b"5")
    assert json.loads(body["body"])["code"] == "too_busy"
    assert status(await first) == 200


async def test_probes_never_wait():
    door = Admission(Rooms(seconds=0.5), most=1, patience=0.02)
    first = asyncio.create_task(ask(door))
    await asyncio.sleep(0.01)
    assert status(await ask(door, "/livez")) == 200
    await first


async def test_somebody_who_sends_slowly_takes_nobodys_place():
    rooms = Rooms()
    door = Admission(rooms, most=1)
    never = asyncio.Event()

    async def receive():
        await never.wait()

    slow = [
        asyncio.create_task(
            door({"type": "http", "path": "/", "headers": [(b"host", b"north.localhost")]}, receive, None)
        )
        for _ in range(5)
    ]
    await asyncio.sleep(0.01)
    assert status(await ask(door, parts=3)) == 200
    for task in slow:
        task.cancel()


async def test_a_place_comes_back_whatever_happens_inside():
    door = Admission(Rooms(seconds=5), most=1)
    with pytest.raises(ZeroDivisionError):
        await ask(door, "/broken")
    for _ in range(3):
        task = asyncio.create_task(ask(door))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    door = Admission(Rooms(seconds=0.3, streams=True), most=1)
    async with asyncio.timeout(0.6):
        answers = await asyncio.gather(ask(door), ask(door), ask(door))
    assert [status(said) for said in answers] == [200, 200, 200]


async def test_nothing_is_remembered_of_hosts_that_went():
    door = Admission(Rooms(), most=4)
    await asyncio.gather(*(ask(door, host=f"h{n}") for n in range(50)))
    doors = door._doors_here()
    assert (dict(doors.of_host), dict(doors.inside)) == ({}, {})

"""Plays and cues over the socket of a student who sits, and a flood of events beside their answers."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from apps.attempts.models import IntegrityEvent, Play
from apps.attempts.operations import listening, sitting
from apps.attempts.rules import integrity as rules
from apps.core import tenancy
from tests.apps.attempts import journal as lines
from tests.apps.attempts.recordings import make_listening_room
from tests.factories import make_room
from tests.ws.client import Server, hear, ticket_for

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]


@pytest.fixture(scope="module")
def server(serving: Any) -> Any:
    return serving("uvicorn")


@pytest.fixture(autouse=True)
def _people(cast: Any) -> None:
    """Made before the event loop, in which nobody can be."""
    _ = cast.alice, cast.bob, cast.carol, cast.dora


def in_north(work: Any) -> Any:
    def inside(*args: Any, **kwargs: Any) -> Any:
        with tenancy.enter(tenancy.get_by_schema("c_north")):
            return work(*args, **kwargs)

    return sync_to_async(inside)


async def sit(server: Server, person: Any, attempt: Any) -> Any:
    ws = await server.socket(f"/ws/attempts/{attempt.pk}/", ticket=await in_north(ticket_for)(person, "attempts"))
    assert (await hear(ws))["type"] == "hello"
    return ws


async def test_plays_are_counted_over_the_socket_as_over_http(server, cast):
    room, (first, _) = await in_north(make_listening_room)(cast, cast.alice, plays_allowed=1)
    attempt = (await in_north(sitting.start_attempt)(actor=cast.alice, assignment_id=room.pk)).attempt
    one, two = [await sit(server, cast.alice, attempt) for _ in range(2)]
    begin = {"type": "play", "id": 7, "action": "start", "recording": str(first.pk)}
    await one.send(json.dumps(begin))
    played = await hear(one, "play")
    assert (played["id"], played["number"], played["plays_left"]) == (7, 1, 0)
    assert played["url"].startswith("/api/v1/plays/")
    await two.send(json.dumps(begin))
    refused = await hear(two, "error")
    assert (refused["of"], refused["id"], refused["code"]) == ("play", 7, "no_plays_left")
    await one.send(json.dumps({"type": "play", "id": "x", "action": "finish", "play": played["play"]}))
    assert (await hear(one, "play"))["finished_at"]
    for bad in ({"action": "seek"}, {"action": "start", "recording": [1]}, {"action": "stall", "seconds": 1}):
        await one.send(json.dumps({"type": "play", "id": {"a": 1}, **bad}))
        error = await hear(one, "error")
        assert (error["code"], error["id"]) == ("invalid", None)
    assert await in_north(Play.objects.count)() == 1


async def test_a_cue_is_heard_by_everybody_with_one_moment(server, cast):
    room, (first, _) = await in_north(make_listening_room)(cast, cast.alice, cast.bob, listening="SYNCHRONISED")
    sockets = []
    for person in (cast.alice, cast.bob):
        attempt = (await in_north(sitting.start_attempt)(actor=person, assignment_id=room.pk)).attempt
        sockets.append(await sit(server, person, attempt))
    given = await in_north(listening.give_cue)(actor=cast.dora, assignment_id=room.pk, recording=first.pk)
    heard = [await asyncio.wait_for(hear(ws, "cue"), 5) for ws in sockets]
    assert heard[0] == heard[1]
    assert heard[0]["id"] == str(given.pk)
    assert heard[0]["server_time"] < heard[0]["starts_at"]
    await sockets[0].send(json.dumps({"type": "play", "id": 1, "action": "start", "cue": heard[0]["id"]}))
    assert (await hear(sockets[0], "play"))["starts_at"] == heard[0]["starts_at"]


async def test_a_thousand_events_a_second_are_in_no_answers_way(server, cast):
    room = await in_north(make_room)(cast, cast.alice)
    attempt = (await in_north(sitting.start_attempt)(actor=cast.alice, assignment_id=room.pk)).attempt
    river = str(await in_north(lines.question_id)(attempt, "river"))
    ws = await sit(server, cast.alice, attempt)
    event = json.dumps({"type": "event", "kind": "blur"})
    slowest = 0.0
    for seq in range(1, 21):
        for _ in range(100):
            await ws.send(event)
        begun = time.monotonic()
        answer = {"seq": seq, "question": river, "response": None}
        await ws.send(json.dumps({"type": "answers", "epoch": 1, "answers": [answer]}))
        assert (await asyncio.wait_for(hear(ws, "acked"), 10))["acked"] == [seq]
        slowest = max(slowest, time.monotonic() - begun)
        await asyncio.sleep(max(0.1 - (time.monotonic() - begun), 0))
    assert slowest < 3
    await asyncio.sleep(3.5)
    kept = await in_north(IntegrityEvent.objects.filter(attempt_id=attempt.pk).count)()
    assert 0 < kept <= rules.MOST_OF_A_KIND
    await ws.close()

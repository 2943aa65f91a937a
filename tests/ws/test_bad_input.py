"""What broken and hostile clients send to the exam room over real connections, beside a student who just sits: a thousand
sockets of one person, old tickets, forged times, clocks an hour off, answers of other papers, 2 MiB frames. (Floods of
events, NaN, 1e999 and deep JSON: ``test_attempts``.)"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from apps.attempts.models import AnswerEntry, Attempt
from apps.attempts.operations import sitting
from apps.core import clock, tenancy
from tests.apps.attempts import journal as lines
from tests.client import access_token
from tests.factories import make_room, make_test, publish
from tests.ws.client import Server, hear
from tests.ws.test_attempts import Desk, closed, enter, in_north, put

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

SOCKETS = 1000
AT_ONCE = 25
MOST_OF_A_PERSON = 5
HOUR = timedelta(hours=1)
LARGE = 2 * 2**20


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, serving: Any) -> Any:
    return serving(request.param)


@pytest.fixture
def desks(cast: Any) -> tuple[Desk, Desk]:
    """Alice and Bob sit in one room."""
    room = make_room(cast, cast.alice, cast.bob)
    students = (cast.alice, cast.bob)
    alice, bob = (sitting.start_attempt(actor=student, assignment_id=room.pk).attempt for student in students)
    _ = cast.carol
    return Desk(cast.alice, alice), Desk(cast.bob, bob)


def post(server: Server, path: str, body: Any, token: str) -> httpx.Response:
    headers = {"Host": "north.localhost", "Authorization": f"Bearer {token}"}
    return httpx.post(f"http://127.0.0.1:{server.port}/api/v1/{path}", json=body, headers=headers, timeout=20)


async def told(ws: Any, kind: str = "") -> dict[str, Any]:
    return await asyncio.wait_for(hear(ws, kind), 10)


async def saves(ws: Any, desk: Desk, *seqs: int) -> None:
    """Whatever else goes on, this student's answers are acknowledged."""
    for seq in seqs:
        await ws.send(desk.message(seq))
        assert (await told(ws, "acked"))["acked"] == [seq]


# -- too many ------------------------------------------------------------------------------------------------------


async def test_a_thousand_sockets_of_one_person_are_five(server, desks):
    alice, bob = desks
    beside = await enter(server, bob)
    held: list[Any] = []
    turned_away: dict[int, int] = {}

    async def knock() -> None:
        try:
            ws = await server.socket(alice.path, ticket=await in_north(alice.ticket)(), open_timeout=30)
        except (InvalidHandshake, TimeoutError) as refusal:  # or hung up on, while the server is busy with the others
            status = refusal.response.status_code if isinstance(refusal, InvalidStatus) else 0
            turned_away[status] = turned_away.get(status, 0) + 1
            return
        try:
            assert (await asyncio.wait_for(hear(ws), 30))["type"] == "hello"
            held.append(ws)
        except ConnectionClosed:
            turned_away[ws.close_code] = turned_away.get(ws.close_code, 0) + 1

    for number in range(SOCKETS // AT_ONCE):
        await asyncio.gather(*(knock() for _ in range(AT_ONCE)))
        await saves(beside, bob, number + 1)
    assert len(held) + sum(turned_away.values()) == SOCKETS
    assert len(held) == MOST_OF_A_PERSON
    assert set(turned_away) <= {4429, 403, 429, 0}
    await saves(held[0], alice, 1)
    for ws in [*held, beside]:
        await ws.close()


# -- tickets -------------------------------------------------------------------------------------------------------


async def refused(server: Server, desk: Desk, ticket: str) -> bool:
    try:
        ws = await server.socket(desk.path, ticket=ticket)
    except InvalidStatus as answer:
        return answer.response.status_code == 403
    await ws.close()
    return False


async def test_a_ticket_that_was_used_opens_nothing_again(server, desks):
    alice, _ = desks
    ticket = await in_north(alice.ticket)()
    ws = await server.socket(alice.path, ticket=ticket)
    assert (await hear(ws))["type"] == "hello"
    assert await refused(server, alice, ticket)
    await ws.close()
    assert await refused(server, alice, ticket)


async def test_a_ticket_that_was_kept_opens_nothing_later(server, desks, monkeypatch):
    alice, _ = desks
    monkeypatch.setattr(settings, "SHIKEN_TICKET_SECONDS", 1)
    old, fresh = await in_north(alice.ticket)(), None
    await asyncio.sleep(1.2)
    assert await refused(server, alice, old)
    fresh = await in_north(alice.ticket)()
    assert not await refused(server, alice, fresh)


async def test_a_ticket_is_for_its_holders_attempt(server, desks):
    alice, bob = desks
    ws = await server.socket(bob.path, ticket=await in_north(alice.ticket)())
    assert await closed(ws) == 4404


# -- time ----------------------------------------------------------------------------------------------------------


async def test_forged_times_are_refused_and_change_nothing(server, desks):
    alice, _ = desks
    ws = await enter(server, alice)
    answer = alice.answer(1)
    for forged in (
        {"received_at": "2020-01-01T00:00:00Z"},
        {"at": "2020-01-01T00:00:00Z"},
        {"server_time": "2099-01-01T00:00:00Z"},
    ):
        await ws.send(json.dumps({"type": "answers", "epoch": 1, "answers": [{**answer, **forged}]}))
        assert (await told(ws, "error"))["code"] == "invalid"
        refusal = await sync_to_async(put)(server, alice, {"epoch": 1, "answers": [{**answer, **forged}]})
        assert refusal.status_code == 422
    assert await sync_to_async(alice.stored)() == []
    await saves(ws, alice, 1)
    await ws.close()


@pytest.mark.parametrize("skew", [-HOUR, HOUR])
async def test_a_clock_that_is_an_hour_off_gains_and_loses_nothing(server, desks, skew):
    """A device tells its time with events and in headers; what counts is when an answer arrived at the database."""
    alice, _ = desks
    theirs = (await in_north(_now)()) + skew
    ws = await enter(server, alice)
    await ws.send(json.dumps({"type": "event", "kind": "blur", "at": theirs.isoformat()}))
    await saves(ws, alice, 1)
    date = theirs.strftime("%a, %d %b %Y %H:%M:%S GMT")
    answer = await sync_to_async(put)(server, alice, {"epoch": 1, "answers": [alice.answer(2)]}, Date=date)
    assert answer.json()["acked"] == [2]
    received = await in_north(_received)(alice)
    now = await in_north(_now)()
    assert all(abs((now - moment).total_seconds()) < 30 for moment in received)
    # The end is the server's, however early or late the device believes it is.
    await in_north(_end)(alice)
    await ws.send(alice.message(3))
    assert (await told(ws, "refused"))["refused"] == [{"seq": 3, "code": "too_late"}]
    late = await sync_to_async(put)(server, alice, {"epoch": 1, "answers": [alice.answer(4)]}, Date=date)
    assert late.status_code == 409 or late.json()["refused"] == [{"seq": 4, "code": "too_late"}]
    await ws.close()


def _now() -> Any:
    return clock.now()


def _received(desk: Desk) -> list[Any]:
    return list(AnswerEntry.objects.filter(attempt_id=desk.attempt.pk).values_list("received_at", flat=True))


def _end(desk: Desk) -> None:
    at = _now()
    Attempt.objects.filter(pk=desk.attempt.pk).update(started_at=at - 2 * HOUR, deadline_at=at - timedelta(seconds=60))


@pytest.mark.parametrize("seconds", [-60, 0, -(10**12), 10**12, 0.5, "NaN", None])
def test_time_is_not_taken_away_by_an_extension(server, desks, cast, seconds):
    alice, _ = desks
    before = alice.attempt.deadline_at
    path = f"exam-assignments/{alice.attempt.assignment_id}/extend/"
    answer = post(server, path, {"seconds": seconds, "reason": "Into the past"}, access_token(cast.carol))
    assert answer.status_code in (403, 404, 422), answer.text
    answer = post(server, path, {"seconds": seconds, "reason": "Into the past"}, access_token(cast.dora))
    assert answer.status_code == 422, answer.text
    assert "/seconds" in [flaw["pointer"] for flaw in answer.json()["errors"]]
    with tenancy.enter(cast.north):
        assert Attempt.objects.get(pk=alice.attempt.pk).deadline_at == before


# -- what is not theirs --------------------------------------------------------------------------------------------


async def test_answers_of_another_paper_are_refused_one_by_one(server, desks, cast):
    alice, _ = desks
    foreign = await in_north(_question_of_another_paper)(cast)
    ws = await enter(server, alice)
    mixed = [{"seq": 1, "question": foreign, "response": "x"}, alice.answer(2)]
    await ws.send(json.dumps({"type": "answers", "epoch": 1, "answers": mixed}))
    frames = {frame["type"]: frame for frame in (await told(ws), await told(ws))}
    assert frames["acked"]["acked"] == [2]
    assert frames["refused"]["refused"] == [{"seq": 1, "code": "unknown_question"}]
    alone = await sync_to_async(put)(server, alice, {"epoch": 1, "answers": [{**mixed[0], "seq": 3}]})
    assert (alone.status_code, alone.json()["errors"][0]["code"]) == (422, "unknown_question")
    assert await sync_to_async(alice.stored)() == [2]
    await ws.close()


def _question_of_another_paper(cast: Any) -> str:
    test = make_test(cast, title="Another")
    publish(cast, test)
    room = make_room(cast, cast.bob, test=test)
    attempt = sitting.start_attempt(actor=cast.bob, assignment_id=room.pk).attempt
    return str(lines.question_id(attempt, "river"))


@pytest.mark.parametrize("step", [1, 2, 7, -1, 10**9, "1; DROP TABLE", None, 1e300])
def test_no_section_is_skipped(server, cast, step):
    test = make_test(cast, level="N5")
    publish(cast, test)
    room = make_room(cast, cast.alice, test=test, is_sectioned=True)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    answer = post(server, f"attempts/{attempt.pk}/next-section/", {"step": step}, access_token(cast.alice))
    assert answer.status_code in (409, 422), answer.text
    attempt.refresh_from_db()
    assert attempt.step_floor == 0


# -- too large -----------------------------------------------------------------------------------------------------


async def test_frames_of_two_mebibytes_end_their_socket_and_no_other(server, desks):
    alice, bob = desks
    beside = await enter(server, bob)
    for number in range(5):
        ws = await enter(server, alice)
        with suppress(ConnectionClosed):
            await ws.send(json.dumps({"type": "answers", "epoch": 1, "answers": "x" * LARGE}))
        assert await closed(ws) == 1009
        await saves(beside, bob, number + 1)
    begun = time.monotonic()
    body = b'{"epoch":1,"answers":[' + b" " * LARGE + b"]}"
    assert (await sync_to_async(put)(server, alice, body)).status_code == 413
    assert time.monotonic() - begun < 5
    ws = await enter(server, alice)
    await saves(ws, alice, 1)
    await ws.close()
    await beside.close()

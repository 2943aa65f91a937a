"""The socket and the fast route of a student who sits, over real connections to both servers."""

from __future__ import annotations

import asyncio
import http.client
import json
import signal
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from websockets.exceptions import ConnectionClosed

from apps.attempts.models import AnswerEntry, Attempt, IntegrityEvent, RefusedAnswer
from apps.attempts.operations import granting, sitting
from apps.authentication.models import Session, User
from apps.authentication.operations import sessions
from apps.core import clock, realtime, tenancy
from tests.apps.attempts import journal as lines
from tests.client import access_token
from tests.factories import make_room
from tests.ws.client import Server, hear, ticket_for

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def server(request: pytest.FixtureRequest, serving: Any) -> Any:
    return serving(request.param)


class Desk:
    """A student with a running attempt, and what the tests need of both."""

    def __init__(self, student: User, attempt: Attempt) -> None:
        self.student = student
        self.attempt = attempt
        self.path = f"/ws/attempts/{attempt.pk}/"
        self.url = f"/api/v1/attempts/{attempt.pk}/answers/"
        self.question = str(lines.question_id(attempt, "river"))
        self.options = [lines.option_id(attempt, "river", name) for name in ("yes", "no")]
        self.token = access_token(student)
        self.session = Session.objects.get(user=student)

    def answer(self, seq: int, response: Any = "yes") -> dict[str, Any]:
        named = {"yes": self.options[0], "no": self.options[1]}
        return {"seq": seq, "question": self.question, "response": named.get(response, response)}

    def message(self, *seqs: int, epoch: int = 1) -> str:
        return json.dumps({"type": "answers", "epoch": epoch, "answers": [self.answer(seq) for seq in seqs]})

    def ticket(self) -> str:
        return ticket_for(self.student, "attempts", self.session.pk)

    def stored(self) -> list[int]:
        with tenancy.enter(self.student.tenant):
            rows = AnswerEntry.objects.filter(attempt_id=self.attempt.pk).order_by("epoch", "seq")
            return list(rows.values_list("seq", flat=True))

    def kept(self) -> list[tuple[int, str]]:
        with tenancy.enter(self.student.tenant):
            return list(RefusedAnswer.objects.order_by("seq").values_list("seq", "code"))


@pytest.fixture
def desk(cast: Any) -> Desk:
    room = make_room(cast, cast.alice, cast.bob)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    _ = cast.bob, cast.mallory
    return Desk(cast.alice, attempt)


def in_north(work: Any) -> Any:
    """The ORM from an async test, in a thread and in north."""

    def inside(*args: Any, **kwargs: Any) -> Any:
        with tenancy.enter(tenancy.get_by_schema("c_north")):
            return work(*args, **kwargs)

    return sync_to_async(inside)


async def enter(server: Server, desk: Desk) -> Any:
    ws = await server.socket(desk.path, ticket=await in_north(desk.ticket)())
    assert (await hear(ws))["type"] == "hello"
    return ws


async def closed(ws: Any) -> int:
    try:
        while True:
            await asyncio.wait_for(ws.recv(), 10)
    except ConnectionClosed:
        return ws.close_code


def put(server: Server, desk: Desk, body: Any, *, host: str = "north.localhost", **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Host": host, "Authorization": f"Bearer {desk.token}", "Content-Type": "application/json", **headers}
    return httpx.put(f"http://127.0.0.1:{server.port}{desk.url}", content=content, headers=headers, timeout=20)


def batch(desk: Desk, *seqs: int, epoch: int = 1) -> dict[str, Any]:
    return {"epoch": epoch, "answers": [desk.answer(seq) for seq in seqs]}


# -- the socket ----------------------------------------------------------------------------------------------------


async def test_greets_saves_and_acknowledges(server, desk):
    ticket = await in_north(desk.ticket)()
    async with server.socket(desk.path, ticket=ticket) as ws:
        hello = await hear(ws)
        assert hello["type"] == "hello"
        assert (hello["state"], hello["epoch"], hello["last_seq"]) == ("IN_PROGRESS", 1, 0)
        assert hello["server_time"] < hello["deadline_at"]
        await ws.send(desk.message(1, 2))
        acked = await hear(ws)
        assert (acked["type"], acked["acked"]) == ("acked", [1, 2])
        assert hello["server_time"] <= acked["server_time"]
        assert await sync_to_async(desk.stored)() == [1, 2]
        await ws.send(desk.message(2, 3))
        assert (await hear(ws))["acked"] == [2, 3]
    async with server.socket(desk.path, ticket=await in_north(desk.ticket)()) as ws:
        assert (await hear(ws))["last_seq"] == 3


async def test_large_frames_are_a_flood_sooner_than_small_ones(server, desk):
    async with server.socket(desk.path, ticket=await in_north(desk.ticket)()) as ws:
        await hear(ws)
        for frame in range(8):  # eight messages, but four thousand answers
            await ws.send(desk.message(*range(1 + 500 * frame, 501 + 500 * frame)))
        assert await closed(ws) == 4429


async def test_refuses_single_answers_and_names_flaws(server, desk):
    ws = await enter(server, desk)
    await ws.send(json.dumps({"type": "answers", "epoch": 1, "answers": [desk.answer(1), desk.answer(2, "zzz")]}))
    messages = [await hear(ws), await hear(ws)]
    assert {m["type"]: m.get("acked") or m.get("refused") for m in messages} == {
        "acked": [1],
        "refused": [{"seq": 2, "code": "bad_answer"}],
    }
    for body in ({}, {"epoch": 1}, {"epoch": 0, "answers": [desk.answer(1)]}, {"epoch": 1, "answers": [{"seq": "1"}]}):
        await ws.send(json.dumps({"type": "answers", **body}))
        error = await hear(ws)
        assert (error["type"], error["code"]) == ("error", "invalid")
        assert error["errors"]
    await ws.close()


async def test_foreign_and_unknown_attempts_close_alike(server, desk, cast):
    for person, path in [("bob", desk.path), ("alice", f"/ws/attempts/{uuid.uuid4()}/")]:
        entry = await in_north(lambda person=person: ticket_for(getattr(cast, person), "attempts"))()
        async with server.socket(path, ticket=entry) as ws:
            assert await closed(ws) == 4404
    entry = await sync_to_async(lambda: ticket_for(cast.mallory, "attempts"))()
    async with server.socket(desk.path, ticket=entry, host="south.localhost") as ws:
        assert await closed(ws) == 4404


async def test_news_of_the_attempt_is_told_and_its_end_closes(server, desk, north):
    ws = await enter(server, desk)
    await ws.send(desk.message(1))
    await hear(ws, "acked")
    await in_north(realtime.push)(tenancy.room("attempt", desk.attempt.pk, tenant=north), "announcement", {"text": "!"})
    assert (await asyncio.wait_for(hear(ws, "announcement"), 5))["text"] == "!"
    await in_north(sitting.submit_attempt)(attempt_id=desk.attempt.pk, actor=desk.student)
    assert await asyncio.wait_for(hear(ws, "closed"), 5)
    assert await closed(ws) == 4410
    async with server.socket(desk.path, ticket=await in_north(desk.ticket)()) as late:
        assert (await hear(late))["state"] == "SUBMITTED"
        assert (await hear(late))["type"] == "closed"
        assert await closed(late) == 4410


async def test_more_time_is_told_at_once(server, desk, cast):
    ws = await enter(server, desk)
    await in_north(
        lambda: granting.extend(
            actor=cast.dora, assignment_id=desk.attempt.assignment_id, seconds=300, reason="fire alarm"
        )
    )()
    timer = await asyncio.wait_for(hear(ws, "timer"), 5)
    assert timer["attempt"] == str(desk.attempt.pk)
    await ws.close()


async def test_a_window_that_was_taken_over_is_closed_and_its_answers_are_kept(server, desk):
    ws = await enter(server, desk)
    epoch = await in_north(sitting.take_over)(actor=desk.student, attempt_id=desk.attempt.pk)
    assert await asyncio.wait_for(closed(ws), 5) == 4409
    new = await enter(server, desk)
    await new.send(desk.message(1, epoch=epoch))
    assert (await hear(new))["acked"] == [1]
    await new.send(desk.message(2, epoch=epoch - 1))  # a client that did not notice
    assert (await hear(new, "refused"))["refused"] == [{"seq": 2, "code": "taken_over"}]
    assert await closed(new) == 4409
    assert await sync_to_async(desk.kept)() == [(2, "taken_over")]


async def test_after_signing_out_the_very_next_answer_is_refused(server, desk):
    """Even if the news of it is lost: the session is looked at where the answer is stored."""
    ws = await enter(server, desk)
    await ws.send(desk.message(1))
    await hear(ws, "acked")
    await in_north(lambda: Session.objects.filter(pk=desk.session.pk).update(revoked_at=clock.now()))()
    await ws.send(desk.message(2))
    assert (await hear(ws))["refused"] == [{"seq": 2, "code": "not_signed_in"}]
    assert await closed(ws) == 4401
    assert await sync_to_async(desk.stored)() == [1]


async def test_late_answers_are_refused_and_kept_and_the_socket_stays(server, desk):
    ws = await enter(server, desk)
    at = await in_north(clock.now)()
    await in_north(
        lambda: Attempt.objects.filter(pk=desk.attempt.pk).update(
            started_at=at - timedelta(hours=1), deadline_at=at - timedelta(seconds=12)
        )
    )()
    await ws.send(desk.message(1))
    assert (await hear(ws))["refused"] == [{"seq": 1, "code": "too_late"}]
    await ws.send('{"type":"ping"}')
    assert (await hear(ws))["type"] == "pong"
    assert await sync_to_async(desk.kept)() == [(1, "too_late")]
    await ws.close()


async def test_advisory_events_never_stop_a_save(server, desk):
    ws = await enter(server, desk)
    for seq in range(1, 6):
        for _ in range(200):
            await ws.send('{"type":"event","kind":"blur"}')
        await ws.send(desk.message(seq))
        assert (await asyncio.wait_for(hear(ws, "acked"), 5))["acked"] == [seq]
    await ws.close()
    kept = await noticed(desk)
    assert {kind for kind, _ in kept} == {"blur"}
    assert len(kept) <= 500


async def noticed(desk):
    """What is kept of a desk's events, once it has not grown for a moment."""
    kept, found = None, []
    while not found or kept != found:
        kept = found
        await asyncio.sleep(0.3)
        events = IntegrityEvent.objects.filter(attempt_id=desk.attempt.pk)
        found = await in_north(lambda events=events: list(events.values_list("kind", "details")))()
    return found


async def test_keeps_what_the_screen_noticed(server, desk):
    ws = await enter(server, desk)
    await ws.send('{"type":"event","kind":"blur","at":"2026-11-20T10:00:00Z","seconds":4}')
    await ws.send('{"type":"event","kind":"\\ud800","deep":[[1]]}')
    await ws.send('{"type":"event","kind":"focus","deep":{"a":1e999},"much":1e999}')
    await ws.send('{"type":"event"}')
    await ws.send('{"type":"ping"}')
    assert (await hear(ws))["type"] == "pong"
    await ws.close()
    assert await noticed(desk) == [("blur", {"seconds": "4"}), ("focus", {"much": "inf"})]


# -- the fast route ------------------------------------------------------------------------------------------------


def test_http_saves_like_the_view(server, desk):
    answer = put(server, desk, batch(desk, 1, 2), **{"X-Request-ID": "from-the-test"})
    assert answer.status_code == 200
    assert {**answer.json(), "server_time": ""} == {"acked": [1, 2], "refused": [], "server_time": ""}
    assert answer.headers["x-request-id"] == "from-the-test"
    assert "no-store" in answer.headers["cache-control"]
    assert desk.stored() == [1, 2]
    mixed = put(server, desk, {"epoch": 1, "answers": [desk.answer(2), desk.answer(3, "zzz")]})
    assert (mixed.status_code, mixed.json()["acked"]) == (200, [2])
    assert mixed.json()["refused"] == [{"seq": 3, "code": "bad_answer"}]
    assert mixed.json()["server_time"].endswith("Z")


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        (b"{", 400, "malformed", ""),
        (b'{"epoch":NaN}', 400, "malformed", ""),
        (b"[" * 100_000, 400, "malformed", ""),
        (b"\xff", 400, "malformed", ""),
        (b" " * 300_000, 413, "too_large", ""),
        (b"[]", 422, "invalid", ""),
        (b"{}", 422, "invalid", "/answers"),
        (b'{"epoch":1,"answers":[{"seq":1,"question":"x"}]}', 422, "invalid", "/answers/0/response"),
        (b'{"epoch":1,"answers":[{"seq":1,"question":"x","response":1}]}', 422, "bad_answer", "/answers/0"),
        (b'{"epoch":1,"answers":[{"seq":1,"question":"x","response":1}],"late":1}', 422, "invalid", "/late"),
    ],
)
def test_http_refuses_bad_input_with_places(server, desk, body, status, code, pointer):
    answer = put(server, desk, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [flaw["pointer"] for flaw in answer.json().get("errors", [{"pointer": ""}])]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"true",
        b"{",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xef\xbb\xbf{}",
        rb'{"epoch":1,"answers":[],"\ud800":1}',
        rb'{"epoch":1,"answers":[{"seq":1,"question":"\ud800","response":null}]}',
        rb'{"epoch":1,"answers":[{"seq":1,"question":"x","response":null,"\u0000":1}]}',
        b'{"epoch":"1","answers":[{"seq":1,"question":"x","response":1}]}',
        b'{"epoch":1.0,"answers":[{"seq":true,"question":"x","response":1}]}',
        b'{"epoch":1,"answers":[{"seq":"1","question":"x","response":1}]}',
        b'{"epoch":1,"answers":[{"seq":1,"question":7,"response":1e999}]}',
        b'{"epoch":1,"answers":[{"seq":1,"question":"x","response":1e999}]}',
        b'{"epoch":1,"answers":[{"seq":0}]}',
        b'{"epoch":1,"answers":[null,[],1,{}]}',
        b'{"epoch":1,"answers":{}}',
        b'{"epoch":1,"answers":[' + b"{}," * 500 + b"{}]}",
        b'{"epoch":1,"answers":[],' + b",".join(b'"x%d":1' % number for number in range(5000)) + b"}",
        b" " * 300_000,
        b" " * 6_000_000,
    ],
    ids=lambda body: repr(body[:60]),
)
def test_the_view_refuses_in_the_same_words(server, desk, body):
    fast = put(server, desk, body)
    view = put(server, desk, body, **{"Content-Type": "Application/JSON"})
    assert fast.status_code == view.status_code
    assert {**fast.json(), "request_id": ""} == {**view.json(), "request_id": ""}
    assert fast.headers["content-type"] == view.headers["content-type"] == "application/problem+json"
    assert len(fast.content) < 200_000
    assert desk.stored() == []


async def test_tells_the_first_of_very_many_flaws(server, desk):
    flawed = {"epoch": 1, "answers": [dict.fromkeys("abcdefgh", 1)] * 500}
    ws = await server.socket(desk.path, ticket=await in_north(desk.ticket)())
    await hear(ws)
    await ws.send(json.dumps({"type": "answers", **flawed}))
    told = await hear(ws)
    assert told["code"] == "invalid"
    assert len(told["errors"]) == 20
    await ws.close()
    answer = await asyncio.to_thread(put, server, desk, flawed)
    assert len(answer.json()["errors"]) == 20


@pytest.mark.parametrize("hosts", [["south.localhost", "north.localhost"], ["north.localhost", "south.localhost"]])
def test_two_hosts_are_no_host(server, desk, hosts):
    content = json.dumps(batch(desk, 1)).encode()
    caller = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    caller.putrequest("PUT", desk.url, skip_host=True)
    headers = [("Host", host) for host in hosts] + [("Content-Length", str(len(content)))]
    for name, value in [*headers, ("Authorization", f"Bearer {desk.token}"), ("Content-Type", "application/json")]:
        caller.putheader(name, value)
    caller.endheaders(content)
    assert caller.getresponse().status in {400, 404}
    assert desk.stored() == []


def test_http_tells_whose_and_what_state_it_is(server, desk, cast):
    token, url = desk.token, desk.url
    desk.token = access_token(cast.bob)
    foreign = put(server, desk, batch(desk, 1))
    desk.token, desk.url = token, f"/api/v1/attempts/{uuid.uuid4()}/answers/"
    unknown = put(server, desk, batch(desk, 1))
    desk.url = url
    assert foreign.status_code == unknown.status_code == 404
    assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    desk.token = access_token(cast.carol)
    assert put(server, desk, batch(desk, 1)).status_code == 403
    desk.token = access_token(cast.mallory)
    assert put(server, desk, batch(desk, 1)).status_code == 401  # another center's token
    desk.token = token
    assert put(server, desk, batch(desk, 1), host="nowhere.localhost").json()["code"] == "unknown_host"
    taken = put(server, desk, batch(desk, 1, epoch=2))
    assert (taken.status_code, taken.json()["code"]) == (409, "taken_over")
    assert put(server, desk, batch(desk, 1)).status_code == 200
    with tenancy.enter(desk.student.tenant):
        sitting.submit_attempt(attempt_id=desk.attempt.pk, actor=desk.student)
    late = put(server, desk, batch(desk, 2))
    assert (late.status_code, late.json()["code"]) == (409, "attempt_closed")
    assert late.json()["details"]["refused"] == [{"seq": 2, "code": "attempt_closed"}]
    assert put(server, desk, batch(desk, 1)).json()["acked"] == [1]


def test_http_refuses_tokens_that_are_no_good(server, desk):
    token = desk.token
    assert put(server, desk, batch(desk, 1)).status_code == 200
    for bad in ("x", token[:-2], token + "x", "x" * 9000):
        desk.token = bad
        refused = put(server, desk, batch(desk, 2))
        assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    desk.token = token
    with tenancy.enter(desk.student.tenant):
        sessions.end_session(session_id=desk.session.pk)
    assert put(server, desk, batch(desk, 3)).status_code == 401  # although its signature was just found good
    assert desk.stored() == [1]


def test_what_is_unusual_goes_to_the_view(server, desk):
    base = f"http://127.0.0.1:{server.port}{desk.url}"
    headers = {"Host": "north.localhost"}
    assert httpx.put(base, json=batch(desk, 1), headers=headers).status_code == 401
    signed_in = {**headers, "Authorization": f"Bearer {desk.token}"}
    assert httpx.get(base, headers=signed_in).status_code == 200
    assert httpx.put(base, content=b"x", headers={**signed_in, "Content-Type": "text/plain"}).status_code == 415


# -- the end of a process ------------------------------------------------------------------------------------------


async def test_a_stopped_server_says_so_and_loses_nothing(desk):
    for kind in ("daphne", "uvicorn"):
        server = await sync_to_async(Server(kind).start)()
        ws = await enter(server, desk)
        await asyncio.sleep(1.2)  # Daphne says goodbye to nobody within a second of a new connection
        await sync_to_async(server.end)(signal.SIGTERM)
        assert await closed(ws) == 1012


async def test_no_acknowledged_answer_is_lost_when_the_process_is_killed(cast):
    """The small form of the crash test: a class of 25 answers as fast as it can through three kills."""
    room = await in_north(lambda: make_room(cast, *_class(cast, 25)))()
    desks = await in_north(lambda: [_seat(student, room) for student in _students])()
    acked: dict[uuid.UUID, set[int]] = {desk.attempt.pk: set() for desk in desks}
    for kind in ("uvicorn", "daphne", "uvicorn"):
        server = await sync_to_async(Server(kind, SOCKET_MESSAGES_PER_SECOND="100000").start)()
        workers = [asyncio.create_task(_answer_until_cut(server, desk, acked[desk.attempt.pk])) for desk in desks]
        async with asyncio.timeout(20):
            before = sum(map(len, acked.values()))
            while sum(map(len, acked.values())) < before + 300:
                await asyncio.sleep(0.01)
        await sync_to_async(server.end)(signal.SIGKILL)
        await asyncio.gather(*workers)
    stored = await in_north(lambda: {desk.attempt.pk: set(desk.stored()) for desk in desks})()
    assert sum(map(len, acked.values())) >= 900
    assert {attempt: seqs - stored[attempt] for attempt, seqs in acked.items() if seqs - stored[attempt]} == {}


_students: list[User] = []


def _class(cast: Any, size: int) -> list[User]:
    _students[:] = [cast.person(f"Student{n}", "STUDENT") for n in range(size)]
    return _students


def _seat(student: User, room: Any) -> Desk:
    return Desk(student, sitting.start_attempt(actor=student, assignment_id=room.pk).attempt)


async def _answer_until_cut(server: Server, desk: Desk, acked: set[int]) -> None:
    seq = max(acked, default=0) + 1000
    try:
        async with server.socket(desk.path, ticket=await in_north(desk.ticket)()) as ws:
            await hear(ws, "hello")
            while True:
                for _ in range(4):
                    seq += 1
                    await ws.send(desk.message(seq))
                acked.update((await hear(ws, "acked"))["acked"])
    except (ConnectionClosed, OSError):
        return


def test_the_tests_above_can_see_what_is_stored(desk):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM attempts_answerentry")
        assert cursor.fetchone() == (0,)
    assert desk.stored() == []

"""A live quiz while the web process and PostgreSQL are killed, and one without Redis: no acknowledged answer is lost, and it
goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from apps.demo import content
from apps.demo.simulation import http
from apps.demo.simulation.http import NETWORK, Answered, Client, Place
from tests.faults import stack as nemesis
from tests.faults.conftest import Say
from tests.faults.stack import CENTER, Stack

pytestmark = pytest.mark.faults

PLAYERS = 12
APART = 0.02
TITLE = "Kana quiz"


@dataclass
class Player:
    """Answers the present question again and again over a socket, each time with another number, and comes back."""

    client: Client
    session: str
    acked: dict[int, str] = field(default_factory=dict)
    sent: int = 0
    seq: int = 0
    connections: int = 0
    frames: list[dict[str, Any]] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    async def play(self, stop: asyncio.Event, *, answers: bool = True) -> None:
        while not stop.is_set():
            try:
                await self._connect(stop, answers)
            except (*NETWORK, Answered):
                await asyncio.sleep(0.2)

    async def _connect(self, stop: asyncio.Event, answers: bool) -> None:
        ticket = await self.client.ticket("quizzes")
        place = self.client.place
        async with connect(
            f"ws://{place.name}/ws/quizzes/{self.session}/",
            host=place.address,
            port=place.port,
            subprotocols=[f"ticket.{ticket}"],  # type: ignore[list-item]
        ) as ws:
            self.connections += 1
            said: dict[int, str] = {}
            writing = asyncio.create_task(self._say(ws, stop, said)) if answers else None
            try:
                while not stop.is_set():
                    with contextlib.suppress(TimeoutError):
                        frame = json.loads(await asyncio.wait_for(ws.recv(), 0.5))
                        self._hear(frame, said)
            finally:
                if writing is not None:
                    writing.cancel()

    def _hear(self, frame: dict[str, Any], said: dict[int, str]) -> None:
        if frame["type"] == "acked":
            self.acked[frame["seq"]] = said[frame["seq"]]
            self.moments.append(time.monotonic())
        elif frame["type"] in ("hello", "question"):
            self.options = [option["id"] for option in frame["question"]["options"]] if frame["question"] else []
            self.frames.append(frame)
        else:
            self.frames.append(frame)

    async def _say(self, ws: Any, stop: asyncio.Event, said: dict[int, str]) -> None:
        while not stop.is_set():
            await asyncio.sleep(APART)
            if not getattr(self, "options", None):
                continue
            self.seq += 1
            said[self.seq] = self.options[self.seq % len(self.options)]
            self.sent += 1
            answer = {"type": "answer", "number": 1, "seq": self.seq, "response": said[self.seq]}
            await ws.send(json.dumps(answer))


class Class:
    """A host and players of the demo."""

    def __init__(self, stack: Stack, pool: httpx.AsyncClient) -> None:
        self.place, self.pool = Place(content.host(CENTER), stack.port), pool

    async def open(self, **fields: Any) -> None:
        self.host = await self._sign_in(content.teacher_email(CENTER))
        tests = (await self.host.call("GET", "mock-tests/"))["results"]
        (test,) = (row["id"] for row in tests if row["title"] == TITLE)
        self.session = await self.host.call("POST", "quiz-sessions/", {"mock_test": test, **fields})
        self.path = f"quiz-sessions/{self.session['id']}/"
        self.players = []
        for number in range(1, PLAYERS + 1):
            client = await self._sign_in(f"student{number:02d}@{CENTER}.test")
            await client.call("POST", "quiz-sessions/join/", {"code": self.session["code"]})
            self.players.append(Player(client, self.session["id"]))

    async def _sign_in(self, email: str) -> Client:
        client = Client(self.place, self.pool)
        await client.sign_in(email, content.PASSWORD)
        return client

    async def move(self, verb: str) -> Any:
        return await self.host.insist("POST", f"{self.path}{verb}/")


class Hands:
    """Runs a class in a thread, and does for it, in this one, what it asks for: a process that is started by a thread ends
    with it."""

    def __init__(self) -> None:
        self._asked: queue.Queue[tuple[Callable[[], object], asyncio.Future[None], asyncio.AbstractEventLoop]] = (
            queue.Queue()
        )

    async def do(self, work: Callable[[], object]) -> None:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._asked.put((work, done, loop))
        await done

    def run(self, go: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        outcome: list[Any] = []

        def beside() -> None:
            try:
                outcome.append(asyncio.run(go()))
            except BaseException as error:
                outcome.append(error)

        thread = threading.Thread(target=beside)
        thread.start()
        while thread.is_alive():
            with contextlib.suppress(queue.Empty):
                work, done, loop = self._asked.get(timeout=0.1)
                work()
                loop.call_soon_threadsafe(done.set_result, None)
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]


def lost(stack: Stack, session: str, players: list[Player]) -> Iterator[str]:
    """Acknowledged answers that are not in the journal, or are there with something else."""
    rows = stack.query(
        "SELECT player.user_id::text, entry.seq, entry.response FROM live_liveanswer entry"
        " JOIN live_player player ON player.id = entry.player_id WHERE entry.session_id = %s",
        session,
    )
    stored = {(user, seq): response for user, seq, response in rows}
    for player in players:
        for seq, response in player.acked.items():
            if stored.get((player.client.user["id"], seq)) != response:
                yield f"{player.client.user['email']}: {seq}"


def test_killed_web_processes_and_databases_lose_no_acknowledged_answer(stack: Stack, say: Say) -> None:
    hands = Hands()

    async def go() -> tuple[Class, list[float]]:
        async with http.pool(40) as pool:
            school = Class(stack, pool)
            await school.open(seconds=600, answer_policy="LAST", bonus="NONE")
            stop = asyncio.Event()
            await school.move("start")
            work = [asyncio.create_task(player.play(stop)) for player in school.players]
            recovered = []
            for victim in ("web", "web", "postgres", "web"):
                await asyncio.sleep(2)
                await hands.do(partial(_kill_and_heal, stack, victim))
                since = time.monotonic()
                while not any(player.moments and player.moments[-1] > since for player in school.players):
                    assert time.monotonic() - since < 30
                    await asyncio.sleep(0.05)
                recovered.append(time.monotonic() - since)
            await asyncio.sleep(2)
            stop.set()
            await asyncio.gather(*work)
            await school.move("lock")
            await school.move("reveal")
            return school, recovered

    school, recovered = hands.run(go)
    acked = sum(len(player.acked) for player in school.players)
    session = school.session["id"]
    missing = list(lost(stack, session, school.players))
    say(
        f"{acked} of {sum(player.sent for player in school.players)} answers acknowledged, {len(missing)} lost;"
        f" {sum(player.connections for player in school.players)} connections of {PLAYERS} players;"
        f" first answer {'/'.join(f'{s:.1f}' for s in recovered)} s after each return"
    )
    assert missing == []
    assert acked > 500
    assert all(player.connections >= 4 for player in school.players)
    # What counts is the last one that was stored, for everybody.
    differing = stack.query(
        "SELECT mark.player_id FROM live_livemark mark WHERE mark.session_id = %s AND mark.response <> ("
        " SELECT response FROM live_liveanswer entry WHERE entry.session_id = mark.session_id"
        " AND entry.player_id = mark.player_id ORDER BY slot DESC LIMIT 1)",
        session,
    )
    assert differing == []
    assert stack.query("SELECT count(*) FROM live_livemark WHERE session_id = %s", session) == [(PLAYERS,)]
    # The checker can find what it looks for.
    one = school.players[0]
    stack.query(
        "DELETE FROM live_liveanswer WHERE session_id = %s AND seq = %s AND player_id ="
        " (SELECT id FROM live_player WHERE session_id = %s AND user_id = %s)",
        *(session, max(one.acked), session, one.client.user["id"]),
    )
    assert len(list(lost(stack, session, school.players))) == 1


def _kill_and_heal(stack: Stack, victim: str) -> None:
    if victim == "web":
        nemesis.kill(stack.web)
        stack.web.start_and_wait()
    else:
        nemesis.kill_server(stack.postgres)
        nemesis.start_server(stack.postgres)


def test_a_quiz_goes_on_without_redis(stack: Stack, say: Say) -> None:
    """Open sockets see everything a little later; who has none asks for the state and answers over HTTP."""

    hands = Hands()

    async def go() -> tuple[Class, float, float]:
        async with http.pool(40) as pool:
            school = Class(stack, pool)
            await school.open(seconds=5, bonus="NONE")
            stop = asyncio.Event()
            on_sockets, by_http = school.players[:6], school.players[6:]
            work = [asyncio.create_task(player.play(stop, answers=False)) for player in on_sockets]
            await until(lambda: all(player.frames for player in on_sockets))
            await hands.do(partial(nemesis.kill_server, stack.redis))
            since = time.monotonic()
            asked = await school.move("start")
            await until(lambda: all(_kinds(player) & {"question"} for player in on_sockets))
            seen_after = time.monotonic() - since
            right = _right_option(stack, school.session["id"])
            for player in by_http:
                state = await player.client.call("GET", f"{school.path}state/")
                assert (state["state"], state["question"]["id"]) == ("QUESTION", asked["question"]["id"])
                given = {"number": 1, "seq": 1, "response": right}
                await player.client.call("POST", f"{school.path}answers/", given)
            since = time.monotonic()
            await until(lambda: all(_kinds(player) & {"locked"} for player in on_sockets))
            locked_after = time.monotonic() - since
            await school.move("reveal")
            await until(lambda: all(_kinds(player) & {"board"} for player in on_sockets))
            for player in by_http:
                state = await player.client.call("GET", f"{school.path}state/")
                assert (state["me"]["score"], state["me"]["rank"]) == ("1000", 1)
            await school.move("finish")
            stop.set()
            await asyncio.gather(*work)
            assert {player.connections for player in on_sockets} == {1}
            return school, seen_after, locked_after

    try:
        school, seen_after, locked_after = hands.run(go)
    finally:
        stack.heal()
    say(
        f"without Redis: the question on open sockets after {seen_after:.1f} s, locked by the clock {locked_after:.1f} s on"
    )
    rows = stack.query("SELECT count(*) FROM live_player WHERE session_id = %s AND rank = 1", school.session["id"])
    assert rows == [(PLAYERS - 6,)]
    assert seen_after < 5


def _kinds(player: Player) -> set[str]:
    return {frame["type"] for frame in player.frames}


async def until(is_so: Any, seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():
            await asyncio.sleep(0.05)


def _right_option(stack: Stack, session: str) -> str:
    ((fractions,),) = stack.query(
        "SELECT paper_key.items -> round.question_id::text -> 'key' -> 'fractions' FROM live_round round"
        " JOIN live_quizsession session ON session.id = round.session_id"
        " JOIN mock_tests_paperkey paper_key ON paper_key.paper_id = session.paper_id"
        " WHERE round.session_id = %s AND round.number = 1",
        session,
    )
    return next(option for option, share in fractions.items() if float(share) == 1)

"""People beside the class: they ask for everything while things break, or sit and listen on sockets all the time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from apps.demo import content
from apps.demo.simulation.http import Answered, Client, Place
from tests.faults.exam import Seen
from tests.faults.stack import CENTER, Stack

T = TypeVar("T")


class Beside:
    """An event loop in a thread, the people in it, and what they were told."""

    def __init__(self, stack: Stack) -> None:
        self.seen = Seen()
        self.place = Place(content.host(CENTER), stack.port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="beside", daemon=True)
        self._thread.start()
        self._pool = self.seen.pool(20)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Have something done, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def go_on(self, work: Coroutine[Any, Any, None]) -> None:
        """Have something done from now on."""
        asyncio.run_coroutine_threadsafe(work, self._loop)

    def sign_in(self, email: str) -> Client:
        client = Client(self.place, self._pool)
        self.do(client.sign_in(email, content.PASSWORD))
        return client

    def student(self, number: int) -> Client:
        return self.sign_in(f"student{number:02d}@{CENTER}.test")

    def teacher(self) -> Client:
        return self.sign_in(content.teacher_email(CENTER))

    def status(self, client: Client, method: str, path: str, body: Any = None) -> int:
        """What a request is answered with; 200 stands for everything good."""
        try:
            self.do(client.call(method, path, body, renew=False))
        except Answered as refusal:
            return refusal.status
        return 200

    def listen(self, client: Client, path: str, purpose: str) -> Ear:
        ear = Ear()
        self.go_on(ear.open(self.place, self.do(client.ticket(purpose)), path))
        wait(lambda: ear.is_open or bool(ear.ended), 10)
        assert ear.is_open, f"{path} was not opened: {ear.ended}"
        return ear

    async def ask_for_everything(self, client: Client, room: str) -> None:
        """What the screens of a class ask for, again and again, each refusal noted."""
        while True:
            for method, path, body in (
                ("GET", "auth/me/", None),
                ("GET", "exam-assignments/", None),
                ("GET", f"exam-assignments/{room}/", None),
                ("GET", "attempts/", None),
                ("GET", f"leaderboards/exams/{room}/", None),
                ("GET", "results/my-results/", None),
                ("GET", "notifications/", None),
                ("POST", "auth/ws-ticket/", {"purpose": "leaderboards"}),
                ("POST", "auth/login/", {"email": client.user["email"], "password": content.PASSWORD}),
            ):
                with contextlib.suppress(Answered, httpx.TransportError):
                    await client.call(method, path, body)
                await asyncio.sleep(0.03)

    def stop(self) -> None:
        with contextlib.suppress(Exception):
            self.do(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _leave(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=5)
        await self._pool.aclose()


class Ear:
    """A socket that is opened once and never again."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.ended = ""
        self.is_open = False
        self._socket: ClientConnection | None = None

    async def open(self, place: Place, ticket: str, path: str) -> None:
        try:
            async with connect(
                f"ws://{place.name}{path}",
                host=place.address,
                port=place.port,
                subprotocols=[f"ticket.{ticket}"],  # type: ignore[list-item]
            ) as self._socket:
                self.is_open = True
                async for text in self._socket:
                    self.heard.append(json.loads(text))
            self.ended = f"closed with {self._socket.close_code}"
        except Exception as error:
            self.ended = repr(error)

    async def say(self, message: dict[str, Any]) -> None:
        assert self._socket is not None
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(json.dumps(message))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in list(self.heard) if message["type"] == kind]


class Sitter:
    """A student who answers over one socket the whole time, and keeps the numbers that were acknowledged."""

    def __init__(self, beside: Beside, client: Client, room: str) -> None:
        started = beside.do(client.call("POST", f"exam-assignments/{room}/start/", {}))
        self.attempt, self.epoch = started["attempt"], started["epoch"]
        group = started["paper"]["sections"][0]["question_groups"][0]
        self._question = group["questions"][0]
        self.sent = 0
        self.ear = beside.listen(client, f"/ws/attempts/{self.attempt}/", "attempts")
        beside.go_on(self._answer())

    async def _answer(self) -> None:
        options = [option["id"] for option in self._question["options"]]
        while True:
            self.sent += 1
            answer = {
                "seq": self.sent,
                "question": self._question["id"],
                "response": options[self.sent % len(options)],
            }
            await self.ear.say({"type": "answers", "epoch": self.epoch, "answers": [answer]})
            await asyncio.sleep(0.25)

    @property
    def acked(self) -> set[int]:
        return {seq for message in self.ear.of("acked") for seq in message["acked"]}


def wait(condition: Callable[[], bool], seconds: float) -> float:
    """Wait for something to become true; how long it took."""
    since = time.monotonic()
    while not condition():
        assert time.monotonic() - since < seconds, f"not after {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - since


@contextlib.contextmanager
def people(stack: Stack) -> Iterator[Beside]:
    beside = Beside(stack)
    try:
        yield beside
    finally:
        beside.stop()


async def open_room(teacher: Client, title: str) -> str:
    """A room of ten minutes for everybody."""
    groups = await teacher.call("GET", "groups/?page=all")
    tests = (await teacher.call("GET", "mock-tests/"))["results"]
    test = next(test["id"] for test in tests if test["title"] == content.MOCK_TEST_TITLE)
    room = await teacher.call(
        "POST",
        "exam-assignments/",
        {
            "title": title,
            "mock_test": test,
            "assigned_group_ids": [group["id"] for group in groups],
            "seconds": 600,
            "board_policy": "LIVE",
            "listening": "FREE",
        },
    )
    await teacher.call("POST", f"exam-assignments/{room['id']}/open/", {})
    return str(room["id"])

"""At the door of a server process: as many requests at once as there are connections for; the others wait their turn.

Each request that Django answers has a thread and a connection of its own. When five hundred begin an exam together, as many
threads would share a few connections, and those that wait too long in the pool are sent away although there is time. Here
they wait before they cost anything, in the order they came. One host never takes all places, so that a rush at one center
leaves the others room.
"""

from __future__ import annotations

import asyncio
import json
import weakref
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from api.common import hosts
from apps.core import problems

Application = Callable[
    [dict[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]

PROBES = frozenset({"/livez", "/readyz"})
PATIENCE_SECONDS = 15.0
RETRY_AFTER = 5


class Admission:
    """Lets ``most`` requests at once into ``application``, those of one host three quarters of them."""

    def __init__(self, application: Application, *, most: int, patience: float = PATIENCE_SECONDS) -> None:
        self._application = application
        self._most = most
        self._patience = patience
        self._doors: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Doors] = weakref.WeakKeyDictionary()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] in PROBES:
            return await self._application(scope, receive, send)
        place = _Place(self._doors_here(), hosts.header(scope["headers"], b"host"))

        async def received() -> Any:
            message = await receive()
            # Only when all of it is here: somebody who sends slowly takes nobody's place.
            if message["type"] == "http.request" and not message.get("more_body"):
                try:
                    async with asyncio.timeout(self._patience):
                        await place.take()
                except TimeoutError:
                    raise _Full from None
            return message

        async def sent(message: Any) -> None:
            if message.get("more_body"):
                place.leave()  # what is streamed may take long, and asks the database no more
            await send(message)

        try:
            await self._application(scope, received, sent)
        except _Full:
            await _turn_away(send)
        finally:
            place.leave()
        return None

    def _doors_here(self) -> _Doors:
        loop = asyncio.get_running_loop()
        doors = self._doors.get(loop)
        if doors is None:
            doors = self._doors[loop] = _Doors(self._most)
        return doors


class _Full(Exception):
    """It was not this request's turn in time."""


class _Doors:
    """The places of one event loop."""

    def __init__(self, most: int) -> None:
        self.all = asyncio.Semaphore(most)
        self.of_host: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(max(most * 3 // 4, 1))
        )
        self.inside: defaultdict[str, int] = defaultdict(int)


class _Place:
    """One request's: first among those of its host, then among all."""

    def __init__(self, doors: _Doors, host: str) -> None:
        self._doors = doors
        self._host = host
        self._held: list[asyncio.Semaphore] = []
        self._is_counted = False

    async def take(self) -> None:
        self._doors.inside[self._host] += 1
        self._is_counted = True
        try:
            for door in (self._doors.of_host[self._host], self._doors.all):
                await door.acquire()
                self._held.append(door)
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """Once or more often."""
        while self._held:
            self._held.pop().release()
        if self._is_counted:
            self._is_counted = False
            self._doors.inside[self._host] -= 1
            if not self._doors.inside[self._host]:  # hosts are named by whoever asks
                del self._doors.inside[self._host], self._doors.of_host[self._host]


async def _turn_away(send: Callable[[Any], Awaitable[None]]) -> None:
    document = problems.document(
        503, "too_busy", "Too many people ask at this moment. Please try again in some seconds."
    )
    body = json.dumps(document).encode()
    headers = [
        (b"content-type", problems.CONTENT_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"private, no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"retry-after", str(RETRY_AFTER).encode()),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})

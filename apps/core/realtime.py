"""News for open sockets. News is a hint: it leaves after the commit, may be lost, and losing it is never an error.

One hub per process and event loop holds one subscription per room, however many sockets listen; what arrives is
encoded once and written to each of them. A socket that is slow gets the newest frame, not a queue of old ones.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import threading
import weakref
from collections import deque
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

from channels.layers import get_channel_layer
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from apps.core import eager

log = logging.getLogger(__name__)

Frame = dict[str, str]

MOST_WAITING = 10_000
PATIENCE = 1.0


class Listener(Protocol):
    """An open socket, as far as the hub knows it."""

    def hear(self, room: str, kind: str, text: str) -> Coroutine[Any, Any, None]: ...


def encode(kind: str, data: dict[str, Any]) -> str:
    """One frame: ``data`` with its ``type``."""
    return json.dumps({"type": kind, **data}, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))


def encode_moment(moment: datetime | None) -> str:
    """A moment as JSON text."""
    return "null" if moment is None else f'"{moment.isoformat(timespec="milliseconds")[:-6]}Z"'


def push(room: str, kind: str, data: dict[str, Any]) -> None:
    """Send news to a room after the commit (at once outside a transaction). Failure is logged and swallowed."""
    push_many(kind, [(room, data)])


def push_many(kind: str, news: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Send news of one kind to many rooms, in one go."""
    frames: list[Frame] = [
        {"type": "news", "room": room, "kind": kind, "text": encode(kind, data)} for room, data in news
    ]
    if frames:
        transaction.on_commit(lambda: _send(frames), robust=True)


def _send(frames: list[Frame]) -> None:
    """Hand the frames to this process's postman; a forked child has its own."""
    postman = _postmen.get(os.getpid())
    if postman is None:
        postman = _postmen.setdefault(os.getpid(), _Postman())
    postman.post(frames)


class _Postman:
    """Publishes from a thread with one event loop and so one connection, however many threads have news; no request
    waits for Redis, and while it is down news is dropped."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._bag: deque[Frame] = deque(maxlen=MOST_WAITING)
        self._round: asyncio.Task[None] | None = None
        threading.Thread(target=self._loop.run_forever, name="news", daemon=True).start()
        atexit.register(self._empty)

    def post(self, frames: list[Frame]) -> None:
        self._loop.call_soon_threadsafe(self._take, frames)

    def _take(self, frames: list[Frame]) -> None:
        self._bag.extend(frames)
        if self._round is None or self._round.done():
            self._round = self._loop.create_task(self._go_round())

    async def _go_round(self) -> None:
        layer = get_channel_layer()
        while self._bag:
            frame = self._bag.popleft()
            try:
                async with asyncio.timeout(1):
                    await layer.group_send(frame["room"], frame)
            except Exception as error:
                lost = 1 + len(self._bag)
                self._bag.clear()
                log.warning("News for %s and %s more was not sent: %r", frame["room"], lost - 1, error)

    def _empty(self) -> None:
        """A command that ends right after its commit still has its news sent."""

        async def wait() -> None:
            if self._round is not None:
                await asyncio.wait([self._round], timeout=1)

        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(wait(), self._loop).result(1.5)


_postmen: dict[int, _Postman] = {}


class Hub:
    """The rooms that sockets of this process listen to.

    Without Redis sockets open as usual; a task keeps trying, and news comes as soon as it can.
    """

    def __init__(self) -> None:
        self._rooms: dict[str, set[Listener]] = {}
        self._heard: set[str] = set()
        self._channel = ""
        self._reader: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._is_down = False

    async def join(self, room: str, listener: Listener) -> None:
        """Let ``listener`` hear a room. The first one subscribes the process, and waits for that if Redis answers."""
        self._rooms.setdefault(room, set()).add(listener)
        if room not in self._heard and not (self._is_down or await self._hear(room)):
            self._is_down = True
        if room not in self._heard and (self._keeper is None or self._keeper.done()):
            self._keeper = asyncio.create_task(self._keep_trying(), name="news, again")

    async def leave(self, room: str, listener: Listener) -> None:
        """The last one out unsubscribes the process."""
        listeners = self._rooms.get(room)
        if listeners is None:
            return
        listeners.discard(listener)
        if listeners:
            return
        del self._rooms[room]
        async with self._lock:
            if room in self._rooms or room not in self._heard:
                return
            self._heard.discard(room)
            try:
                async with asyncio.timeout(PATIENCE):
                    await get_channel_layer().group_discard(room, self._channel)
            except Exception as error:
                log.warning("Could not leave %s: %r", room, error)

    async def _hear(self, room: str) -> bool:
        """Subscribe; whether it worked."""
        layer = get_channel_layer()
        async with self._lock:
            if room in self._heard or room not in self._rooms:
                return True
            try:
                async with asyncio.timeout(PATIENCE):
                    if self._reader is None or self._reader.done():
                        self._channel = await layer.new_channel()
                        self._reader = asyncio.create_task(self._read(), name="news")
                    await layer.group_add(room, self._channel)
            except Exception as error:
                log.warning("No news from %s until Redis answers: %r", room, error)
                return False
            self._heard.add(room)
            return True

    async def _keep_trying(self) -> None:
        while missing := self._rooms.keys() - self._heard:
            self._is_down = not await self._hear(next(iter(missing)))
            if self._is_down:
                await asyncio.sleep(1)

    async def _read(self) -> None:
        layer = get_channel_layer()
        while True:
            try:
                frame = await layer.receive(self._channel)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("News stopped for a moment: %r", error)
                await asyncio.sleep(1)
                continue
            room, kind, text = frame["room"], frame["kind"], frame["text"]
            for listener in list(self._rooms.get(room, ())):
                try:
                    waits = eager.start(listener.hear(room, kind, text))
                    if waits is not None:  # one that is slow holds up nobody else
                        waits.add_done_callback(_note)
                except Exception as error:
                    log.info("A socket missed news: %r", error)


def _note(hearing: asyncio.Task[None]) -> None:
    if not hearing.cancelled() and (error := hearing.exception()):
        log.info("A socket missed news: %r", error)


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]

"""News for open sockets. News is a hint: it leaves after the commit, may be lost, and losing it is never an error.

One hub per process and event loop holds one subscription per room, however many sockets listen; what arrives is
encoded once and written to each of them. A socket that is slow gets the newest frame, not a queue of old ones.
"""

from __future__ import annotations

import asyncio
import json
import logging
import weakref
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

log = logging.getLogger(__name__)


class Listener(Protocol):
    """An open socket, as far as the hub knows it."""

    async def hear(self, room: str, kind: str, text: str) -> None: ...


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
    """Send news of one kind to many rooms, in one go; the first failure ends it."""
    frames = [{"type": "news", "room": room, "kind": kind, "text": encode(kind, data)} for room, data in news]
    if frames:
        transaction.on_commit(lambda: _send(frames), robust=True)


def _send(frames: list[dict[str, Any]]) -> None:
    try:
        async_to_sync(_send_soon)(frames)
    except Exception as error:
        log.warning("News for %s of %s rooms was not sent: %s", frames[0]["room"], len(frames), error)


async def _send_soon(frames: list[dict[str, Any]]) -> None:
    layer = get_channel_layer()
    async with asyncio.timeout(1 + len(frames) / 200):
        for frame in frames:
            await layer.group_send(frame["room"], frame)


class Hub:
    """The rooms that sockets of this process listen to."""

    def __init__(self) -> None:
        self._rooms: dict[str, set[Listener]] = {}
        self._channel = ""
        self._reader: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    async def join(self, room: str, listener: Listener) -> None:
        """Let ``listener`` hear a room. The first one subscribes the process."""
        async with self._lock:
            if self._reader is None or self._reader.done():
                self._channel = await get_channel_layer().new_channel()
                self._reader = asyncio.create_task(self._read(), name="news")
            listeners = self._rooms.setdefault(room, set())
            if not listeners:
                await self._subscribe(room)
            listeners.add(listener)

    async def leave(self, room: str, listener: Listener) -> None:
        """The last one out unsubscribes the process."""
        async with self._lock:
            listeners = self._rooms.get(room)
            if listeners is None:
                return
            listeners.discard(listener)
            if not listeners:
                del self._rooms[room]
                try:
                    await get_channel_layer().group_discard(room, self._channel)
                except Exception as error:
                    log.warning("Could not leave %s: %s", room, error)

    async def _subscribe(self, room: str) -> None:
        try:
            async with asyncio.timeout(2):
                await get_channel_layer().group_add(room, self._channel)
        except Exception as error:
            log.warning("No news from %s until Redis answers: %s", room, error)

    async def _read(self) -> None:
        layer = get_channel_layer()
        while True:
            try:
                frame = await layer.receive(self._channel)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("News stopped for a moment: %s", error)
                await asyncio.sleep(1)
                continue
            for listener in list(self._rooms.get(frame["room"], ())):
                try:
                    await listener.hear(frame["room"], frame["kind"], frame["text"])
                except Exception as error:
                    log.info("A socket missed news: %s", error)


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]

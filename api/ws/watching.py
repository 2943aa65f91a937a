"""Watches: one per process and thing that is looked at reads it for all sockets that look at it here, when somebody is new,
when news comes, and when it is time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar

from django.db import DatabaseError

from api.ws import base
from apps.core import realtime, tenancy
from apps.core.errors import NotFound
from apps.core.tenancy import Tenant

log = logging.getLogger(__name__)

LEAST_SECONDS = 1.0
"""Between two reads after a failure, and between two frames of what changes all the time."""

Viewer = TypeVar("Viewer", bound=base.Socket)


class Watch(ABC, Generic[Viewer]):
    """Reads one thing of a center for its sockets: ``due`` says when, ``read`` does it and tells them. ``watch_of`` begins
    it, the last socket to leave ends it."""

    name: ClassVar[str]
    news: ClassVar[str] = ""
    """The kind of rooms whose news concern the thing, if there are any."""

    def __init__(self, tenant: Tenant, key: uuid.UUID) -> None:
        self.tenant = tenant
        self.key = key
        self.sockets: set[Viewer] = set()
        self.newcomers: set[Viewer] = set()
        self.loop = asyncio.get_running_loop()
        self.is_changed = False
        self._wake = asyncio.Event()
        self._work = asyncio.create_task(self._go_on(), name=self.name)

    @abstractmethod
    def due(self) -> float:
        """When to read next, by the loop's clock. Asked again whenever the watch is woken."""

    @abstractmethod
    async def read(self) -> None:
        """Read, and tell who is to be told. What is not found ends all connections; whatever else fails is tried again."""

    def seat(self, socket: Viewer) -> None:
        """From now on this socket is told."""
        self.sockets.add(socket)
        self.newcomers.add(socket)
        self.wake()

    def dismiss(self, socket: Viewer) -> None:
        """No more for this one. The last one ends the watch."""
        self.sockets.discard(socket)
        self.newcomers.discard(socket)
        if not self.sockets:
            self._work.cancel()
            watches, place = _watches.get(self.loop, {}), (type(self), self.tenant.id, self.key)
            if watches.get(place) is self:
                del watches[place]

    def hurry(self) -> None:
        """Something has changed: read as soon as may be."""
        self.is_changed = True
        self.wake()

    def wake(self) -> None:
        """Ask again when the next read is due."""
        self._wake.set()

    async def hear(self, room: str, kind: str, text: str) -> None:
        """News."""
        self.hurry()

    async def close(self, sockets: Iterable[Viewer], code: int) -> None:
        """End these connections."""
        for socket in list(sockets):
            self.newcomers.discard(socket)
            await socket.close(code)

    async def _go_on(self) -> None:
        room = tenancy.room(self.news, self.key, tenant=self.tenant) if self.news else ""
        try:
            # First the news, then the thing: a change between the two is told twice rather than not at all.
            if room:
                await realtime.hub().join(room, self)
            while True:
                await self._wait()
                try:
                    await self.read()
                except NotFound:
                    await self.close(self.sockets, base.NOT_FOUND)
                except Exception as error:
                    self._say_failed(error)
                    await asyncio.sleep(LEAST_SECONDS)
        finally:
            if room:
                await realtime.hub().leave(room, self)

    async def _wait(self) -> None:
        while True:
            self._wake.clear()
            due = self.due()
            if self.loop.time() >= due:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._wake.wait()

    def _say_failed(self, error: Exception) -> None:
        if isinstance(error, DatabaseError):
            log.warning("The watch over a %s waits for the database: %s", self.name, error)
        else:
            log.error("A %s was not read.", self.name, exc_info=error)


_Watch = TypeVar("_Watch", bound=Watch[Any])
_watches: weakref.WeakKeyDictionary[
    asyncio.AbstractEventLoop, dict[tuple[type[Watch[Any]], uuid.UUID, uuid.UUID], Watch[Any]]
] = weakref.WeakKeyDictionary()


def watch_of(kind: type[_Watch], tenant: Tenant, key: uuid.UUID) -> _Watch:
    """The watch of this kind over one thing in the running event loop."""
    watches = _watches.setdefault(asyncio.get_running_loop(), {})
    place = kind, tenant.id, key
    found = watches.get(place)
    if not isinstance(found, kind):
        found = watches[place] = kind(tenant, key)
    return found

"""Whether the sessions behind open sockets still stand: asked for all sockets of a process at once, a query per center."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections import defaultdict
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError

from apps.authentication import queries as people
from apps.core import tenancy

if TYPE_CHECKING:
    from api.ws.base import Socket
    from apps.core.tenancy import Tenant

log = logging.getLogger(__name__)

ROUNDS = 10
"""A round looks at the sockets that came since the last one, and at every tenth part of the others."""


class SessionWatch:
    """The open sockets of one event loop, by the round in which they are looked at next."""

    def __init__(self) -> None:
        self._slots: list[set[Socket]] = [set() for _ in range(ROUNDS)]
        self._slot_of: dict[Socket, int] = {}
        self._fresh: set[Socket] = set()
        self._rounds: asyncio.Task[None] | None = None

    def add(self, socket: Socket) -> None:
        """Look soon, since a ticket may be older than the end of its session, then again and again."""
        slot = min(range(ROUNDS), key=lambda number: len(self._slots[number]))
        self._slots[slot].add(socket)
        self._slot_of[socket] = slot
        self._fresh.add(socket)
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._go(), name="sessions")

    def remove(self, socket: Socket) -> None:
        self._fresh.discard(socket)
        slot = self._slot_of.pop(socket, None)
        if slot is not None:
            self._slots[slot].discard(socket)

    async def _go(self) -> None:
        number = 0
        while self._slot_of:
            await asyncio.sleep(settings.SHIKEN_SESSION_CHECK_SECONDS / ROUNDS)
            number = (number + 1) % ROUNDS
            due, self._fresh = self._slots[number] | self._fresh, set()
            by_center: dict[Tenant, list[Socket]] = defaultdict(list)
            for socket in due:
                by_center[socket.tenant].append(socket)
            for tenant, sockets in by_center.items():
                await self._look(tenant, sockets)

    async def _look(self, tenant: Tenant, sockets: list[Socket]) -> None:
        entries = {socket: (socket.entry.session_id, socket.entry.user_id, socket.entry.version) for socket in sockets}
        try:
            living = await tenancy.run(tenant, people.living_sessions, entries=set(entries.values()))
        except DatabaseError as error:
            log.warning("Sessions could not be checked: %s", error)
            return
        for socket, entry in entries.items():
            if entry not in living:
                await socket.end_session()


_watches: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, SessionWatch] = weakref.WeakKeyDictionary()


def watch() -> SessionWatch:
    """The watch of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _watches:
        _watches[loop] = SessionWatch()
    return _watches[loop]

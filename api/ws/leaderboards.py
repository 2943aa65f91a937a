"""The socket of a live board. Many watch one board: one reader per process reads it, once a second at most.

News of a board only say that it changed. The reader then reads it once for all sockets here, encodes what all of them
get once, and adds to each what is its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import uuid
import weakref
from collections.abc import Collection, Iterable

from django.conf import settings
from django.db import DatabaseError

from api.ws import base
from apps.authentication import queries as people
from apps.core import realtime, tenancy
from apps.core.errors import NotFound
from apps.core.tenancy import Tenant
from apps.leaderboards import queries
from apps.leaderboards.queries import Sight, Terms
from apps.leaderboards.rules import Board, Row

log = logging.getLogger(__name__)

_quote = json.encoder.encode_basestring

LEAST_SECONDS = 1.0


class LeaderboardSocket(base.Socket):
    """``/ws/leaderboards/{assignment}/``"""

    purpose = "leaderboards"

    student_id: uuid.UUID | None
    version = -1
    _reader: Reader | None = None

    async def entered(self) -> None:
        assignment_id: uuid.UUID = self.scope["url_route"]["kwargs"]["assignment_id"]
        sight = await self.run(_get_sight, self.entry.user_id, assignment_id)
        self.student_id = sight.student_id
        self._reader = reader_of(self.tenant, assignment_id)
        self._reader.seat(self)

    async def left(self) -> None:
        if self._reader is not None:
            self._reader.dismiss(self)

    def show(self, version: int, text: str) -> None:
        """One state of the board; behind a slow peer only the newest is kept."""
        self.version = version
        self.post(text, slot="board")


def _get_sight(user_id: uuid.UUID, assignment_id: uuid.UUID) -> Sight:
    return queries.get_sight_for(people.get_user(user_id=user_id), assignment_id)


class Reader:
    """Reads one board for all who watch it in this process."""

    def __init__(self, tenant: Tenant, assignment_id: uuid.UUID) -> None:
        self._tenant = tenant
        self._assignment_id = assignment_id
        self._room = tenancy.room("board", assignment_id, tenant=tenant)
        self._sockets: set[LeaderboardSocket] = set()
        self._newcomers: set[LeaderboardSocket] = set()
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._is_changed = False
        self._terms: Terms | None = None
        self._told_at = self._loop.time() - LEAST_SECONDS
        self._look_at = self._loop.time() + settings.SHIKEN_BOARD_LOOK_SECONDS
        self._work = asyncio.create_task(self._go_on(), name="board")

    def seat(self, socket: LeaderboardSocket) -> None:
        """Show the board to this socket now, and whenever it changes."""
        self._sockets.add(socket)
        self._newcomers.add(socket)
        self._wake.set()

    def dismiss(self, socket: LeaderboardSocket) -> None:
        """No more for this one. The last one ends the reader."""
        self._sockets.discard(socket)
        self._newcomers.discard(socket)
        if not self._sockets:
            self._work.cancel()
            _readers[self._loop].pop((self._tenant.id, self._assignment_id), None)

    async def hear(self, room: str, kind: str, text: str) -> None:
        if kind == "ranked":
            self._look_at = 0.0
        self._is_changed = True
        self._wake.set()

    async def _go_on(self) -> None:
        # First the news, then the board: a change between the two is shown twice rather than not at all.
        await realtime.hub().join(self._room, self)
        try:
            while True:
                await self._wait()
                try:
                    await self._read()
                except NotFound:
                    await self._close(self._sockets, base.NOT_FOUND)
                except Exception as error:
                    self._say_failed(error)
                    await asyncio.sleep(LEAST_SECONDS)
        finally:
            await realtime.hub().leave(self._room, self)

    async def _wait(self) -> None:
        """Until somebody is new, or a second has passed since the last time and the board has changed or it is time to
        have a look."""
        while True:
            self._wake.clear()
            due = self._told_at + LEAST_SECONDS
            if not self._is_changed:
                due = max(due, self._look_at)
            if self._newcomers or self._loop.time() >= due:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._wake.wait()

    async def _read(self) -> None:
        now = self._loop.time()
        is_look = now >= self._look_at
        is_for_all = (self._is_changed or is_look) and now >= self._told_at + LEAST_SECONDS
        sockets = set(self._sockets if is_for_all else self._newcomers)
        # What changes from here on is for the next time; if this time fails, all of it is.
        before = self._is_changed, self._look_at
        if is_for_all:
            self._is_changed = False
        if is_look:
            self._look_at = now + settings.SHIKEN_BOARD_LOOK_SECONDS * random.uniform(0.8, 1)  # noqa: S311 - many processes, not all at once
        students = {socket.student_id for socket in sockets if socket.student_id}
        try:
            board, terms = await self._look(students) if is_look else await self._glance(students)
        except Exception:
            self._is_changed = self._is_changed or before[0]
            self._look_at = min(self._look_at, before[1])
            raise
        self._terms = terms
        self._newcomers -= sockets
        if terms.shown == "hidden":
            await self._close([socket for socket in sockets if socket.student_id], base.FORBIDDEN)
            sockets = {socket for socket in sockets if not socket.student_id}
        if show(board, terms, sockets & self._sockets) and is_for_all:
            self._told_at = now

    async def _glance(self, students: set[uuid.UUID]) -> tuple[Board, Terms]:
        """From Redis alone while it has the board and the terms are known."""
        if self._terms is not None:
            board = await queries.glance(self._tenant, assignment_id=self._assignment_id, students=students)
            if board is not None:
                return board, self._terms
        return await self._look(students)

    async def _look(self, students: set[uuid.UUID]) -> tuple[Board, Terms]:
        return await tenancy.run(
            self._tenant, queries.board_and_terms, assignment_id=self._assignment_id, students=students
        )

    async def _close(self, sockets: Iterable[LeaderboardSocket], code: int) -> None:
        for socket in list(sockets):
            self._newcomers.discard(socket)
            await socket.close(code)

    def _say_failed(self, error: Exception) -> None:
        if isinstance(error, DatabaseError):
            log.warning("A board waits for the database: %s", error)
        else:
            log.error("A board was not read.", exc_info=error)


def show(board: Board, terms: Terms, sockets: Collection[LeaderboardSocket]) -> bool:
    """Send a board to those who do not have this version yet; true if there are any. What several of them get is
    encoded once."""
    head = f'{{"type":"board","version":{board.version},"people":{board.people},"is_final":{json.dumps(terms.is_final)}'
    for_staff, for_students = (
        f'{head},"top":[{",".join(_encode(row, row.name if has_names else "") for row in board.top)}],"me":'
        for has_names in (True, terms.shown == "named")
    )
    behind = [socket for socket in sockets if socket.version != board.version]
    for socket in behind:
        if socket.student_id is None:
            socket.show(board.version, f"{for_staff}null}}")
        elif own := board.rows.get(socket.student_id):
            socket.show(board.version, f"{for_students}{_encode(own, own.name)}}}")
        else:
            socket.show(board.version, f"{for_students}null}}")
    return bool(behind)


def _encode(row: Row, name: str) -> str:
    return f'{{"rank":{row.rank},"name":{_quote(name)},"score":"{row.score}","percentile":"{row.percentile}"}}'


_readers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[uuid.UUID, uuid.UUID], Reader]] = (
    weakref.WeakKeyDictionary()
)


def reader_of(tenant: Tenant, assignment_id: uuid.UUID) -> Reader:
    """The reader of this board in the running event loop."""
    readers = _readers.setdefault(asyncio.get_running_loop(), {})
    key = tenant.id, assignment_id
    if key not in readers:
        readers[key] = Reader(tenant, assignment_id)
    return readers[key]

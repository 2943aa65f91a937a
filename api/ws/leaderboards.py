"""The socket of a live board. Many look at one board: one watch per process reads it, once a second at most.

News of a board only say that it changed. The watch then reads it once for all sockets here, encodes what all of them
get once, and adds to each what is its own. Now and then it looks without news, and at who may still look on.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Collection

from django.conf import settings

from api.ws import base, watching
from api.ws.watching import LEAST_SECONDS
from apps.assignments import queries as rooms
from apps.authentication import queries as people
from apps.core import tenancy
from apps.core.tenancy import Tenant
from apps.leaderboards import queries
from apps.leaderboards.queries import Sight, Terms
from apps.leaderboards.rules import Board, Row

_quote = json.encoder.encode_basestring


class LeaderboardSocket(base.Socket):
    """``/ws/leaderboards/{assignment}/``"""

    purpose = "leaderboards"

    student_id: uuid.UUID | None
    version = -1
    _watch: BoardWatch | None = None

    async def entered(self) -> None:
        assignment_id: uuid.UUID = self.scope["url_route"]["kwargs"]["assignment_id"]
        sight = await self.run(_get_sight, self.entry.user_id, assignment_id)
        self.student_id = sight.student_id
        self._watch = watching.watch_of(BoardWatch, self.tenant, assignment_id)
        self._watch.seat(self)

    async def left(self) -> None:
        if self._watch is not None:
            self._watch.dismiss(self)

    def show(self, version: int, text: str) -> None:
        """One state of the board; behind a slow peer only the newest is kept."""
        self.version = version
        self.post(text, slot="board")


def _get_sight(user_id: uuid.UUID, assignment_id: uuid.UUID) -> Sight:
    return queries.get_sight_for(people.get_user(user_id=user_id), assignment_id)


class BoardWatch(watching.Watch[LeaderboardSocket]):
    """Reads one board for all who look at it in this process."""

    name = "board"
    news = "board"

    def __init__(self, tenant: Tenant, key: uuid.UUID) -> None:
        super().__init__(tenant, key)
        self._terms: Terms | None = None
        self._told_at = self.loop.time() - LEAST_SECONDS
        self._look_at = self.loop.time() + settings.SHIKEN_BOARD_LOOK_SECONDS

    async def hear(self, room: str, kind: str, text: str) -> None:
        if kind == "ranked":
            self._look_at = 0.0
        self.hurry()

    def due(self) -> float:
        """At once when somebody is new; a second after the last time if the board has changed or a look is due."""
        if self.newcomers:
            return self.loop.time()
        due = self._told_at + LEAST_SECONDS
        return due if self.is_changed else max(due, self._look_at)

    async def read(self) -> None:
        now = self.loop.time()
        is_look = now >= self._look_at
        is_for_all = (self.is_changed or is_look) and now >= self._told_at + LEAST_SECONDS
        sockets = set(self.sockets if is_for_all else self.newcomers)
        # What changes from here on is for the next time; if this time fails, all of it is.
        before = self.is_changed, self._look_at
        if is_for_all:
            self.is_changed = False
        if is_look:
            self._look_at = now + settings.SHIKEN_BOARD_LOOK_SECONDS * random.uniform(0.8, 1)  # noqa: S311 - many processes, not all at once
        students = {socket.student_id for socket in sockets if socket.student_id}
        try:
            if is_look:
                sockets &= await self._let_stay()
            board, terms = await self._look(students) if is_look else await self._glance(students)
        except Exception:
            self.is_changed = self.is_changed or before[0]
            self._look_at = min(self._look_at, before[1])
            raise
        self._terms = terms
        self.newcomers -= sockets
        if terms.shown == "hidden":
            await self.close([socket for socket in sockets if socket.student_id], base.FORBIDDEN)
            sockets = {socket for socket in sockets if not socket.student_id}
        if show(board, terms, sockets & self.sockets) and is_for_all:
            self._told_at = now

    async def _glance(self, students: set[uuid.UUID]) -> tuple[Board, Terms]:
        """From Redis alone while it has the board and the terms are known."""
        if self._terms is not None:
            board = await queries.glance(self.tenant, assignment_id=self.key, students=students)
            if board is not None:
                return board, self._terms
        return await self._look(students)

    async def _let_stay(self) -> set[LeaderboardSocket]:
        """Those who may see the room still; the others are told that there is none, as over HTTP."""
        user_ids = {socket.entry.user_id for socket in self.sockets}
        seeing = await tenancy.run(self.tenant, rooms.who_may_see, assignment_id=self.key, user_ids=user_ids)
        await self.close([socket for socket in self.sockets if socket.entry.user_id not in seeing], base.NOT_FOUND)
        return {socket for socket in self.sockets if socket.entry.user_id in seeing}

    async def _look(self, students: set[uuid.UUID]) -> tuple[Board, Terms]:
        return await tenancy.run(self.tenant, queries.board_and_terms, assignment_id=self.key, students=students)


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

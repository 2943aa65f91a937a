"""One watch per process and live quiz reads for all of its sockets: when news comes, when somebody is new, when the time
of a question is up, and every few seconds, in case news got lost. What several sockets get is encoded once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
import weakref
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError

from api.common import links
from api.ws import base
from apps.core import clock, realtime, tenancy
from apps.core.errors import NotFound
from apps.core.tenancy import Tenant
from apps.live import queries
from apps.live.operations import moves
from apps.live.queries import scenes
from apps.live.queries.scenes import Scene

if TYPE_CHECKING:
    from api.ws.quizzes import QuizSocket

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
LOOK_SECONDS_AFTER = 30.0
LEAST_SECONDS = 1.0
"""Between two frames that tell how many there are: players in the lobby, answers for the host."""
LOCK_MARGIN = 0.1
"""After a question's end: answers that came in time are stored by then."""
MEDIA_FOR = timedelta(hours=6)

_KINDS = {"QUESTION": "question", "LOCKED": "locked", "REVEALED": "reveal", "FINISHED": "finished"}
# What of the scene goes with which state; the rest is known from before.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "QUESTION": ("question", "reveal", "players"),
    "LOCKED": ("answered", "players"),
    "REVEALED": ("answered", "reveal", "players"),
    "FINISHED": ("answered", "reveal", "players"),
}
_OWN_CHANGES = frozenset({"REVEALED", "FINISHED"})

Own = Mapping[uuid.UUID, dict[str, Any]]


class Watch:
    """Reads one session for all who are in it over this process."""

    def __init__(self, tenant: Tenant, session_id: uuid.UUID) -> None:
        self._tenant = tenant
        self._session_id = session_id
        self._room = tenancy.room("quiz", session_id, tenant=tenant)
        self._sockets: set[QuizSocket] = set()
        self._newcomers: set[QuizSocket] = set()
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._is_changed = False
        self._scene: Scene | None = None
        self._number = 0
        self._told: tuple[int | None, int] | None = None
        self._told_at = self._loop.time() - LEAST_SECONDS
        self._look_at = self._loop.time() + LOOK_SECONDS
        self._lock_at: float | None = None
        self._work = asyncio.create_task(self._go_on(), name="quiz")

    def seat(self, socket: QuizSocket) -> None:
        """Tell this socket the whole scene, then what changes."""
        self._sockets.add(socket)
        self._newcomers.add(socket)
        self._wake.set()

    def dismiss(self, socket: QuizSocket) -> None:
        """No more for this one. The last one ends the watch."""
        self._sockets.discard(socket)
        self._newcomers.discard(socket)
        if not self._sockets:
            self._work.cancel()
            watches = _watches.get(self._loop, {})
            if watches.get((self._tenant.id, self._session_id)) is self:
                del watches[self._tenant.id, self._session_id]

    def hurry(self) -> None:
        """Somebody has just moved it here: no need to wait for the news."""
        self._is_changed = True
        self._wake.set()

    async def hear(self, room: str, kind: str, text: str) -> None:
        if kind == "removed":
            await self._say_removed({uuid.UUID(json.loads(text)["user"])})
        if kind != "joined":
            self._is_changed = True
        else:
            self._look_at = min(self._look_at, self._told_at + LEAST_SECONDS)
        self._wake.set()

    # -- the rounds ------------------------------------------------------------------------------------------------

    async def _go_on(self) -> None:
        # First the news, then the scene: a change between the two is told twice rather than not at all.
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
        while True:
            self._wake.clear()
            due = self._look_at if self._lock_at is None else min(self._look_at, self._lock_at)
            if self._is_changed or self._newcomers or self._loop.time() >= due:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._wake.wait()

    async def _read(self) -> None:
        """What changes from here on is for the next time; if this time fails, all of it is."""
        self._is_changed, before = False, self._is_changed
        newcomers = set(self._newcomers)
        try:
            if self._lock_at is not None and self._loop.time() >= self._lock_at:
                self._lock_at = None
                await tenancy.run(self._tenant, moves.lock_overdue, session_id=self._session_id, number=self._number)
            scene, newest, own = await tenancy.run(
                self._tenant,
                _look,
                self._session_id,
                known=self._scene.version if self._scene else 0,
                has_host=any(socket.is_host for socket in self._sockets),
                players={socket.entry.user_id for socket in self._sockets if not socket.is_host},
                newcomers={socket.entry.user_id for socket in newcomers if not socket.is_host},
            )
        except Exception:
            self._is_changed = before or self._is_changed
            raise
        self._newcomers -= newcomers
        self._plan(scene)
        others = self._sockets - newcomers - self._newcomers
        is_new = self._scene is None or scene.version > self._scene.version
        for socket in newcomers & self._sockets:
            self._greet(socket, scene, newest, own)
        if is_new and scene.state in _KINDS:
            self._tell(others, scene, own)
        self._tell_numbers(others, scene, newest)
        self._scene, self._number = scene, int(scene.common["number"])
        # News of a removal may have been lost: who is no player any more has nothing of their own.
        asked = newcomers | others if is_new and scene.state in _OWN_CHANGES else newcomers
        unknown = {socket.entry.user_id for socket in asked if not socket.is_host} - own.keys()
        if unknown:
            await self._say_removed(unknown)

    def _plan(self, scene: Scene) -> None:
        """When to look next, and when the time of the question is up, by the server's clock."""
        now = self._loop.time()
        is_over = scene.state == "FINISHED"
        wait = LOOK_SECONDS_AFTER if is_over else LOOK_SECONDS
        if scene.state == "QUESTION" and any(socket.is_host for socket in self._sockets):
            wait = LEAST_SECONDS
        self._look_at = now + wait
        self._lock_at = None
        if scene.state == "QUESTION" and scene.closes_at is not None:
            self._lock_at = now + max((scene.closes_at - scene.server_time).total_seconds(), 0) + LOCK_MARGIN
        elif scene.is_lock_due:
            self._lock_at = now + LOCK_MARGIN

    # -- frames ----------------------------------------------------------------------------------------------------

    def _greet(self, socket: QuizSocket, scene: Scene, newest: list[str], own: Own) -> None:
        board = scene.board_for(None if socket.is_host else socket.entry.user_id)
        if socket.is_host:
            mine: dict[str, Any] = {"role": "host", "code": scene.code, "newest": newest, "me": None}
        else:
            mine = {"role": "player", "answered": _for_players(scene), "me": own.get(socket.entry.user_id)}
        socket.post(realtime.encode("hello", {**scene.common, "board": board, **mine}))

    def _tell(self, sockets: Collection[QuizSocket], scene: Scene, own: Own) -> None:
        parts = _PARTS[scene.state]
        if scene.common["number"] != self._number and "question" not in parts:
            parts = ("question", *parts)
        about = {name: scene.common[name] for name in ("version", "state", "number", "server_time", *parts)}
        head = realtime.encode(_KINDS[scene.state], about)
        if scene.state not in _OWN_CHANGES:
            for socket in sockets:
                socket.post(head)
            return
        boards: dict[uuid.UUID | None, str] = {}
        for socket in sockets:
            user_id = None if socket.is_host else socket.entry.user_id
            me = _json(own.get(user_id) if user_id else None)
            # A board without names has one's own; all others are the same for everybody.
            place = user_id if user_id is None or scene.board_policy == "ANONYMOUS" else _ANYBODY
            if place not in boards:
                boards[place] = _json(scene.board_for(place))
            board = boards[place]
            if scene.state == "FINISHED":
                socket.post(f'{head[:-1]},"board":{board},"me":{me}}}')
                continue
            socket.post(f'{head[:-1]},"me":{me}}}')
            if board != "null":
                socket.post(f'{{"type":"board","version":{scene.version},"board":{board}}}')

    def _tell_numbers(self, sockets: Collection[QuizSocket], scene: Scene, newest: list[str]) -> None:
        """How many have joined, to all in the lobby; how many have answered, to the host. Where that has changed."""
        numbers = (scene.common["answered"] if scene.state == "QUESTION" else None, scene.players)
        if self._scene is not None and numbers == self._told:
            return
        self._told, self._told_at = numbers, self._loop.time()
        about = {"players": scene.players, "answered": numbers[0], "number": scene.common["number"]}
        for_host = realtime.encode("count", {**about, "newest": newest})
        for_players = realtime.encode("count", {"players": scene.players, "number": scene.common["number"]})
        for socket in sockets:
            if socket.is_host:
                socket.post(for_host, slot="count")
            elif scene.state == "LOBBY":
                socket.post(for_players, slot="count")

    # -- ends ------------------------------------------------------------------------------------------------------

    async def _say_removed(self, user_ids: Collection[uuid.UUID]) -> None:
        """To those whom the host took out."""
        gone = [socket for socket in self._sockets if not socket.is_host and socket.entry.user_id in user_ids]
        for socket in gone:
            socket.post('{"type":"removed"}')
        await self._close(gone, base.FORBIDDEN)

    async def _close(self, sockets: Iterable[QuizSocket], code: int) -> None:
        for socket in list(sockets):
            self._newcomers.discard(socket)
            await socket.close(code)

    def _say_failed(self, error: Exception) -> None:
        if isinstance(error, DatabaseError):
            log.warning("A live quiz waits for the database: %s", error)
        else:
            log.error("A live quiz was not read.", exc_info=error)


_ANYBODY = uuid.UUID(int=0)


def _json(value: object) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))


def _for_players(scene: Scene) -> int | None:
    """How many have answered is the host's alone while the question is open."""
    return None if scene.state == "QUESTION" else scene.common["answered"]


def _look(
    session_id: uuid.UUID, *, known: int, has_host: bool, players: set[uuid.UUID], newcomers: set[uuid.UUID]
) -> tuple[Scene, list[str], dict[uuid.UUID, dict[str, Any]]]:
    """The scene, the newest names for the host, and what is the newcomers' own; everybody's where it has changed."""
    sign = links.host_signer(tenancy.current(), clock.now() + MEDIA_FOR)
    scene = scenes.present(session_id=session_id, sign=sign, counts=has_host)
    newest = queries.newest_names(session_id=session_id) if has_host and scene.state == "LOBBY" else []
    own: dict[uuid.UUID, dict[str, Any]] = {}
    if scene.version > known and scene.state in _OWN_CHANGES and players - newcomers:
        own |= scenes.own(session_id=session_id, user_ids=players - newcomers, scene=scene)
    if newcomers:
        own |= scenes.own(session_id=session_id, user_ids=newcomers, scene=scene, with_answers=True)
    return scene, newest, own


_watches: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[uuid.UUID, uuid.UUID], Watch]] = (
    weakref.WeakKeyDictionary()
)


def watch_of(tenant: Tenant, session_id: uuid.UUID) -> Watch:
    """The watch over this session in the running event loop."""
    watches = _watches.setdefault(asyncio.get_running_loop(), {})
    key = tenant.id, session_id
    if key not in watches:
        watches[key] = Watch(tenant, session_id)
    return watches[key]

"""One watch per process and live quiz reads for all of its sockets: when news comes, when somebody is new, when the time
of a question is up, and every few seconds, in case news got lost. What several sockets get is encoded once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder

from api.common import links
from api.ws import base, watching
from api.ws.watching import LEAST_SECONDS
from apps.core import clock, realtime, tenancy
from apps.core.tenancy import Tenant
from apps.live import queries
from apps.live.operations import moves
from apps.live.queries import scenes
from apps.live.queries.scenes import Scene

if TYPE_CHECKING:
    from api.ws.quizzes import QuizSocket

LOOK_SECONDS = 2.0
LOOK_SECONDS_AFTER = 30.0
LOCK_MARGIN = 0.1
"""After a question's end: answers that came in time are stored by then."""

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


class QuizWatch(watching.Watch["QuizSocket"]):
    """Reads one session for all who are in it over this process."""

    name = "live quiz"
    news = "quiz"

    def __init__(self, tenant: Tenant, key: uuid.UUID) -> None:
        super().__init__(tenant, key)
        self._scene: Scene | None = None
        self._number = 0
        self._told: tuple[int | None, int] | None = None
        self._told_at = self.loop.time() - LEAST_SECONDS
        self._look_at = self.loop.time() + LOOK_SECONDS
        self._lock_at: float | None = None

    async def hear(self, room: str, kind: str, text: str) -> None:
        if kind == "removed":
            await self._say_removed({uuid.UUID(json.loads(text)["user"])})
        if kind != "joined":
            return self.hurry()
        self._look_at = min(self._look_at, self._told_at + LEAST_SECONDS)
        return self.wake()

    # -- the rounds ------------------------------------------------------------------------------------------------

    def due(self) -> float:
        if self.is_changed or self.newcomers:
            return self.loop.time()
        return self._look_at if self._lock_at is None else min(self._look_at, self._lock_at)

    async def read(self) -> None:
        """What changes from here on is for the next time; if this time fails, all of it is."""
        self.is_changed, before = False, self.is_changed
        newcomers = set(self.newcomers)
        try:
            if self._lock_at is not None and self.loop.time() >= self._lock_at:
                self._lock_at = None
                await tenancy.run(self.tenant, moves.lock_overdue, session_id=self.key, number=self._number)
            scene, newest, own = await tenancy.run(
                self.tenant,
                _look,
                self.key,
                known=self._scene.version if self._scene else 0,
                has_host=any(socket.is_host for socket in self.sockets),
                players={socket.entry.user_id for socket in self.sockets if not socket.is_host},
                newcomers={socket.entry.user_id for socket in newcomers if not socket.is_host},
            )
        except Exception:
            self.is_changed = before or self.is_changed
            raise
        self.newcomers -= newcomers
        self._plan(scene)
        others = self.sockets - newcomers - self.newcomers
        is_new = self._scene is None or scene.version > self._scene.version
        for socket in newcomers & self.sockets:
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
        now = self.loop.time()
        is_over = scene.state == "FINISHED"
        wait = LOOK_SECONDS_AFTER if is_over else LOOK_SECONDS
        if scene.state == "QUESTION" and any(socket.is_host for socket in self.sockets):
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
        self._told, self._told_at = numbers, self.loop.time()
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
        gone = [socket for socket in self.sockets if not socket.is_host and socket.entry.user_id in user_ids]
        for socket in gone:
            socket.post('{"type":"removed"}')
        await self.close(gone, base.FORBIDDEN)


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
    sign = links.host_signer(tenancy.current(), clock.now() + links.LAST)
    scene = scenes.present(session_id=session_id, sign=sign, counts=has_host)
    newest = queries.newest_names(session_id=session_id) if has_host and scene.state == "LOBBY" else []
    own: dict[uuid.UUID, dict[str, Any]] = {}
    if scene.version > known and scene.state in _OWN_CHANGES and players - newcomers:
        own |= scenes.own(session_id=session_id, user_ids=players - newcomers, scene=scene)
    if newcomers:
        own |= scenes.own(session_id=session_id, user_ids=newcomers, scene=scene, with_answers=True)
    return scene, newest, own

"""What every socket has in common: center, origin, entry, limits, session checks and close codes.

A subclass names its ``purpose``, whose row in ``api/policies.py`` (``ws/<purpose>``) says who may connect and where, and
answers ``entered``, ``received`` and ``left``; see ``attempts.py`` for one. Nothing here touches the ORM on the loop's
thread, and a message costs no task and no thread.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import uuid
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Never
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings
from django.db import DatabaseError

from api import policies
from api.common import hosts, tokens
from api.ws import sessions
from apps.authentication import queries as people
from apps.authentication.errors import SignInFailed
from apps.authentication.operations import tickets
from apps.authentication.operations.tickets import Entry
from apps.core import eager, errors, realtime, tenancy, trace
from apps.core.tenancy import Tenant

log = logging.getLogger(__name__)

NOT_SIGNED_IN, FORBIDDEN, NOT_FOUND, TAKEN_OVER, FINALISED, FLOOD = 4401, 4403, 4404, 4409, 4410, 4429
TOO_BIG, BROKEN, RESTART, TRY_LATER = 1009, 1011, 1012, 1013

_CODES: tuple[tuple[type[errors.Refusal], int], ...] = (
    (SignInFailed, NOT_SIGNED_IN),
    (errors.NotFound, NOT_FOUND),
    (errors.Forbidden, FORBIDDEN),
    (errors.TooMany, FLOOD),
    (errors.Unavailable, TRY_LATER),
)
_TICKET = "ticket."
_WINDOW_SECONDS = 5
_MOST_WAITING = 500
_open: Counter[tuple[uuid.UUID, uuid.UUID]] = Counter()


def _refuse_constant(name: str) -> Never:
    raise ValueError(name)


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


class Refused(Exception):
    """No entry: the handshake is answered with HTTP 403."""


class Socket(AsyncConsumer):
    """One open connection of one person in one center."""

    purpose: ClassVar[str] = ""
    takes_token_in_url: ClassVar[bool] = False  # existing clients of notifications; nothing may be sent over these
    advisory: ClassVar[frozenset[str]] = frozenset()  # kinds of messages that may be dropped rather than be a flood

    channel_layer_alias = None

    scope: dict[str, Any]
    tenant: Tenant
    entry: Entry
    _is_open = False
    _is_stuck = False
    _is_counted = False
    _sending: asyncio.Task[None] | None = None
    _work: asyncio.Task[Any] | None = None
    _weight: float = 0

    # -- for subclasses --------------------------------------------------------------------------------------------

    async def entered(self) -> None:
        """The person is in: load what the screen needs, join rooms, greet. A refusal closes with its code."""

    async def received(self, message: dict[str, Any]) -> None:
        """A message with a ``type`` other than ``ping``; unknown ones are answered so."""
        await self.tell("error", {"code": "unknown_type"})

    def heard(self) -> None:
        """A ping has come: somebody is there."""

    async def left(self) -> None:
        """The connection is gone; rooms are left already."""

    async def stopping(self) -> None:
        """The process goes down: finish what was taken in; messages still go out."""

    async def hear(self, room: str, kind: str, text: str) -> None:
        """News of a room that was joined; passed on as it is, the newest of a kind if the socket is slow."""
        self.post(text, slot=f"{room} {kind}")

    async def join(self, room: str) -> None:
        """Hear a room until the connection ends."""
        self._rooms.append((room, self))
        await realtime.hub().join(room, self)

    async def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Send one message."""
        self.post(realtime.encode(kind, data))

    async def close(self, code: int) -> None:
        """End the connection; what was posted before goes out first if it can at once."""
        if self._is_open:
            await self._end(code)

    async def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Something with the ORM, in a thread, inside this socket's center."""
        return await tenancy.run(self.tenant, work, *args, **kwargs)

    def post(self, text: str, slot: str = "") -> None:
        """Send a text without waiting for a slow peer. Behind one, only the newest text of a ``slot`` is kept."""
        if not self._is_open:
            return
        if self._sending is None:
            self._sending = eager.start(self._send(text))
            if self._sending is not None:
                self._sending.add_done_callback(self._send_next)
        elif slot:
            self._newest[slot] = text
        elif len(self._waiting) < _MOST_WAITING:
            self._waiting.append(text)
        elif self._work is not None:  # it does not read at all
            self._is_open, self._is_stuck = False, True
            self._work.cancel()

    @property
    def rule(self) -> policies.Rule:
        """Who may connect, and where: nobody, where the table has no row."""
        return policies.find(f"ws/{self.purpose}", "connect") or policies.NOBODY

    # -- machinery -------------------------------------------------------------------------------------------------

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        self.scope = scope
        self.base_send = send
        self._rooms: list[tuple[str, realtime.Listener]] = []
        self._waiting: deque[str] = deque()
        self._newest: dict[str, str] = {}
        self._loop = asyncio.get_running_loop()
        self._window_ends = self._loop.time() + _WINDOW_SECONDS
        self._work = asyncio.current_task()
        try:
            await receive()  # websocket.connect
            await self._enter()
            while self._is_open:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    break
                await self.dispatch(message)
        except Refused:
            await send({"type": "websocket.close", "code": FORBIDDEN})
        except StopConsumer:
            pass
        except asyncio.CancelledError:
            if not self._is_stuck:
                await self._stopped()
                raise
        except Exception:
            log.exception("A %s socket failed.", self.purpose)
            await self._end(BROKEN)
        finally:
            self._is_open = False
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Unlike Channels' own, without a thread hop before each message; there are no ORM connections here."""
        text = message.get("text")
        self._weight += 1
        if self._weight > settings.SHIKEN_SOCKET_RATE * _WINDOW_SECONDS and self._is_flood():
            return await self.close(FLOOD)
        if len(text or message.get("bytes") or "") > settings.SHIKEN_SOCKET_MAX_BYTES:
            return await self.close(TOO_BIG)
        if text is None:
            return await self._malformed()
        try:
            content = _decode(text)
            kind = content["type"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return await self._malformed()
        if type(content) is not dict or type(kind) is not str:
            return await self._malformed()
        if kind in self.advisory:
            self._weight -= 0.99
        if kind == "ping":
            self.heard()
            return self.post('{"type":"pong"}')
        try:
            await self.received(content)
        except errors.Refusal as refusal:
            await self.tell("error", {"code": refusal.code, "detail": str(refusal)})
        return None

    def _is_flood(self) -> bool:
        """More in this window than allowed? A new window begins when the old one is over."""
        if self._loop.time() < self._window_ends:
            return True
        self._weight = 1
        self._window_ends = self._loop.time() + _WINDOW_SECONDS
        return False

    async def _malformed(self) -> None:
        self.post('{"type":"error","code":"malformed"}')

    async def _send(self, text: str) -> None:
        try:
            await self.base_send({"type": "websocket.send", "text": text})
        except Exception as error:  # the peer is gone; the disconnect message says so too
            log.debug("A frame was not sent: %s", error)

    def _send_next(self, _: asyncio.Task[None]) -> None:
        self._sending = None
        while self._sending is None and self._is_open and (self._waiting or self._newest):
            self.post(self._waiting.popleft() if self._waiting else self._newest.pop(next(iter(self._newest))))

    # -- entry and end ---------------------------------------------------------------------------------------------

    async def _enter(self) -> None:
        headers = self.scope["headers"]
        host = hosts.header(headers, b"host")
        try:
            tenant = await hosts.tenant_at(host)
        except DatabaseError:
            raise Refused from None
        if tenant is None or not tenant.is_ready or not self.rule.is_served_at(is_main=tenant.is_public):
            raise Refused
        if not hosts.is_same_origin(hosts.header(headers, b"origin"), host):
            raise Refused
        self.tenant = tenant
        protocol = next((name for name in self.scope["subprotocols"] if name.startswith(_TICKET)), None)
        try:
            self.entry = await self._identify(protocol)
        except (errors.Refusal, DatabaseError):
            raise Refused from None
        await self.base_send({"type": "websocket.accept", "subprotocol": protocol})
        if isinstance(self.base_send, functools.partial):
            # Daphne's library hangs up on whoever breaks its rules; so it says first which one: 1009, 1007 or 1002.
            self.base_send.args[0].failByDrop = False
        self._is_open = True
        try:
            await self._admit()
            await self.entered()
        except errors.Refusal as refusal:
            code = next((code for family, code in _CODES if isinstance(refusal, family)), FORBIDDEN)
            await self.close(code)
        except DatabaseError as error:
            log.error("The database failed: %s", error)
            await self.close(TRY_LATER)

    async def _identify(self, protocol: str | None) -> Entry:
        if protocol is not None:
            ticket = protocol.removeprefix(_TICKET)
            claimed: Entry = await self.run(
                tickets.claim_ticket, tenant=self.tenant, ticket=ticket, purpose=self.purpose
            )
            return claimed
        if not self.takes_token_in_url:
            raise SignInFailed
        token = parse_qs(self.scope["query_string"].decode("latin-1")).get("token", [""])[0]
        access = tokens.read_access(tenant=self.tenant, token=token)
        # Sockets are the admin's own news.
        if access.acting_id:
            raise SignInFailed
        if not await self._is_signed_in(access.user_id, access.session_id, access.version):
            raise SignInFailed
        return Entry(access.user_id, access.session_id, access.version, access.role)

    async def _admit(self) -> None:
        """Role and number of sockets; from here on the end of the session ends the socket."""
        if self.entry.role not in self.rule.roles:
            raise errors.Forbidden
        headers = self.scope["headers"]
        place = trace.address_of(
            remote=str((self.scope.get("client") or [""])[0]), forwarded=hosts.header(headers, b"x-forwarded-for")
        )
        agent = hosts.header(headers, b"user-agent")
        trace.enter_socket(
            actor_id=self.entry.user_id,
            role=self.entry.role,
            address=place,
            agent=agent,
            browser_url=self.entry.browser_url,
            browser_proof=self.entry.browser_proof,
        )
        person = self.tenant.id, self.entry.user_id
        _open[person] += 1
        self._is_counted = True
        if _open[person] > settings.SHIKEN_SOCKETS_PER_PERSON:
            raise errors.TooMany
        room, ear = tenancy.room("session", self.entry.session_id, tenant=self.tenant), _SessionEar(self)
        self._rooms.append((room, ear))
        await realtime.hub().join(room, ear)
        sessions.watch().add(self)

    async def end_session(self) -> None:
        """The session behind this socket is over."""
        await self.close(NOT_SIGNED_IN)

    async def _is_signed_in(self, user_id: uuid.UUID, session_id: uuid.UUID, version: int) -> bool:
        entry = session_id, user_id, version
        return entry in await self.run(people.living_sessions, entries=[entry])

    async def _stopped(self) -> None:
        """The process goes down: the client shall come back in a moment."""
        await self.stopping()
        await self._end(RESTART)
        await asyncio.sleep(0.05)  # Daphne writes a little later, and waits for us but not for that

    async def _end(self, code: int) -> None:
        """Close, whether the connection was let in yet or not, and whether anybody is still there or not."""
        was_open, self._is_open = self._is_open, False
        try:
            if was_open and code < 3000 and isinstance(self.base_send, functools.partial):
                # Daphne's library lets applications say 1000 and 3000-4999 only; this is how Daphne says others.
                self.base_send.args[0].sendCloseFrame(code=code)
            else:
                await self.base_send({"type": "websocket.close", "code": code})
        except Exception as error:
            log.debug("A socket was gone before its farewell: %s", error)

    async def _leave(self) -> None:
        if self._is_counted:
            person = self.tenant.id, self.entry.user_id
            _open[person] -= 1
            if not _open[person]:
                del _open[person]
        sessions.watch().remove(self)
        for room, listener in self._rooms:
            await realtime.hub().leave(room, listener)
        if self._is_counted:
            await self.left()


class _SessionEar:
    """Listens for the end of the session behind a socket."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def hear(self, room: str, kind: str, text: str) -> None:
        if kind == "signed_out":
            await self._socket.end_session()


class Nowhere(Socket):
    """Any address that is no socket."""

    async def _enter(self) -> None:
        raise Refused

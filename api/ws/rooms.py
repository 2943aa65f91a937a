"""The socket of an invigilator: the seats of a room as they are, then what changes, once a second at most; and commands,
which do what their HTTP twins do.

One watch per process and room reads for all who look: the database every few seconds, Redis every second.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from rest_framework import serializers

from api.common import keys
from api.common.serializers import StrictSerializer
from api.v1.assignments.serializers import AnnounceIn, ReopenIn, announced
from api.v1.attempts import serializers as shapes
from api.v1.attempts.fairness import AttemptReasonIn
from api.v1.attempts.rooms import told
from api.ws import base, commands, watching
from api.ws.watching import LEAST_SECONDS
from apps.assignments import operations as rooms
from apps.assignments import queries as readable
from apps.attempts import queries as attempts
from apps.attempts.errors import AttemptNotFound
from apps.attempts.operations import accommodating, collecting, grading, granting, reopening, voiding
from apps.attempts.queries import seats
from apps.attempts.queries.seats import Seats
from apps.authentication import queries as people
from apps.core import realtime, tenancy
from apps.core.tenancy import Tenant

if TYPE_CHECKING:
    from apps.authentication.models import User

BYTES_PER_FRAME = 48 * 2**10
"""Daphne's library silently leaves out messages that are longer than those it takes."""
# Signs of life come all the time: one is told when it is so much later than the one told before. Answers are told at once,
# but two clocks that are read one after the other give the same moment anew each time.
_STEADY: Mapping[str, timedelta] = MappingProxyType(
    {"heard_at": timedelta(seconds=4), "saved_at": timedelta(milliseconds=900)}
)


class NothingIn(StrictSerializer):
    """A command that has no fields of its own."""


class AttemptIn(AttemptReasonIn):
    """About one attempt of the room; over HTTP it stands in the address."""

    attempt = serializers.UUIDField(source="attempt_id")


def _about_one(work: Callable[..., Any]) -> Callable[..., list[Any]]:
    """The operation on an attempt as one on its room: other rooms' attempts are not to be had here."""

    def run(*, actor: User, assignment_id: uuid.UUID, attempt_id: uuid.UUID, **given: Any) -> list[Any]:
        if attempts.get_attempt_for(actor, attempt_id).assignment_id != assignment_id:
            raise AttemptNotFound
        return [work(actor=actor, attempt_id=attempt_id, **given)]

    return run


Command = tuple[type[StrictSerializer], Callable[..., Any], tuple[str, str]]

# What an invigilator may say, with the row of the table that its HTTP twin has.
COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "announce": (AnnounceIn, rooms.announce, ("exam-assignments", "announce")),
        "extend": (shapes.ExtendIn, granting.extend, ("attempts/extend", "post")),
        "pause": (shapes.PauseIn, granting.pause, ("attempts/pause", "post")),
        "resume": (shapes.ResumeIn, granting.resume, ("attempts/resume", "post")),
        "force-submit": (shapes.PauseIn, collecting.force_submit, ("attempts/force-submit", "post")),
        "reopen": (shapes.ExtendIn, reopening.reopen, ("attempts/reopen", "post")),
        "accommodate": (AttemptIn, _about_one(accommodating.accommodate), ("attempts/accommodate", "post")),
        "void": (AttemptIn, _about_one(voiding.void_attempt), ("attempts/void", "post")),
        "open": (NothingIn, rooms.open_room, ("exam-assignments", "open")),
        "close": (NothingIn, rooms.close_room, ("exam-assignments", "close")),
        "reopen-room": (ReopenIn, rooms.reopen_room, ("exam-assignments", "reopen")),
        "finalise": (NothingIn, grading.finalise_room, ("attempts/finalise", "post")),
    }
)


class RoomSocket(base.Socket):
    """``/ws/rooms/{assignment}/``"""

    purpose = "rooms"

    _watch: RoomWatch | None = None

    async def entered(self) -> None:
        self._assignment_id: uuid.UUID = self.scope["url_route"]["kwargs"]["assignment_id"]
        seen = await self.run(_look_as, self.entry.user_id, self._assignment_id)
        await self.join(tenancy.room("exam", self._assignment_id, tenant=self.tenant))
        self._watch = watching.watch_of(RoomWatch, self.tenant, self._assignment_id)
        self._watch.show(self, seen)

    async def left(self) -> None:
        if self._watch is not None:
            self._watch.dismiss(self)

    async def hear(self, room: str, kind: str, text: str) -> None:
        """Every announcement is news of its own."""
        self.post(text)

    async def received(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind not in COMMANDS:
            return await super().received(message)
        about = commands.about(message)
        students, problem = await self.run(
            _obey, self.entry.user_id, self._assignment_id, kind, commands.fields_of(message)
        )
        if problem is not None:
            return await self.tell("error", {**about, **problem})
        await self.tell("done", {**about, "students": students})
        if self._watch is not None:
            self._watch.hurry()
        return None

    def show(self, frames: Iterable[str]) -> None:
        """Deltas build on each other: none is left out, and who does not read is disconnected in the end."""
        for frame in frames:
            self.post(frame)


_TOLD_BY_HTTP: Mapping[str, Callable[..., dict[str, Any]]] = MappingProxyType({"announce": announced})


def _look_as(user_id: uuid.UUID, assignment_id: uuid.UUID) -> Seats:
    return seats.seats_for(people.get_user(user_id=user_id), assignment_id)


def _look(user_ids: Collection[uuid.UUID], assignment_id: uuid.UUID) -> tuple[set[uuid.UUID], Seats]:
    """Those of these people who manage the room still, and its seats."""
    managing = readable.managers_among(assignment_id=assignment_id, user_ids=user_ids)
    return managing, seats.seats_of(assignment_id=assignment_id)


def _obey(
    user_id: uuid.UUID, assignment_id: uuid.UUID, kind: str, given: dict[str, Any]
) -> tuple[list[str], dict[str, Any] | None]:
    """Do what a command says: whom it was about, or why not, as HTTP says it."""
    shape, operate, twin = COMMANDS[kind]

    def work(actor: User) -> list[str]:
        checked = commands.read(shape, given)
        if (key := checked.pop(keys.FIELD, None)) is not None:
            return _obey_once(actor, assignment_id, kind, key, checked)
        done = operate(actor=actor, assignment_id=assignment_id, **checked)
        return [str(attempt.student_id) for attempt in done] if isinstance(done, list) else []

    done, problem = commands.obey(user_id, twin, work)
    return done or [], problem


def _obey_once(actor: User, assignment_id: uuid.UUID, kind: str, key: uuid.UUID, given: dict[str, Any]) -> list[str]:
    """The same under a key, which HTTP may have seen before, or see afterwards: both keep the same answer."""
    answer = keys.once(
        actor=actor,
        scope=assignment_id,
        key=key,
        kind=kind,
        given=given,
        check=lambda: readable.get_assignment_for(actor, assignment_id),
        work=lambda given: _TOLD_BY_HTTP.get(kind, told)(
            COMMANDS[kind][1](actor=actor, assignment_id=assignment_id, **given)
        ),
    )
    return [seat["student"] for seat in answer.get("seats", [])]


class RoomWatch(watching.Watch[RoomSocket]):
    """Reads one room for all who look at it in this process."""

    name = "room"

    def __init__(self, tenant: Tenant, key: uuid.UUID) -> None:
        super().__init__(tenant, key)
        self._seen: Seats | None = None
        self._told: dict[uuid.UUID, dict[str, Any]] = {}
        self._shown: dict[uuid.UUID, seats.Seat] = {}
        self._has_presence: bool | None = None
        self._read_at = self.loop.time()
        self._look_at = 0.0
        self._looked_at = 0.0

    def show(self, socket: RoomSocket, seen: Seats) -> None:
        """Show the whole room to this socket, then what changes. What others were told already is told as it was: the
        next change brings all of them to the same state."""
        if not self._told:
            self._take(seen)
            self._told = {seat.student_id: seats.told(seat) for seat in seen.seats}
            self._has_presence = seen.has_presence
        socket.show(snapshot(seen, list(self._told.values())))
        self.seat(socket)

    def due(self) -> float:
        """Every second: signs of life come all the time."""
        return self._read_at + LEAST_SECONDS

    def _take(self, seen: Seats) -> None:
        self._seen = seen
        self._looked_at = self.loop.time()
        # Many processes, not all at once.
        self._look_at = self._looked_at + settings.SHIKEN_SEATS_LOOK_SECONDS * random.uniform(0.8, 1)  # noqa: S311

    async def read(self) -> None:
        self._read_at = self.loop.time()
        self.newcomers.clear()
        if self._seen is None or self.is_changed or self.loop.time() >= self._look_at:
            await self._look()
        else:
            at = self._seen.server_time + timedelta(seconds=self.loop.time() - self._looked_at)
            heard = await tenancy.run(self.tenant, seats.listen, self._seen, self.key, at=at)
            self._seen, self._looked_at = heard, self.loop.time()
        self._tell()

    async def _look(self) -> None:
        """The database's word on everything; who does not manage the room any more sees nothing more of it."""
        before, self.is_changed = self.is_changed, False
        user_ids = {socket.entry.user_id for socket in self.sockets}
        try:
            staying, seen = await tenancy.run(self.tenant, _look, user_ids, self.key)
        except Exception:
            self.is_changed = self.is_changed or before
            raise
        await self.close([socket for socket in self.sockets if socket.entry.user_id not in staying], base.NOT_FOUND)
        self._take(seen)

    def _tell(self) -> None:
        assert self._seen is not None
        changed = []
        for seat in self._seen.seats:
            if self._shown.get(seat.student_id) is seat:
                continue
            self._shown[seat.student_id] = seat
            now, before = seats.told(seat), self._told.get(seat.student_id)
            if before is None:
                changed.append(now)
                self._told[seat.student_id] = now
            elif delta := _delta(before, now):
                changed.append({"student": seat.student_id, **delta})
                self._told[seat.student_id] = {**before, **delta}
        gone = sorted(self._told.keys() - {seat.student_id for seat in self._seen.seats})
        for student_id in gone:
            del self._told[student_id], self._shown[student_id]
        if not (changed or gone or self._has_presence != self._seen.has_presence):
            return
        self._has_presence = self._seen.has_presence
        about = {"server_time": self._seen.server_time, "has_presence": self._seen.has_presence}
        parts = _pack(changed)
        frames = [_frame("seat", {**about, "gone": [] if number else gone}, part) for number, part in enumerate(parts)]
        for socket in list(self.sockets):
            socket.show(frames)


def _delta(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are other than before, and worth telling."""
    changed = {name: value for name, value in now.items() if value != before[name]}
    for name, least in _STEADY.items():
        known, said = before[name], changed.get(name)
        if known is not None and said is not None and abs(said - known) < least:
            del changed[name]
    return changed


def snapshot(seen: Seats, told: Collection[dict[str, Any]]) -> list[str]:
    """The whole room."""
    parts = _pack(told)
    about = {
        "total": len(told),
        "questions": seen.questions,
        "has_presence": seen.has_presence,
        "server_time": seen.server_time,
    }
    return [
        _frame("seats", {"page": number, "pages": len(parts), **about}, part)
        for number, part in enumerate(parts, start=1)
    ]


def _pack(told: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Encoded seats in parts that fit into a frame each; one part at least."""
    parts: list[list[str]] = [[]]
    size = 0
    for seat in told:
        text = json.dumps(seat, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
        length = len(text.encode())
        if size + length > BYTES_PER_FRAME and parts[-1]:
            parts.append([])
            size = 0
        parts[-1].append(text)
        size += length
    return parts


def _frame(kind: str, about: dict[str, Any], part: list[str]) -> str:
    return f'{realtime.encode(kind, about)[:-1]},"seats":[{",".join(part)}]}}'

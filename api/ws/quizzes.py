"""The socket of a live quiz: what is on the screens of host and players, as it changes; players' answers, and the host's
moves, which do what their HTTP twins do."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from api.common.serializers import StrictSerializer
from api.v1.live.serializers import RemovePlayerIn
from api.ws import base, commands, watching
from api.ws.quiz_watch import QuizWatch
from apps.authentication import queries as people
from apps.core import eager, realtime
from apps.core.errors import Refusal
from apps.live.operations import answering, moves
from apps.live.operations.statement import Caller, Save
from apps.live.queries import scenes

if TYPE_CHECKING:
    from apps.authentication.models import User

SECONDS_TO_FINISH = 3
# What a refusal of an answer means for the connection: nothing more can be said over it.
_ENDS = {"not_signed_in": base.NOT_SIGNED_IN, "player_removed": base.FORBIDDEN, "not_found": base.NOT_FOUND}

# What a host may say: the action of its HTTP twin, the shape of its fields if it has any, and what is done.
MOVES: Mapping[str, tuple[str, type[StrictSerializer] | None, Callable[..., Any]]] = MappingProxyType(
    {
        "start": ("start", None, moves.start),
        "next": ("next", None, moves.next_question),
        "lock": ("lock", None, moves.lock),
        "reveal": ("reveal", None, moves.reveal),
        "finish": ("finish", None, moves.finish),
        "remove-player": ("remove_player", RemovePlayerIn, moves.remove_player),
    }
)


class QuizSocket(base.Socket):
    """``/ws/quizzes/{session}/``"""

    purpose = "quizzes"

    is_host = False
    _watch: QuizWatch | None = None

    async def entered(self) -> None:
        self._session_id: uuid.UUID = self.scope["url_route"]["kwargs"]["session_id"]
        entry = self.entry
        self.is_host, self._facts = await self.run(_enter, entry.user_id, self._session_id)
        self._caller = Caller(
            self.tenant.schema_name, str(self._session_id), str(entry.user_id), str(entry.session_id), entry.version
        )
        self._watch = watching.watch_of(QuizWatch, self.tenant, self._session_id)
        self._watch.seat(self)

    async def received(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "answer" and not self.is_host:
            return self._answer(message)
        if kind in MOVES:
            return await self._move(message)
        return await super().received(message)

    async def left(self) -> None:
        if self._watch is not None:
            self._watch.dismiss(self)

    async def stopping(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(answering.drain(), SECONDS_TO_FINISH)

    # -- answers ---------------------------------------------------------------------------------------------------

    def _answer(self, message: Mapping[str, Any]) -> None:
        number, seq = message.get("number"), message.get("seq")
        try:
            answering.append(
                facts=self._facts,
                caller=self._caller,
                number=number,
                seq=seq,
                response=message.get("response"),
                told=self._saved,
            )
        except Refusal as refusal:
            self._refuse(number, seq, refusal.code)

    def _saved(self, saves: list[Save]) -> None:
        """After the commit."""
        for save in saves:
            number, seq, _ = save.rows[0]
            if save.code is not None:
                self._refuse(number, seq, save.code)
                continue
            moment = realtime.encode_moment(save.server_time)
            self.post(f'{{"type":"acked","number":{number},"seq":{seq},"server_time":{moment}}}')

    def _refuse(self, number: object, seq: object, code: str) -> None:
        about = {"number": commands.plain(number), "seq": commands.plain(seq), "code": code}
        self.post(realtime.encode("refused", about))
        if code in _ENDS:
            eager.start(self.close(_ENDS[code]))

    # -- the host's moves ------------------------------------------------------------------------------------------

    async def _move(self, message: Mapping[str, Any]) -> None:
        action, shape, move = MOVES[message["type"]]

        def work(actor: User) -> object:
            given = commands.read(shape, commands.fields_of(message)) if shape else {}
            return move(actor=actor, session_id=self._session_id, **given)

        _, problem = await self.run(commands.obey, self.entry.user_id, ("quiz-sessions", action), work)
        about = commands.about(message)
        if problem is not None:
            return await self.tell("error", {**about, **problem})
        if self._watch is not None:
            self._watch.hurry()
        return await self.tell("done", about)


def _enter(user_id: uuid.UUID, session_id: uuid.UUID) -> tuple[bool, answering.Facts]:
    role, _ = scenes.part_of(people.get_user(user_id=user_id), session_id)
    return role == "host", answering.get_facts(session_id=session_id)

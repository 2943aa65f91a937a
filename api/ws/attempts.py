"""The socket of a student who sits: answers go in, acknowledgements, time and the end come out."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import suppress
from typing import Any

from api.common.permissions import TAKERS
from api.ws import base
from apps.attempts.errors import AttemptNotFound
from apps.attempts.operations import journal
from apps.attempts.operations.statement import Caller, Save
from apps.attempts.rules import answers as rules
from apps.core import eager, tenancy
from apps.core.errors import Problem
from apps.core.realtime import encode_moment

RUNNING = "IN_PROGRESS"
SECONDS_TO_FINISH = 3

# What a refusal of an answer means for the connection: nothing more can be saved over it.
_ENDS = {"not_signed_in": base.NOT_SIGNED_IN, "taken_over": base.TAKEN_OVER, "attempt_closed": base.FINALISED}


class AttemptSocket(base.Socket):
    """``/ws/attempts/{id}/``"""

    purpose = "attempts"
    policy = TAKERS
    advisory = frozenset({"event"})

    _facts: journal.Facts
    _caller: Caller
    _epoch = 0

    async def entered(self) -> None:
        attempt_id: uuid.UUID = self.scope["url_route"]["kwargs"]["attempt_id"]
        entry = self.entry
        self._facts = await self.run(journal.get_facts, attempt_id=attempt_id)
        if self._facts.student_id != str(entry.user_id):
            raise AttemptNotFound
        self._caller = Caller(
            self.tenant.schema_name, str(attempt_id), str(entry.user_id), str(entry.session_id), entry.version
        )
        # First the room, then the state: what happens between the two is told twice rather than not at all.
        await self.join(tenancy.room("attempt", attempt_id, tenant=self.tenant))
        standing = await self.run(journal.get_standing, attempt_id=attempt_id, student_id=entry.user_id)
        self._epoch = max(self._epoch, standing.epoch)
        await self.tell(
            "hello",
            {
                "attempt": attempt_id,
                "state": standing.state,
                "epoch": standing.epoch,
                "deadline_at": standing.deadline_at,
                "server_time": standing.server_time,
                "last_seq": standing.last_seq,
            },
        )
        if standing.state != RUNNING:
            await self._say_closed()

    async def received(self, message: dict[str, Any]) -> None:
        if message["type"] == "answers":
            self._save(message)
        elif message["type"] not in self.advisory:
            await super().received(message)

    async def hear(self, room: str, kind: str, text: str) -> None:
        if kind == "taken_over":
            if json.loads(text)["epoch"] > self._epoch:
                self.post(text)
                await self.close(base.TAKEN_OVER)
            return
        await super().hear(room, kind, text)
        if kind == "closed":
            await self.close(base.FINALISED)

    async def stopping(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(journal.drain(), SECONDS_TO_FINISH)

    def _save(self, message: dict[str, Any]) -> None:
        epoch: Any = message.get("epoch")
        answers: Any = message.get("answers")
        flaws = rules.find_flaws(answers)
        if not rules.is_number(epoch):
            flaws.append(Problem("/epoch", "invalid", "The number of the window is needed."))
        if flaws:
            listed = [{"pointer": flaw.pointer, "code": flaw.code, "detail": flaw.detail} for flaw in flaws]
            return self.post(json.dumps({"type": "error", "code": "invalid", "errors": listed}))
        refused = journal.append(facts=self._facts, caller=self._caller, epoch=epoch, answers=answers, told=self._saved)
        if refused:
            self._say_refused(refused)
        return None

    def _saved(self, saves: list[Save]) -> None:
        """After the commit: one frame for all that was acknowledged, however many messages it came in."""
        acked: list[int] = []
        refused: list[rules.Refused] = []
        for save in saves:
            acked += save.acked
            refused += save.refused
        if acked:
            self.post(f'{{"type":"acked","acked":{acked},"server_time":{encode_moment(saves[-1].server_time)}}}')
        if refused:
            self._say_refused(refused)
            code = next((code for _, code in refused if code in _ENDS), None)
            if code == "attempt_closed":
                eager.start(self._say_closed())
            elif code is not None:
                eager.start(self.close(_ENDS[code]))

    def _say_refused(self, refused: list[rules.Refused]) -> None:
        listed = [{"seq": seq, "code": code} for seq, code in refused]
        self.post(json.dumps({"type": "refused", "refused": listed}))

    async def _say_closed(self) -> None:
        await self.tell("closed", {"attempt": self._caller.attempt_id})
        await self.close(base.FINALISED)

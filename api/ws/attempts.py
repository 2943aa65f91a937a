"""The socket of a student who sits: answers go in, acknowledgements, time and the end come out."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from contextlib import suppress
from typing import Any

from django.db import DatabaseError

from api.v1.attempts import listening
from api.ws import base, commands
from apps.attempts.errors import AttemptNotFound
from apps.attempts.operations import browser, integrity, journal, presence
from apps.attempts.operations.statement import Caller, Save
from apps.attempts.rules import answers as rules
from apps.attempts.rules import integrity as seen
from apps.core import eager, tenancy, trace
from apps.core.errors import Problem, Refusal
from apps.core.realtime import encode_moment

log = logging.getLogger(__name__)

RUNNING = "IN_PROGRESS"
SECONDS_TO_FINISH = 3
ANSWERS_PER_MESSAGE = 20
"""So many answers in one frame weigh as much as another message: a journal is not to be flooded by large frames."""
SECONDS_OF_EVENTS = 3
MOST_EVENTS = 50

# What a refusal of an answer means for the connection: nothing more can be saved over it.
_ENDS = {"not_signed_in": base.NOT_SIGNED_IN, "taken_over": base.TAKEN_OVER, "attempt_closed": base.FINALISED}


class AttemptSocket(base.Socket):
    """``/ws/attempts/{id}/``"""

    purpose = "attempts"
    advisory = frozenset({"event"})

    _facts: journal.Facts
    _caller: Caller
    _epoch = 0
    _keeping: asyncio.Task[None] | None = None

    async def entered(self) -> None:
        attempt_id: uuid.UUID = self.scope["url_route"]["kwargs"]["attempt_id"]
        entry = self.entry
        self._events: list[dict[str, Any]] = []
        self._facts = await self.run(journal.get_facts, attempt_id=attempt_id)
        if self._facts.student_id != str(entry.user_id):
            raise AttemptNotFound
        browser.check_browser(keys=self._facts.browser_keys)
        self._caller = Caller(
            self.tenant.schema_name, str(attempt_id), str(entry.user_id), str(entry.session_id), entry.version
        )
        # First the room, then the state: what happens between the two is told twice rather than not at all.
        await self.join(tenancy.room("attempt", attempt_id, tenant=self.tenant))
        await self.join(tenancy.room("exam", self._facts.assignment_id, tenant=self.tenant))
        standing = await self.run(journal.get_standing, attempt_id=attempt_id, student_id=entry.user_id)
        self._epoch = max(self._epoch, standing.epoch)
        await self.tell(
            "hello",
            {
                "attempt": attempt_id,
                "state": standing.state,
                "epoch": standing.epoch,
                "deadline_at": standing.deadline_at,
                "paused_at": standing.paused_at,
                "course": standing.course,
                "step_ends": standing.step_ends,
                "step_floor": standing.step_floor,
                "server_time": standing.server_time,
                "last_seq": standing.last_seq,
            },
        )
        if standing.state != RUNNING:
            return await self._say_closed()
        await self.run(integrity.see, attempt_id=attempt_id, way=seen.SOCKET)
        return self._note(place=trace.current().address)

    def heard(self) -> None:
        self._note()

    def _note(self, *, is_saved: bool = False, place: str = "") -> None:
        presence.note(
            tenant=self.tenant,
            assignment_id=self._facts.assignment_id,
            attempt_id=self._caller.attempt_id,
            is_saved=is_saved,
            place=place,
        )

    async def received(self, message: dict[str, Any]) -> None:
        if message["type"] == "answers":
            self._save(message)
        elif message["type"] == "event":
            self._notice(message)
        elif message["type"] == "play":
            await self._play(message)
        else:
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

    async def left(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await self._keep_events()

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
        self._weight += len(answers) / ANSWERS_PER_MESSAGE
        refused = journal.append(facts=self._facts, caller=self._caller, epoch=epoch, answers=answers, told=self._saved)
        if refused:
            self._say_refused(refused)
        return None

    async def _play(self, message: dict[str, Any]) -> None:
        """The same as its HTTP twin. The client's ``id`` comes back, so that it knows what was answered."""
        about = commands.about(message)
        shape = listening.PlayIn(data=commands.fields_of(message))
        if not shape.is_valid():
            return await self.tell("error", {**about, "code": "invalid"})
        try:
            played = await self.run(
                listening.act,
                tenant=self.tenant,
                student_id=self.entry.user_id,
                attempt_id=uuid.UUID(self._caller.attempt_id),
                given=shape.validated_data,
            )
        except Refusal as refusal:
            return await self.tell("error", {**about, "code": refusal.code, "detail": str(refusal)})
        return await self.tell("play", {"id": about["id"], **played})

    def _notice(self, message: dict[str, Any]) -> None:
        """Gather what the screen noticed for a moment; what is too much is dropped, and nothing is answered."""
        if len(self._events) < MOST_EVENTS:
            self._events.append({name: value for name, value in message.items() if name != "type"})
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep_soon())

    async def _keep_soon(self) -> None:
        await asyncio.sleep(SECONDS_OF_EVENTS)
        self._keeping = None
        await self._keep_events()

    async def _keep_events(self) -> None:
        events, self._events = self._events, []
        try:
            await self.run(integrity.keep_events, attempt_id=uuid.UUID(self._caller.attempt_id), events=events)
        except DatabaseError as error:
            log.warning("Events of an attempt were not kept: %s", error)

    def _saved(self, saves: list[Save]) -> None:
        """After the commit: one frame for all that was acknowledged, however many messages it came in."""
        acked: list[int] = []
        refused: list[rules.Refused] = []
        for save in saves:
            acked += save.acked
            refused += save.refused
        if acked:
            self._note(is_saved=True)
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

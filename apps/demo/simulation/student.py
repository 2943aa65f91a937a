"""One student: signs in, starts, answers over a socket or plain HTTP, loses the connection, hands in or forgets to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import random
import time
from collections.abc import Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from apps.demo.simulation.http import NETWORK, Answered, Client, Place
from apps.demo.simulation.plan import Step, Tally, draw_steps

CLOSED = {"attempt_closed", "too_late", "taken_over"}
FOR_NOW = {"unavailable", "too_busy", "paused"}
RESEND_SECONDS = 2.0
WITHOUT_SOCKET_SECONDS = 4.0
MOST_AT_ONCE = 50


class Student:
    """Keeps every answer until it is acknowledged, and sends it again with the same number after a lost connection."""

    def __init__(self, client: Client, tally: Tally, rng: random.Random) -> None:
        self.client = client
        self.tally = tally
        self.rng = rng
        self.epoch = 1
        self.seq = 0
        self.unacked: dict[int, tuple[dict[str, Any], float]] = {}
        self.closed = False

    async def sit(self, assignment: str, keys: Mapping[str, Mapping[str, Any]], seconds: float) -> None:
        """The whole exam of this student; ``seconds`` is the time that the room gives."""
        tally = self.tally
        started = await self._begin(assignment)
        tally.attempt, self.epoch, tally.status = str(started["attempt"]), int(started["epoch"]), "sitting"
        questions = [
            question
            for section in started["paper"]["sections"]
            for group in section["question_groups"]
            for question in group["questions"]
        ]
        tally.total = len(questions)
        steps = draw_steps(self.rng, tally.habits, questions, keys, seconds * tally.habits.share_of_time)
        if tally.habits.over_http:
            await self._over_http(steps)
        else:
            await self._over_socket(steps)
        if tally.habits.submits and not self.closed:
            answer = await self.client.insist("POST", f"attempts/{tally.attempt}/submit/", {})
            tally.status = str(answer["status"]).lower()
        elif not tally.habits.submits:
            tally.status = "forgot"

    async def _begin(self, assignment: str) -> dict[str, Any]:
        """Whoever comes while the room is paused waits at the door."""
        while True:
            try:
                started: dict[str, Any] = await self.client.insist("POST", f"exam-assignments/{assignment}/start/", {})
            except Answered as refusal:
                if refusal.code != "room_paused":
                    raise
                await asyncio.sleep(RESEND_SECONDS)
            else:
                return started

    # -- plain HTTP ------------------------------------------------------------------------------------------------

    async def _over_http(self, rest: list[Step], until: float = math.inf) -> None:
        """Thinks on while answers travel; what is given meanwhile goes with the next request."""
        given = asyncio.Event()
        sender = asyncio.create_task(self._put_what_is(given))
        try:
            while rest and not self.closed and not sender.done() and time.monotonic() < until:
                await asyncio.sleep(rest[0].pause)
                self._note(rest.pop(0))
                given.set()
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sender
        await self._put()

    async def _put_what_is(self, given: asyncio.Event) -> None:
        while not self.closed:
            await self._put()
            await given.wait()
            given.clear()

    async def _put(self) -> None:
        while self.unacked and not self.closed:
            body = {"epoch": self.epoch, "answers": self._stamped(list(self.unacked)[:MOST_AT_ONCE])}
            try:
                self._settle(await self.client.call("PUT", f"attempts/{self.tally.attempt}/answers/", body))
            except Answered as refusal:
                if refusal.code in CLOSED:
                    self._end(refusal.code)
                elif refusal.status < 500 and refusal.status != 429 and refusal.code not in FOR_NOW:
                    raise
                else:
                    await asyncio.sleep(1)
            except NETWORK:
                self.tally.drops += 1
                await asyncio.sleep(0.5)

    # -- socket ----------------------------------------------------------------------------------------------------

    async def _over_socket(self, steps: list[Step]) -> None:
        rest = list(steps)
        drops = list(self.tally.habits.drops_after)
        while (rest or self.unacked) and not self.closed:
            try:
                async with self._connect() as socket:
                    await self._talk(socket, rest, drops)
            except InvalidHandshake:
                await self._over_http(rest, time.monotonic() + WITHOUT_SOCKET_SECONDS)
                await asyncio.sleep(0.3 + self.rng.random())
            except NETWORK:
                await asyncio.sleep(0.3 + self.rng.random())
            except Answered as refusal:
                if refusal.status in {401, 403, 404, 409}:
                    self._end(refusal.code)
                elif refusal.code == "tickets_unavailable":
                    await self._over_http(rest, time.monotonic() + WITHOUT_SOCKET_SECONDS)
                await asyncio.sleep(0.3 + self.rng.random())
            self.tally.drops += bool(rest or self.unacked)

    @contextlib.asynccontextmanager
    async def _connect(self) -> Any:
        place: Place = self.client.place
        ticket = await self.client.ticket("attempts")
        async with connect(
            f"ws://{place.name}/ws/attempts/{self.tally.attempt}/",
            host=place.address,
            port=place.port,
            subprotocols=[f"ticket.{ticket}"],  # type: ignore[list-item]
            open_timeout=15,
            max_size=2**20,
        ) as socket:
            yield socket

    async def _talk(self, socket: ClientConnection, rest: list[Step], drops: list[int]) -> None:
        reader = asyncio.create_task(self._listen(socket))
        resender = asyncio.create_task(self._send_again(socket))
        try:
            if self.unacked:
                await self._send(socket, list(self.unacked))
            while rest and not self.closed and not reader.done():
                await asyncio.sleep(rest[0].pause)
                await self._send(socket, [self._note(rest.pop(0))])
                if drops and self.tally.answered >= drops[0]:
                    drops.pop(0)
                    socket.transport.abort()  # a cable pulled, not a farewell
                    return
            for _ in range(100):
                if not self.unacked or self.closed or reader.done():
                    break
                await asyncio.sleep(0.1)
        finally:
            for task in (reader, resender):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                    await task

    async def _listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            if message["type"] in {"acked", "refused"}:
                self._settle(message)
            elif message["type"] == "closed":
                self._end("attempt_closed")

    async def _send_again(self, socket: ClientConnection) -> None:
        """What was refused for the moment, or not answered at all."""
        while True:
            await asyncio.sleep(RESEND_SECONDS / 2)
            long_ago = time.perf_counter() - RESEND_SECONDS
            if late := [seq for seq, (_, sent) in self.unacked.items() if sent < long_ago]:
                await self._send(socket, late)

    async def _send(self, socket: ClientConnection, seqs: list[int]) -> None:
        answers = self._stamped([seq for seq in seqs if seq in self.unacked])
        for start in range(0, len(answers), MOST_AT_ONCE):
            part = answers[start : start + MOST_AT_ONCE]
            await socket.send(json.dumps({"type": "answers", "epoch": self.epoch, "answers": part}))

    # -- book-keeping ----------------------------------------------------------------------------------------------

    def _note(self, step: Step) -> int:
        self.seq += 1
        answer = {"seq": self.seq, "question": step.question, "response": step.response}
        self.unacked[self.seq] = (answer, time.perf_counter())
        self.tally.answered += 1
        return self.seq

    def _stamped(self, seqs: list[int]) -> list[dict[str, Any]]:
        """These answers, about to be sent: the wait for their acknowledgement begins now."""
        now = time.perf_counter()
        for seq in seqs:
            self.unacked[seq] = (self.unacked[seq][0], now)
        return [self.unacked[seq][0] for seq in seqs]

    def _settle(self, message: Mapping[str, Any]) -> None:
        for seq in message.get("acked", []):
            sent = self.unacked.pop(seq, None)
            self.tally.acked.add((self.epoch, seq))
            if sent:
                self.tally.latencies.append(time.perf_counter() - sent[1])
        for refusal in message.get("refused", []):
            if refusal["code"] in FOR_NOW:
                continue
            if self.unacked.pop(refusal["seq"], None):
                self.tally.refused.append(refusal["code"])
            if refusal["code"] in CLOSED:
                self._end(refusal["code"])

    def _end(self, code: str) -> None:
        self.closed = True
        self.unacked.clear()
        self.tally.status = "closed" if code == "attempt_closed" else code

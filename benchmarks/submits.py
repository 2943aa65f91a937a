"""A class hands in within one second, as at a deadline: each over HTTP with a last answer, while its socket is open, saves
one more answer, and hears that the paper is in.

The peer is the same class one after the other, so the ratio is what the crowd costs. Nobody may get an error, nobody may
hand in twice, and whatever a socket acknowledged must be on the sheet.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from benchmarks.harness import Run, Stage, stage

SERVERS = ("daphne", "uvicorn")
HOST = "127.0.0.1"
SLUG = "handin"
ALONE = "one after the other"


@dataclass
class Seat:
    attempt: str
    question: str
    option: str
    token: str
    student_id: uuid.UUID
    session_id: uuid.UUID
    acked: set[int] = field(default_factory=set)
    is_closed: bool = False

    def answer(self, seq: int) -> dict[str, Any]:
        return {"seq": seq, "question": self.question, "response": self.option}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--people", type=int, default=300)
    words.add_argument("--seconds", type=float, default=1.0)
    words.add_argument("--repeats", type=int, default=3)
    given = words.parse_args()
    run = Run("submits", unit="s", repeats=given.repeats)
    slowest: dict[str, list[float]] = {}
    with stage("submits") as here:
        room = _Room(here, given.people)
        for kind in SERVERS:
            with here.serve(kind) as server:
                for name, spread in ((f"{ALONE}, {kind}", None), (within(kind), given.seconds)):
                    for _ in range(given.repeats):
                        seconds, taken, closed = asyncio.run(_class(room, server.port, spread))
                        run.values.setdefault(name, []).append(seconds)
                        p95 = statistics.quantiles(taken, n=20)[18]
                        slowest.setdefault(name, []).append(p95)
                        median = statistics.median(taken)
                        print(
                            f"  {name:<36} {seconds:6.2f} s; an answer takes {median * 1000:.0f} ms,"
                            f" p95 {p95 * 1000:.0f} ms, the slowest {max(taken) * 1000:.0f} ms; {closed} sockets told",
                            flush=True,
                        )
    for kind in SERVERS:
        run.notes[within(kind)] = f"p95 {max(slowest[within(kind)]):.2f} s"
        run.bar(f"p95 of {given.people} within {given.seconds:g} s, {kind}", max(slowest[within(kind)]), at_most=10)
        run.bar(f"{within(kind)} / {ALONE}", run.ratio(within(kind), f"{ALONE}, {kind}"), at_most=1.5)
    run.report(against=lambda name: f"{ALONE}, {name.rpartition(', ')[2]}")


def within(kind: str) -> str:
    return f"within one second, {kind}"


async def _class(room: _Room, port: int, spread: float | None) -> tuple[float, list[float], int]:
    """How long until the last one has a receipt, how long each waited, and how many sockets were told."""
    import httpx
    from websockets.asyncio.client import connect

    seats = await asyncio.to_thread(room.fresh)
    taken: list[float] = []

    async def listen(seat: Seat, ws: Any) -> None:
        async for text in ws:
            message = json.loads(text)
            seat.acked.update(message.get("acked", ()))
            seat.is_closed |= message["type"] == "closed"

    async def hand_in(client: httpx.AsyncClient, seat: Seat, ws: Any, pause: float) -> None:
        await asyncio.sleep(pause)
        await ws.send(json.dumps({"type": "answers", "epoch": 1, "answers": [seat.answer(1)]}))
        begun = time.perf_counter()
        answer = await client.post(
            f"http://{HOST}:{port}/api/v1/attempts/{seat.attempt}/submit/",
            json={"epoch": 1, "answers": [seat.answer(2)]},
            headers={"Host": f"{SLUG}.localhost", "Authorization": f"Bearer {seat.token}"},
        )
        taken.append(time.perf_counter() - begun)
        assert answer.status_code == 200, (answer.status_code, answer.text[:300])
        assert answer.json()["receipt"]

    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(timeout=120, limits=httpx.Limits(max_connections=len(seats)))
        )
        doors = []
        for seat in seats:
            url = f"ws://{SLUG}.localhost:{port}/ws/attempts/{seat.attempt}/"
            protocols = [f"ticket.{room.ticket(seat)}"]
            ws = await stack.enter_async_context(
                connect(url, host=HOST, port=port, subprotocols=protocols, compression=None)  # type: ignore[arg-type]
            )
            doors.append(ws)
        listeners = [asyncio.create_task(listen(seat, ws)) for seat, ws in zip(seats, doors, strict=True)]
        begun = time.perf_counter()
        if spread is None:
            for seat, ws in zip(seats, doors, strict=True):
                await hand_in(client, seat, ws, 0)
        else:
            pauses = [spread * place / len(seats) for place in range(len(seats))]
            await asyncio.gather(*[hand_in(client, *who) for who in zip(seats, doors, pauses, strict=True)])
        seconds = time.perf_counter() - begun
        await asyncio.wait(listeners, timeout=10)
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    await asyncio.to_thread(room.check, seats)
    return seconds, taken, sum(seat.is_closed for seat in seats)


class _Room:
    """A room in a center without limits; ``fresh`` gives everybody a new attempt."""

    def __init__(self, here: Stage, people: int) -> None:
        from datetime import timedelta

        from django.db.models.functions import Now

        from api.common import tokens
        from apps.authentication.models import Session
        from apps.core import tenancy
        from benchmarks.starts import _room_for

        self.tenant = here.open_center(SLUG)
        with tenancy.enter(self.tenant):
            self.room_id, self.students = _room_for(people)
            sessions = Session.objects.bulk_create(
                Session(user=student, expires_at=Now() + timedelta(days=1)) for student in self.students
            )
            issue = partial(tokens.issue_access, tenant=self.tenant, version=1, role="STUDENT")
            self.signed = [(one, issue(user_id=one.user_id, session_id=one.pk)) for one in sessions]

    def fresh(self) -> list[Seat]:
        from django.db import connection

        from apps.attempts.operations import sitting
        from apps.core import tenancy
        from apps.mock_tests import queries as papers

        with tenancy.enter(self.tenant):
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE attempts_attempt, attempts_answerentry CASCADE")
                cursor.execute("TRUNCATE public.core_delivery")
            seats = []
            for student, (session, token) in zip(self.students, self.signed, strict=True):
                attempt = sitting.start_attempt(actor=student, assignment_id=self.room_id).attempt
                specs = papers.item_specs(paper_id=attempt.paper_id)
                question, spec = next(iter(specs.items()))
                option = min(spec.options)
                seats.append(Seat(str(attempt.pk), str(question), option, token, student.pk, session.pk))
            connection.close()
        return seats

    def ticket(self, seat: Seat) -> str:
        """Tickets hold for seconds only: each is made when its socket opens."""
        from apps.authentication.operations import tickets
        from apps.authentication.operations.tickets import Entry
        from apps.core import tenancy

        with tenancy.enter(self.tenant):
            entry = Entry(seat.student_id, seat.session_id, 1, "STUDENT")
            return tickets.issue_ticket(entry=entry, purpose="attempts")

    def check(self, seats: list[Seat]) -> None:
        """Everybody is done, once; what was acknowledged is in the journal."""
        from django.db import connection

        from apps.attempts import queries
        from apps.attempts.models import AnswerSheet, Attempt
        from apps.core import tenancy

        with tenancy.enter(self.tenant):
            assert not Attempt.objects.running().exists()
            assert AnswerSheet.objects.count() == len(seats)
            stored = queries.journal_keys(attempt_ids=[seat.attempt for seat in seats])  # type: ignore[misc]
            found = {(str(attempt), seq) for attempt, _, seq in stored}
            lost = [(seat.attempt, seq) for seat in seats for seq in seat.acked if (seat.attempt, seq) not in found]
            assert not lost, f"{len(lost)} acknowledged answers are lost"
            connection.close()


if __name__ == "__main__":
    main()

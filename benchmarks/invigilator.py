"""A room of a thousand seats, watched by twenty invigilators while everybody sits.

Each student gives a sign of life every ten seconds, and thirty a second save an answer; watchers get what changed once a
second. The measure is the CPU that the server spends in a second of it. The floor is a bare ``websockets`` server that hands
a ready text of the same length from a Redis channel to as many connections, once a second.

    python -m benchmarks.invigilator [--seats 1000] [--watchers 20] [--seconds 15] [--repeats 3]
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from datetime import timedelta
from typing import Any

from websockets.asyncio.client import connect

from benchmarks.fanout import CHANNEL, Bare
from benchmarks.harness import HOST, Run, Stage, cpu_seconds, stage

CENTER = "bench"
PER_PERSON = 5
PING_SECONDS = 10
SAVES_PER_SECOND = 30
FLOOR_TIMES = 20
"""So often the floor does in a second what it needs to do once: else the system's clock could not see it."""


class Room:
    """Everybody sits in it, and there is staff to watch."""

    def __init__(self, stage: Stage, seats: int, watchers: int) -> None:
        from django.db import connection

        from apps.assignments.models import ExamAssignment
        from apps.attempts.models import Attempt
        from apps.authentication.models import Session, User
        from apps.core import clock, tenancy
        from apps.mock_tests.models import MockTest, Paper

        self.tenant = stage.open_center(CENTER)
        with tenancy.enter(self.tenant):
            at = clock.now()
            test = MockTest.objects.create(title="Bench")
            paper = Paper.objects.create(
                test=test, number=1, content_hash="0" * 64, title="Bench", profile="custom", content={},
                seconds=36_000, max_score=180, item_count=60,
            )  # fmt: skip
            room = ExamAssignment.objects.create(
                title="Bench", mock_test=test, paper=paper, status="OPEN", opened_at=at
            )
            self.id = room.pk
            students = _people(User, seats, "STUDENT")
            room.people.set(students)
            self.attempts = Attempt.objects.bulk_create(
                Attempt(
                    assignment=room, paper=paper, student=student, seed=1, started_at=at, grace_seconds=10,
                    deadline_at=at + timedelta(hours=10), max_score=180,
                )
                for student in students
            )  # fmt: skip
            self.staff = _people(User, -(-watchers // PER_PERSON), "CENTER_ADMIN")
            day = at + timedelta(days=1)
            self.sessions = Session.objects.bulk_create(Session(user=user, expires_at=day) for user in self.staff)
        connection.close()

    def tickets(self, count: int) -> list[str]:
        from apps.authentication.operations import tickets
        from apps.core import tenancy

        with tenancy.enter(self.tenant):
            entries = [tickets.Entry(session.user_id, session.pk, 1, "CENTER_ADMIN") for session in self.sessions]
            return [
                tickets.issue_ticket(entry=entries[number // PER_PERSON], purpose="rooms") for number in range(count)
            ]

    def live_a_second(self, second: int) -> None:
        """What the processes of an exam bring to Redis in a second."""
        from apps.attempts.queries import heartbeats

        pinging = self.attempts[second % PING_SECONDS :: PING_SECONDS]
        saving = set(random.sample(range(len(pinging)), min(SAVES_PER_SECOND, len(pinging))))
        heartbeats.put(
            self.tenant,
            self.id,
            [
                heartbeats.Sign(str(attempt.pk), 500, 500 if place in saving else None, "192.0.2.1")
                for place, attempt in enumerate(pinging)
            ],
        )

    def frame(self) -> str:
        """A text as long as what a watcher gets in a second."""
        from apps.core import clock, realtime, tenancy

        with tenancy.enter(self.tenant):
            at = clock.now()
        told = [{"student": uuid.uuid4(), "heard_at": at} for _ in self.attempts[::PING_SECONDS]]
        for one in told[:SAVES_PER_SECOND]:
            one["saved_at"] = at
        return realtime.encode("seat", {"server_time": at, "has_presence": True, "seats": told, "gone": []})

    def queries_of(self, seats: int) -> int:
        """How many statements a snapshot takes for a room of so many."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        from apps.assignments.models import ExamAssignment
        from apps.attempts.queries import seats as reads
        from apps.core import tenancy

        with tenancy.enter(self.tenant):
            room = ExamAssignment.objects.get(pk=self.id)
            room.people.set([attempt.student_id for attempt in self.attempts[:seats]])
            with CaptureQueriesContext(connection) as made:
                reads.seats_for(self.staff[0], self.id)
            room.people.set([attempt.student_id for attempt in self.attempts])
        connection.close()
        return len(made)


def _people(model: Any, count: int, role: str) -> list[Any]:
    made: list[Any] = model.objects.bulk_create(
        model(email=f"{role.lower()}{n}@bench.test", first_name=f"Student {n:04}", role=role, is_approved=True, password="!")
        for n in range(count)
    )  # fmt: skip
    return made


class Watchers:
    """Connections that count what comes, and how long the whole room took to arrive."""

    def __init__(self, port: int, path: str, tickets: list[str], count: int) -> None:
        self.url = f"ws://{CENTER}.localhost:{port}{path}"
        self.port = port
        self.tickets: list[Any] = [[f"ticket.{ticket}"] for ticket in tickets] or [None] * count
        self.bytes = 0
        self.frames = 0
        self.snapshots: list[float] = []

    async def watch(self, seconds: float, each_second: Callable[[int], None], pid: int) -> float:
        """Milliseconds of the server's CPU in a second of watching."""
        async with AsyncExitStack() as stack:
            for protocols in self.tickets:
                began = time.perf_counter()
                ws = await stack.enter_async_context(
                    connect(self.url, host=HOST, port=self.port, subprotocols=protocols, max_size=None, compression=None)
                )  # fmt: skip
                while protocols and '"type":"seats"' in (text := str(await ws.recv()))[:20]:
                    head = text[:60]
                    number, pages = (int(head.split(f'"{name}":')[1].split(",")[0]) for name in ("page", "pages"))
                    if number == pages:
                        break
                self.snapshots.append((time.perf_counter() - began) * 1000)
                stack.push_async_callback(_stop, asyncio.create_task(self._count(ws)))
            await asyncio.sleep(2)  # whoever came first has told those who came later
            self.bytes = self.frames = 0
            before = cpu_seconds(pid)
            for second in range(int(seconds)):
                await asyncio.to_thread(each_second, second)
                await asyncio.sleep(1)
            return (cpu_seconds(pid) - before) / seconds * 1000

    async def _count(self, ws: Any) -> None:
        async for text in ws:
            self.bytes += len(text)
            self.frames += 1


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seats", type=int, default=1000)
    words.add_argument("--watchers", type=int, default=20)
    words.add_argument("--seconds", type=int, default=15)
    words.add_argument("--repeats", type=int, default=3)
    given = words.parse_args()

    import redis

    run = Run("invigilator", unit="ms of CPU a second", repeats=given.repeats)
    with ExitStack() as stack:
        here = stack.enter_context(stage("invigilator", max_connections="200"))
        servers = {kind: stack.enter_context(here.serve(kind)) for kind in ("daphne", "uvicorn")}
        bare = stack.enter_context(Bare())
        sender = redis.Redis.from_url(here.servers.redis_url)
        room = Room(here, given.seats, given.watchers)
        frame = room.frame()

        def floor() -> float:
            watchers = Watchers(bare.port, "/seats", [], given.watchers)
            value = asyncio.run(watchers.watch(given.seconds, lambda _: _publish(sender, frame), bare.pid))
            return value / FLOOR_TIMES

        def ours(name: str, port: int, pid: int) -> Callable[[], float]:
            def one() -> float:
                watchers = Watchers(port, f"/ws/rooms/{room.id}/", room.tickets(given.watchers), given.watchers)
                value = asyncio.run(watchers.watch(given.seconds, room.live_a_second, pid))
                bytes_each = watchers.bytes / given.watchers / given.seconds
                frames_each = watchers.frames / given.watchers / given.seconds
                run.notes[name] = (
                    f"{bytes_each / 1000:.1f} kB/s and {frames_each:.2f} frames/s a watcher,"
                    f" {statistics.median(watchers.snapshots):.0f} ms to see all seats"
                )
                return value

            return one

        names = {"daphne": "Daphne", "uvicorn": "uvicorn"}
        run.take_turns(
            {
                "floor": floor,
                **{
                    f"ours, {names[kind]}": ours(f"ours, {names[kind]}", server.port, server.pid)
                    for kind, server in servers.items()
                },
            }
        )
        counts = {size: room.queries_of(size) for size in (given.seats // 10, given.seats)}
    run.bar(
        "queries of the largest room / of a tenth of it", counts[given.seats] / counts[given.seats // 10], at_most=1
    )
    print(f"\nA snapshot takes {counts[given.seats]} queries, whatever the number of seats.")
    run.report(against="floor")


def _publish(sender: Any, frame: str) -> None:
    for _ in range(FLOOR_TIMES):
        sender.publish(f"{CHANNEL}:seats", frame)


if __name__ == "__main__":
    main()

"""A change of a board on its way to everybody who watches it: from the publisher to the last of N sockets.

- the floor is a bare ``websockets`` server that hands a text from a Redis channel to all of its connections;
- ours publishes as a worker does after recording a result (the live board in Redis, then the news); the server reads
  the board, encodes it, adds to each student their own place, and sends: on Daphne and on uvicorn.

Watchers are a process of their own. Boards are pushed at most once a second, so changes are published further apart.

    python -m benchmarks.fanout [--watchers 200,1000] [--repeats 3] [--changes 6]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from benchmarks.harness import HOST, ROOT, Run, Stage, WebServer, cpu_seconds, free_port, stage

CENTER = "bench"
CHANNEL = "board"
APART = 1.15
CALM = 0.1
PATIENCE = 30
TOGETHER = 50


# -- the floor -----------------------------------------------------------------------------------------------------


async def serve_bare(port: int, url: str) -> None:
    """One connection set per path; what comes over the path's Redis channel goes to all of it."""
    import redis.asyncio
    from websockets.asyncio.server import ServerConnection, broadcast, serve

    rooms: dict[str, set[ServerConnection]] = defaultdict(set)

    async def enter(connection: ServerConnection) -> None:
        room = rooms[connection.request.path.strip("/")]  # type: ignore[union-attr]
        room.add(connection)
        await connection.wait_closed()
        room.discard(connection)

    async with serve(enter, HOST, port, compression=None), redis.asyncio.from_url(url).pubsub() as news:
        await news.psubscribe(f"{CHANNEL}:*")
        async for message in news.listen():
            if message["type"] == "pmessage":
                broadcast(rooms[message["channel"].decode().partition(":")[2]], message["data"].decode())


# -- watchers ------------------------------------------------------------------------------------------------------


class Watcher(asyncio.Protocol):
    """One raw connection that notes when a frame is complete."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.buffer = b""
        self.frames = 0
        self.heard_at = 0.0
        self.is_in = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.request)

    def connection_lost(self, exc: Exception | None) -> None:
        raise ConnectionError(f"a watcher was dropped: {exc}")

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data if self.buffer else data
        if not self.is_in:
            head, found, rest = buffer.partition(b"\r\n\r\n")
            if not found:
                self.buffer = buffer
                return
            if b" 101 " not in head[:20]:
                raise ConnectionError(head[:200].decode("latin-1"))
            self.is_in, buffer = True, rest
        while len(buffer) >= 2:
            size, start = buffer[1], 2
            if size == 126:
                size, start = int.from_bytes(buffer[2:4], "big"), 4
            if len(buffer) < start + size:
                break
            if buffer[0] == 0x81:
                self.frames += 1
                self.heard_at = time.perf_counter()
            elif buffer[0] == 0x89:  # a mask of zeros leaves the answer as it is
                self.transport.write(bytes((0x8A, 0x80 | size)) + b"\0\0\0\0" + buffer[start : start + size])
            elif buffer[0] == 0x88:
                raise ConnectionError(f"closed with {int.from_bytes(buffer[start : start + 2], 'big')}")
            buffer = buffer[start + size :]
        self.buffer = buffer


async def watch() -> None:
    """Does what comes as JSON lines on standard input: let watchers in, or tell when all of a group have a new frame."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: os._exit(_say(f"watchers: {context}")))
    groups: dict[str, list[Watcher]] = defaultdict(list)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        group = groups[order["group"]]
        if order["do"] == "enter":
            made = [
                await loop.create_connection(lambda d=d: Watcher(_request(d)), HOST, d["port"]) for d in order["doors"]
            ]
            group += [watcher for _, watcher in made]
            await _until(lambda: all(watcher.is_in and watcher.frames >= order["greetings"] for _, watcher in made))  # noqa: B023
            print("in", flush=True)
            continue
        before = [watcher.frames for watcher in group]
        print("ready", flush=True)
        await _until(lambda: all(w.frames > n for w, n in zip(group, before, strict=True)))  # noqa: B023
        print(max(watcher.heard_at for watcher in group), flush=True)


async def _until(is_done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_done():
            await asyncio.sleep(0.005)


def _request(door: dict[str, Any]) -> bytes:
    key = base64.b64encode(b"0123456789abcdef").decode()
    ticket = f"Sec-WebSocket-Protocol: ticket.{door['ticket']}\r\n" if door.get("ticket") else ""
    return (
        f"GET {door['path']} HTTP/1.1\r\nHost: {CENTER}.localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{ticket}\r\n"
    ).encode()


def _say(text: str) -> int:
    print(text, file=sys.stderr, flush=True)
    return 1


class Watchers:
    """The process of the watchers."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "benchmarks.fanout", "--as", "watchers"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Watchers:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("The watchers ended.")
        return line

    def _order(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        self._hear()

    def enter(self, group: str, doors: list[dict[str, Any]], *, greetings: int) -> None:
        self._order(do="enter", group=group, doors=doors, greetings=greetings)

    def time(self, group: str, publish: Callable[[], None]) -> float:
        """Milliseconds from the call of ``publish`` until the last of the group has heard."""
        self._order(do="time", group=group)
        began = time.perf_counter()
        publish()
        return (float(self._hear()) - began) * 1000


# -- ours ----------------------------------------------------------------------------------------------------------


class Room:
    """A board with as many students as watch it."""

    tenant: Any
    people: list[Any]
    entries: list[Any]

    def __init__(self, here: Room | None, stage: Stage, size: int) -> None:
        """The people of an earlier, larger room may be taken again."""
        from django.db import connection

        from apps.assignments.models import ExamAssignment
        from apps.attempts.rules import ties
        from apps.authentication.models import Session, User
        from apps.authentication.operations.tickets import Entry
        from apps.core import clock, tenancy
        from apps.leaderboards.models import ExamResult
        from apps.mock_tests.models import MockTest, Paper

        self.size = size
        self.tenant = here.tenant if here else stage.open_center(CENTER)
        self.changes = 0
        with tenancy.enter(self.tenant):
            at = clock.now()
            test = MockTest.objects.create(title="Bench")
            paper = Paper.objects.create(
                test=test,
                number=1,
                content_hash="0" * 64, title="Bench", profile="custom", content={},
                seconds=3600, max_score=180, item_count=1,
            )  # fmt: skip
            room = ExamAssignment.objects.create(title="Bench", mock_test=test, paper=paper, status="OPEN")
            self.id = room.pk
            if here:
                people, self.entries = here.people[:size], here.entries[:size]
            else:
                people = User.objects.bulk_create(
                    User(email=f"s{n}@bench.test", role="STUDENT", is_approved=True, password="!") for n in range(size)
                )
                day = at + timedelta(days=1)
                sessions = Session.objects.bulk_create(Session(user=user, expires_at=day) for user in people)
                self.entries = [Entry(s.user_id, s.pk, 1, "STUDENT") for s in sessions]
            self.people = people
            through = ExamAssignment.people.through
            through.objects.bulk_create(through(examassignment_id=room.pk, user_id=user.pk) for user in people)
            ExamResult.objects.bulk_create(
                ExamResult(
                    attempt_id=uuid.uuid4(), assignment_id=room.pk, student=user, display_name=f"Student {n:04}",
                    revision=1, score=n % 170, max_score=180, seconds_taken=n, finished_at=at, sections={}, topics={},
                    tie_break=ties.tie_break((), ties.NOTHING, seconds_taken=n, finished_at=at), is_best=True,
                )
                for n, user in enumerate(people)
            )  # fmt: skip
        connection.close()

    def doors(self, port: int, first: int) -> list[dict[str, Any]]:
        from apps.authentication.operations import tickets
        from apps.core import tenancy

        path = f"/ws/leaderboards/{self.id}/"
        with tenancy.enter(self.tenant):
            some = self.entries[first : first + TOGETHER]
            return [
                {"port": port, "path": path, "ticket": tickets.issue_ticket(entry=entry, purpose="leaderboards")}
                for entry in some
            ]

    def publish(self) -> None:
        """What happens after the commit of a result: a student moves up, and the board is said to have changed."""
        from decimal import Decimal

        from apps.core import clock, realtime, tenancy
        from apps.leaderboards.queries import live

        self.changes += 1
        with tenancy.enter(self.tenant):
            entry = live.Entry(self.people[0].pk, "Student 0000", Decimal(self.changes % 180), "0" * 26, clock.now())
            live.put(live.Keys.of(self.id), entry)
            realtime.push(tenancy.room("board", self.id), "changed", {})

    def frame(self) -> str:
        """A text as long as ours for the floor."""
        from apps.core import tenancy
        from apps.leaderboards import queries

        with tenancy.enter(self.tenant):
            board = queries.live_board(assignment_id=self.id)
        top = [
            {"rank": r.rank, "name": r.name, "score": str(r.score), "percentile": str(r.percentile)} for r in board.top
        ]
        return json.dumps({"type": "board", "version": board.version, "people": board.people, "top": top, "me": top[0]})


def median_of(watchers: Watchers, group: str, publish: Callable[[], None], changes: int, apart: float) -> float:
    times = []
    for _ in range(changes):
        time.sleep(apart)
        times.append(watchers.time(group, publish))
    return statistics.median(times)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--watchers", default="200,1000")
    words.add_argument("--repeats", type=int, default=3)
    words.add_argument("--changes", type=int, default=6, help="per repeat, of which the median counts")
    words.add_argument("--as", dest="role", default="", help=argparse.SUPPRESS)
    words.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.role:
        import uvloop

        uvloop.run(watch() if given.role == "watchers" else serve_bare(given.port, os.environ["REDIS_URL"]))
    else:
        measure(given, sorted((int(size) for size in given.watchers.split(",")), reverse=True))


def measure(given: argparse.Namespace, sizes: list[int]) -> None:
    import redis

    run = Run("fanout", unit="ms", repeats=given.repeats)
    with ExitStack() as stack:
        here = stack.enter_context(stage("fanout", max_connections="300"))
        servers = {kind: stack.enter_context(here.serve(kind)) for kind in ("daphne", "uvicorn")}
        bare = stack.enter_context(Bare())
        watchers = stack.enter_context(Watchers())
        sender = redis.Redis.from_url(here.servers.redis_url)
        room: Room | None = None
        for size in sizes:
            rooms = {}
            for kind in servers:  # a room each, so that one server is at rest while the other is measured
                room = rooms[kind] = Room(room, here, size)
            measure_one(run, given, rooms, servers, bare, watchers, sender)
    for size in sizes:
        for kind, bar in (("Daphne", 4.0), ("uvicorn", 2.0)):
            name = f"ours, {kind}, {size} sockets"
            if size >= 1000:
                run.bar(f"{kind} / floor, {size} sockets", run.ratio(name, f"floor, {size} sockets"), at_most=bar)
    run.report(against=lambda name: f"floor, {name.rpartition(', ')[2]}")


class Bare:
    """The floor's server process."""

    def __enter__(self) -> Bare:
        self.port = free_port()
        command = [sys.executable, "-m", "benchmarks.fanout", "--as", "floor", "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        self.pid = self.process.pid
        time.sleep(1)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def measure_one(
    run: Run,
    given: argparse.Namespace,
    rooms: dict[str, Room],
    servers: dict[str, WebServer],
    bare: Bare,
    watchers: Watchers,
    sender: Any,
) -> None:
    """All of them in turn, with the watchers of these rooms."""
    size = rooms["daphne"].size
    end = f"{size} sockets"
    frame = rooms["daphne"].frame()
    for first in range(0, size, TOGETHER):
        count = min(TOGETHER, size - first)
        doors = [{"port": bare.port, "path": f"/{size}"}] * count
        watchers.enter(f"floor {end}", doors, greetings=0)
        for kind, server in servers.items():
            watchers.enter(f"{kind} {end}", rooms[kind].doors(server.port, first), greetings=1)

    def over(group: str, pid: int, publish: Callable[[], None], apart: float) -> Callable[[], float]:
        def one() -> float:
            before = cpu_seconds(pid)
            value = median_of(watchers, f"{group} {end}", publish, given.changes, apart)
            cost = (cpu_seconds(pid) - before) / given.changes / size * 1e6
            run.notes[f"{'floor' if group == 'floor' else f'ours, {names[group]}'}, {end}"] = (
                f"{cost:.0f} ms of the server's CPU per 1000 deliveries"
            )
            return value

        return one

    names = {"daphne": "Daphne", "uvicorn": "uvicorn"}
    run.take_turns(
        {
            f"floor, {end}": over("floor", bare.pid, lambda: sender.publish(f"{CHANNEL}:{size}", frame), CALM),
            **{
                f"ours, {names[kind]}, {end}": over(kind, server.pid, rooms[kind].publish, APART)
                for kind, server in servers.items()
            },
        }
    )


if __name__ == "__main__":
    main()

"""The class: a teacher opens a room, the students sit, everybody waits for the marks, and the books are compared."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from apps.demo import content
from apps.demo.simulation import http
from apps.demo.simulation.http import NETWORK, Answered, Client, Place
from apps.demo.simulation.plan import Habits, Tally, draw_habits
from apps.demo.simulation.student import Student

SETTLE_SECONDS = 120


@dataclass(slots=True)
class Class:
    """A class while it sits, and what is known of it afterwards."""

    place: Place
    slug: str
    students: int
    seconds: int
    first_student: int = 1
    seed: int = 0
    title: str = ""
    room: str = ""
    phase: str = "getting ready"
    started_at: float = 0.0
    tallies: list[Tally] = field(default_factory=list)
    board: list[Mapping[str, Any]] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    habits: Callable[[random.Random, int, int], Habits] = draw_habits
    student: Callable[[Client, Tally, random.Random], Student] = Student
    pool: Callable[[int], httpx.AsyncClient] = http.pool

    @property
    def acked(self) -> int:
        return sum(len(tally.acked) for tally in self.tallies)

    def latency(self, percent: int) -> float:
        """A percentile of all acknowledgement times, in milliseconds."""
        times = [value for tally in self.tallies for value in tally.latencies]
        if len(times) < 2:
            return 1000 * sum(times)
        return 1000 * statistics.quantiles(times, n=100, method="inclusive")[percent - 1]


async def run(klass: Class, test_id: str, keys: Mapping[str, Mapping[str, Any]]) -> None:
    """Sit the whole exam. The room is opened by the center's teacher; it is closed by hand when all are through."""
    rng = random.Random(klass.seed or None)
    async with klass.pool(klass.students + 5) as connections:
        teacher = Client(klass.place, connections)
        await teacher.sign_in(content.teacher_email(klass.slug), content.PASSWORD)
        klass.room = await _open_room(teacher, klass, test_id)
        klass.started_at, klass.phase = time.monotonic(), "sitting"
        await asyncio.gather(*[_one(klass, connections, place, rng.random(), keys) for place in range(klass.students)])
        klass.phase = "waiting for those who forgot"
        await _wait_until_graded(teacher, klass)
        await teacher.insist("POST", f"exam-assignments/{klass.room}/close/", {})
        klass.phase = "ranking"
        await _wait_until_final(teacher, klass)
        klass.phase = "done"


async def _open_room(teacher: Client, klass: Class, test_id: str) -> str:
    groups = await teacher.call("GET", "groups/?page=all")
    room = await teacher.call(
        "POST",
        "exam-assignments/",
        {
            "title": klass.title,
            "mock_test": test_id,
            "assigned_group_ids": [group["id"] for group in groups],
            "seconds": klass.seconds,
            "board_policy": "LIVE",
            "result_policy": "AFTER_CLOSE",
            "shuffle_options": True,
        },
    )
    await teacher.call("POST", f"exam-assignments/{room['id']}/open/", {})
    return str(room["id"])


async def _one(klass: Class, connections: Any, place: int, seed: float, keys: Mapping[str, Mapping[str, Any]]) -> None:
    rng = random.Random(seed)
    email = f"student{klass.first_student + place:02d}@{klass.slug}.test"
    tally = Tally(email, klass.habits(rng, place, klass.students))
    klass.tallies.append(tally)
    await asyncio.sleep(rng.random() * min(3, klass.seconds / 40))
    try:
        client = Client(klass.place, connections)
        await client.sign_in(email, content.PASSWORD)
        await klass.student(client, tally, rng).sit(klass.room, keys, klass.seconds)
    except (Answered, *NETWORK) as error:
        tally.status = "failed"
        klass.problems.append(f"{email}: {error}")


async def _wait_until_graded(teacher: Client, klass: Class) -> None:
    deadline = klass.started_at + klass.seconds + SETTLE_SECONDS
    while time.monotonic() < deadline:
        klass.states = await _states(teacher, klass)
        if sum(klass.states.values()) and set(klass.states) <= {"GRADED"}:
            return
        await asyncio.sleep(1)
    klass.problems.append("Some attempts were not graded in time.")


async def _states(teacher: Client, klass: Class) -> dict[str, int]:
    counted: dict[str, int] = {}
    page = 1
    while True:
        body = await teacher.insist("GET", f"attempts/?exam_assignment_id={klass.room}&page={page}&page_size=100")
        for attempt in body["results"]:
            counted[attempt["status"]] = counted.get(attempt["status"], 0) + 1
        if not body["next"]:
            return counted
        page += 1


async def _wait_until_final(teacher: Client, klass: Class) -> None:
    for _ in range(SETTLE_SECONDS):
        room = await teacher.insist("GET", f"exam-assignments/{klass.room}/")
        if room["status"] == "FINALISED" and await _is_ranked(teacher, klass):
            klass.board = await _whole_board(teacher, klass)
            return
        await asyncio.sleep(1)
    klass.problems.append("The ranks were not final in time.")


async def _is_ranked(teacher: Client, klass: Class) -> bool:
    """Whether the ranks will not change any more: each result says so, in its student's list."""
    results = (await teacher.insist("GET", f"results/exams/{klass.room}/?page_size=1"))["results"]
    if not results:
        return False
    own = await teacher.insist("GET", f"results/users/{results[0]['student_id']}/")
    return any(result["is_final"] for result in own["results"] if result["exam_assignment_id"] == klass.room)


async def _whole_board(teacher: Client, klass: Class) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    while True:
        number = len(rows) // 100 + 1
        page = await teacher.insist("GET", f"leaderboards/exams/{klass.room}/?page_size=100&page={number}")
        rows += page["results"]
        if not page["next"]:
            return rows


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The students' books beside PostgreSQL's."""

    students: int
    acked: int
    found: int
    lost: int
    refused: int
    drops: int
    handed_in: int
    by_the_clock: int
    finalised: int
    ranks: int


def reckon(
    tallies: Sequence[Tally],
    stored: Callable[[list[uuid.UUID]], set[tuple[uuid.UUID, int, int]]],
    closed: Mapping[uuid.UUID, bool],
    ranks: int,
) -> Reckoning:
    """``stored`` looks journal entries up; ``closed`` says for each graded attempt whether the clock closed it."""
    sat = [tally for tally in tallies if tally.attempt]
    acked = {(uuid.UUID(tally.attempt), *key) for tally in sat for key in tally.acked}
    found = stored([uuid.UUID(tally.attempt) for tally in sat])
    return Reckoning(
        students=len(tallies),
        acked=len(acked),
        found=len(acked & found),
        lost=len(acked - found),
        refused=sum(len(tally.refused) for tally in tallies),
        drops=sum(tally.drops for tally in tallies),
        handed_in=sum(not expired for expired in closed.values()),
        by_the_clock=sum(closed.values()),
        finalised=len(closed),
        ranks=ranks,
    )

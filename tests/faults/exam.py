"""A class that sits while things break, and everything it has seen. The students are those of the demo."""

from __future__ import annotations

import asyncio
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection

from apps.demo import content
from apps.demo.simulation import http, klass
from apps.demo.simulation.http import Client, Place
from apps.demo.simulation.plan import Habits, Tally, draw_habits
from apps.demo.simulation.student import Student
from tests.faults.stack import CENTER, Stack

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
Key = tuple[str, int, int]  # attempt, epoch, number: unique for every write, so that none can stand in for another


@dataclass
class Seen:
    """What the class, and whoever asks beside it, were told."""

    acked: dict[Key, tuple[str, Any]] = field(default_factory=dict)
    moments: list[float] = field(default_factory=list)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)  # of 500 and worse, with the time
    without_retry_after: list[str] = field(default_factory=list)
    goodbyes: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)

    def note(self, response: httpx.Response) -> None:
        place = f"{response.request.method} {_ID.sub('*', response.request.url.path.removeprefix('/api/v1/'))}"
        self.statuses[place, response.status_code] += 1
        took = time.monotonic() - response.request.extensions["sent"]
        self.slowest[place] = max(took, self.slowest.get(place, 0))
        if response.status_code >= 500:
            self.errors.append(f"{place}: {response.status_code}")
            if "Retry-After" not in response.headers:
                self.without_retry_after.append(f"{place}: {response.status_code}")

    def pool(self, size: int) -> httpx.AsyncClient:
        """The class's connections, listened to."""

        async def sent(request: httpx.Request) -> None:
            request.extensions["sent"] = time.monotonic()

        async def answered(response: httpx.Response) -> None:
            self.note(response)

        pool = http.pool(size)
        pool.event_hooks = {"request": [sent], "response": [answered]}
        return pool

    def by_status(self) -> dict[int, int]:
        counted: Counter[int] = Counter()
        for (_, status), count in self.statuses.items():
            counted[status] += count
        return dict(sorted(counted.items()))

    def places_with(self, status: int) -> set[str]:
        return {place for place, found in self.statuses if found == status}

    def first_ack_after(self, moment: float) -> float:
        """Seconds from ``moment`` until an answer was acknowledged."""
        return next((at - moment for at in list(self.moments) if at > moment), float("inf"))


class Watched(Student):
    """A student of the demo whose books hold not only numbers but answers."""

    def __init__(self, client: Client, tally: Tally, rng: random.Random, seen: Seen) -> None:
        super().__init__(client, tally, rng)
        self._seen = seen
        self._given: dict[int, tuple[str, Any]] = {}
        self._epochs: dict[int, int] = {}  # of the window that sent it: each number is sent by one only

    def _note(self, step: Any) -> int:
        seq = super()._note(step)
        self._given[seq] = step.question, step.response
        self._epochs[seq] = self.epoch
        return seq

    def _settle(self, message: Mapping[str, Any]) -> None:
        for seq in message.get("acked", []):
            self._seen.acked[self.tally.attempt, self._epochs[seq], seq] = self._given[seq]
            self._seen.moments.append(time.monotonic())
        for refusal in message.get("refused", []):
            self._seen.refusals[refusal["code"]] += 1
        super()._settle(message)

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            await super()._listen(socket)
        finally:
            if socket.close_code is not None and socket.close_code != 1000:
                self._seen.goodbyes[socket.close_code] += 1


class Exam:
    """One class in a thread, so that the nemesis has the main one (children die with the thread that started them)."""

    def __init__(
        self,
        stack: Stack,
        title: str,
        *,
        students: int = 25,
        seconds: int = 60,
        answering: float = 18,
        forgetful: int = 0,
        loses_connections: bool = True,
    ) -> None:
        """``answering``: after how many seconds the last one hands in; the last ``forgetful`` places never do.
        ``loses_connections``: whether some pull the cable themselves now and then."""
        self.seen = Seen()
        self._stack = stack
        self._error: BaseException | None = None
        share = answering / seconds

        def habits(rng: random.Random, place: int, count: int) -> Habits:
            drawn = draw_habits(rng, place, count)
            pace = share * (0.75 + 0.25 * rng.random())
            drops = drawn.drops_after if loses_connections else ()
            return replace(drawn, submits=place < count - forgetful, share_of_time=pace, drops_after=drops)

        self.klass = klass.Class(
            place=Place(content.host(CENTER), stack.port),
            slug=CENTER,
            students=students,
            seconds=seconds,
            first_student=len(content.STUDENTS) - students + 1,
            title=title,
            habits=habits,
            student=lambda client, tally, rng: Watched(client, tally, rng, self.seen),
            pool=self.seen.pool,
        )
        self._thread = threading.Thread(target=self._sit, name=title, daemon=True)

    def begin(self, acks: int = 60) -> Exam:
        """Start, and return when this many answers are acknowledged."""
        self._thread.start()
        self.wait(lambda: len(self.seen.acked) >= acks, 60)
        return self

    def wait(self, condition: Callable[[], bool], seconds: float) -> float:
        """Wait for something to become true, as long as the class goes on; how long it took."""
        since = time.monotonic()
        while not condition():
            if self._error is not None:
                raise self._error
            assert time.monotonic() - since < seconds, f"not after {seconds} s; {self.statuses}; {self.klass.problems}"
            time.sleep(0.02)
        return time.monotonic() - since

    @property
    def statuses(self) -> Counter[str]:
        """How many students are where."""
        return Counter(tally.status for tally in self.klass.tallies)

    def all_have_left(self) -> bool:
        """Whether everybody has handed in, or forgot to."""
        ended = {"submitted", "graded", "forgot", "failed", "closed", "expired"}
        return len(self.klass.tallies) == self.klass.students and all(
            tally.status in ended for tally in self.klass.tallies
        )

    def finish(self, seconds: float = 90) -> Exam:
        """Wait for marks and final ranks."""
        self._thread.join(seconds)
        if self._error is not None:
            raise self._error
        assert not self._thread.is_alive(), f"still {self.klass.phase}: {self.klass.states}"
        return self

    @property
    def resumed(self) -> int:
        """Students who lost a connection and had answers acknowledged afterwards: all of them end with none waiting."""
        return sum(bool(tally.drops) for tally in self.klass.tallies)

    def _sit(self) -> None:
        try:
            test, keys = self._paper()
            asyncio.run(klass.run(self.klass, test, keys))
        except BaseException as error:
            self._error = error

    def _paper(self) -> tuple[str, dict[str, Mapping[str, Any]]]:
        ((test, items),) = self._stack.query(
            "SELECT test.id::text, key.items FROM mock_tests_mocktest test JOIN mock_tests_paper paper"
            " ON paper.test_id = test.id JOIN mock_tests_paperkey key ON key.paper_id = paper.id"
            " WHERE test.title = %s ORDER BY paper.number DESC LIMIT 1",
            content.MOCK_TEST_TITLE,
        )
        return test, {question: item["key"] for question, item in items.items()}

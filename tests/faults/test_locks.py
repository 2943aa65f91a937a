"""A center's attempts are locked, or no connection is left: whoever needs one is sent away within five seconds and told
when to come back, and everybody else goes on."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

from apps.attempts.operations import sitting
from apps.core import tenancy
from apps.core.tenancy import Tenant
from tests.apps.attempts import journal as lines
from tests.client import access_token
from tests.factories import make_room, people_of
from tests.faults.conftest import Say
from tests.ws.client import Server

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("committed")]

UNIT = Path(__file__).resolve().parents[2] / "deployment" / "systemd" / "shiken-sockets.service"
AS_DEPLOYED = dict(re.findall(r"(DB_\w+)=(\d+)", UNIT.read_text()))
MOST_SECONDS = 5
TABLE = "LOCK TABLE c_north.attempts_attempt IN ACCESS EXCLUSIVE MODE"
ROWS = "SELECT FROM c_north.attempts_attempt FOR UPDATE"


@dataclass(frozen=True)
class Said:
    """How a request was answered."""

    status: int
    code: str
    retry_after: int
    seconds: float


class Desk:
    """Somebody who sits."""

    def __init__(self, student: Any, attempt: Any, tenant: Tenant) -> None:
        self.host = f"{tenant.slug}.localhost"
        self.attempt = attempt.pk
        self._token = access_token(student, tenant)
        self._question = str(lines.question_id(attempt, "river"))
        self._option = lines.option_id(attempt, "river", "yes")
        self._seq = 0

    def ask(self, server: Server, method: str, path: str, body: Any = None) -> Said:
        headers = {"Host": self.host, "Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        caller = http.client.HTTPConnection("127.0.0.1", server.port, timeout=40)
        since = time.monotonic()
        caller.request(method, path, None if body is None else json.dumps(body), headers)
        answer = caller.getresponse()
        told = json.loads(answer.read())
        took = time.monotonic() - since
        caller.close()
        return Said(answer.status, told.get("code", ""), int(answer.getheader("Retry-After", "0")), took)

    def save(self, server: Server) -> Said:
        self._seq += 1
        answer = {"seq": self._seq, "question": self._question, "response": self._option}
        body = {"epoch": 1, "answers": [answer]}
        return self.ask(server, "PUT", f"/api/v1/attempts/{self.attempt}/answers/", body)

    def look(self, server: Server) -> Said:
        return self.ask(server, "GET", f"/api/v1/attempts/{self.attempt}/")

    def hand_in(self, server: Server) -> Said:
        return self.ask(server, "POST", f"/api/v1/attempts/{self.attempt}/submit/", {})


@pytest.fixture
def north_desks(cast: Any, north: Tenant) -> list[Desk]:
    people = people_of(cast, 14)
    room = make_room(cast, *people)
    begun = [sitting.start_attempt(actor=person, assignment_id=room.pk).attempt for person in people]
    return [Desk(person, attempt, north) for person, attempt in zip(people, begun, strict=True)]


@pytest.fixture
def far_desks(cast: Any, south: Tenant) -> list[Desk]:
    """Two in the other center."""
    with tenancy.enter(south):
        there = type(cast)(north=south, south=cast.north)
        people = [there.alice, there.bob]
        room = make_room(there, *people)
        begun = [sitting.start_attempt(actor=person, assignment_id=room.pk).attempt for person in people]
        return [Desk(person, attempt, south) for person, attempt in zip(people, begun, strict=True)]


@contextlib.contextmanager
def locked(sql: str) -> Iterator[None]:
    settings = connections["default"].settings_dict
    with psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], password=settings["PASSWORD"],
        dbname=settings["NAME"],
    ) as other:  # fmt: skip
        other.execute(sql)  # type: ignore[arg-type]
        try:
            yield
        finally:
            other.rollback()


@contextlib.contextmanager
def again_and_again(*works: Callable[[], Said]) -> Iterator[list[list[Said]]]:
    """Each of these in a thread of its own, over and over, and what was said."""
    said: list[list[Said]] = [[] for _ in works]
    stop = threading.Event()

    def go(place: int) -> None:
        while not stop.wait(0.05):
            said[place].append(works[place]())

    threads = [threading.Thread(target=go, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    try:
        yield said
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _alive(desk: Desk, server: Server) -> Said:
    return desk.ask(server, "GET", "/livez")


def _slowest(said: list[Said]) -> float:
    return max(one.seconds for one in said)


def _are_sent_away(said: list[Said]) -> None:
    assert {(one.status, one.code) for one in said} == {(503, "unavailable")}
    assert min(one.retry_after for one in said) > 0
    assert _slowest(said) <= MOST_SECONDS


@pytest.mark.parametrize("lock", [TABLE, ROWS], ids=["table", "rows"])
def test_a_lock_on_one_centers_attempts_sends_away_whoever_needs_them_and_nobody_else(
    north_desks: list[Desk], far_desks: list[Desk], say: Say, lock: str
) -> None:
    savers, leavers = north_desks[:10], north_desks[10:]
    known, far = far_desks
    with Server(**AS_DEPLOYED) as server:
        for ask in (known.save, known.look, north_desks[0].look):  # a process that runs, but knows none of these desks
            assert ask(server).status == 200
        with ThreadPoolExecutor(len(north_desks)) as crowd, locked(lock):
            since = time.monotonic()
            saves = [crowd.submit(desk.save, server) for desk in savers]
            ends = [crowd.submit(desk.hand_in, server) for desk in leavers]
            with again_and_again(
                lambda: far.save(server), lambda: far.look(server), lambda: _alive(far, server)
            ) as others:
                refused = [save.result() for save in saves]
                kept_in = [end.result() for end in ends]
                time.sleep(max(0, 6 - (time.monotonic() - since)))
        after = [desk.save(server) for desk in savers] + [desk.hand_in(server) for desk in leavers]
    say(f"saves sent away after {_slowest(refused):.1f} s, hand-ins after {_slowest(kept_in):.1f} s")
    names = ("saves", "looks", "/livez")
    say("next door: " + ", ".join(f"{len(s)} {n}, {_slowest(s):.2f} s" for n, s in zip(names, others, strict=True)))
    _are_sent_away(refused)
    _are_sent_away(kept_in)
    for said in others:
        assert {one.status for one in said} == {200}
        assert len(said) > 10
        assert _slowest(said) <= 1
    assert {one.status for one in after} == {200}


def test_without_limits_of_time_they_would_wait_as_long_as_the_lock(north_desks: list[Desk], say: Say) -> None:
    """The negative control: the same without what the deployment tells its web processes."""
    with Server() as server, ThreadPoolExecutor(2) as crowd:
        with locked(TABLE):
            ends = [crowd.submit(desk.hand_in, server) for desk in north_desks[:2]]
            time.sleep(6)
        said = [end.result() for end in ends]
    say(f"without limits: {_slowest(said):.1f} s")
    assert _slowest(said) > MOST_SECONDS


def test_without_a_connection_left_requests_are_sent_away_and_answers_flow(
    north_desks: list[Desk], far_desks: list[Desk], say: Say
) -> None:
    far = far_desks[0]
    patient = dict.fromkeys(AS_DEPLOYED, "20000")
    with Server(DB_POOL_MAX="3", REQUESTS_AT_ONCE="12", **patient) as server:
        assert far.save(server).status == 200
        with ThreadPoolExecutor(9) as crowd, locked(TABLE):
            hogs = [crowd.submit(desk.look, server) for desk in north_desks[:3]]
            time.sleep(0.5)
            with again_and_again(lambda: far.save(server), lambda: _alive(far, server)) as others:
                waiting = [crowd.submit(far.look, server) for _ in range(3)]
                refused = [one.result() for one in waiting]
        assert {hog.result().status for hog in hogs} == {200}
        after = far.look(server)
    say(f"without connections: sent away after {_slowest(refused):.1f} s; saves {_slowest(others[0]):.2f} s")
    _are_sent_away(refused)
    for said in others:
        assert {one.status for one in said} == {200}
        assert len(said) > 10
        assert _slowest(said) <= 1
    assert after.status == 200

"""The lights go out: everything dies at once and comes back in any order."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest

from tests.faults import checker
from tests.faults import stack as nemesis
from tests.faults.conftest import Say, seconds, shares
from tests.faults.exam import Exam
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults

ORDERS = int(os.environ.get("LIGHTS_OUT", "2"))
READY_SECONDS = 20


@pytest.mark.parametrize("rounds", shares(ORDERS, 2))
def test_promises_hold_when_everything_dies_and_starts_in_any_order(stack: Stack, say: Say, rounds: int) -> None:
    orders = [["web", "worker", "long", "beat", "redis", "postgres"], random.sample(_PARTS, len(_PARTS))][:rounds]
    exam = Exam(stack, "Everything killed", seconds=120, answering=16).begin()
    ready = []
    for order in orders:
        time.sleep(2)
        for child in stack.parts:
            child.kill()
        for server in (stack.postgres, stack.redis):
            nemesis.kill_server(server)
        since = time.monotonic()
        for name in order:
            _starts(stack)[name]()
            time.sleep(0.5)
        for child in stack.parts:
            nemesis.wait_until_ready(child)
        ready.append(time.monotonic() - since)
        up = time.monotonic()
        exam.wait(lambda up=up: exam.seen.first_ack_after(up) < 60 or exam.all_have_left(), 30)
    exam.finish()
    verdict = checker.judge(stack, exam)
    say(f"{verdict}; all parts ready after {seconds(ready)} s; orders {orders}")
    say(f"statuses {exam.seen.by_status()}, refused {dict(exam.seen.refusals)}, closed {dict(exam.seen.goodbyes)}")
    assert verdict.flaws == []
    assert exam.seen.places_with(500) == set()
    assert exam.seen.without_retry_after == []
    assert max(ready) < READY_SECONDS


_PARTS = ["postgres", "redis", "web", "worker", "long", "beat"]


def _starts(stack: Stack) -> dict[str, Callable[[], object]]:
    return {
        "postgres": lambda: nemesis.start_server(stack.postgres),
        "redis": lambda: nemesis.start_server(stack.redis),
        "web": stack.web.start,
        "worker": stack.worker.start,
        "long": stack.long.start,
        "beat": stack.beat.start,
    }

"""PostgreSQL dies while a class answers."""

from __future__ import annotations

import os
import time

import pytest

from tests.faults import beside, checker
from tests.faults import stack as nemesis
from tests.faults.conftest import Say, seconds, shares
from tests.faults.exam import Exam
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults

KILLS = int(os.environ.get("POSTGRES_KILLS", "3"))


@pytest.mark.parametrize("kills", shares(KILLS, 3))
def test_a_killed_database_refuses_for_a_moment_and_forgets_nothing(stack: Stack, say: Say, kills: int) -> None:
    exam = Exam(stack, "Database killed", answering=16).begin()
    down, recoveries = [], []
    with beside.people(stack) as people:
        people.go_on(people.ask_for_everything(people.student(1), exam.klass.room))
        for _ in range(kills):
            time.sleep(1.5)
            nemesis.kill_server(stack.postgres)
            time.sleep(1.5)
            down.append(nemesis.start_server(stack.postgres))
            accepts = time.monotonic()
            exam.wait(lambda accepts=accepts: exam.seen.first_ack_after(accepts) < 60, 30)
            recoveries.append(exam.seen.first_ack_after(accepts))
        exam.finish()
    verdict = checker.judge(stack, exam)
    say(f"{verdict}; {kills} kills")
    say(f"PostgreSQL recovered in {seconds(down)} s, first ack {seconds(recoveries)} s after that")
    say(f"statuses {exam.seen.by_status()} and, asked for everything, {people.seen.by_status()}")
    say(f"refused over sockets {dict(exam.seen.refusals)}, closed with {dict(exam.seen.goodbyes)}")
    assert verdict.flaws == []
    for seen in (exam.seen, people.seen):
        assert seen.places_with(500) == set()
        assert seen.without_retry_after == []
    assert people.seen.by_status()[503] > 5
    assert max(recoveries) < 3


def test_the_checker_finds_the_losses_of_a_writer_that_does_not_wait_for_the_disk(stack: Stack, say: Say) -> None:
    """The negative control: the same class, the same kill, the same comparison, and acknowledgements before the flush."""
    stack.query("ALTER SYSTEM SET synchronous_commit = off")
    stack.query("ALTER SYSTEM SET wal_writer_delay = '10s'")
    stack.query("SELECT pg_reload_conf()")
    nemesis.terminate(stack.web)
    careless = stack.careless_web()
    careless.start_and_wait()
    try:
        exam = Exam(stack, "Negative control", answering=20).begin(300)
        verdict = checker.compare_answers(stack, exam)
        for _ in range(3):
            nemesis.kill_server(stack.postgres)
            nemesis.start_server(stack.postgres)
            verdict = checker.compare_answers(stack, exam)
            if verdict.lost:
                break
            time.sleep(2)
    finally:
        nemesis.kill(careless)
        for name in ("synchronous_commit", "wal_writer_delay"):
            stack.query(f"ALTER SYSTEM RESET {name}")
        stack.query("SELECT pg_reload_conf()")
    say(f"acked {verdict.acked}, found {verdict.found}, lost {verdict.lost}")
    assert verdict.lost > 0

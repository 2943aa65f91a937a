"""The worker and beat die while a class is graded."""

from __future__ import annotations

import time

import psycopg
import pytest

from tests.faults import beside, checker
from tests.faults import stack as nemesis
from tests.faults.conftest import Say
from tests.faults.exam import Exam
from tests.faults.stack import GRACE_SECONDS, SCHEMA, Stack

pytestmark = pytest.mark.faults

FORGETFUL = 4
_BLOCKED = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'attempts_itemmark'::regclass)"
_RUNNING = "SELECT count(*) FROM attempts_attempt WHERE assignment_id = %s AND status = 'IN_PROGRESS'"
_ALL_GRADED = "SELECT bool_and(status = 'GRADED') FROM attempts_attempt WHERE assignment_id = %s"


def test_a_killed_worker_grades_once_and_catches_up(stack: Stack, say: Say) -> None:
    exam = Exam(stack, "Worker killed", seconds=22, answering=12, forgetful=FORGETFUL).begin()
    room = exam.klass.room
    nemesis.kill(stack.beat)
    without_beat = time.monotonic()
    exam.wait(lambda: exam.seen.first_ack_after(without_beat) < 60, 10)
    for _ in range(3):
        _kill_while_it_grades(stack)
        stack.worker.start_and_wait()
    nemesis.kill(stack.worker)

    exam.wait(exam.all_have_left, 40)
    overdue = exam.klass.started_at + 22 + 3 + GRACE_SECONDS + 1  # nobody starts later than 3 seconds
    time.sleep(max(0, overdue - time.monotonic()))
    assert stack.query(_RUNNING, room) == [(FORGETFUL,)]
    with beside.people(stack) as people:
        absent = exam.klass.tallies[-1]
        client = people.sign_in(absent.email)
        touched = people.do(client.call("GET", f"attempts/{absent.attempt}/"))
    assert touched["status"] == "EXPIRED"
    assert stack.query(_RUNNING, room) == [(FORGETFUL - 1,)]

    stack.worker.start_and_wait()
    stack.beat.start_and_wait()
    caught_up = stack.await_row(30, _ALL_GRADED, room)
    exam.finish()
    verdict = checker.judge(stack, exam)
    say(f"{verdict}; {caught_up:.1f} s after worker and beat were back all was graded")
    say(f"statuses {exam.seen.by_status()}")
    assert verdict.flaws == []
    assert verdict.by_the_clock == FORGETFUL
    assert exam.seen.errors == []


def test_overdue_attempts_are_closed_without_beat(stack: Stack, say: Say) -> None:
    nemesis.kill(stack.beat)
    exam = Exam(stack, "Beat killed", students=6, seconds=12, answering=7, forgetful=3).begin(10)
    exam.wait(exam.all_have_left, 40)
    overdue = exam.klass.started_at + 12 + GRACE_SECONDS
    closed = stack.await_row(45, _ALL_GRADED, exam.klass.room)
    late = time.monotonic() - overdue
    exam.finish()
    verdict = checker.judge(stack, exam)
    say(f"{verdict}; without beat all was graded {late:.1f} s after the first end and grace ({closed:.1f} s waited)")
    assert verdict.flaws == []
    assert verdict.by_the_clock == 3
    assert late < 30


def _kill_while_it_grades(stack: Stack) -> None:
    """Hold a grading up in the middle of its transaction, kill its worker there, and let go."""
    with psycopg.connect(stack.postgres.url, options=f"-c search_path={SCHEMA}") as connection:
        connection.execute("LOCK TABLE attempts_itemmark IN SHARE MODE")
        stack.await_row(40, _BLOCKED)
        nemesis.kill(stack.worker)
        connection.rollback()

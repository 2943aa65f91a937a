"""Daphne dies, or is sent away, while a class answers."""

from __future__ import annotations

import time

import pytest

from tests.faults import checker
from tests.faults import stack as nemesis
from tests.faults.conftest import Say, seconds
from tests.faults.exam import Exam
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults


def test_three_killed_web_processes_lose_no_acknowledged_answer(stack: Stack, say: Say) -> None:
    exam = Exam(stack, "Web killed", answering=16).begin()
    recoveries = []
    for _ in range(3):
        time.sleep(2)
        nemesis.kill(stack.web)
        stack.web.start_and_wait()
        ready = time.monotonic()
        exam.wait(lambda ready=ready: exam.seen.first_ack_after(ready) < 60, 30)
        recoveries.append(exam.seen.first_ack_after(ready))
    exam.finish()
    verdict = checker.judge(stack, exam)
    say(f"{verdict}; {exam.resumed} students resumed; first ack {seconds(recoveries)} s after Daphne was ready")
    say(f"statuses {exam.seen.by_status()}, closed with {dict(exam.seen.goodbyes)}")
    assert verdict.flaws == []
    assert exam.seen.errors == []
    assert exam.resumed >= 20
    assert max(recoveries) < 5


def test_a_web_process_that_is_asked_to_go_says_goodbye(stack: Stack, say: Say) -> None:
    exam = Exam(stack, "Deploy", answering=14, loses_connections=False).begin()
    leaving = []
    for pause in (2, 0.7):  # the second time some have just come back, and others are about to
        time.sleep(pause)
        leaving.append(nemesis.terminate(stack.web))
        stack.web.start_and_wait()
    exam.finish()
    verdict = checker.judge(stack, exam)
    say(f"{verdict}; {exam.resumed} students resumed; Daphne was gone after {seconds(leaving)} s")
    say(f"statuses {exam.seen.by_status()}, closed with {dict(exam.seen.goodbyes)}")
    assert verdict.flaws == []
    assert exam.seen.errors == []
    assert exam.resumed >= 20
    assert set(exam.seen.goodbyes) == {1012}
    assert exam.seen.goodbyes[1012] >= 15
    assert max(leaving) < 20

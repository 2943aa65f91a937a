"""A simulated student keeps the books that lost answers are found by."""

from __future__ import annotations

import asyncio
import random

import httpx
import pytest

from apps.demo.simulation import student as students
from apps.demo.simulation.http import Answered
from apps.demo.simulation.plan import Step, Tally, draw_habits
from apps.demo.simulation.student import Student


@pytest.fixture
def student() -> Student:
    rng = random.Random(1)
    student = Student(None, Tally("aziza@sakura.test", draw_habits(rng, 0, 25)), rng)
    for question in ("one", "two"):
        student._note(Step(0, question, "a"))
    return student


@pytest.mark.parametrize("code", ["unavailable", "too_busy"])
def test_keeps_an_answer_that_was_refused_for_the_moment(student, code):
    student._settle({"acked": [2], "refused": [{"seq": 1, "code": code}]})
    assert list(student.unacked) == [1]
    assert student.tally.acked == {(1, 2)}
    assert not student.closed


def test_gives_up_an_answer_that_was_refused_for_good(student):
    student._settle({"refused": [{"seq": 1, "code": "bad_answer"}]})
    assert list(student.unacked) == [2]
    assert student.tally.refused == ["bad_answer"]


def test_stops_when_the_attempt_is_closed(student):
    student._settle({"refused": [{"seq": 1, "code": "attempt_closed"}]})
    assert student.closed


def refused(code):
    request = httpx.Request("POST", "http://north.localhost/api/v1/exam-assignments/1/start/")
    return Answered(httpx.Response(409, json={"code": code}, request=request))


class Door:
    """A client whose room says these things, one after the other."""

    def __init__(self, *says):
        self.says = list(says)

    async def insist(self, method, path, body):
        said = self.says.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def test_waits_at_the_door_while_the_room_is_paused(student, monkeypatch):
    monkeypatch.setattr(students, "RESEND_SECONDS", 0)
    student.client = Door(refused("room_paused"), refused("room_paused"), {"attempt": "a"})
    assert asyncio.run(student._begin("room")) == {"attempt": "a"}
    student.client = Door(refused("room_paused"), refused("room_not_open"))
    with pytest.raises(Answered, match="room_not_open"):
        asyncio.run(student._begin("room"))

"""A whole year sits at once: late joiners, second tabs, pulled cables, a pause and more time, while every part is killed
in turn; and the same year once more with Redis gone from the first minute, for the same scores."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from apps.demo.simulation.http import NETWORK, Answered
from tests.faults import beside, checker
from tests.faults import stack as nemesis
from tests.faults.conftest import Say, seconds
from tests.faults.exam import Exam, Watched
from tests.faults.stack import Stack

pytestmark = pytest.mark.faults

STUDENTS = int(os.environ.get("CLASS_STUDENTS", "300"))
FIRST = 1001
SECONDS = 240
ANSWERING = 110
FORGETFUL = 12
LATE_SECONDS = 20
SEED = 20

# Copies of one student and of their place in the group, with names of their own; they share a password.
_PEOPLE = """
INSERT INTO authentication_user
SELECT (jsonb_populate_record(person, jsonb_build_object(
    'id', gen_random_uuid(), 'email', 'student' || number || '@sakura.test', 'last_name', 'N' || number))).*
FROM authentication_user person CROSS JOIN generate_series(%s::int, %s::int) number
WHERE person.email = 'student01@sakura.test'
ON CONFLICT DO NOTHING
"""
_MEMBERS = """
INSERT INTO groups_membership
SELECT (jsonb_populate_record(member, jsonb_build_object('id', gen_random_uuid(), 'user_id', person.id))).*
FROM groups_membership member JOIN authentication_user first ON first.id = member.user_id
CROSS JOIN authentication_user person
WHERE first.email = 'student01@sakura.test' AND member.left_at IS NULL AND person.last_name ~ '^N[0-9]+$'
  AND NOT EXISTS (SELECT FROM groups_membership known WHERE known.user_id = person.id)
"""
_SCORES = """
SELECT person.email, attempt.score FROM attempts_attempt attempt
JOIN authentication_user person ON person.id = attempt.student_id WHERE assignment_id = %s
"""


class Restless(Watched):
    """Every tenth comes late; every seventh has a second tab that sends everything once more."""

    @property
    def _place(self) -> int:
        return int("".join(filter(str.isdigit, self.tally.email)))

    async def sit(self, *given: Any) -> None:
        if self._place % 10 == 3:
            await asyncio.sleep(LATE_SECONDS)
        await super().sit(*given)

    async def _send(self, socket: Any, seqs: list[int]) -> None:
        answers = [self.unacked[seq][0] for seq in seqs[:20] if seq in self.unacked]
        await super()._send(socket, seqs)
        if answers and self._place % 7 == 0:
            self._second_tab = asyncio.create_task(self._send_from_second_tab(answers))

    async def _send_from_second_tab(self, answers: list[dict[str, Any]]) -> None:
        body = {"epoch": self.epoch, "answers": answers}
        try:
            self._settle(await self.client.call("PUT", f"attempts/{self.tally.attempt}/answers/", body))
        except (Answered, *NETWORK):
            return  # the first tab keeps them


def _sit_down(stack: Stack, title: str) -> Exam:
    stack.query(_PEOPLE, FIRST, FIRST + STUDENTS - 1)
    stack.query(_MEMBERS)
    exam = Exam(stack, title, students=STUDENTS, seconds=SECONDS, answering=ANSWERING, forgetful=FORGETFUL)
    exam.klass.first_student, exam.klass.seed = FIRST, SEED
    exam.klass.student = lambda client, tally, rng: Restless(client, tally, rng, exam.seen)
    return exam.begin(acks=STUDENTS)


def _insist(people: beside.Beside, teacher: Any, path: str, body: Any) -> None:
    people.do(teacher.insist("POST", path, body))


def test_a_class_of_three_hundred_loses_nothing_and_scores_the_same_without_redis(stack: Stack, say: Say) -> None:
    exam = _sit_down(stack, "Three hundred, everything killed in turn")
    room, recovered = f"exam-assignments/{exam.klass.room}", []
    with beside.people(stack) as people:
        teacher = people.teacher()
        for kill, start in _nemesis(stack):
            time.sleep(6)
            kill()
            since = time.monotonic()
            time.sleep(1)
            start()
            exam.wait(lambda since=since: exam.seen.first_ack_after(since + 1) < 60 or exam.all_have_left(), 60)
            recovered.append(time.monotonic() - since)
        _insist(people, teacher, f"{room}/pause/", {"reason": "A fire drill"})
        time.sleep(6)
        _insist(people, teacher, f"{room}/resume/", {})
        _insist(people, teacher, f"{room}/extend/", {"seconds": 30, "reason": "The fire drill"})
    exam.finish(600)
    verdict = checker.judge(stack, exam)
    say(f"{verdict}; back after {seconds(recovered)} s (web, worker, beat, Redis, PostgreSQL)")
    say(f"statuses {exam.seen.by_status()}, refused {dict(exam.seen.refusals)}, resumed {exam.resumed}")
    assert verdict.flaws == []
    assert exam.seen.places_with(500) == set()

    again = _sit_down(stack, "Three hundred without Redis")
    nemesis.kill_server(stack.redis)
    again.wait(again.all_have_left, 600)
    nemesis.start_server(stack.redis)
    again.finish(600)
    second = checker.judge(stack, again)
    scores, scores_again = (dict(stack.query(_SCORES, one.klass.room)) for one in (exam, again))
    say(f"without Redis: {second}; same scores {sum(scores[who] == scores_again[who] for who in scores)}")
    assert second.flaws == []
    assert scores == scores_again


def _nemesis(stack: Stack) -> list[tuple[Callable[[], object], Callable[[], object]]]:
    children = [
        (lambda child=child: nemesis.kill(child), lambda child=child: child.start_and_wait())
        for child in (stack.web, stack.worker, stack.beat)
    ]
    servers = [
        (lambda server=server: nemesis.kill_server(server), lambda server=server: _bring_back(stack, server))
        for server in (stack.redis, stack.postgres)
    ]
    return [*children, *servers]


def _bring_back(stack: Stack, server: Any) -> None:
    nemesis.start_server(server)
    for child in (stack.web, stack.worker, stack.beat):
        nemesis.wait_until_ready(child)

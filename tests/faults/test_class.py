"""A whole year sits at once: late joiners, second tabs and second devices, pulled cables, a pause and more time, while every
part is killed in turn; and the same year once more, pause and all, with Redis gone from the first minute, for the same
scores."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
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
BEFORE_THE_DRILL = 40
DEVICES = 21
MOVES_AFTER = 12
NEVER_SENT = 9999
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
_KINDS = """
SELECT DISTINCT kind FROM attempts_timegrant given JOIN attempts_attempt attempt ON attempt.id = given.attempt_id
WHERE assignment_id = %s AND was_expired
"""
_SCORES = """
SELECT person.email, attempt.score FROM attempts_attempt attempt
JOIN authentication_user person ON person.id = attempt.student_id WHERE assignment_id = %s
"""


class Restless(Watched):
    """Every tenth comes late; every seventh has a second tab that sends everything once more; every 21st moves to a second
    device in the middle. What the first device was told then, ``moved`` knows by e-mail."""

    def __init__(self, *given: Any, moved: dict[str, str]) -> None:
        super().__init__(*given)
        self._moved = moved
        self._is_moving = False
        self._sent: set[int] = set()

    @property
    def _place(self) -> int:
        return _place_of(self.tally.email)

    async def sit(self, *given: Any) -> None:
        if self._place % 10 == 3:
            await asyncio.sleep(LATE_SECONDS)
        await super().sit(*given)

    async def _send(self, socket: Any, seqs: list[int]) -> None:
        if self._is_moving:
            return  # it is sent again later
        await self._move()
        answers = [self.unacked[seq][0] for seq in seqs[:20] if seq in self.unacked]
        await super()._send(socket, seqs)
        if answers and self._place % 7 == 0:
            self._second_tab = asyncio.create_task(self._send_from_second_tab(answers))

    async def _put(self) -> None:
        await self._move()
        await super()._put()

    async def _over_socket(self, *given: Any) -> None:
        await super()._over_socket(*given)
        await self._move()  # whose answers never were all acknowledged before: at the latest when there are no more

    async def _over_http(self, *given: Any) -> None:
        await super()._over_http(*given)
        await self._move()

    def _stamped(self, seqs: list[int]) -> list[dict[str, Any]]:
        self._sent.update(seqs)
        return super()._stamped(seqs)

    async def _move(self) -> None:
        """Take over from another device, once all that was sent is acknowledged; the first one tries once more."""
        is_due = self._place % DEVICES == 0 and self.epoch == 1 and self.tally.answered >= MOVES_AFTER
        if not is_due or self._is_moving or self.closed or self._sent & set(self.unacked):
            return
        self._is_moving = True
        try:
            key = {"idempotency_key": str(uuid.uuid4())}
            taken = await self.client.insist("POST", f"attempts/{self.tally.attempt}/takeover/", key)
            first, self.epoch = self.epoch, int(taken["epoch"])
            self._epochs.update(dict.fromkeys(self.unacked, self.epoch))
            self._moved[self.tally.email] = await self._try_on(first)
        finally:
            self._is_moving = False

    async def _try_on(self, epoch: int) -> str:
        question, response = self._given[1]
        body = {"epoch": epoch, "answers": [{"seq": NEVER_SENT, "question": question, "response": response}]}
        try:
            await self.client.insist("PUT", f"attempts/{self.tally.attempt}/answers/", body)
        except Answered as refusal:
            return refusal.code
        return "saved"

    async def _send_from_second_tab(self, answers: list[dict[str, Any]]) -> None:
        body = {"epoch": self.epoch, "answers": answers}
        try:
            self._settle(await self.client.call("PUT", f"attempts/{self.tally.attempt}/answers/", body))
        except (Answered, *NETWORK):
            return  # the first tab keeps them


def _place_of(email: str) -> int:
    return int("".join(filter(str.isdigit, email)))


def _sit_down(stack: Stack, title: str) -> tuple[Exam, dict[str, str]]:
    """The class, as far as everybody sits, and what first devices are told."""
    moved: dict[str, str] = {}
    stack.query(_PEOPLE, FIRST, FIRST + STUDENTS - 1)
    stack.query(_MEMBERS)
    exam = Exam(stack, title, students=STUDENTS, seconds=SECONDS, answering=ANSWERING, forgetful=FORGETFUL)
    exam.klass.first_student, exam.klass.seed = FIRST, SEED
    exam.klass.student = lambda client, tally, rng: Restless(client, tally, rng, exam.seen, moved=moved)
    return exam.begin(acks=STUDENTS), moved


def _insist(people: beside.Beside, teacher: Any, path: str, body: Any) -> None:
    key = {
        "idempotency_key": str(uuid.uuid4())
    }  # an answer that was lost is asked for again, and nothing is done twice
    people.do(teacher.insist("POST", path, body | key))


def test_a_class_of_three_hundred_loses_nothing_and_scores_the_same_without_redis(stack: Stack, say: Say) -> None:
    exam, moved = _sit_down(stack, "Three hundred, everything killed in turn")
    recovered = []
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
        _drill(people, teacher, exam)
    exam.finish(600)
    verdict = checker.judge(stack, exam)
    say(f"{verdict}; back after {seconds(recovered)} s (web, worker, beat, Redis, PostgreSQL)")
    say(f"statuses {exam.seen.by_status()}, refused {dict(exam.seen.refusals)}, resumed {exam.resumed}")
    say(f"first devices were told {moved}")
    assert verdict.flaws == []
    assert exam.seen.places_with(500) == set()
    assert moved == _told_to_first_devices(exam)

    again, moved_again = _sit_down(stack, "Three hundred without Redis")
    nemesis.kill_server(stack.redis)
    with beside.people(stack) as people:
        teacher = people.teacher()
        time.sleep(BEFORE_THE_DRILL)
        _drill(people, teacher, again)
    again.wait(again.all_have_left, 600)
    nemesis.start_server(stack.redis)
    again.finish(600)
    second = checker.judge(stack, again)
    scores, scores_again = (dict(stack.query(_SCORES, one.klass.room)) for one in (exam, again))
    say(f"without Redis: {second}; same scores {sum(scores[who] == scores_again[who] for who in scores)}")
    assert second.flaws == []
    assert scores == scores_again
    assert moved_again == _told_to_first_devices(again)
    assert _kinds_of_time(stack, exam) == _kinds_of_time(stack, again) >= {"PAUSE", "EXTENSION"}


def _drill(people: beside.Beside, teacher: Any, exam: Exam) -> None:
    room = f"exam-assignments/{exam.klass.room}"
    _insist(people, teacher, f"{room}/pause/", {"reason": "A fire drill"})
    time.sleep(6)
    _insist(people, teacher, f"{room}/resume/", {})
    _insist(people, teacher, f"{room}/extend/", {"seconds": 30, "reason": "The fire drill"})


def _told_to_first_devices(exam: Exam) -> dict[str, str]:
    """Whoever moved to a second device could write nothing from the first one any more."""
    emails = [tally.email for tally in exam.klass.tallies]
    return {email: "taken_over" for email in emails if _place_of(email) % DEVICES == 0}


def _kinds_of_time(stack: Stack, exam: Exam) -> set[str]:
    """What moved the time of those who sat to the end."""
    return {kind for (kind,) in stack.query(_KINDS, exam.klass.room)}


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

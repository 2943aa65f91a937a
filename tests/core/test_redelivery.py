"""A broker may hand out a message twice, late, in any order, or one that makes no sense: everything happens once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from apps.attempts.models import AnswerSheet, Attempt, ItemMark
from apps.attempts.operations import sitting
from apps.core import bus, volatile
from apps.core.models import Delivery
from apps.leaderboards.models import ExamResult
from tests import workers
from tests.factories import make_room, people_of

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

PEOPLE = 12
QUESTIONS = 3
SCHEMA = {"_schema_name": "c_north"}
PUBLIC = {"_schema_name": "public"}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How often each announcement was handed to its listener."""
    calls: Counter[int] = Counter()
    real = bus._call

    def call(row: Delivery) -> Exception | None:
        calls[row.pk] += 1
        time.sleep(0.02)  # a twin has time to come
        return real(row)

    monkeypatch.setattr(bus, "_call", call)
    return calls


@pytest.fixture
def attempts(cast: Any) -> list[Attempt]:
    """Half of them handed in, the time of the others is up; what was sent of that is gone."""
    people = people_of(cast, PEOPLE)
    room = make_room(cast, *people)
    begun = [sitting.start_attempt(actor=person, assignment_id=room.pk).attempt for person in people]
    for person, attempt in zip(people[::2], begun[::2], strict=True):
        sitting.submit_attempt(attempt_id=attempt.pk, actor=person)
    late = Attempt.objects.filter(pk__in=[attempt.pk for attempt in begun[1::2]])
    late.update(started_at=F("started_at") - timedelta(hours=1), deadline_at=Now() - timedelta(minutes=1))
    Delivery.objects.filter(event="attempt.time_up").update(due_at=Now())
    volatile.client().flushall()
    return begun


def _twice() -> list[tuple[str, dict[str, Any], dict[str, str]]]:
    """Every message of a deadline two times, with some that make no sense among them, in any order."""
    pending = Delivery.objects.filter(done_at=None, queue="deadline").values_list("pk", flat=True)
    messages: list[tuple[str, dict[str, Any], dict[str, str]]]
    messages = [("deliver", {"ids": [pk]}, PUBLIC) for pk in pending]
    messages += [("close_expired_attempts", {}, SCHEMA)] * 3 + [("auto_submit_expired_attempts", {}, PUBLIC)] * 3
    messages += [("deliver", {"ids": ["nonsense"]}, PUBLIC), ("deliver", {}, PUBLIC), ("deliver", {"ids": [0]}, PUBLIC)]
    doubled = messages * 2
    random.Random(7).shuffle(doubled)
    return doubled


def _send_all_twice() -> None:
    for name, given, headers in _twice():
        current_app.send_task(name, kwargs=given, queue="deadline", headers=headers, ignore_result=True)


@pytest.fixture
def at_work(called: Counter[int], attempts: list[Attempt]) -> Iterator[None]:
    current_app.loader.import_default_modules()
    options = {"pool": "threads", "concurrency": 8, "queues": ["deadline", "default"], "shutdown_timeout": 20}
    with workers.at_work(perform_ping_check=False, **options):
        yield


def _wait_until_done(seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        left = Delivery.objects.filter(done_at=None, dead_at=None, due_at__lte=Now()).exists()
        if not left and not _length("deadline"):
            break
        time.sleep(0.1)
    time.sleep(0.5)


def _length(queue: str) -> int:
    with current_app.connection_for_read() as connection:
        return int(connection.default_channel.client.llen(queue))


def test_each_message_of_a_deadline_twice_has_one_effect(
    attempts: list[Attempt], called: Counter[int], at_work: None
) -> None:
    _send_all_twice()
    _wait_until_done()
    rows = Attempt.objects.values_list("status", "revision", "was_expired")
    assert Counter(rows) == {("GRADED", 1, False): PEOPLE // 2, ("GRADED", 1, True): PEOPLE // 2}
    assert (AnswerSheet.objects.count(), ItemMark.objects.count()) == (PEOPLE, PEOPLE * QUESTIONS)
    assert ExamResult.objects.count() == PEOPLE
    told = Delivery.objects.filter(event__in=["attempt.submitted", "attempt.graded"])
    per_attempt = Counter(told.values_list("event", "subscriber", "payload__attempt_id"))
    assert {event for event, _, _ in per_attempt} == {"attempt.submitted", "attempt.graded"}
    assert set(per_attempt.values()) == {1}
    assert {attempt for _, _, attempt in per_attempt} == {str(attempt.pk) for attempt in attempts}
    assert set(called.values()) == {1}
    assert not Delivery.objects.filter(tries__gt=1).exists()
    assert not Delivery.objects.exclude(last_error="").exists()


def test_without_the_lock_on_an_announcement_it_would_be_heard_twice(
    attempts: list[Attempt], called: Counter[int], at_work: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    real = QuerySet.select_for_update

    def careless(self: QuerySet[Any], *given: Any, **named: Any) -> QuerySet[Any]:
        return self if self.model is Delivery else real(self, *given, **named)

    monkeypatch.setattr(QuerySet, "select_for_update", careless)
    _send_all_twice()
    _wait_until_done()
    assert max(called.values()) > 1

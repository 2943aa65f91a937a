"""A host whose clock is wrong does not become ready, and decides about time like any other: by the database's clock."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from apps.attempts import errors
from apps.attempts.models import AnswerSheet, Attempt, RefusedAnswer
from apps.attempts.operations import journal, sitting, writer
from apps.attempts.operations.statement import Caller, Save
from apps.core import bus, clock, health, tenancy
from tests.apps.attempts import journal as lines
from tests.client import Api
from tests.factories import make_room

HOUR = 3600
# Seconds from now to the deadline; what becomes of a save, over either way; whether the attempt is closed then.
CASES = [(60, "acked", False), (-5, "acked", False), (-20, "too_late", True)]


@pytest.fixture
def put_clock(monkeypatch):
    """Puts the clock of this host forward, or back."""
    real_time, real_now = time.time, timezone.now

    def put(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: real_time() + seconds)
        monkeypatch.setattr(timezone, "now", lambda: real_now() + timedelta(seconds=seconds))

    return put


# -- readiness -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "is_ready"), [(6, False), (-6, False), (4, True), (-4, True)])
def test_a_host_that_is_more_than_five_seconds_off_is_not_ready(put_clock, seconds, is_ready):
    put_clock(seconds)
    answer = Api(host="10.0.0.7").get("/readyz")
    told = {"status": "ok"} if is_ready else {"status": "unready", "reason": "clock"}
    assert (answer.status_code, answer.json()) == (200 if is_ready else 503, told)
    assert health.why_not_ready() == ("" if is_ready else "clock")
    assert Api(host="10.0.0.7").get("/livez").status_code == 200


@pytest.mark.django_db
def test_the_page_about_health_says_how_far_a_host_is_off(put_clock):
    put_clock(-6)
    found = Api(host="localhost").get("/health/").json()["parts"]["database"]
    assert found["status"] == "skewed"
    assert found["clock_skew_seconds"] == pytest.approx(6, abs=1)


# -- decisions -----------------------------------------------------------------------------------------------------


def _sit(cast, deliver) -> list[tuple[str, str, bool, bool, bool]]:
    """Each case, sat by somebody of their own: what a plain save and the writer said, whether it was closed, at its
    deadline, and with both answers on the sheet or kept for review."""
    people = [cast.person(f"S{number}", "STUDENT") for number in range(len(CASES))]
    room = make_room(cast, *people)
    attempts = []
    for person, (seconds, _, _) in zip(people, CASES, strict=True):
        attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
        moments = {"started_at": Now() - timedelta(hours=2), "deadline_at": Now() + timedelta(seconds=seconds)}
        Attempt.objects.filter(pk=attempt.pk).update(**moments)
        attempts.append(attempt)
    said = [(_save(attempt), _write(attempt)) for attempt in attempts]
    bus.deliver_due()
    sitting.close_expired()
    deliver()
    found = []
    for attempt, told in zip(attempts, said, strict=True):
        attempt.refresh_from_db()
        is_closed = not attempt.is_running
        kept = RefusedAnswer.objects.filter(attempt=attempt, code="too_late").count()
        sheet = AnswerSheet.objects.filter(attempt=attempt).values_list("entry_count", flat=True).first()
        found.append((*told, is_closed, attempt.finished_at == attempt.deadline_at, (kept, sheet) == (2, 0)))
    return found


EXPECTED = [(said, said, is_closed, is_closed, is_closed) for _, said, is_closed in CASES]


def _answer(attempt: Attempt, seq: int) -> dict[str, object]:
    option = lines.option_id(attempt, "river", "yes")
    return {"seq": seq, "question": str(lines.question_id(attempt, "river")), "response": option}


def _save(attempt: Attempt) -> str:
    try:
        actor, answers = attempt.student, [_answer(attempt, 1)]
        saved = journal.save_answers(actor=actor, attempt_id=attempt.pk, epoch=1, answers=answers)
    except errors.Conflict as refusal:
        return refusal.code
    return "acked" if saved.acked == [1] else "?"


def _write(attempt: Attempt) -> str:
    """The way of servers on an event loop."""
    answer = _answer(attempt, 2)
    caller = Caller(tenancy.schema_name(), str(attempt.pk), str(attempt.student_id))
    save = Save(caller, 1, [(2, str(answer["question"]), f'"{answer["response"]}"')])

    async def write() -> None:
        done = asyncio.Event()
        writer.writer().append(save, lambda _: done.set())
        async with asyncio.timeout(10):
            await done.wait()

    asyncio.run(write())
    return "acked" if save.acked == [2] else save.refused[0].code


@pytest.mark.races
@pytest.mark.parametrize("seconds", [-HOUR, 0, HOUR])
def test_a_host_an_hour_off_saves_refuses_and_closes_like_any_other(committed, cast, deliver, put_clock, seconds):
    put_clock(seconds)
    assert _sit(cast, deliver) == EXPECTED


@pytest.mark.races
def test_the_same_would_show_if_a_host_asked_its_own_clock(committed, cast, deliver, put_clock, monkeypatch):
    """The negative control: with the host's clock in place of the database's, what still runs is closed."""
    put_clock(HOUR)
    monkeypatch.setattr(clock, "now", lambda: timezone.now())
    assert _sit(cast, deliver) != EXPECTED

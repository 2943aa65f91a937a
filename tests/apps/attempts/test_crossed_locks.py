"""Two transactions that want each other's attempts: PostgreSQL undoes one of them, and it is done again."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connections, transaction

from apps.attempts.models import Attempt, TimeGrant
from apps.attempts.operations import clock as timing
from apps.attempts.operations import granting, sheets, sitting
from apps.core import again
from tests.client import Api
from tests.factories import make_room

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.races]

EXTEND = {"seconds": 60, "reason": "A power cut."}


@pytest.fixture
def room(cast):
    """Alice and Bob sit in it."""
    room = make_room(cast, cast.alice, cast.bob)
    for student in (cast.alice, cast.bob):
        sitting.start_attempt(actor=student, assignment_id=room.pk)
    return room


@pytest.fixture
def first_and_last(room) -> list[Any]:
    return list(Attempt.objects.filter(assignment_id=room.pk).order_by("pk").values_list("pk", flat=True))


@contextlib.contextmanager
def crossing(first_and_last: list[Any], times: int) -> Iterator[list[bool]]:
    """Somebody who locks the last attempt and then wants the first, so many times, and is not the one who is undone."""
    crossed: list[bool] = []
    ready = threading.Event()
    first, last = first_and_last
    thread = threading.Thread(target=_cross, args=(first, last, times, ready, crossed))
    thread.start()
    assert ready.wait(10)
    try:
        yield crossed
    finally:
        thread.join(30)
        assert not thread.is_alive()


def _cross(first: Any, last: Any, times: int, ready: threading.Event, crossed: list[bool]) -> None:
    settings = connections["default"].settings_dict
    with psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], password=settings["PASSWORD"],
        dbname=settings["NAME"], options="-c search_path=c_north -c deadlock_timeout=60s",
    ) as other:  # fmt: skip
        for _ in range(times):
            other.execute("SELECT FROM attempts_attempt WHERE id = %s FOR UPDATE", [last])
            ready.set()
            if not _comes(other):
                other.rollback()
                return
            other.execute("SELECT FROM attempts_attempt WHERE id = %s FOR UPDATE", [first])
            crossed.append(True)
            other.commit()


def _comes(other: psycopg.Connection[Any]) -> bool:
    """Whether somebody waits for what we hold, within some seconds."""
    waits = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
    until = time.monotonic() + 8
    while time.monotonic() < until:
        if other.execute(waits).fetchone() == (True,):
            return True
        time.sleep(0.01)
    return False


def _extended(room: Any) -> int:
    return TimeGrant.objects.filter(attempt__assignment_id=room.pk, kind="EXTENSION").count()


def test_an_extension_that_was_crossed_is_given_once_all_the_same(cast, room, first_and_last, caplog):
    with crossing(first_and_last, 1) as crossed:
        answer = Api(cast.dora).post(f"exam-assignments/{room.pk}/extend/", EXTEND)
    assert crossed == [True]
    assert (answer.status_code, _extended(room)) == (200, 2)
    assert "was crossed and is done again (1)" in caplog.text


def test_without_another_try_it_would_have_been_sent_away(cast, room, first_and_last, monkeypatch):
    """The negative control; also then it is 503, and nothing of it is left."""
    monkeypatch.setattr(granting, "extend", granting.extend.__wrapped__)
    with crossing(first_and_last, 1) as crossed:
        answer = Api(cast.dora).post(f"exam-assignments/{room.pk}/extend/", EXTEND)
    assert crossed == [True]
    assert (answer.status_code, answer.json()["code"], _extended(room)) == (503, "unavailable", 0)
    assert int(answer["Retry-After"]) > 0


def _fails(how: str, times: int, work: Callable[..., Any]) -> tuple[Callable[..., Any], list[int]]:
    """``work`` that first fails so many times, as Django tells of such a failure."""
    calls: list[int] = []

    def failing(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) <= times:
            raise OperationalError("crossed") from psycopg.errors.lookup(how)("crossed")
        return work(*args, **kwargs)

    return failing, calls


ACTS: dict[str, tuple[Any, str, Callable[[Any, Any], Any]]] = {
    "extend": (timing, "give", lambda cast, room: Api(cast.dora).post(f"exam-assignments/{room.pk}/extend/", EXTEND)),
    "pause": (
        granting,
        "record",
        lambda cast, room: Api(cast.dora).post(f"exam-assignments/{room.pk}/pause/", {"reason": "Fire."}),
    ),
    "resume": (granting, "record", lambda cast, room: Api(cast.dora).post(f"exam-assignments/{room.pk}/resume/", {})),
    "hand in": (
        sheets,
        "hand_in",
        lambda cast, room: Api(cast.alice).post(
            f"attempts/{Attempt.objects.get(assignment_id=room.pk, student=cast.alice).pk}/submit/", {}
        ),
    ),
}


@pytest.mark.parametrize("how", ["40P01", "40001"])
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(("times", "status"), [(3, 200), (99, 503)])
def test_it_is_done_again_three_times_and_then_told_to_come_back(cast, room, monkeypatch, act, how, times, status):
    module, name, ask = ACTS[act]
    failing, calls = _fails(how, times, getattr(module, name))
    monkeypatch.setattr(module, name, failing)
    monkeypatch.setattr(again, "time", SimpleNamespace(sleep=lambda _: None))
    answer = ask(cast, room)
    assert (answer.status_code, len(calls)) == (status, 4)


def test_what_failed_otherwise_is_not_done_again(cast, room, monkeypatch):
    failing, calls = _fails("55P03", 99, timing.give)
    monkeypatch.setattr(timing, "give", failing)
    answer = Api(cast.dora).post(f"exam-assignments/{room.pk}/extend/", EXTEND)
    assert (answer.status_code, len(calls)) == (503, 1)


def test_inside_somebody_elses_transaction_it_is_not_done_again(cast, room, monkeypatch):
    failing, calls = _fails("40P01", 99, timing.give)
    monkeypatch.setattr(timing, "give", failing)
    with pytest.raises(OperationalError), transaction.atomic():
        granting.extend(actor=cast.dora, assignment_id=room.pk, **EXTEND)
    assert len(calls) == 1

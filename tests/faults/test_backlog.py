"""Ten thousand long tasks, each held up where it begins, stand in the way of nothing that has a deadline."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from celery import current_app
from django.conf import settings
from django.db import connection, connections
from django.db.models import F
from django.db.models.functions import Now

from apps.attempts.models import Attempt
from apps.attempts.operations import sitting
from apps.core.models import Delivery
from tests.factories import make_room, people_of
from tests.faults.conftest import Say

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("committed")]

ROOT = Path(__file__).resolve().parents[2]
BACKLOG = 10_000
MOST_SECONDS = 5
LEAVING, FORGETFUL = 5, 3
LONG = "clean_files_of_center"
HELD = "LOCK TABLE c_north.mock_tests_mediafile IN ACCESS EXCLUSIVE MODE"  # what each of them asks first
_WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'c_north.mock_tests_mediafile'::regclass"


def _words(unit: str) -> list[str]:
    """How the deployment starts a worker, from the name of the program on."""
    text = (ROOT / "deployment" / "systemd" / f"{unit}.service").read_text()
    found = re.search(r"^ExecStart=\S+/(celery .+)$", text, re.M)
    assert found
    return found[1].replace("%%", "%").replace("--loglevel=warning", "--loglevel=info").split()


APART = [_words("shiken-worker"), _words("shiken-long")]
TOGETHER = [["deadline,default,bulk" if word == "deadline,default" else word for word in APART[0]]]


@contextlib.contextmanager
def at_work(commands: list[list[str]], log: Path) -> Iterator[None]:
    """Workers on the tests' database, ready."""
    environment = {
        **os.environ,
        "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connection.settings_dict),
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        "LOG_LEVEL": "INFO",
    }
    with log.open("wb") as said, contextlib.ExitStack() as stack:
        for words in commands:
            process = subprocess.Popen(
                [sys.executable, "-m", *words], cwd=ROOT, env=environment, stdout=said, stderr=said, process_group=0
            )
            stack.callback(_kill, process)
        _await(lambda: log.read_text().count(" ready.") == len(commands), 120)
        yield


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def backlog() -> Iterator[Any]:
    """So many long tasks, each of which lasts as long as this does; whom to ask how many are left."""
    place = connections["default"].settings_dict
    with psycopg.connect(
        host=place["HOST"], port=place["PORT"], user=place["USER"], password=place["PASSWORD"], dbname=place["NAME"]
    ) as holder, current_app.connection_for_write() as broker:  # fmt: skip
        holder.execute(HELD)
        with current_app.amqp.Producer(broker) as producer:
            for _ in range(BACKLOG):
                message = current_app.amqp.as_task_v2(str(uuid.uuid4()), LONG, args=(), kwargs={})
                producer.publish(
                    message.body,
                    exchange="",
                    routing_key="bulk",
                    headers={**message.headers, "_schema_name": "c_north"},
                    serializer="json",
                    **message.properties,
                )
        client = broker.default_channel.client
        try:
            _await(lambda: holder.execute(_WAITS).fetchone() >= (2,), 60)  # type: ignore[operator]
            yield lambda: client.llen("bulk")
        finally:
            client.delete("bulk")
            holder.rollback()


def _await(condition: Any, seconds: float) -> float:
    since = time.monotonic()
    while not condition():
        assert time.monotonic() - since < seconds, f"not after {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - since


@pytest.fixture
def attempts(cast: Any) -> list[Attempt]:
    people = people_of(cast, LEAVING + FORGETFUL)
    room = make_room(cast, *people)
    return [sitting.start_attempt(actor=person, assignment_id=room.pk).attempt for person in people]


def _hand_in(attempts: list[Attempt]) -> None:
    for attempt in attempts:
        sitting.submit_attempt(attempt_id=attempt.pk, actor=attempt.student)


def _ring(attempts: list[Attempt]) -> None:
    """Their time is up, and the sweep is sent that beat sends."""
    late = Attempt.objects.filter(pk__in=[attempt.pk for attempt in attempts])
    late.update(started_at=F("started_at") - timedelta(hours=1), deadline_at=Now() - timedelta(minutes=1))
    Delivery.objects.filter(event="attempt.time_up").update(due_at=Now())
    current_app.send_task("sweep_deliveries", queue="deadline", headers={"_schema_name": "public"}, expires=30)


def _graded(attempts: list[Attempt]) -> bool:
    found = Attempt.objects.filter(pk__in=[attempt.pk for attempt in attempts], status="GRADED")
    return found.count() == len(attempts)


def _closed(attempts: list[Attempt]) -> bool:
    return not Attempt.objects.running().filter(pk__in=[attempt.pk for attempt in attempts]).exists()


def test_what_has_a_deadline_is_done_within_five_seconds_behind_ten_thousand_long_tasks(
    attempts: list[Attempt], tmp_path: Path, say: Say
) -> None:
    leaving, forgetful = attempts[:LEAVING], attempts[LEAVING:]
    with at_work(APART, tmp_path / "workers.log"), backlog() as left:
        _hand_in(leaving)
        marks = _await(lambda: _graded(leaving), 60)
        _ring(forgetful)
        closing = _await(lambda: _closed(forgetful), 60)
        waiting = left()
    say(
        f"with {waiting} long tasks waiting: marks {marks:.1f} s after handing in, closed {closing:.1f} s after the alarm"
    )
    assert waiting >= BACKLOG - 10
    assert marks <= MOST_SECONDS
    assert closing <= MOST_SECONDS


def test_with_all_queues_in_common_everybody_would_wait(attempts: list[Attempt], tmp_path: Path, say: Say) -> None:
    """The negative control: the same worker, with the long work as well."""
    leaving, forgetful = attempts[:LEAVING], attempts[LEAVING:]
    with at_work(TOGETHER, tmp_path / "workers.log"), backlog() as left:
        _hand_in(leaving)
        _ring(forgetful)
        time.sleep(3 * MOST_SECONDS)
        waiting = left()
        done = _graded(leaving), _closed(forgetful)
    say(f"with {waiting} long tasks waiting for the same worker: marks {done[0]}, closed {done[1]}")
    assert done == (False, False)

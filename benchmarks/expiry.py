"""A thousand attempts whose time is up at the same moment, beside workers and beat as they run in production.

Measured from the end of the grace, the first moment at which anything may be closed: until the last attempt is closed,
and until the last one has its marks. Each must be closed once, by the clock, at its deadline.

    python -m benchmarks.expiry [--people 1000] [--workers 1] [--repeats 3]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT, Run, stage
from benchmarks.starts import _room_for
from deployment.local import processes

GRACE_SECONDS = 10
AHEAD_SECONDS = 25
WORKER = "-m celery -A config worker -Q deadline,default,bulk --concurrency 2 --loglevel WARNING -n w{number}@%h"
BEAT = (
    "-m celery -A config beat --loglevel WARNING --pidfile= --scheduler django_celery_beat.schedulers:DatabaseScheduler"
)
_STATES = """
SELECT count(*) FILTER (WHERE attempt.status = 'IN_PROGRESS'), count(*) FILTER (WHERE attempt.status = 'GRADED'),
       extract(epoch FROM clock_timestamp() - min(deadline_at)) - %(grace)s
FROM attempts_attempt attempt
"""
_WRONG = """
SELECT count(*) FROM attempts_attempt attempt LEFT JOIN attempts_answersheet sheet ON sheet.attempt_id = attempt.id
WHERE finished_at IS DISTINCT FROM deadline_at OR NOT was_expired OR sheet.attempt_id IS NULL OR revision <> 1
"""
_TOLD = """
SELECT count(*), count(DISTINCT payload ->> 'attempt_id') FROM public.core_delivery
WHERE event = 'attempt.submitted' AND subscriber LIKE 'apps.attempts.%%'
"""


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--people", type=int, default=1000)
    words.add_argument("--workers", type=int, default=1)
    words.add_argument("--repeats", type=int, default=3)
    given = words.parse_args()
    run = Run("expiry", unit="s", repeats=given.repeats)
    with stage("expiry", environment={"ANSWER_GRACE_SECONDS": str(GRACE_SECONDS)}) as here:
        tenant = here.open_center("expiry")
        for _ in range(given.repeats):
            closed, graded = measure(tenant, given.people, given.workers)
            run.values.setdefault("all closed", []).append(closed)
            run.values.setdefault("all marked", []).append(graded)
            print(
                f"  {given.people} attempts: all closed after {closed:.1f} s, all marked after {graded:.1f} s",
                flush=True,
            )
    run.bar("all closed", max(run.values["all closed"]), at_most=30)
    run.report(against="all closed")


def measure(tenant: Any, people: int, workers: int) -> tuple[float, float]:
    """Everybody begins so that all times are up together; how long until all are closed, and until all have marks."""
    from apps.core import tenancy

    with tenancy.enter(tenant):
        _empty()
        room_id, students = _room_for(people)
        _begin(tenant, room_id, students)
        with _crew(workers):
            return _watch(people)


def _empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE attempts_attempt, assignments_examassignment, authentication_user, mock_tests_mocktest,"
            " public.core_delivery CASCADE"
        )


def _begin(tenant: Any, room_id: Any, students: list[Any]) -> None:
    from django.db import connection

    from apps.attempts.models import Attempt
    from apps.attempts.operations import sitting
    from apps.core import clock, tenancy

    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for student in students:
        waiting.put(student)

    def work() -> None:
        with tenancy.enter(tenant), contextlib.suppress(queue.Empty):
            while True:
                sitting.start_attempt(actor=waiting.get_nowait(), assignment_id=room_id)
        connection.close()

    crew = [threading.Thread(target=work) for _ in range(8)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    # All are moved together, with their alarms, as if they had begun an hour earlier; other news is told already.
    ends = clock.now() + timedelta(seconds=AHEAD_SECONDS)
    assert Attempt.objects.count() == len(students)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE attempts_attempt SET started_at = %(ends)s - (deadline_at - started_at), deadline_at = %(ends)s;"
            "UPDATE public.core_delivery SET due_at = %(ends)s + %(grace)s * interval '1 second'"
            " WHERE event = 'attempt.time_up';"
            "UPDATE public.core_delivery SET done_at = now() WHERE event <> 'attempt.time_up'",
            {"ends": ends, "grace": GRACE_SECONDS},
        )


@contextlib.contextmanager
def _crew(workers: int) -> Iterator[None]:
    log = Path(os.environ["SHIKEN_VAR_DIR"]) / "crew.log"
    commands = [WORKER.format(number=number) for number in range(workers)] + [BEAT]
    with log.open("ab") as out:
        crew = [
            subprocess.Popen(
                [sys.executable, *command.split()], cwd=ROOT, stdout=out, stderr=out,
                preexec_fn=processes.die_with_parent(signal.SIGTERM),
            )
            for command in commands
        ]  # fmt: skip
        try:
            yield
        finally:
            for one in crew:
                one.terminate()
            for one in crew:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    one.wait(15)
                one.kill()
                one.wait()


def _watch(people: int) -> tuple[float, float]:
    from django.db import connection

    closed = graded = 0.0
    until = time.monotonic() + AHEAD_SECONDS + GRACE_SECONDS + 300
    while not graded:
        assert time.monotonic() < until, "not through after five minutes"
        with connection.cursor() as cursor:
            cursor.execute(_STATES, {"grace": GRACE_SECONDS})
            running, marked, since = cursor.fetchone()
        assert running == people or since >= 0, "something was closed before its time"
        if not running and not closed:
            closed = float(since)
        if marked == people:
            graded = float(since)
        time.sleep(0.1)
    with connection.cursor() as cursor:
        cursor.execute(_WRONG)
        wrong = cursor.fetchone()[0]
        cursor.execute(_TOLD)
        told = cursor.fetchone()
    assert wrong == 0, f"{wrong} attempts were not closed once, by the clock, at their deadline"
    assert told == (people, people), f"ends announced: {told}"
    return closed, graded


if __name__ == "__main__":
    main()

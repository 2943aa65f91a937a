"""Durable answers per second: the whole product beside PostgreSQL's own single-row commits.

Peer and limit is pgbench (16 connections, 2 threads, prepared): one guarded single-row upsert and commit per answer.
Ours: students with a session, a ticket and a running attempt each, over the ASGI application that production serves;
every answer is one message or request of its own and is acknowledged after its commit. ``window`` is how many answers
a student has unacknowledged: 1, like a click and its tick, unless the name says otherwise. Naive DRF (stock
django-tenants, simplejwt, ``update_or_create``) runs on gunicorn, where it is at its best.

    python -m benchmarks.answers [--seconds 2.5] [--repeats 3] [--students 64,500] [--only WORD]
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from benchmarks.harness import HOST, ROOT, Run, Stage, WebServer, cpu_seconds, stage

CENTER = "bench"
QUESTIONS = 65
STEP = 2_000_000
NO_LIMITS = {
    "SOCKET_MESSAGES_PER_SECOND": "1000000",
    "ANSWERS_PER_SECOND": "1000000",
    "THROTTLE_ANSWERS": "1000000000/min",
}
POSTGRES = {"max_wal_size": "4GB", "checkpoint_timeout": "30min", "max_connections": "300"}

_PGBENCH_TABLES = """
CREATE TABLE public.bench_attempt (id int PRIMARY KEY, student int, status text, ends timestamptz);
INSERT INTO public.bench_attempt SELECT n, n, 'IN_PROGRESS', now() + interval '1 day' FROM generate_series(1, 500) n;
CREATE TABLE public.bench_answer (attempt int, question int, seq int, response jsonb, saved_at timestamptz,
                                  PRIMARY KEY (attempt, question));
"""
_PGBENCH_SCRIPT = """
\\set attempt random(1, :students)
\\set question random(1, 65)
\\set seq random(1, 1000000000)
INSERT INTO public.bench_answer (attempt, question, seq, response, saved_at)
SELECT id, :question, :seq, '"a1b2c3d4e5f6"', statement_timestamp() FROM public.bench_attempt
WHERE id = :attempt AND student = :attempt AND status = 'IN_PROGRESS' AND ends > statement_timestamp()
ON CONFLICT (attempt, question) DO UPDATE SET seq = excluded.seq, response = excluded.response, saved_at = excluded.saved_at;
"""


# -- the class -----------------------------------------------------------------------------------------------------


class Class:
    """Students of one center, each with a session and an attempt at the same paper."""

    def __init__(self, here: Stage, size: int) -> None:
        self.tenant = here.open_center(CENTER)
        self.host = f"{CENTER}.localhost"
        self.desks: list[dict[str, Any]] = []
        self._next_seq = 0
        self._make(size)

    def first_seq(self) -> int:
        """Numbers that no earlier run has used."""
        self._next_seq += STEP
        return self._next_seq

    def desks_with(self, what: str, count: int) -> list[dict[str, Any]]:
        from apps.authentication.operations import tickets
        from apps.core import tenancy

        desks = self.desks[:count]
        if what == "token":
            return desks
        with tenancy.enter(self.tenant):
            return [
                {**desk, "ticket": tickets.issue_ticket(entry=self._entries[desk["attempt"]], purpose="attempts")}
                for desk in desks
            ]

    def _make(self, size: int) -> None:
        from django.db import connection
        from rest_framework_simplejwt.tokens import AccessToken

        from api.common import tokens
        from apps.assignments.models import ExamAssignment
        from apps.attempts.models import Attempt
        from apps.authentication.models import Session, User
        from apps.authentication.operations.tickets import Entry
        from apps.core import clock, tenancy
        from apps.mock_tests.models import MockTest, Paper

        with tenancy.enter(self.tenant):
            at = clock.now()
            day = 86_400
            later = at + timedelta(seconds=day)
            items = [(str(uuid.uuid4()), [uuid.uuid4().hex[:12] for _ in range(4)]) for _ in range(QUESTIONS)]
            content = {"sections": [{"question_groups": [{"questions": [_question(*item) for item in items]}]}]}
            test = MockTest.objects.create(title="Bench")
            paper = Paper.objects.create(
                test=test,
                number=1,
                content_hash="0" * 64,
                title="Bench",
                profile="custom",
                content=content,
                seconds=day,
                max_score=QUESTIONS,
                item_count=QUESTIONS,
            )
            room = ExamAssignment.objects.create(title="Bench", mock_test=test, paper=paper, status="OPEN")
            people = User.objects.bulk_create(
                [User(email=f"s{n}@bench.test", role="STUDENT", is_approved=True, password="!") for n in range(size)]
            )
            sessions = Session.objects.bulk_create([Session(user=user, expires_at=later) for user in people])
            attempts = Attempt.objects.bulk_create(
                [
                    Attempt(
                        assignment=room,
                        paper=paper,
                        student=user,
                        seed=1,
                        started_at=at,
                        deadline_at=later,
                        grace_seconds=10,
                        max_score=QUESTIONS,
                    )
                    for user in people
                ]
            )
            with connection.cursor() as cursor:
                cursor.execute(
                    "CREATE TABLE naive_sitting AS SELECT id, student_id, status::text, deadline_at FROM attempts_attempt;"
                    "ALTER TABLE naive_sitting ADD PRIMARY KEY (id);"
                    "CREATE TABLE naive_answer (id bigserial PRIMARY KEY, sitting_id uuid NOT NULL, question_id uuid"
                    " NOT NULL, seq int NOT NULL, response jsonb, updated_at timestamptz NOT NULL,"
                    " UNIQUE (sitting_id, question_id)); ANALYZE"
                )
        self._entries = {}
        for user, session, attempt in zip(people, sessions, attempts, strict=True):
            entry = Entry(user.pk, session.pk, user.session_version, user.role)
            naive = AccessToken.for_user(user)
            naive.set_exp(lifetime=later - at)
            self._entries[str(attempt.pk)] = entry
            self.desks.append(
                {
                    "attempt": str(attempt.pk),
                    "items": [(question, options[0]) for question, options in items],
                    "token": tokens.issue_access(
                        tenant=self.tenant, user_id=user.pk, session_id=session.pk, version=1, role=user.role
                    ),
                    "naive": str(naive),
                }
            )


def _question(question: str, options: list[str]) -> dict[str, Any]:
    return {"id": question, "type": "single_choice", "options": [{"id": option, "text": option} for option in options]}


# -- measuring -----------------------------------------------------------------------------------------------------


class Measured:
    """What the last measurement of each peer said besides its rate."""

    def __init__(self, run: Run, here: Stage, seconds: float) -> None:
        self.run = run
        self.here = here
        self.seconds = seconds
        self.errors = 0

    def pgbench(self, students: int) -> float:
        url = urlsplit(self.here.servers.database_url)
        script = ROOT / "var" / "bench" / "answers.sql"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(_PGBENCH_SCRIPT)
        done = subprocess.run(
            [
                _pgbench(), "-n", "-c", "16", "-j", "2", "-M", "prepared", "-T", str(max(2, round(self.seconds))),
                "-D", f"students={students}", "-f", str(script),
                "-h", HOST, "-p", str(url.port), "-U", str(url.username), url.path[1:],
            ],
            env={**os.environ, "PGPASSWORD": str(url.password)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        script.unlink()
        latency = re.search(r"latency average = ([\d.]+)", done.stdout)
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        assert found, done.stdout + done.stderr
        assert latency
        self.run.notes[f"pgbench, {students} students"] = f"latency {latency[1]} ms"
        return float(found[1])

    def load(self, name: str, server: WebServer, job: dict[str, Any]) -> float:
        client = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert client.stdin
        assert client.stdout
        json.dump({"port": server.port, "seconds": self.seconds, "warm_up": 0.7, **job}, client.stdin)
        client.stdin.close()
        marks = []
        for line in client.stdout:
            if line.startswith("{"):
                break
            marks.append(cpu_seconds(server.pid))
        client.wait()
        if client.returncode or len(marks) != 2:
            raise SystemExit(f"The load of {name} failed.")
        result = json.loads(line)
        self.errors += result["errors"]
        per_answer = (marks[1] - marks[0]) / max(1, result["rate"] * self.seconds) * 1000
        errors = f"; {result['errors']} errors" if result["errors"] else ""
        self.run.notes[name] = (
            f"p50 {result['p50']:.1f}, p99 {result['p99']:.1f} ms; server {per_answer:.3f} ms CPU each;"
            f" client {result['cpu']:.2f} of a core{errors}"
        )
        return float(result["rate"])


def _pgbench() -> str:
    from deployment.local.software import find_postgres

    return str(find_postgres().programs / "pgbench")


def peers(
    measured: Measured, group: Class, servers: dict[str, WebServer], students: int
) -> Iterator[tuple[str, Callable[[], float]]]:
    """Everybody who takes part with so many students."""
    yield f"pgbench, {students} students", functools.partial(measured.pgbench, students)

    def over(kind: str, server: str, name: str, window: int = 1, **job: Any) -> tuple[str, Callable[[], float]]:
        full_name = f"{name}, {students} students"

        def measure() -> float:
            desks = group.desks_with("ticket" if kind == "ws" else "token", students)
            if "naive" in name:
                desks = [{**desk, "token": desk["naive"]} for desk in desks]
            first = group.first_seq()
            common = {"kind": kind, "desks": desks, "host": group.host, "window": window, "first_seq": first}
            return measured.load(full_name, servers[server], {**common, **job})

        return full_name, measure

    ours = {"method": "PUT", "path": "/api/v1/attempts/{attempt}/answers/"}
    yield over("ws", "uvicorn", "ours, WebSocket, uvicorn")
    yield over("ws", "daphne", "ours, WebSocket, Daphne")
    yield over("ws", "uvicorn", "ours, WebSocket, uvicorn, window 4", window=4)
    yield over("http", "uvicorn", "ours, HTTP, uvicorn", **ours)
    yield over("http", "daphne", "ours, HTTP, Daphne", **ours)
    yield over("http", "naive", "naive DRF, gunicorn", method="PUT", path="/answers/{attempt}/")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--seconds", type=float, default=2.5)
    words.add_argument("--repeats", type=int, default=3)
    words.add_argument("--students", default="64,500")
    words.add_argument("--only", default="", help="peers whose name holds this (pgbench always takes part)")
    given = words.parse_args()
    sizes = [int(size) for size in given.students.split(",")]
    run = Run("answers", unit="answers/s", repeats=given.repeats)
    with ExitStack() as stack:
        here = stack.enter_context(stage("answers", environment=NO_LIMITS, **POSTGRES))
        group = Class(here, max(sizes))
        _make_tables()
        servers = {kind: stack.enter_context(here.serve(kind)) for kind in ("uvicorn", "daphne")}
        servers["naive"] = stack.enter_context(
            here.serve(
                "gunicorn", "benchmarks.naive.wsgi:application", DJANGO_SETTINGS_MODULE="benchmarks.naive.settings"
            )
        )
        measured = Measured(run, here, given.seconds)
        for students in sizes:
            chosen = {
                name: measure
                for name, measure in peers(measured, group, servers, students)
                if given.only in name or "pgbench" in name
            }
            run.take_turns(chosen)
    _set_bars(run, sizes)
    run.report(against=lambda name: f"pgbench,{name.rpartition(',')[2]}", extra={"notes": run.notes})
    if measured.errors:
        raise SystemExit(f"{measured.errors} answers were refused.")


def _make_tables() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_PGBENCH_TABLES)


def _set_bars(run: Run, sizes: list[int]) -> None:
    for students in sizes:
        end = f", {students} students"
        for ours, bar in [("WebSocket, Daphne", 0.5), ("WebSocket, uvicorn", 1.0), ("HTTP, uvicorn", 0.4)]:
            if f"ours, {ours}{end}" in run.values:
                run.bar(f"{ours} / pgbench{end}", run.ratio(f"ours, {ours}{end}", f"pgbench{end}"), at_least=bar)
        if f"naive DRF, gunicorn{end}" in run.values and f"ours, HTTP, uvicorn{end}" in run.values:
            ratio = run.ratio(f"ours, HTTP, uvicorn{end}", f"naive DRF, gunicorn{end}")
            run.bar(f"HTTP, uvicorn / naive DRF{end}", ratio, at_least=20)


if __name__ == "__main__":
    main()

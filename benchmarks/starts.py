"""500 students begin at the same moment: without a limit of the plan, far below one, and up to exactly the limit.

Ours is ``attempts.operations.sitting.start_attempt`` in threads with connections of their own, as web processes have them.
The peer is the same without a limit, so the ratio is what the limit costs.

Then the same over HTTP: so many begin within five seconds, one after the other, whatever has been answered by then; each
gets its paper, within fifteen seconds of the first one, and nobody an error.
"""

from __future__ import annotations

import argparse
import asyncio
import queue
import threading
import time
from dataclasses import replace
from decimal import Decimal
from functools import partial

from benchmarks.harness import Run, Stage, stage

_PEOPLE = """
INSERT INTO authentication_user (id, email, password, first_name, last_name, role, avatar, is_active, is_approved,
                                 time_zone, locale, is_superuser, session_version, opens_by_email, updated_at)
SELECT gen_random_uuid(), 'p' || number || '@bench.test', '', 'Person', number::text, 'STUDENT', '', true, true,
       '', '', false, 1, false, now()
FROM generate_series(1, %(people)s) number
"""
PEER = "no limit"
SERVERS = ("daphne", "uvicorn")
RUSH_SECONDS = 5
CASES = {PEER: None, "far below the limit": 100_000, "up to the limit": 0}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--people", type=int, default=500)
    words.add_argument("--threads", type=int, default=12)
    words.add_argument("--repeats", type=int, default=3)
    given = words.parse_args()
    run = Run("starts", unit="s", repeats=given.repeats)
    with stage("starts") as here:
        measure(run, here, given.people, given.threads)
        tenant, room_id, students = _room_with_tokens(here, given.people)
        for kind in SERVERS:
            with here.serve(kind) as server:
                for _ in range(given.repeats):
                    seconds, slowest = _rush(tenant, room_id, students, server.port)
                    run.values.setdefault(over_http(kind), []).append(seconds)
                    print(f"  {over_http(kind):<44} {seconds:.1f} s, slowest {slowest:.2f} s", flush=True)
    for kind in SERVERS:
        run.bar(over_http(kind), max(run.values[over_http(kind)]), at_most=15)
    for name in list(CASES)[1:]:
        run.bar(f"{name} / {PEER}", run.ratio(name, PEER), at_most=1.25)
    run.report(against=PEER)


def measure(run: Run, here: Stage, people: int, threads: int) -> None:
    """All cases in turn: how long until everybody has begun."""
    from apps.core import tenancy

    tenant = here.open_center("starts")
    with tenancy.enter(tenant):
        room_id, students = _room_for(people)
    print(f"{people} students, {threads} at a time")

    def case(limit: int | None) -> float:
        limits = {} if limit is None else {"concurrent_attempts": limit or people}
        seconds, slowest, begun = _run(replace(tenant, limits=limits), room_id, students, threads)
        assert begun == people, f"only {begun} began"
        print(f"    slowest hundredth: {slowest * 1000:.0f} ms")
        return seconds

    run.take_turns({name: partial(case, limit) for name, limit in CASES.items()})


def _run(tenant, room_id, students, threads):
    from django.db import connection

    from apps.attempts.models import Attempt
    from apps.attempts.operations import sitting
    from apps.core import tenancy

    with tenancy.enter(tenant), connection.cursor() as cursor:
        cursor.execute("TRUNCATE attempts_attempt CASCADE; TRUNCATE public.core_delivery; ANALYZE attempts_attempt")
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    for student in students:
        waiting.put(student)
    taken, ready = [], threading.Barrier(threads + 1)

    def work() -> None:
        with tenancy.enter(tenant):
            connection.ensure_connection()
            ready.wait()
            while True:
                try:
                    student = waiting.get_nowait()
                except queue.Empty:
                    break
                begun = time.perf_counter()
                sitting.start_attempt(actor=student, assignment_id=room_id)
                taken.append(time.perf_counter() - begun)
        connection.close()

    crew = [threading.Thread(target=work) for _ in range(threads)]
    for one in crew:
        one.start()
    ready.wait()
    begun = time.perf_counter()
    for one in crew:
        one.join()
    seconds = time.perf_counter() - begun
    with tenancy.enter(tenant):
        assert len(taken) == len(students)
        return seconds, sorted(taken)[int(len(taken) * 0.99)], Attempt.objects.count()


def over_http(kind: str) -> str:
    return f"begun within five seconds over HTTP, {kind}"


def _room_with_tokens(here: Stage, people: int):
    """A room in a center without limits, and a token for each of its students."""
    from datetime import timedelta

    from django.db.models.functions import Now

    from api.common import tokens
    from apps.authentication.models import Session
    from apps.core import tenancy

    tenant = here.open_center("rush")
    with tenancy.enter(tenant):
        room_id, students = _room_for(people)
        sessions = Session.objects.bulk_create(
            Session(user=student, expires_at=Now() + timedelta(days=1)) for student in students
        )
        signed = [
            tokens.issue_access(tenant=tenant, user_id=one.user_id, session_id=one.pk, version=1, role="STUDENT")
            for one in sessions
        ]
    return tenant, room_id, signed


def _rush(tenant, room_id, signed, port):
    """Everybody asks for their paper at a moment of their own; how long until the last one has it, and the slowest."""
    import httpx
    from django.db import connection

    from apps.core import tenancy

    with tenancy.enter(tenant), connection.cursor() as cursor:
        cursor.execute("TRUNCATE attempts_attempt CASCADE; TRUNCATE public.core_delivery")
    taken = []

    async def one(client: httpx.AsyncClient, token: str, pause: float) -> None:
        await asyncio.sleep(pause)
        begun = time.perf_counter()
        answer = await client.post(
            f"http://127.0.0.1:{port}/api/v1/exam-assignments/{room_id}/start/",
            json={},
            headers={"Host": "rush.localhost", "Authorization": f"Bearer {token}"},
        )
        taken.append(time.perf_counter() - begun)
        assert answer.status_code == 201, (answer.status_code, answer.text[:300])
        assert answer.json()["paper"]["sections"][0]["question_groups"]

    async def all_of_them() -> None:
        limits = httpx.Limits(max_connections=len(signed))
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:
            pauses = [RUSH_SECONDS * place / len(signed) for place in range(len(signed))]
            await asyncio.gather(*[one(client, *who) for who in zip(signed, pauses, strict=True)])

    begun = time.perf_counter()
    asyncio.run(all_of_them())
    return time.perf_counter() - begun, max(taken)


def _room_for(people: int):
    from django.db import connection

    from apps.assignments import operations as rooms
    from apps.authentication.models import User
    from apps.authentication.operations.people import create_person
    from apps.mock_tests.operations import authoring
    from apps.mock_tests.operations.authoring import publishing
    from apps.mock_tests.rules.types.base import Given, Option

    admin = create_person(email="admin@bench.test", password=None, role="CENTER_ADMIN")
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, {"people": people})
    test = authoring.create_test(actor=admin, changes={"title": "Bench"})
    section = authoring.create_section(actor=admin, test_id=test.pk, changes={"name": "Part", "duration": 60})
    group = authoring.create_group(actor=admin, section_id=section.pk, changes={"title": "Group"})
    given = Given(options=(Option("", "yes", Decimal(1)), Option("", "no", Decimal(0))))
    authoring.create_question(actor=admin, group_id=group.pk, changes={"text": "Yes?", "given": given})
    publishing.publish_test(actor=admin, test_id=test.pk)
    students = list(User.objects.filter(role="STUDENT"))
    room = rooms.assign_test(
        actor=admin, mock_test_id=test.pk, title="Bench", user_ids=[one.pk for one in students], open_now=True
    )
    return room.pk, students


if __name__ == "__main__":
    main()

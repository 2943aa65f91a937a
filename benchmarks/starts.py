"""500 students begin at the same moment: without a limit of the plan, far below one, and up to exactly the limit.

Ours is ``attempts.operations.sitting.start_attempt`` in threads with connections of their own, as web processes have them.
The peer is the same without a limit, so the ratio is what the limit costs.
"""

from __future__ import annotations

import argparse
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


def _room_for(people: int):
    from django.db import connection

    from apps.assignments import operations as rooms
    from apps.authentication.models import User
    from apps.authentication.operations.people import create_person
    from apps.mock_tests.operations import authoring, publishing
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

"""A test of 200 questions: how long publishing takes, and what its paper costs when 500 students begin.

A start is ``attempts.operations.sitting.start_attempt`` and the paper in the student's own order, in threads with
connections of their own, as web processes have them. Ours remembers papers in the process, and in Redis for processes that
begin; the peer reads each paper from the database and cleans its texts, as without a cache. All take turns in one run. What
is counted are the statements of each start that read the paper or its content.
"""

from __future__ import annotations

import argparse
import contextlib
import queue
import threading
import time
import uuid
from decimal import Decimal
from functools import partial
from unittest import mock

from benchmarks.harness import Run, Stage, stage

_PEOPLE = """
INSERT INTO authentication_user (id, email, password, first_name, last_name, role, avatar, is_active, is_approved,
                                 time_zone, locale, is_superuser, session_version, opens_by_email, updated_at)
SELECT gen_random_uuid(), 'p' || number || '@bench.test', '', 'Person', number::text, 'STUDENT', '', true, true,
       '', '', false, 1, false, now()
FROM generate_series(1, %(people)s) number
"""
PEER = "each paper from the database"
OURS = "remembered in the process"
SHARED = "a new process each time, from Redis"
PUBLISH = "publishing"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--people", type=int, default=500)
    words.add_argument("--questions", type=int, default=200)
    words.add_argument("--threads", type=int, default=4)
    words.add_argument("--repeats", type=int, default=2)
    given = words.parse_args()
    with stage("papers") as here:
        _publishing(here, given.questions, given.repeats)
        _starting(here, given.people, given.questions, given.threads, given.repeats)


def _publishing(here: Stage, questions: int, repeats: int) -> None:
    from apps.core import tenancy

    run = Run("papers-publish", unit="s", repeats=repeats)
    tenant = here.open_center("publish")
    with tenancy.enter(tenant):
        admin, test, rename = _test_of(questions)
        run.take_turns({PUBLISH: partial(_publish, admin, test, rename)})
    run.bar(f"publishing {questions} questions, the slowest", max(run.values[PUBLISH]), at_most=1)
    run.report(against=PUBLISH)


def _publish(admin, test, rename) -> float:
    from apps.mock_tests.operations.authoring import publishing

    rename(str(uuid.uuid4()))  # other content is another paper
    begun = time.perf_counter()
    publishing.publish_test(actor=admin, test_id=test.pk)
    seconds = time.perf_counter() - begun
    publishing.unpublish_test(actor=admin, test_id=test.pk)
    return seconds


def _starting(here: Stage, people: int, questions: int, threads: int, repeats: int) -> None:
    from django.db import connection

    from apps.assignments import operations as rooms
    from apps.authentication.models import User
    from apps.core import tenancy
    from apps.mock_tests.operations.authoring import publishing
    from apps.mock_tests.queries.papers import content
    from apps.mock_tests.rules.papers import rendering

    run = Run("papers-starts", unit="s", repeats=repeats)
    tenant = here.open_center("starters")
    with tenancy.enter(tenant):
        admin, test, _ = _test_of(questions)
        with connection.cursor() as cursor:
            cursor.execute(_PEOPLE, {"people": people})
        publishing.publish_test(actor=admin, test_id=test.pk)
        students = list(User.objects.filter(role="STUDENT"))
        ids = [one.pk for one in students]
        room = rooms.assign_test(actor=admin, mock_test_id=test.pk, title="Bench", user_ids=ids, open_now=True)
    reads: dict[str, list[int]] = {}

    def case(name: str, get) -> float:
        seconds, found = _run(tenant, room.pk, students, threads, get)
        reads.setdefault(name, []).append(max(found))
        print(f"    statements that read the paper: {max(found)} at most, {sum(found) / len(found):.2f} on average")
        return seconds

    def from_database(key, fetch):
        return rendering.cleaned(content.stored(key[1]))

    def from_redis(key, fetch):
        return fetch()

    print(f"{people} students, {threads} at a time, {questions} questions")
    run.take_turns(
        {
            PEER: lambda: case(PEER, from_database),
            SHARED: lambda: case(SHARED, from_redis),
            OURS: lambda: case(OURS, None),
        }
    )
    run.bar(f"{OURS} / {PEER}", run.ratio(OURS, PEER), at_most=1)
    run.bar("statements of a start that read the paper, at most", max(reads[OURS]), at_most=1)
    run.report(against=PEER, extra={"reads": reads})


def _run(tenant, room_id, students, threads, get):
    """How long until everybody has begun and has their paper, and how often each start read the paper."""
    from django.db import connection

    from apps.attempts import queries
    from apps.attempts.operations import sitting
    from apps.core import tenancy
    from apps.mock_tests.queries.papers import content

    with tenancy.enter(tenant), connection.cursor() as cursor:
        cursor.execute("TRUNCATE attempts_attempt CASCADE; TRUNCATE public.core_delivery; ANALYZE attempts_attempt")
    content.shelf.forget()
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    for student in students:
        waiting.put(student)
    found: list[int] = []
    failed: list[Exception] = []
    ready = threading.Barrier(threads + 1)

    def work() -> None:
        count = [0]

        def watch(execute, sql, params, many, context):
            count[0] += 'FROM "mock_tests_paper"' in sql
            return execute(sql, params, many, context)

        with tenancy.enter(tenant):
            connection.ensure_connection()
            ready.wait()
            with connection.execute_wrapper(watch), contextlib.suppress(queue.Empty):
                while True:
                    student = waiting.get_nowait()
                    count[0] = 0
                    try:
                        attempt = sitting.start_attempt(actor=student, assignment_id=room_id).attempt
                        assert queries.render_paper(attempt, sign=str)["sections"]
                    except Exception as error:
                        failed.append(error)
                    found.append(count[0])
        connection.close()

    crew = [threading.Thread(target=work) for _ in range(threads)]
    changed = mock.patch.object(content.shelf, "get", get) if get else contextlib.nullcontext()
    with changed:
        for one in crew:
            one.start()
        ready.wait()
        begun = time.perf_counter()
        for one in crew:
            one.join()
        seconds = time.perf_counter() - begun
    if failed:
        raise failed[0]
    assert len(found) == len(students)
    return seconds, found


def _test_of(questions: int):
    """A draft with so many questions of four options, in groups with a passage; its author; how to change it."""
    from apps.authentication.operations.people import create_person
    from apps.mock_tests.models import MockTest, Question
    from apps.mock_tests.operations import authoring
    from apps.mock_tests.rules.types.base import Given, Option

    admin = create_person(email="admin@bench.test", password=None, role="CENTER_ADMIN")
    test = authoring.create_test(actor=admin, changes={"title": "Bench"})
    section = authoring.create_section(actor=admin, test_id=test.pk, changes={"name": "Part", "duration": 180})
    for number in range(questions // 10):
        passage = f"<p>Passage {number}. " + "<ruby>漢字<rt>かんじ</rt></ruby>を読みます。" * 20 + "</p>"
        said = {"title": f"Group {number}", "reading_text": passage}
        group = authoring.create_group(actor=admin, section_id=section.pk, changes=said)
        for place in range(10):
            options = tuple(Option("", f"Option {n} of {number}.{place}", Decimal(n == 0)) for n in range(4))
            text = f"<p>Question {number}.{place}: <u>どれ</u>ですか。</p>"
            asked = {"text": text, "topic": f"Topic {place}", "shuffle": True, "given": Given(options=options)}
            authoring.create_question(actor=admin, group_id=group.pk, changes=asked)
    assert Question.objects.count() == questions

    def rename(title: str) -> None:
        MockTest.objects.filter(pk=test.pk).update(title=title)

    return admin, test, rename


if __name__ == "__main__":
    main()

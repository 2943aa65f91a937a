"""The live board: in Redis while it can be, from PostgreSQL always."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections

from apps.attempts.models import Attempt
from apps.core import bus, tenancy, volatile
from apps.leaderboards import operations, queries, tasks
from apps.leaderboards.models import ExamResult, Rank, Ranking
from apps.leaderboards.queries import live
from tests.apps.attempts.samples import make_two_part_test
from tests.apps.leaderboards.samples import ALL_RIGHT, Facts, hand_in, later, put, scores
from tests.factories import make_room, publish

in_rollback = pytest.mark.django_db


@pytest.fixture
def room(cast):
    test = make_two_part_test(cast)
    publish(cast, test)
    return make_room(cast, cast.alice, cast.bob, cast.gus, test=test, attempts_allowed=3)


@pytest.fixture
def redis_is_gone(settings):
    """Nobody listens at Redis' address."""
    settings.SHIKEN_REDIS_URL = "redis://127.0.0.1:1/3"
    volatile._client.cache_clear()
    yield
    volatile._client.cache_clear()


@pytest.fixture
def commit(django_capture_on_commit_callbacks, deliver):
    """Delivers what is pending, with what happens after the commit."""

    def run():
        with django_capture_on_commit_callbacks(execute=True):
            deliver()

    return run


def shown(board):
    return [(row.name, str(row.score), row.rank, str(row.percentile)) for row in board.top]


def read(room_id, *students):
    """What Redis has."""
    return live.read(live.Keys.of(room_id), top=20, students=students)


def forget(room_id):
    volatile.client().delete(live.Keys.of(room_id).people)


@in_rollback
def test_shows_names_ranks_and_percentiles_and_own_rows():
    room = uuid.uuid4()
    rows = put(room, scores(3, "-1.5", 3, 7))
    board = queries.live_board(assignment_id=room, top=3, students=[rows[1].student_id, uuid.uuid4()])
    assert board.people == 4
    assert shown(board)[0] == ("Person 3", "7.000", 1, "100.0000000")
    assert [row.rank for row in board.top] == [1, 2, 2]
    assert {student: (row.rank, str(row.percentile)) for student, row in board.rows.items()} == {
        rows[1].student_id: (4, "25.0000000")
    }


@in_rollback
def test_redis_and_sql_give_the_same_board():
    room = uuid.uuid4()
    rows = put(room, [Facts(Decimal(n % 5) / 3, seconds=600 + n % 3, finished_at=later(n)) for n in range(40)])
    students = [row.student_id for row in rows]
    assert queries.build_live_board(assignment_id=room)
    cached = read(room, *students)
    stored = queries._stored_board(room, 20, students)
    assert cached is not None
    assert (cached.people, cached.top, cached.rows) == (stored.people, stored.top, stored.rows)


@in_rollback
def test_ranks_in_the_database_are_those_in_redis(cast):
    room = make_room(cast, cast.alice).pk
    rows = put(room, scores(*[n % 7 - 2 for n in range(30)]))
    board = queries.live_board(assignment_id=room, top=30, students=[row.student_id for row in rows])
    operations.sync_board(assignment_id=room)
    ranked = {rank.student_id: (rank.rank, rank.percentile) for rank in Rank.objects.all()}
    assert {student: (row.rank, row.percentile) for student, row in board.rows.items()} == ranked
    assert [row.student_id for row in board.top] == list(
        Rank.objects.order_by("position").values_list("student_id", flat=True)
    )


@in_rollback
def test_an_empty_board_is_whole():
    room = uuid.uuid4()
    assert queries.live_board(assignment_id=room).people == 0
    assert read(room) is not None


@in_rollback
def test_each_result_moves_one_student(cast, room, commit):
    queries.live_board(assignment_id=room.pk)
    hand_in(cast.alice, room, river="no")
    hand_in(cast.bob, room, river="yes")
    commit()
    before = read(room.pk)
    assert shown(before) == [("Bob North", "1.000", 1, "100.0000000"), ("Alice North", "-0.500", 2, "50.0000000")]
    hand_in(cast.alice, room, **ALL_RIGHT)
    commit()
    after = read(room.pk)
    assert shown(after) == [("Alice North", "5.000", 1, "100.0000000"), ("Bob North", "1.000", 2, "50.0000000")]
    assert after.version > before.version


@in_rollback
def test_news_that_come_late_do_not_undo_later_ones():
    room = uuid.uuid4()
    (row,) = put(room, scores(5))
    keys = live.Keys.of(room)
    queries.live_board(assignment_id=room)
    moment = row.recorded_at or later(0)
    new = live.Entry(row.student_id, "New", Decimal(9), row.tie_break, moment + timedelta(days=400))
    old = live.Entry(row.student_id, "Old", Decimal(2), row.tie_break, moment + timedelta(days=300))
    live.put(keys, new)
    live.put(keys, old)
    assert shown(read(room)) == [("New", "9.000", 1, "100.0000000")]


@in_rollback
def test_is_rebuilt_when_redis_was_emptied(cast, room, commit):
    hand_in(cast.alice, room, river="yes")
    commit()
    before = queries.live_board(assignment_id=room.pk)
    volatile.client().flushall()
    hand_in(cast.bob, room, **ALL_RIGHT)
    commit()
    assert read(room.pk) is None
    after = queries.live_board(assignment_id=room.pk)
    assert [row.name for row in after.top] == ["Bob North", "Alice North"]
    assert after.version > before.version
    assert read(room.pk) == after


@pytest.mark.parametrize("part", ["places", "people"])
@in_rollback
def test_is_rebuilt_when_a_part_of_it_is_lost(part):
    room = uuid.uuid4()
    put(room, scores(1, 2))
    queries.live_board(assignment_id=room)
    volatile.client().delete(getattr(live.Keys.of(room), part))
    assert read(room) is None
    assert queries.live_board(assignment_id=room).people == 2
    assert read(room).people == 2


@in_rollback
def test_a_result_that_comes_in_while_the_board_is_built_is_on_it():
    room = uuid.uuid4()
    put(room, scores(5))
    keys = live.Keys.of(room)
    read_entries, rounds = queries._entries, []

    def read_slowly(assignment_id):
        entries = read_entries(assignment_id)
        if not rounds:  # committed and told after the builder has looked
            (late,) = put(room, scores(8))
            late.refresh_from_db()
            live.put(keys, live.Entry(late.student_id, "Late", late.score, late.tie_break, late.recorded_at))
        rounds.append(entries)
        return entries

    queries._entries = read_slowly
    try:
        assert queries.build_live_board(assignment_id=room)
    finally:
        queries._entries = read_entries
    assert len(rounds) == 2
    assert read(room).people == 2


@in_rollback
def test_only_one_builds_and_others_answer_meanwhile():
    room = uuid.uuid4()
    put(room, scores(5))
    assert live.may_build(live.Keys.of(room))
    assert queries.build_live_board(assignment_id=room) is False
    assert queries.live_board(assignment_id=room).people == 1
    assert read(room) is None


@in_rollback
def test_without_redis_the_board_is_read_from_the_database(redis_is_gone, cast, room, commit):
    hand_in(cast.alice, room, river="yes")
    hand_in(cast.bob, room, **ALL_RIGHT)
    commit()
    board = queries.live_board(assignment_id=room.pk, students=[cast.alice.pk])
    assert [(row.name, row.rank) for row in board.top] == [("Bob North", 1), ("Alice North", 2)]
    assert board.rows[cast.alice.pk].rank == 2
    again = queries.live_board(assignment_id=room.pk)
    assert again.version > board.version
    assert operations.sync_boards() == 1


@in_rollback
def test_a_sync_repairs_what_redis_missed(cast, django_capture_on_commit_callbacks):
    room = make_room(cast, cast.alice).pk
    rows = put(room, scores(1, 2))
    queries.live_board(assignment_id=room)
    ExamResult.objects.filter(pk=rows[0].pk).update(score=9)  # committed, but Redis never heard of it
    assert [row.score for row in read(room).top] == [2, 1]
    with django_capture_on_commit_callbacks(execute=True):
        assert operations.sync_boards() == 1
    assert [row.score for row in read(room).top] == [9, 2]


@in_rollback
def test_boards_of_two_centers_are_apart(cast):
    room = uuid.uuid4()
    put(room, scores(1, 2))
    assert queries.live_board(assignment_id=room).people == 2
    with tenancy.enter(cast.south):
        assert queries.live_board(assignment_id=room).people == 0
        assert operations.sync_boards() == 0
    assert queries.live_board(assignment_id=room).people == 2


# -- the clock -----------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch):
    """Which centers got a task."""
    found: list[str] = []
    monkeypatch.setattr(
        tasks.sync_center_boards, "apply_async", lambda headers, **_: found.append(headers["_schema_name"])
    )
    return found


@in_rollback
def test_only_centers_with_new_results_get_a_task(cast, room, commit, sent):
    tasks.sync_leaderboard_to_db()
    assert sent == []
    hand_in(cast.alice, room, river="yes")
    commit()
    tasks.sync_leaderboard_to_db()
    assert sent == ["c_north"]


@in_rollback
def test_looks_further_back_when_redis_was_emptied(cast, room, commit, sent):
    from apps.core.models import Delivery

    hand_in(cast.alice, room, river="yes")
    commit()
    tasks.sync_leaderboard_to_db()
    long_ago = timedelta(seconds=2 * queries.ROUND_SECONDS + 60)
    for delivery in Delivery.objects.filter(event="attempt.graded"):
        Delivery.objects.filter(pk=delivery.pk).update(done_at=delivery.done_at - long_ago)
    sent.clear()
    tasks.sync_leaderboard_to_db()
    assert sent == []
    volatile.client().flushall()
    tasks.sync_leaderboard_to_db()
    assert sent == ["c_north"]


@in_rollback
def test_a_center_that_fails_stops_no_other(monkeypatch, sent):
    monkeypatch.setattr(bus, "schemas_reached", lambda *_, **__: ["c_gone", "c_north"])
    assert tasks.sync_leaderboard_to_db() == 1
    assert sent == ["c_north"]


@in_rollback
def test_a_board_that_fails_stops_no_other(monkeypatch, cast, room):
    rooms = [make_room(cast, cast.alice, test=room.mock_test, title=title).pk for title in ("one", "two")]
    for made in rooms:
        put(made, scores(1))
    compute, seen = operations.compute_ranking, []

    def fail_first(**which):
        seen.append(which["assignment_id"])
        if len(seen) == 1:
            raise ZeroDivisionError
        return compute(**which)

    monkeypatch.setattr(operations, "compute_ranking", fail_first)
    with pytest.raises(ZeroDivisionError):
        tasks.sync_center_boards()
    assert sorted(seen) == sorted(rooms)
    assert Ranking.objects.count() == 1
    assert tasks.sync_center_boards() == 1
    assert tasks.sync_center_boards() == 0


# -- at the same moment --------------------------------------------------------------------------------------------


def at_once(*works):
    """Run these in threads of their own, in north, all let go together."""
    tenant, failed = tenancy.current(), []
    gate = threading.Barrier(len(works))

    def run(work):
        try:
            with tenancy.enter(tenant):
                connection.ensure_connection()
                gate.wait(10)
                work()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed, failed


@pytest.mark.races
def test_two_workers_at_one_board_write_one_ranking(committed, cast):
    room = make_room(cast, cast.alice).pk
    put(room, scores(*range(300)))
    done: list[bool] = []
    for _ in range(3):
        ExamResult.objects.filter(score=5).update(recorded_at=queries.clock.now())
        before = Ranking.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        done.clear()
        at_once(*[lambda: done.append(operations.sync_board(assignment_id=room))] * 4)
        assert sorted(done) == [False, False, False, True]
        assert Ranking.objects.filter(pk__gt=before).count() == 1


@pytest.mark.races
def test_without_the_lock_two_workers_write_two_rankings(committed, cast, monkeypatch):
    """The control of the one above: its threads do meet."""
    room = make_room(cast, cast.alice).pk
    put(room, scores(*range(300)))
    monkeypatch.setattr(operations, "_lock", lambda *_: None)
    meet = threading.Barrier(2)
    is_outdated = queries.is_outdated

    def look_together(**which):
        found = is_outdated(**which)
        meet.wait(10)
        return found

    monkeypatch.setattr(queries, "is_outdated", look_together)
    at_once(*[lambda: operations.sync_board(assignment_id=room)] * 2)
    assert Ranking.objects.count() == 2


@pytest.mark.races
def test_attempts_of_one_student_recorded_at_once_leave_one_best(committed, cast, room):
    attempts = [hand_in(cast.alice, room, **answers) for answers in ({"river": "yes"}, ALL_RIGHT, {"river": "no"})]
    from apps.attempts.operations import grading

    for attempt in attempts:
        grading.grade_attempt(attempt_id=attempt.pk)
    at_once(*[lambda pk=attempt.pk: operations.record_result(attempt_id=pk) for attempt in attempts])
    assert ExamResult.objects.count() == 3
    assert ExamResult.objects.get(is_best=True).attempt_id == attempts[1].pk
    assert queries.live_board(assignment_id=room.pk).top[0].score == 5


@pytest.mark.races
def test_whatever_is_recorded_while_a_ranking_is_computed_is_in_it_or_later_than_it(committed, cast, room):
    people = [cast.alice, cast.bob]
    attempts = [hand_in(person, room, river="yes") for person in people]
    from apps.attempts.operations import grading

    for attempt in attempts:
        grading.grade_attempt(attempt_id=attempt.pk)
    for _ in range(5):
        works = [lambda pk=attempt.pk: operations.record_result(attempt_id=pk) for attempt in attempts]
        at_once(*works, lambda: operations.compute_ranking(assignment_id=room.pk, is_final=False))
        ranking = Ranking.objects.order_by("-pk").first()
        newer = ExamResult.objects.filter(recorded_at__gt=ranking.computed_at).count()
        assert ranking.people + newer == 2
        ExamResult.objects.all().delete()
        Attempt.objects.update(revision=1)

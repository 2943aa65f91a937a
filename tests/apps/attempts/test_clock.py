"""Time: extensions, closing rooms, alarms, and attempts that nobody hands in."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Sum

from apps.assignments import operations as rooms
from apps.assignments.errors import AssignmentNotFound
from apps.attempts import errors, tasks
from apps.attempts.events import AttemptTimeUp
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt, TimeGrant
from apps.attempts.operations import granting, sitting
from apps.authentication.models import User
from apps.core import bus, clock, realtime, tenancy
from apps.core.models import Delivery
from tests.apps.attempts import journal
from tests.factories import make_room, make_test, publish

pytestmark = pytest.mark.django_db

GRACE = timedelta(seconds=10)
HOUR = timedelta(hours=1)


@pytest.fixture
def room(cast):
    return make_room(cast, cast.alice, cast.bob)


@pytest.fixture
def attempt(cast, room):
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


@pytest.fixture
def overdue(cast, room):
    """Alice began an hour ago and never handed in."""
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=clock.now() - HOUR).attempt


@pytest.fixture
def news(monkeypatch):
    told = []
    monkeypatch.setattr(realtime, "push_many", lambda kind, items: told.extend((kind, *item) for item in items))
    return told


def alarms(attempt):
    pending = Delivery.objects.filter(event="attempt.time_up", payload__attempt_id=str(attempt.pk), done_at=None)
    return list(pending.order_by("due_at").values_list("due_at", flat=True))


def ledger_sum(attempt):
    return timedelta(seconds=TimeGrant.objects.filter(attempt=attempt).aggregate(sum=Sum("seconds"))["sum"])


def extend(cast, room, **changes):
    return granting.extend(
        **{"actor": cast.dora, "assignment_id": room.pk, "seconds": 600, "reason": "The bell rang.", **changes}
    )


# -- extra time ----------------------------------------------------------------------------------------------------


def test_extra_time_moves_the_deadline_with_author_and_reason_and_tells_the_student(cast, room, attempt, news):
    before = attempt.deadline_at
    extended = extend(cast, room, reason="  The bell rang. ")
    attempt.refresh_from_db()
    assert extended == [attempt]
    assert attempt.deadline_at == before + timedelta(minutes=10) == attempt.started_at + ledger_sum(attempt)
    grant = TimeGrant.objects.get(kind="EXTENSION")
    assert (grant.seconds, grant.reason, grant.granted_by) == (600.0, "The bell rang.", cast.dora)
    [(kind, where, what)] = news
    assert (kind, where) == ("timer", f"c.{cast.north.id.hex}.attempt.{attempt.pk.hex}")
    assert (what["attempt"], what["deadline_at"]) == (attempt.pk, attempt.deadline_at)


def test_extra_time_is_for_all_who_sit_or_for_some(cast, room, attempt):
    bobs = sitting.start_attempt(actor=cast.bob, assignment_id=room.pk).attempt
    assert {a.pk for a in extend(cast, room)} == {attempt.pk, bobs.pk}
    assert [a.pk for a in extend(cast, room, student_ids=[cast.bob.pk])] == [bobs.pk]
    assert TimeGrant.objects.filter(kind="EXTENSION", attempt=attempt).count() == 1


@pytest.mark.parametrize(("seconds", "reason"), [(0, "x"), (-1, "x"), (86401, "x"), (60, " "), (60, "x" * 201)])
def test_refuses_extra_time_out_of_bounds_or_without_a_reason(cast, room, attempt, seconds, reason):
    with pytest.raises(errors.BadExtension):
        extend(cast, room, seconds=seconds, reason=reason)
    assert not TimeGrant.objects.filter(kind="EXTENSION").exists()


@pytest.mark.parametrize("seconds", [1, 86400])
def test_allows_extra_time_at_its_bounds(cast, room, attempt, seconds):
    assert extend(cast, room, seconds=seconds) == [attempt]


def test_gives_nobody_time_if_somebody_named_does_not_sit(cast, room, attempt):
    for absent in (cast.bob.pk, uuid.uuid4()):
        with pytest.raises(errors.NotSitting) as refusal:
            extend(cast, room, student_ids=[cast.alice.pk, absent])
        assert refusal.value.details == {"students": [str(absent)]}
    assert not TimeGrant.objects.filter(kind="EXTENSION").exists()


def test_gives_no_time_to_attempts_that_are_closed_or_overdue(cast, room, attempt):
    assert extend(cast, room, at=attempt.deadline_at + GRACE) == [attempt]
    attempt.refresh_from_db()
    assert extend(cast, room, at=attempt.deadline_at + GRACE + timedelta(milliseconds=1)) == []
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    assert extend(cast, room) == []


def test_a_teacher_of_others_gives_no_time(cast, room, attempt):
    for stranger in (cast.other_teacher, cast.alice):
        with pytest.raises(AssignmentNotFound):
            extend(cast, room, actor=stranger)


# -- closing rooms -------------------------------------------------------------------------------------------------


def test_closing_a_room_by_hand_ends_the_time_of_all_who_sit(cast, room, attempt, deliver, news):
    extend(cast, room)
    closed_at = clock.now()
    rooms.close_room(assignment_id=room.pk, at=closed_at)
    deliver()
    attempt.refresh_from_db()
    assert attempt.is_running
    assert attempt.deadline_at == closed_at == attempt.started_at + ledger_sum(attempt)
    assert TimeGrant.objects.filter(kind="WINDOW", seconds__lt=0).count() == 1
    assert closed_at + GRACE in alarms(attempt)
    assert [kind for kind, *_ in news] == ["timer", "timer"]
    late = sitting.visit_attempt(actor=cast.alice, attempt_id=attempt.pk, at=closed_at + GRACE + timedelta(seconds=1))
    assert (late.status, late.finished_at) == ("EXPIRED", closed_at)


def test_a_window_that_ends_leaves_extra_time_as_it_is(cast, deliver):
    at = clock.now() - HOUR
    room = make_room(cast, cast.alice, cast.bob, closes_at=at + timedelta(minutes=20), at=at)
    alices = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=at).attempt
    bobs = sitting.start_attempt(actor=cast.bob, assignment_id=room.pk, at=at).attempt
    extend(cast, room, student_ids=[cast.alice.pk], seconds=7200, at=at)
    deliver()
    assert type(room).objects.get(pk=room.pk).status == "CLOSED"
    alices.refresh_from_db()
    bobs.refresh_from_db()
    assert (alices.status, alices.deadline_at) == ("IN_PROGRESS", at + timedelta(minutes=140))
    assert (bobs.was_expired, bobs.finished_at) == (True, at + timedelta(minutes=20))


def test_closing_twice_moves_nothing_more(cast, room, attempt, deliver):
    rooms.close_room(assignment_id=room.pk)
    deliver()
    assert granting.close_attempts_of(assignment_id=room.pk) == 0
    assert TimeGrant.objects.filter(kind="WINDOW").count() == 1


def test_an_open_room_ends_nobodys_time(cast, room, attempt):
    assert granting.close_attempts_of(assignment_id=room.pk) == 0
    attempt.refresh_from_db()
    assert attempt.deadline_at - attempt.started_at == timedelta(minutes=30)


# -- alarms --------------------------------------------------------------------------------------------------------


def test_the_alarm_closes_an_absent_students_attempt_with_what_was_saved(overdue, deliver):
    journal.write(overdue, "sum", "42")
    deliver()
    overdue.refresh_from_db()
    assert (overdue.status, overdue.was_expired, overdue.finished_at) == ("GRADED", True, overdue.deadline_at)
    assert overdue.score == 2
    assert AnswerSheet.objects.get().entry_count == 1


def test_an_alarm_that_rings_before_a_moved_deadline_is_set_anew(cast, room, overdue, deliver):
    extend(cast, room, seconds=7200, at=overdue.started_at)
    deliver()
    overdue.refresh_from_db()
    assert overdue.is_running
    assert alarms(overdue) == [overdue.deadline_at + GRACE]


def test_an_alarm_rings_for_a_moment_after_the_grace_not_at_its_end(attempt):
    last = attempt.deadline_at + GRACE
    sitting.ring_time_up(attempt_id=attempt.pk, at=last)
    attempt.refresh_from_db()
    assert attempt.is_running
    sitting.ring_time_up(attempt_id=attempt.pk, at=last + timedelta(microseconds=1))
    attempt.refresh_from_db()
    assert attempt.status == "EXPIRED"


def test_an_alarm_of_a_closed_attempt_finds_nothing_to_do(cast, attempt):
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    sitting.ring_time_up(attempt_id=attempt.pk, at=attempt.deadline_at + HOUR)
    attempt.refresh_from_db()
    assert attempt.status == "SUBMITTED"
    assert Delivery.objects.filter(event="attempt.submitted").count() == 1


def test_the_first_alarm_closes_the_others_too(cast, room, overdue):
    bobs = sitting.start_attempt(actor=cast.bob, assignment_id=room.pk, at=clock.now() - HOUR).attempt
    sitting.ring_time_up(attempt_id=overdue.pk)
    bobs.refresh_from_db()
    assert bobs.status == "EXPIRED"


# -- many at once --------------------------------------------------------------------------------------------------


def test_closes_what_is_overdue_and_nothing_else(cast, room, overdue, count_queries):
    fresh = sitting.start_attempt(actor=cast.bob, assignment_id=room.pk).attempt
    journal.write(overdue, "sum", "42")
    at = overdue.deadline_at + GRACE
    assert sitting.close_expired(at=at) == 0
    assert sitting.close_expired(at=at + timedelta(microseconds=1)) == 1
    assert sitting.close_expired() == 0
    overdue.refresh_from_db()
    fresh.refresh_from_db()
    assert (overdue.status, fresh.status) == ("EXPIRED", "IN_PROGRESS")
    assert list(AnswerSheet.objects.get().answers.values()) == ["42"]


def test_closes_many_with_as_few_queries_as_one(cast, count_queries):
    test = make_test(cast)
    publish(cast, test)
    for _ in range(12):
        other = make_room(cast, cast.alice, test=test)
        sitting.start_attempt(actor=cast.alice, assignment_id=other.pk, at=clock.now() - HOUR)
    with count_queries() as few:
        assert sitting.close_expired(most=2) == 2
    with count_queries() as many:
        assert sitting.close_expired() == 10
    assert len(few) == len(many)


def test_the_beat_job_sends_one_task_to_each_center_that_has_something_due(cast, overdue, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks.close_expired_attempts, "apply_async", lambda **options: sent.append(options))
    with tenancy.enter(cast.south):
        pass  # nothing is due there
    assert tasks.auto_submit_expired_attempts() == 1
    assert sent == [{"headers": {"_schema_name": "c_north"}, "queue": "deadline"}]
    assert tasks.close_expired_attempts() == 1
    assert tasks.close_expired_attempts() == 0


def test_the_task_works_in_the_center_it_was_sent_for(cast, overdue):
    for center, closed in (("c_south", 0), ("c_north", 1)):
        with tenancy.enter(tenancy.PUBLIC):
            done = tasks.close_expired_attempts.apply(headers={"_schema_name": center})
        assert (done.state, done.result) == ("SUCCESS", closed)


def test_one_failing_center_stops_no_other(cast, overdue, monkeypatch):
    sent = []

    def send(headers, **_):
        sent.append(headers["_schema_name"])
        if headers["_schema_name"] == "c_north":
            raise OSError("no broker")

    monkeypatch.setattr(tasks.close_expired_attempts, "apply_async", send)
    with tenancy.enter(cast.south), connection.cursor():
        Delivery.objects.create(
            schema_name="c_south",
            event="attempt.time_up",
            payload={},
            subscriber="x",
            queue="deadline",
            due_at=clock.now(),
        )
        Delivery.objects.create(
            schema_name="c_gone",
            event="attempt.time_up",
            payload={},
            subscriber="x",
            queue="deadline",
            due_at=clock.now(),
        )
    assert tasks.auto_submit_expired_attempts() == 1
    assert sent == ["c_north", "c_south"]


def test_asks_one_query_which_centers_have_something_due(overdue, attempt_elsewhere, count_queries):
    with count_queries() as one:
        assert bus.schemas_due(AttemptTimeUp) == ["c_north"]
    assert len(one) == 1


@pytest.fixture
def attempt_elsewhere(cast):
    """In south, where time is not up yet."""
    with tenancy.enter(cast.south):
        Delivery.objects.create(
            schema_name="c_south",
            event="attempt.time_up",
            payload={},
            subscriber="x",
            queue="deadline",
            due_at=clock.now() + HOUR,
        )


def test_a_thousand_that_end_at_once_are_closed_well_within_thirty_seconds(cast, room):
    """All deadlines of a room fall on one moment when its window ends."""
    make_crowd(room, people=1000, answers=40)
    began = time.monotonic()
    assert tasks.close_expired_attempts() == 1000
    taken = time.monotonic() - began
    assert taken < 15
    assert AnswerSheet.objects.filter(entry_count=40).count() == 1000


def make_crowd(room, people, answers):
    """As many overdue attempts with as many answers each, without the way there."""
    students = User.objects.bulk_create(User(email=f"s{place}@crowd.test", role="STUDENT") for place in range(people))
    began = clock.now() - HOUR
    attempts = Attempt.objects.bulk_create(
        Attempt(
            assignment=room,
            paper=room.paper,
            student=student,
            seed=1,
            started_at=began,
            deadline_at=began + timedelta(minutes=30),
            grace_seconds=10,
            max_score=5,
        )
        for student in students
    )
    question = journal.question_id(attempts[0], "sum")
    AnswerEntry.objects.bulk_create(
        AnswerEntry(attempt=attempt, epoch=1, seq=seq, question_id=question, response=str(seq), received_at=began)
        for attempt in attempts
        for seq in range(1, answers + 1)
    )

"""The time of somebody with an accommodation: told before, given at the start, or added by a named act."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db.models import Sum

from apps.assignments.operations import accommodations
from apps.assignments.operations import homework as giving
from apps.attempts import errors
from apps.attempts.models import Attempt, TimeGrant
from apps.attempts.operations import accommodating, granting, homework, sitting
from apps.attempts.queries import own_time
from apps.audit.models import Entry
from apps.core import clock
from tests.apps.attempts.recordings import make_listening_test
from tests.client import Api
from tests.factories import make_room
from tests.homework import make_homework

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def approve(cast, **factors):
    asked = accommodations.propose(
        actor=cast.dora,
        student_id=cast.alice.pk,
        factors={name.replace("ALL", "*"): Decimal(factor) for name, factor in factors.items()},
        reason="A doctor's letter.",
    )
    return accommodations.approve(actor=cast.dora, accommodation_id=asked.pk)


def accommodate(cast, attempt, **how):
    return accommodating.accommodate(actor=cast.dora, attempt_id=attempt.pk, reason="Approved just now.", **how)


def time_of(cast, room, at=None):
    return own_time.own_time(actor=cast.alice, room=room, at=at or clock.now())


@pytest.mark.parametrize("factor", ["1", "1.25", "1.333", "2", "4"])
def test_what_is_told_before_is_what_is_given(cast, factor):
    approve(cast, ALL=factor)
    room = make_room(cast, cast.alice)
    at = clock.now()
    told = time_of(cast, room, at)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=at).attempt
    assert (attempt.deadline_at - at).total_seconds() == told.total == told.from_now
    assert told.extra == float((Decimal(factor) - 1) * 1800)


def test_what_is_told_before_is_of_the_day_on_which_the_room_opens(cast):
    opens_at = clock.now() + timedelta(days=3)
    tomorrow = clock.now().date() + timedelta(days=1)
    asked = accommodations.propose(
        actor=cast.dora, student_id=cast.alice.pk, factors={"*": Decimal(2)}, reason="-", valid_from=tomorrow
    )
    accommodations.approve(actor=cast.dora, accommodation_id=asked.pk)
    now, later = make_room(cast, cast.alice), make_room(cast, cast.alice, opens_at=opens_at, open_now=False)
    assert [time_of(cast, room).extra for room in (now, later)] == [0, 1800]
    at = opens_at + timedelta(minutes=1)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=later.pk, at=at).attempt
    assert (attempt.deadline_at - at).total_seconds() == time_of(cast, later).total


def test_each_timed_section_is_told(cast):
    approve(cast, GENERAL="1.5")
    test, _ = make_listening_test(cast)
    room = make_room(cast, cast.alice, test=test, is_sectioned=True, breaks=[{"after": 1, "seconds": 60}])
    told = time_of(cast, room)
    assert [(step.kind, step.seconds) for step in told.sections] == [("SECTION", 900), ("BREAK", 60), ("SECTION", 900)]
    assert (told.total, told.extra) == (1860, 600)


def test_the_window_takes_no_time_that_is_personal(cast):
    approve(cast, ALL="2")
    at = clock.now()
    room = make_room(cast, cast.alice, closes_at=at + timedelta(minutes=10))
    told = time_of(cast, room, at)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=at).attempt
    assert (told.total, told.from_now) == (3600, 2400)
    assert (attempt.deadline_at - at).total_seconds() == told.from_now


def test_a_student_reads_it_before_the_start_and_nobody_else_does(cast):
    approve(cast, ALL="1.25")
    room = make_room(cast, cast.alice, cast.bob)
    path = f"exam-assignments/{room.pk}/"
    assert Api(cast.alice).get(path).json()["my_seconds"]["total"] == 2250
    assert Api(cast.bob).get(path).json()["my_seconds"]["total"] == 1800
    assert "my_seconds" not in Api(cast.dora).get(path).json()


def test_a_change_does_not_touch_what_runs_until_somebody_says_so(cast):
    room = make_room(cast, cast.alice)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    approve(cast, ALL="1.5")
    assert Attempt.objects.get(pk=attempt.pk).deadline_at == attempt.deadline_at
    given = accommodate(cast, attempt)
    assert given.deadline_at - attempt.deadline_at == 900 * SECOND
    entry = TimeGrant.objects.get(attempt=attempt, kind="ACCOMMODATION")
    assert (entry.seconds, entry.reason, entry.granted_by) == (900, "Approved just now.", cast.dora)
    assert accommodate(cast, attempt).deadline_at == given.deadline_at
    total = TimeGrant.objects.filter(attempt=attempt).aggregate(sum=Sum("seconds"))["sum"]
    assert attempt.started_at + total * SECOND == given.deadline_at


def test_sections_that_are_over_get_nothing(cast):
    test, _ = make_listening_test(cast)
    room = make_room(cast, cast.alice, test=test, is_sectioned=True)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0)
    approve(cast, ALL="1.5")
    accommodate(cast, attempt)
    entries = TimeGrant.objects.filter(attempt=attempt, kind="ACCOMMODATION")
    assert list(entries.values_list("step", "seconds")) == [(1, 300)]


def test_nothing_is_taken_away(cast):
    approved = approve(cast, ALL="1.5")
    room = make_room(cast, cast.alice)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    accommodations.withdraw(actor=cast.dora, accommodation_id=approved.pk, reason="A mistake.")
    assert accommodate(cast, attempt).deadline_at == attempt.deadline_at


def test_refuses_closed_attempts_and_rooms_of_others(cast):
    room = make_room(cast, cast.alice)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    with pytest.raises(errors.AttemptNotFound):
        accommodating.accommodate(actor=cast.other_teacher, attempt_id=attempt.pk, reason="Mine.")
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    with pytest.raises(errors.AttemptClosed):
        accommodate(cast, attempt)


# -- homework and practice -----------------------------------------------------------------------------------------


def begin(cast, work, **how):
    item = work.items.get()
    return homework.start_item(actor=cast.alice, homework_id=work.pk, item_id=item.pk, **how).attempt


@pytest.mark.parametrize("practice", [False, True])
def test_an_attempt_at_homework_is_given_an_accommodation_beyond_the_deadline(cast, practice):
    deadline = clock.now() + timedelta(minutes=10)
    work = make_homework(cast, cast.alice, quiz_ids=[], practice="ALWAYS", deadline=deadline)
    attempt = begin(cast, work, practice=practice)
    approve(cast, ALL="1.5")
    given = accommodating.accommodate(actor=cast.carol, attempt_id=attempt.pk, reason="Approved just now.")
    assert given.deadline_at - attempt.deadline_at == 900 * SECOND
    assert given.deadline_at > deadline
    assert Attempt.objects.get(pk=attempt.pk).deadline_at == given.deadline_at
    with pytest.raises(errors.AttemptNotFound):
        accommodating.accommodate(actor=cast.other_teacher, attempt_id=attempt.pk, reason="Mine.")


def test_a_deadline_that_moves_leaves_what_was_given_to_one(cast):
    work = make_homework(cast, cast.alice, quiz_ids=[], deadline=clock.now() + timedelta(minutes=10))
    attempt = begin(cast, work)
    accommodating.extend_attempt(actor=cast.carol, attempt_id=attempt.pk, seconds=120, reason="A power cut.")
    moved = work.deadline + timedelta(minutes=5)
    giving.update_homework(actor=cast.carol, homework_id=work.pk, deadline=moved)
    granting.move_windows(assignment_id=attempt.assignment_id)
    attempt.refresh_from_db()
    assert attempt.deadline_at == moved + timedelta(minutes=2)
    total = TimeGrant.objects.filter(attempt=attempt).aggregate(sum=Sum("seconds"))["sum"]
    assert attempt.started_at + total * SECOND == attempt.deadline_at


@pytest.mark.parametrize("kind", ["exam", "homework", "practice"])
def test_one_attempt_is_given_time(cast, kind):
    if kind == "exam":
        attempt = sitting.start_attempt(actor=cast.alice, assignment_id=make_room(cast, cast.alice).pk).attempt
    else:
        work = make_homework(cast, cast.alice, quiz_ids=[], practice="ALWAYS")
        attempt = begin(cast, work, practice=kind == "practice")
    extended = accommodating.extend_attempt(
        actor=cast.dora, attempt_id=attempt.pk, seconds=90, reason=" A fire alarm. "
    )
    assert extended.deadline_at - attempt.deadline_at == 90 * SECOND
    assert Attempt.objects.get(pk=attempt.pk).deadline_at == extended.deadline_at
    entry = TimeGrant.objects.get(attempt=attempt, kind="EXTENSION")
    assert (entry.seconds, entry.reason, entry.granted_by) == (90, "A fire alarm.", cast.dora)
    trace = Entry.objects.get(action="attempt.extended")
    assert (trace.subject_id, trace.reason) == (str(attempt.pk), "A fire alarm.")


def test_more_time_has_its_limits(cast):
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=make_room(cast, cast.alice).pk).attempt
    extend = partial(accommodating.extend_attempt, actor=cast.dora, attempt_id=attempt.pk, reason="More.")
    for seconds in (0, -1, 86_401):
        with pytest.raises(errors.BadExtension):
            extend(seconds=seconds)
    for _ in range(7):
        extend(seconds=86_400)
    with pytest.raises(errors.TooMuchTime):
        extend(seconds=1)
    with pytest.raises(errors.AttemptNotFound):
        extend(actor=cast.other_teacher, seconds=60)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    with pytest.raises(errors.AttemptClosed):
        extend(seconds=60)

"""Starting, resuming, handing in, and moving to another window."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.assignments import operations as rooms
from apps.assignments.errors import AssignmentNotFound, RoomNotOpen, WrongAccessCode
from apps.attempts import errors, queries
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt, TimeGrant
from apps.attempts.operations import granting, sitting
from apps.attempts.rules import receipts
from apps.centers.errors import CenterSuspended
from apps.centers.operations import centers
from apps.core import clock, realtime, tenancy
from apps.core.models import Delivery
from tests.apps.attempts import journal
from tests.factories import make_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(cast):
    return make_room(cast, cast.alice, cast.bob)


@pytest.fixture
def attempt(cast, room):
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt


@pytest.fixture
def news(monkeypatch):
    """What was told to which room."""
    told = []
    monkeypatch.setattr(realtime, "push_many", lambda kind, items: told.extend((kind, *item) for item in items))
    return told


def alarms(attempt):
    return Delivery.objects.filter(event="attempt.time_up", payload__attempt_id=str(attempt.pk), done_at=None)


# -- starting ------------------------------------------------------------------------------------------------------


def test_starts_with_the_time_of_the_paper_an_alarm_and_a_ledger(cast, room):
    at = clock.now()
    started = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=at)
    attempt = Attempt.objects.get()
    assert started.is_new
    assert started.attempt == attempt
    assert (attempt.status, attempt.number, attempt.epoch, attempt.max_score) == ("IN_PROGRESS", 1, 1, 5)
    assert (attempt.started_at, attempt.deadline_at) == (at, at + timedelta(minutes=30))
    assert list(TimeGrant.objects.values_list("kind", "seconds")) == [("BASE", 1800.0)]
    assert [alarm.due_at for alarm in alarms(attempt)] == [attempt.deadline_at + timedelta(seconds=10)]


def test_takes_the_time_of_the_room_if_it_has_one(cast):
    room = make_room(cast, cast.alice, seconds=90)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    assert attempt.deadline_at - attempt.started_at == timedelta(seconds=90)


def test_a_window_that_ends_cuts_the_time_and_the_ledger_says_so(cast):
    at = clock.now()
    room = make_room(cast, cast.alice, closes_at=at + timedelta(minutes=10))
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=at).attempt
    assert attempt.deadline_at == at + timedelta(minutes=10)
    assert list(TimeGrant.objects.values_list("kind", "seconds")) == [("BASE", 1800.0), ("WINDOW", -1200.0)]


def test_starting_again_resumes(cast, room, attempt):
    again = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)
    assert (again.attempt, again.is_new) == (attempt, False)
    assert Attempt.objects.count() == 1
    assert alarms(attempt).count() == 1


def test_resumes_in_the_grace_of_a_closed_room_without_its_code(cast):
    room = make_room(cast, cast.alice, access_code="sakura")
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, access_code="sakura").attempt
    rooms.close_room(assignment_id=room.pk)
    assert sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt == attempt


def test_refuses_a_room_that_is_unknown_or_for_others_alike(cast, room):
    with pytest.raises(AssignmentNotFound):
        sitting.start_attempt(actor=cast.gus, assignment_id=room.pk)
    with pytest.raises(AssignmentNotFound):
        sitting.start_attempt(actor=cast.alice, assignment_id=uuid.uuid4())


def test_hides_a_closed_room_from_those_it_is_not_for(cast, room):
    rooms.close_room(assignment_id=room.pk)
    with pytest.raises(AssignmentNotFound):
        sitting.start_attempt(actor=cast.gus, assignment_id=room.pk, access_code="guess")


def test_refuses_a_room_before_it_opens_and_after_it_closed(cast):
    room = make_room(cast, cast.alice, open_now=False)
    with pytest.raises(RoomNotOpen):
        sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)
    rooms.open_room(assignment_id=room.pk)
    rooms.close_room(assignment_id=room.pk)
    with pytest.raises(RoomNotOpen):
        sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)


def test_goes_by_the_clock_although_no_alarm_has_moved_the_room(cast):
    at = clock.now()
    room = make_room(
        cast, cast.alice, open_now=False, opens_at=at + timedelta(hours=1), closes_at=at + timedelta(hours=2)
    )
    start = {"actor": cast.alice, "assignment_id": room.pk}
    with pytest.raises(RoomNotOpen):
        sitting.start_attempt(**start, at=at + timedelta(minutes=59))
    with pytest.raises(RoomNotOpen):
        sitting.start_attempt(**start, at=at + timedelta(hours=2))
    assert sitting.start_attempt(**start, at=at + timedelta(hours=1)).is_new


def test_refuses_another_access_code(cast):
    room = make_room(cast, cast.alice, access_code="sakura")
    for wrong in ("", "Sakura", "さくら"):
        with pytest.raises(WrongAccessCode):
            sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, access_code=wrong)
    assert sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, access_code=" sakura ").is_new


def test_a_code_that_nobody_asks_for_does_no_harm(cast, room):
    assert sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, access_code="anything").is_new


def test_allows_as_many_attempts_as_the_room_does(cast):
    room = make_room(cast, cast.alice, attempts_allowed=2)
    for number in (1, 2):
        started = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)
        assert (started.is_new, started.attempt.number) == (True, number)
        sitting.submit_attempt(attempt_id=started.attempt.pk, actor=cast.alice)
    with pytest.raises(errors.NoAttemptsLeft):
        sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)


def test_closes_an_overdue_attempt_on_the_way_even_if_no_other_may_follow(cast, room):
    old = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=clock.now() - timedelta(hours=1)).attempt
    with pytest.raises(errors.NoAttemptsLeft):
        sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)
    old.refresh_from_db()
    assert (old.status, old.finished_at) == ("EXPIRED", old.deadline_at)


def test_starts_a_fresh_attempt_after_an_overdue_one_if_more_are_allowed(cast):
    room = make_room(cast, cast.alice, attempts_allowed=2)
    sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=clock.now() - timedelta(hours=1))
    started = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk)
    assert (started.is_new, started.attempt.number) == (True, 2)


def test_refuses_a_start_in_a_suspended_center_but_lets_a_running_attempt_go_on(cast, room, attempt):
    bob = cast.bob
    centers.suspend_center(center_id=cast.north.id)
    with tenancy.enter(tenancy.get_by_slug("north")):
        with pytest.raises(CenterSuspended):
            sitting.start_attempt(actor=bob, assignment_id=room.pk)
        assert sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt == attempt


def test_a_start_does_not_wait_until_a_process_forgets_that_the_center_was_suspended(cast, room):
    suspended = replace(cast.north, status="SUSPENDED")
    with tenancy.enter(suspended):
        assert sitting.start_attempt(actor=cast.bob, assignment_id=room.pk).is_new


def test_a_start_and_a_resume_need_few_queries(cast, room, count_queries):
    actor = cast.alice
    with count_queries() as start:
        sitting.start_attempt(actor=actor, assignment_id=room.pk)
    with count_queries() as resume:
        sitting.start_attempt(actor=actor, assignment_id=room.pk)
    # Clock, own attempts, room, two for the audience, paper, accommodation, attempt, ledger, alarm, place, the plan's
    # limit; a savepoint around; and, once in a process, the paper's sections and what the database can bear.
    assert len(start) <= 16
    assert len(resume) == 3


# -- handing in ----------------------------------------------------------------------------------------------------


def test_freezes_what_was_answered_last(cast, attempt):
    journal.write(attempt, "river", "no", seq=1)
    journal.write(attempt, "verbs", ["eat"], seq=2)
    journal.write(attempt, "sum", "41", seq=4)
    journal.write(attempt, "river", "yes", seq=5)
    journal.write(attempt, "verbs", None, seq=6)
    journal.write(attempt, "sum", "42", seq=3)  # arrived late, but is older
    handed_in = sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    sheet = AnswerSheet.objects.get()
    assert sheet.answers == {
        str(journal.question_id(attempt, "river")): journal.option_id(attempt, "river", "yes"),
        str(journal.question_id(attempt, "sum")): "41",
    }
    assert sheet.entry_count == handed_in.entry_count == 6
    assert handed_in.attempt.status == "SUBMITTED"


def test_a_later_epoch_wins_whatever_its_numbers(cast, attempt):
    journal.write(attempt, "sum", "1", epoch=1, seq=900)
    journal.write(attempt, "sum", "2", epoch=2, seq=1)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    assert list(AnswerSheet.objects.get().answers.values()) == ["2"]


def test_an_empty_sheet_can_be_handed_in(cast, attempt):
    handed_in = sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    assert AnswerSheet.objects.get().answers == {}
    assert handed_in.receipt == receipts.receipt(attempt_id=attempt.pk, entries=[])


@pytest.mark.parametrize(
    "response",
    [
        "plain",
        "日本語 ✓ 😀",
        'quotes " and \\ backslash',
        "line\nfeed\ttab\x7f\x01",
        ["a", "b"],
        [],
        None,
        "\u2028",
        "1e3",
    ],
)
def test_the_database_gives_the_receipt_that_the_rule_gives(cast, attempt, response):
    entries = [journal.write(attempt, "sum", response, seq=seq, epoch=epoch) for epoch in (2, 1) for seq in (10, 9)]
    handed_in = sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    lines = [receipts.Entry(entry.epoch, entry.seq, entry.question_id, entry.response) for entry in entries]
    assert handed_in.receipt == receipts.receipt(attempt_id=attempt.pk, entries=lines)
    assert queries.journal_of(handed_in.attempt).is_intact


def test_handing_in_again_gives_the_same_receipt_and_announces_nothing_more(cast, attempt, news):
    journal.write(attempt, "sum", "42")
    first = sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    again = sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    assert (again.receipt, again.attempt.finished_at) == (first.receipt, first.attempt.finished_at)
    assert Delivery.objects.filter(event="attempt.submitted").count() == 1
    assert [kind for kind, *_ in news] == ["closed"]


@pytest.mark.parametrize(
    ("late_by", "status", "finished_late_by"),
    [
        (timedelta(milliseconds=-1), "SUBMITTED", timedelta(milliseconds=-1)),
        (timedelta(), "SUBMITTED", timedelta()),
        (timedelta(seconds=10), "SUBMITTED", timedelta()),
        (timedelta(seconds=10, milliseconds=1), "EXPIRED", timedelta()),
    ],
)
def test_counts_up_to_the_end_of_the_grace_and_never_ends_after_the_deadline(
    cast, attempt, late_by, status, finished_late_by
):
    end = attempt.deadline_at
    closed = sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice, at=end + late_by).attempt
    assert (closed.status, closed.was_expired) == (status, status == "EXPIRED")
    assert closed.finished_at == end + finished_late_by


def test_refuses_to_hand_in_for_somebody_else(cast, attempt):
    for stranger in (cast.bob, cast.other_teacher):
        with pytest.raises(errors.AttemptNotFound):
            sitting.submit_attempt(attempt_id=attempt.pk, actor=stranger)
    attempt.refresh_from_db()
    assert attempt.is_running


def test_refuses_to_hand_in_from_a_window_that_was_taken_over(cast, attempt):
    sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    with pytest.raises(errors.TakenOver):
        sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice, epoch=1)
    assert sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice, epoch=2).attempt.status == "SUBMITTED"


# -- evidence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"response": "43"}, {"received_at": "2020-01-01T00:00Z"}])
def test_a_line_of_the_journal_cannot_be_changed(attempt, change):
    journal.write(attempt, "sum", "42")
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        AnswerEntry.objects.filter(attempt=attempt).update(**change)


def test_a_line_of_the_journal_cannot_be_deleted(attempt):
    journal.write(attempt, "sum", "42")
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        AnswerEntry.objects.all().delete()


def test_a_frozen_sheet_cannot_be_changed_or_deleted(cast, attempt):
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        AnswerSheet.objects.update(answers={"x": "y"})
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        AnswerSheet.objects.all().delete()


# -- another window ------------------------------------------------------------------------------------------------


def test_a_takeover_raises_the_epoch_and_tells_the_old_window(cast, attempt, news):
    monkey_room = f"c.{cast.north.id.hex}.attempt.{attempt.pk.hex}"
    assert sitting.take_over(actor=cast.alice, attempt_id=attempt.pk) == 2
    assert sitting.take_over(actor=cast.alice, attempt_id=attempt.pk) == 3
    assert news == [
        ("taken_over", monkey_room, {"attempt": attempt.pk, "epoch": 2}),
        ("taken_over", monkey_room, {"attempt": attempt.pk, "epoch": 3}),
    ]


def test_refuses_to_take_over_what_is_closed_or_not_ones_own(cast, attempt):
    for other in (cast.bob, cast.dora):
        with pytest.raises(errors.AttemptNotFound):
            sitting.take_over(actor=other, attempt_id=attempt.pk)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    with pytest.raises(errors.AttemptClosed):
        sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)


def test_refuses_to_take_over_what_is_overdue_and_closes_it(cast, attempt):
    late = attempt.deadline_at + timedelta(seconds=11)
    with pytest.raises(errors.AttemptClosed):
        sitting.take_over(actor=cast.alice, attempt_id=attempt.pk, at=late)
    attempt.refresh_from_db()
    assert attempt.status == "EXPIRED"


# -- reading -------------------------------------------------------------------------------------------------------


def test_looking_at_an_overdue_attempt_closes_it_first(cast, attempt):
    end = attempt.deadline_at + timedelta(seconds=10)
    assert sitting.visit_attempt(actor=cast.alice, attempt_id=attempt.pk, at=end).is_running
    seen = sitting.visit_attempt(actor=cast.alice, attempt_id=attempt.pk, at=end + timedelta(milliseconds=1))
    assert (seen.status, seen.was_expired) == ("EXPIRED", True)


def test_shows_attempts_to_whom_they_concern(cast, attempt):
    for person in (cast.alice, cast.dora):
        assert list(queries.attempts_for(person)) == [attempt]
    for person in (cast.bob, cast.gus, cast.other_teacher):
        assert not queries.attempts_for(person).exists()


def test_tells_the_present_answers_and_the_last_number_of_each_epoch(cast, attempt):
    journal.write(attempt, "sum", "1", seq=3)
    journal.write(attempt, "river", "yes", seq=4)
    journal.write(attempt, "sum", None, epoch=2, seq=2)
    state = queries.answer_state(attempt)
    assert list(state.answers) == [str(journal.question_id(attempt, "river"))]
    assert state.latest == {
        str(journal.question_id(attempt, "river")): {"epoch": 1, "seq": 4},
        str(journal.question_id(attempt, "sum")): {"epoch": 2, "seq": 2},
    }
    assert state.last_seqs == {1: 4, 2: 2}


def test_who_touches_an_attempt_that_was_paused_a_moment_ago_goes_on_with_its_pause(cast):
    room = make_room(cast, cast.alice)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    seen_before = Attempt.objects.get(pk=attempt.pk)
    granting.pause(actor=cast.dora, assignment_id=room.pk, reason="Fire alarm", at=attempt.started_at)
    assert sitting._close_if_due(seen_before, attempt.deadline_at + timedelta(hours=1)) is False
    assert seen_before.paused_at == attempt.started_at

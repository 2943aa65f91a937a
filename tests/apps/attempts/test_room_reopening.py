"""Rooms that are opened again: what was final is so no more, and everything that hangs on the opening begins anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.assignments import operations as rooms
from apps.assignments.errors import AlreadyReleased, BadReason, IllegalMove, StillSitting, TooLateToStart
from apps.assignments.models import ExamAssignment
from apps.attempts import errors
from apps.attempts.models import Attempt
from apps.attempts.operations import grading, granting, reopening, sitting, voiding
from apps.audit.models import Entry
from apps.core import clock
from apps.core.models import Delivery
from apps.leaderboards import operations as boards
from apps.leaderboards import queries as board_queries
from apps.leaderboards.models import ExamResult, Rank, Ranking
from tests.apps.attempts import journal as lines
from tests.factories import make_room

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def room(cast):
    return make_room(cast, cast.alice, cast.bob)


def begin(person, room, at=None):
    return sitting.start_attempt(actor=person, assignment_id=room.pk, at=at).attempt


def hand_in(person, attempt, **answers):
    attempt.refresh_from_db()
    for question, response in answers.items():
        lines.write(attempt, question, response, epoch=attempt.epoch)
    sitting.submit_attempt(actor=person, attempt_id=attempt.pk)


@pytest.fixture
def finalised(cast, room, deliver):
    """A room that was closed and is finalised by itself: Bob has 2 marks, Alice none."""
    for person, answers in ((cast.alice, {}), (cast.bob, {"sum": "42"})):
        hand_in(person, begin(person, room), **answers)
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    deliver()
    room.refresh_from_db()
    assert room.status == "FINALISED"
    return room


def reopen_seats(cast, room, *people, **fields):
    return reopening.reopen(
        actor=cast.dora,
        assignment_id=room.pk,
        student_ids=[person.pk for person in people],
        **{"seconds": 300, "reason": "The fire bell", **fields},
    )


def reopen_room(cast, room, **fields):
    return rooms.reopen_room(actor=cast.dora, assignment_id=room.pk, reason="The fire bell", **fields)


def ranks(ranking):
    return {rank.student_id: rank.rank for rank in Rank.objects.filter(ranking_id=ranking.pk)}


# -- what was final ------------------------------------------------------------------------------------------------


def test_a_seat_is_opened_again_in_a_finalised_room_which_gets_a_new_ranking(cast, finalised, deliver):
    first = board_queries.find_ranking(assignment_id=finalised.pk)
    assert first.is_final
    assert ranks(first) == {cast.bob.pk: 1, cast.alice.pk: 2}
    [attempt] = reopen_seats(cast, finalised, cast.alice)
    finalised.refresh_from_db()
    assert (finalised.status, finalised.finalised_at) == ("CLOSED", None)
    deliver()
    present = board_queries.find_ranking(assignment_id=finalised.pk)
    assert (present.is_final, ranks(present)) == (False, {cast.bob.pk: 1})
    assert not board_queries.find_rank(attempt_id=Attempt.objects.get(student=cast.bob).pk).is_final
    hand_in(cast.alice, attempt, sum="42", river="yes")
    deliver()
    finalised.refresh_from_db()
    assert finalised.status == "FINALISED"
    last = board_queries.find_ranking(assignment_id=finalised.pk)
    assert last.is_final
    assert ranks(last) == {cast.alice.pk: 1, cast.bob.pk: 2}
    # What was final once stays to be looked at, and holds no more.
    first.refresh_from_db()
    assert first.withdrawn_at is not None
    assert ranks(first) == {cast.bob.pk: 1, cast.alice.pk: 2}


def test_a_finalised_room_is_opened_again_and_finalised_anew(cast, finalised, deliver):
    assert reopen_room(cast, finalised).status == "OPEN"
    deliver()
    assert not board_queries.find_ranking(assignment_id=finalised.pk).is_final
    rooms.close_room(assignment_id=finalised.pk, actor=cast.dora)
    deliver()
    finalised.refresh_from_db()
    assert finalised.status == "FINALISED"
    assert board_queries.find_ranking(assignment_id=finalised.pk).is_final
    assert Ranking.objects.filter(is_final=True).count() == 2


def test_the_trail_says_who_took_it_back_and_why(cast, finalised):
    reopen_seats(cast, finalised, cast.alice)
    entry = Entry.objects.get(action="room.finalising_withdrawn")
    assert (entry.subject_id, entry.reason) == (str(finalised.pk), "The fire bell")
    assert entry.changed == ["status"]


def test_after_the_release_nothing_is_opened_again(cast, finalised):
    rooms.release_results(assignment_id=finalised.pk, actor=cast.dora)
    for reopen in (lambda: reopen_seats(cast, finalised, cast.alice), lambda: reopen_room(cast, finalised)):
        with pytest.raises(AlreadyReleased) as refusal:
            reopen()
        assert refusal.value.code == "already_released"
    with pytest.raises(AlreadyReleased):
        rooms.withdraw_finalising(assignment_id=finalised.pk, reason="A slip")
    finalised.refresh_from_db()
    assert finalised.status == "FINALISED"
    assert not Attempt.objects.running().exists()


def test_what_is_refused_leaves_a_finalised_room_final(cast, finalised, now):
    for refused, error in (
        (lambda: reopen_seats(cast, finalised, cast.alice, cast.carol), errors.NotClosed),
        (lambda: reopen_seats(cast, finalised, cast.alice, reason=" "), errors.BadExtension),
        (lambda: reopen_room(cast, finalised, closes_at=now - MINUTE), rooms.checking.BadWindow),
        (lambda: rooms.withdraw_finalising(assignment_id=finalised.pk, reason=" "), BadReason),
    ):
        with pytest.raises(error):
            refused()
    finalised.refresh_from_db()
    assert finalised.status == "FINALISED"
    assert not Delivery.objects.filter(event="assignment.finalising_withdrawn").exists()


def test_a_room_in_which_nobody_ever_sat_stays_final_when_all_its_seats_are_opened(cast, room, deliver):
    rooms.close_room(assignment_id=room.pk)
    deliver()
    assert reopening.reopen(actor=cast.dora, assignment_id=room.pk, seconds=60, reason="A slip") == []
    room.refresh_from_db()
    assert room.status == "FINALISED"


def test_news_that_come_late_freeze_nothing_and_thaw_nothing(cast, finalised, deliver):
    [attempt] = reopen_seats(cast, finalised, cast.alice)
    deliver()
    assert boards.finalise_board(assignment_id=finalised.pk) is None
    assert not board_queries.find_ranking(assignment_id=finalised.pk).is_final
    hand_in(cast.alice, attempt)
    deliver()
    final = board_queries.find_ranking(assignment_id=finalised.pk)
    assert final.is_final
    assert boards.unfreeze_board(assignment_id=finalised.pk) is None
    assert board_queries.find_ranking(assignment_id=finalised.pk) == final


def test_who_was_opened_again_is_on_no_board_whichever_news_comes_first(cast, finalised, deliver):
    reopen_seats(cast, finalised, cast.alice)
    boards.unfreeze_board(assignment_id=finalised.pk)
    assert not ExamResult.objects.filter(student=cast.alice).exists()
    assert ranks(board_queries.find_ranking(assignment_id=finalised.pk)) == {cast.bob.pk: 1}


def test_what_was_opened_again_and_made_void_finalises_the_room_anew(cast, finalised, deliver):
    [attempt] = reopen_seats(cast, finalised, cast.alice)
    voiding.void_attempt(actor=cast.dora, attempt_id=attempt.pk, reason="Left the building")
    deliver()
    finalised.refresh_from_db()
    assert finalised.status == "FINALISED"
    assert ranks(board_queries.find_ranking(assignment_id=finalised.pk)) == {cast.bob.pk: 1}


def test_finalising_by_hand_stays(cast, room, deliver):
    hand_in(cast.alice, begin(cast.alice, room))
    deliver()
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    assert grading.finalise_room(actor=cast.dora, assignment_id=room.pk).status == "FINALISED"


# -- counted from the opening --------------------------------------------------------------------------------------


def test_starts_are_counted_from_the_window_before_any_clock_has_moved_the_room(cast, now):
    opens_at = now + 60 * MINUTE
    room = make_room(cast, cast.alice, cast.bob, open_now=False, opens_at=opens_at, latest_start_seconds=600)
    with pytest.raises(TooLateToStart):
        begin(cast.bob, room, at=opens_at + 10 * MINUTE + timedelta(microseconds=1))
    assert begin(cast.alice, room, at=opens_at + 10 * MINUTE).is_running
    room.refresh_from_db()
    assert (room.status, room.opened_at) == ("SCHEDULED", None)


def test_a_clock_that_comes_late_gives_nobody_more_time_to_start(cast, now):
    opens_at = now + 60 * MINUTE
    room = make_room(cast, cast.alice, cast.bob, open_now=False, opens_at=opens_at, latest_start_seconds=600)
    rooms.move_room_by_clock(assignment_id=room.pk, at=opens_at + 9 * MINUTE)
    room.refresh_from_db()
    assert (room.status, room.opened_at) == ("OPEN", opens_at)
    with pytest.raises(TooLateToStart):
        begin(cast.alice, room, at=opens_at + 11 * MINUTE)


def test_opened_by_hand_the_count_begins_at_that_moment_before_the_window_too(cast, now):
    room = make_room(cast, cast.alice, open_now=False, opens_at=now + 60 * MINUTE, latest_start_seconds=600)
    rooms.open_room(assignment_id=room.pk, at=now)
    with pytest.raises(TooLateToStart):
        begin(cast.alice, room, at=now + 11 * MINUTE)


def test_a_room_that_is_opened_again_counts_anew(cast, now, deliver):
    room = make_room(cast, cast.alice, cast.bob, latest_start_seconds=600)
    rooms.close_room(assignment_id=room.pk, at=now + 30 * MINUTE)
    again = now + 40 * MINUTE
    assert reopen_room(cast, room, at=again).opened_at == again
    assert begin(cast.alice, room, at=again + 10 * MINUTE).is_running
    with pytest.raises(TooLateToStart):
        begin(cast.bob, room, at=again + 11 * MINUTE)


# -- who sat on ----------------------------------------------------------------------------------------------------


def test_who_sits_when_a_room_is_closed_and_opened_again_has_the_new_window(cast, now, deliver):
    room = make_room(cast, cast.alice, closes_at=now + 60 * MINUTE)
    attempt = begin(cast.alice, room, at=now)
    whole = attempt.deadline_at
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    deliver()
    attempt.refresh_from_db()
    assert attempt.deadline_at < whole
    assert attempt.is_running
    reopen_room(cast, room, closes_at=now + 20 * MINUTE)
    deliver()
    attempt.refresh_from_db()
    assert attempt.deadline_at == now + 20 * MINUTE
    rooms.update_assignment(actor=cast.dora, assignment_id=room.pk, closes_at=None)
    deliver()
    attempt.refresh_from_db()
    assert attempt.deadline_at == whole


def test_who_has_extra_time_when_the_window_ends_follows_the_window_of_the_reopened_room(cast, now):
    room = make_room(cast, cast.alice, closes_at=now + 10 * MINUTE)
    attempt = begin(cast.alice, room, at=now)
    granting.extend(actor=cast.dora, assignment_id=room.pk, seconds=300, reason="Late bus", at=now)
    rooms.move_room_by_clock(assignment_id=room.pk, at=now + 10 * MINUTE)
    granting.close_attempts_of(assignment_id=room.pk, at=now + 10 * MINUTE)
    rooms.reopen_room(
        actor=cast.dora,
        assignment_id=room.pk,
        closes_at=now + 20 * MINUTE,
        reason="The fire bell",
        at=now + 12 * MINUTE,
    )
    assert Delivery.objects.filter(event="assignment.window_moved", payload__assignment_id=str(room.pk)).exists()
    granting.move_windows(assignment_id=room.pk, at=now + 12 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.deadline_at == now + 25 * MINUTE


def test_full_time_is_full_again_when_a_room_that_was_closed_by_hand_is_opened(cast, now, deliver):
    room = make_room(cast, cast.alice, closes_at=now + 5 * MINUTE, late_policy="FULL_TIME")
    attempt = begin(cast.alice, room, at=now)
    whole = attempt.deadline_at
    rooms.close_room(assignment_id=room.pk, actor=cast.dora)
    deliver()
    attempt.refresh_from_db()
    assert attempt.deadline_at < whole
    reopen_room(cast, room)
    deliver()
    attempt.refresh_from_db()
    assert (attempt.deadline_at, attempt.limit_at) == (whole, None)


# -- releasing -----------------------------------------------------------------------------------------------------


def release(cast, room):
    return rooms.release_results(assignment_id=room.pk, actor=cast.dora)


def test_results_wait_for_who_sits_on_with_a_time_of_their_own(cast, now, deliver):
    room = make_room(cast, cast.alice, cast.bob, closes_at=now + 10 * MINUTE, late_policy="FULL_TIME")
    hand_in(cast.bob, begin(cast.bob, room))
    attempt = begin(cast.alice, room)
    rooms.move_room_by_clock(assignment_id=room.pk, at=now + 10 * MINUTE)
    deliver()
    with pytest.raises(StillSitting) as refusal:
        release(cast, room)
    assert (refusal.value.code, "still sits" in str(refusal.value)) == ("still_sitting", True)
    with pytest.raises(StillSitting):
        rooms.update_assignment(actor=cast.dora, assignment_id=room.pk, is_published=True)
    hand_in(cast.alice, attempt)
    assert release(cast, room).is_published


def test_results_wait_for_a_seat_that_was_opened_again_and_one_that_is_paused(cast, finalised):
    [attempt] = reopen_seats(cast, finalised, cast.alice)
    granting.pause(actor=cast.dora, assignment_id=finalised.pk, reason="Unwell")
    with pytest.raises(StillSitting):
        release(cast, finalised)
    hand_in(cast.alice, attempt)
    assert release(cast, finalised).is_published


def test_results_do_not_wait_for_who_is_gone_and_only_not_closed_yet(cast, room, now):
    attempt = begin(cast.alice, room, at=now - 60 * MINUTE)
    rooms.close_room(assignment_id=room.pk)
    assert release(cast, room).is_published
    attempt.refresh_from_db()
    assert attempt.is_running


# -- bounds --------------------------------------------------------------------------------------------------------


DAY = 24 * 3600


def test_nobody_is_given_more_than_a_week_by_hand_all_in_all(cast, room, now):
    begin(cast.alice, room, at=now)
    begin(cast.bob, room, at=now)
    give = lambda seconds, **who: granting.extend(  # noqa: E731
        actor=cast.dora, assignment_id=room.pk, seconds=seconds, reason="Late bus", at=now, **who
    )
    for _ in range(6):
        give(DAY, student_ids=[cast.alice.pk])
    give(DAY - 1, student_ids=[cast.alice.pk])
    before = Attempt.objects.in_bulk()
    with pytest.raises(errors.TooMuchTime) as refusal:
        give(2)
    assert (refusal.value.code, refusal.value.details) == ("too_much_time", {"students": [str(cast.alice.pk)]})
    assert {a.pk: a.deadline_at for a in before.values()} == {a.pk: a.deadline_at for a in Attempt.objects.all()}
    assert len(give(1)) == 2


def test_what_is_given_with_a_reopening_counts_and_the_time_between_does_not(cast, room, now):
    attempt = begin(cast.alice, room, at=now)
    for day in range(0, 14, 2):
        at = now + timedelta(days=day, minutes=1)
        sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk, at=at)
        reopen_seats(cast, room, cast.alice, seconds=DAY, at=at)
    attempt.refresh_from_db()
    assert attempt.deadline_at == now + timedelta(days=13, minutes=1)
    assert sum(attempt.time_grants.filter(kind="EXTENSION").values_list("seconds", flat=True)) == 7 * DAY
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk, at=now + timedelta(days=13))
    with pytest.raises(errors.TooMuchTime):
        reopen_seats(cast, room, cast.alice, seconds=1, at=now + timedelta(days=14))
    assert not Attempt.objects.running().exists()


def test_a_room_that_was_never_open_is_not_opened_again(cast, now):
    room = make_room(cast, cast.alice, open_now=False, opens_at=now + 60 * MINUTE)
    with pytest.raises(IllegalMove):
        reopen_room(cast, room)
    with pytest.raises(errors.CannotReopen):
        reopening.reopen(actor=cast.dora, assignment_id=room.pk, seconds=60, reason="A slip")
    assert ExamAssignment.objects.get().status == "SCHEDULED"

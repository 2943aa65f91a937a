"""Sitting with timed sections, pauses, moved windows, and attempts that are opened again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from apps.assignments import operations as rooms
from apps.assignments.errors import AlreadyReleased, AssignmentNotFound, BadCourse, TooLateToStart
from apps.assignments.models import Accommodation, Announcement
from apps.attempts import errors, queries
from apps.attempts.models import Attempt, ItemMark, RefusedAnswer, TimeGrant, WithdrawnSheet
from apps.attempts.operations import granting, journal, reopening, sitting
from apps.core import clock, realtime
from apps.leaderboards.models import ExamResult
from tests.apps.attempts import journal as lines
from tests.apps.attempts.samples import make_two_part_test
from tests.factories import make_room, publish

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
GRACE = timedelta(seconds=10)


@pytest.fixture
def test_of_two_parts(cast):
    test = make_two_part_test(cast)
    publish(cast, test)
    return test


def sectioned(cast, test, **fields):
    return make_room(cast, cast.alice, cast.bob, test=test, is_sectioned=True, **fields)


def begin(cast, room, minutes_ago=0.0, who=None):
    at = clock.now() - minutes_ago * MINUTE
    return sitting.start_attempt(actor=who or cast.alice, assignment_id=room.pk, at=at).attempt


def save(attempt, question, seq, option="yes"):
    """What becomes of one answer: nothing if it is taken, else its code."""
    given = {
        "seq": seq,
        "question": str(lines.question_id(attempt, question)),
        "response": option if question == "sum" else lines.option_id(attempt, question, option),
    }
    attempt.refresh_from_db()
    try:
        journal.save_answers(actor=attempt.student, attempt_id=attempt.pk, epoch=attempt.epoch, answers=[given])
    except errors.Conflict as refusal:
        return refusal.code
    return None


def minutes_after_start(attempt):
    attempt.refresh_from_db()
    return [round((end - attempt.started_at) / MINUTE, 3) for end in attempt.step_ends]


def ledger_sum(attempt):
    return timedelta(seconds=TimeGrant.objects.filter(attempt=attempt).aggregate(sum=Sum("seconds"))["sum"])


def shown(attempt, at):
    paper = queries.render_paper(attempt, sign=str, at=at)
    return [
        [question["text"] for group in section["question_groups"] for question in group["questions"]]
        for section in paper["sections"]
    ]


# -- timed sections ------------------------------------------------------------------------------------------------


def test_each_section_has_its_time_and_only_the_present_one_takes_answers(cast, test_of_two_parts):
    attempt = begin(cast, sectioned(cast, test_of_two_parts), minutes_ago=10)
    assert minutes_after_start(attempt) == [15, 30]
    assert attempt.deadline_at == attempt.step_ends[-1] == attempt.started_at + ledger_sum(attempt)
    assert save(attempt, "river", 1) is None
    assert save(attempt, "sum", 2, "42") == "section_not_open"


def test_a_section_that_is_over_takes_no_answers_and_keeps_them_for_review(cast, test_of_two_parts):
    attempt = begin(cast, sectioned(cast, test_of_two_parts), minutes_ago=20)
    assert save(attempt, "river", 1) == "section_closed"
    assert save(attempt, "sum", 2, "42") is None
    assert list(RefusedAnswer.objects.values_list("seq", "code")) == [(1, "section_closed")]


@pytest.mark.parametrize(
    ("milliseconds", "verdict"), [(9_000, None), (-1_000, None), (10_500, "section_closed")], ids=str
)
def test_the_end_of_a_section_has_its_grace(cast, test_of_two_parts, milliseconds, verdict):
    attempt = begin(cast, sectioned(cast, test_of_two_parts), minutes_ago=15 + milliseconds / 60_000)
    assert save(attempt, "river", 1) == verdict


def test_a_break_lies_between_sections_and_takes_nothing(cast, test_of_two_parts):
    room = sectioned(cast, test_of_two_parts, breaks=[{"after": 1, "seconds": 600}])
    attempt = begin(cast, room, minutes_ago=20)
    assert minutes_after_start(attempt) == [15, 25, 40]
    assert save(attempt, "river", 1) == "section_closed"
    assert save(attempt, "sum", 2, "42") == "section_not_open"
    assert shown(attempt, clock.now()) == [[], []]


def test_the_paper_holds_only_the_section_whose_time_has_come(cast, test_of_two_parts):
    attempt = begin(cast, sectioned(cast, test_of_two_parts))
    start = attempt.started_at
    assert shown(attempt, start) == [["river", "verbs"], []]
    assert shown(attempt, start + 15 * MINUTE) == [[], ["sum", "free"]]
    assert shown(attempt, start + 99 * MINUTE) == [[], ["sum", "free"]]


def test_a_student_who_is_done_goes_on_and_cannot_come_back(cast, test_of_two_parts):
    attempt = begin(cast, sectioned(cast, test_of_two_parts), minutes_ago=10)
    at = clock.now()
    granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0, at=at)
    attempt.refresh_from_db()
    assert (attempt.step_floor, attempt.step_ends) == (1, [at, at + 15 * MINUTE])
    assert attempt.deadline_at == attempt.started_at + ledger_sum(attempt)
    assert save(attempt, "river", 1) == "section_closed"
    assert save(attempt, "sum", 2, "42") is None
    again = granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0)
    assert again.step_ends == attempt.step_ends


def test_refuses_to_go_on_where_there_is_nothing_next(cast, test_of_two_parts):
    attempt = begin(cast, sectioned(cast, test_of_two_parts))
    for step in (1, 7):
        with pytest.raises(errors.NoNextSection):
            granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=step)
    granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0)
    with pytest.raises(errors.NoNextSection):
        granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=1)
    whole = begin(cast, make_room(cast, cast.alice, test=test_of_two_parts))
    with pytest.raises(errors.NoNextSection):
        granting.go_on(actor=cast.alice, attempt_id=whole.pk, step=0)


def test_where_sections_are_sat_to_their_end_only_breaks_can_be_left(cast, test_of_two_parts):
    room = sectioned(cast, test_of_two_parts, may_leave_early=False, breaks=[{"after": 1, "seconds": 600}])
    attempt = begin(cast, room, minutes_ago=14)
    with pytest.raises(errors.SectionNotOver):
        granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0)
    in_the_break = attempt.started_at + 16 * MINUTE
    granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=1, at=in_the_break)
    assert minutes_after_start(attempt) == [15, 16, 31]


def test_nobody_goes_on_for_somebody_else(cast, test_of_two_parts):
    attempt = begin(cast, sectioned(cast, test_of_two_parts))
    for stranger in (cast.bob, cast.mallory):
        with pytest.raises(errors.AttemptNotFound):
            granting.go_on(actor=stranger, attempt_id=attempt.pk, step=0)


def test_extra_time_goes_to_the_present_section(cast, test_of_two_parts):
    room = sectioned(cast, test_of_two_parts)
    attempt = begin(cast, room, minutes_ago=20)
    granting.extend(actor=cast.dora, assignment_id=room.pk, seconds=120, reason="Noise outside.")
    assert minutes_after_start(attempt) == [15, 32]


@pytest.mark.parametrize(
    "fields",
    [
        {"is_sectioned": True, "seconds": 600},
        {"breaks": [{"after": 1, "seconds": 60}]},
        {"is_sectioned": True, "breaks": [{"after": 2, "seconds": 60}]},
        {"is_sectioned": True, "breaks": [{"after": 0, "seconds": 60}]},
        {"is_sectioned": True, "breaks": [{"after": 1, "seconds": 60}] * 2},
    ],
)
def test_refuses_a_course_that_does_not_fit_together(cast, test_of_two_parts, fields):
    with pytest.raises(BadCourse) as refusal:
        make_room(cast, cast.alice, test=test_of_two_parts, **fields)
    assert refusal.value.problems


def test_a_hand_in_whole_takes_the_present_section_only(cast, test_of_two_parts):
    attempt = begin(cast, sectioned(cast, test_of_two_parts), minutes_ago=20)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    attempt.refresh_from_db()
    assert attempt.status == "SUBMITTED"


# -- accommodations ------------------------------------------------------------------------------------------------


def allow(student, **factors):
    given = {"*": "1"} | {name.replace("any", "*"): value for name, value in factors.items()}
    return Accommodation.objects.create(student=student, factors=given, reason="Dyslexia", status="APPROVED")


def test_an_accommodation_lengthens_every_section_and_counts_beyond_the_window(cast, test_of_two_parts):
    allow(cast.alice, any="1.5")
    closes_at = clock.now() + 30 * MINUTE
    room = sectioned(cast, test_of_two_parts, closes_at=closes_at)
    attempt, bobs = begin(cast, room), begin(cast, room, who=cast.bob)
    assert minutes_after_start(attempt) == pytest.approx([22.5, 45], abs=0.02)
    assert bobs.deadline_at == closes_at
    kinds = TimeGrant.objects.filter(attempt=attempt).values_list("kind", flat=True)
    assert set(kinds) >= {"SECTION", "ACCOMMODATION"}


def test_an_accommodation_lengthens_a_paper_that_is_open_as_a_whole(cast, test_of_two_parts):
    allow(cast.alice, any="1.25")
    attempt = begin(cast, make_room(cast, cast.alice, test=test_of_two_parts))
    assert attempt.deadline_at == attempt.started_at + 37.5 * MINUTE


@pytest.mark.parametrize(("status", "until"), [("PENDING", 1), ("REJECTED", 1), ("APPROVED", -1)])
def test_only_what_is_in_force_counts(cast, test_of_two_parts, status, until):
    found = allow(cast.alice, any="2")
    found.status, found.valid_until = status, (clock.now() + timedelta(days=until)).date()
    found.save()
    attempt = begin(cast, make_room(cast, cast.alice, test=test_of_two_parts))
    assert attempt.deadline_at == attempt.started_at + 30 * MINUTE


# -- late starters -------------------------------------------------------------------------------------------------


def test_late_starters_get_what_the_window_leaves_or_their_full_time(cast, test_of_two_parts, deliver):
    closes_at = clock.now() + 20 * MINUTE
    cut = begin(cast, make_room(cast, cast.alice, test=test_of_two_parts, closes_at=closes_at))
    full_room = make_room(cast, cast.alice, test=test_of_two_parts, closes_at=closes_at, late_policy="FULL_TIME")
    full = begin(cast, full_room)
    assert cut.deadline_at == closes_at
    assert full.deadline_at == full.started_at + 30 * MINUTE
    rooms.move_room_by_clock(assignment_id=full_room.pk, at=closes_at)
    deliver()
    full.refresh_from_db()
    assert (full.is_running, full.deadline_at) == (True, full.started_at + 30 * MINUTE)


def test_nobody_begins_after_the_latest_start(cast, test_of_two_parts):
    room = make_room(cast, cast.alice, cast.bob, test=test_of_two_parts, latest_start_seconds=600)
    with pytest.raises(TooLateToStart):
        sitting.start_attempt(actor=cast.bob, assignment_id=room.pk, at=room.opened_at + timedelta(seconds=601))
    assert sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=room.opened_at + 10 * MINUTE).is_new


# -- windows that move ---------------------------------------------------------------------------------------------


def test_deadlines_follow_a_window_that_moves_either_way(cast, test_of_two_parts, deliver):
    start = clock.now()
    room = make_room(cast, cast.alice, test=test_of_two_parts, closes_at=start + 20 * MINUTE)
    attempt = begin(cast, room)
    whole = attempt.started_at + 30 * MINUTE
    for minutes, expected in ((10, start + 10 * MINUTE), (25, start + 25 * MINUTE), (600, whole)):
        rooms.update_assignment(actor=cast.dora, assignment_id=room.pk, closes_at=start + minutes * MINUTE)
        deliver()
        attempt.refresh_from_db()
        assert attempt.deadline_at == expected == attempt.started_at + ledger_sum(attempt)


# -- pauses --------------------------------------------------------------------------------------------------------


def test_while_time_stands_still_nothing_is_written_and_nothing_is_overdue(cast, test_of_two_parts):
    room = make_room(cast, cast.alice, test=test_of_two_parts)
    attempt = begin(cast, room, minutes_ago=29)
    paused_at = clock.now() - 20 * timedelta(seconds=1)
    assert granting.pause(actor=cast.dora, assignment_id=room.pk, reason="Fire drill", at=paused_at) == [attempt]
    assert save(attempt, "river", 1) == "paused"
    assert shown(attempt, clock.now()) == [[], []]
    assert sitting.close_expired(at=attempt.deadline_at + 60 * MINUTE) == 0
    sitting.ring_time_up(attempt_id=attempt.pk, at=attempt.deadline_at + 60 * MINUTE)
    resumed_at = paused_at + 90 * MINUTE
    granting.resume(actor=cast.dora, assignment_id=room.pk, at=resumed_at)
    before = attempt.deadline_at
    attempt.refresh_from_db()
    assert attempt.deadline_at == before + 90 * MINUTE == attempt.started_at + ledger_sum(attempt)
    assert (attempt.paused_at, attempt.is_running) == (None, True)
    assert save(attempt, "river", 2) is None


def test_what_was_on_its_way_when_the_pause_began_counts(cast, test_of_two_parts):
    room = make_room(cast, cast.alice, test=test_of_two_parts)
    attempt = begin(cast, room)
    granting.pause(actor=cast.dora, assignment_id=room.pk, reason="Fire drill")
    assert save(attempt, "river", 1) is None


def test_a_pause_shifts_the_present_section_and_those_after_it(cast, test_of_two_parts):
    room = sectioned(cast, test_of_two_parts)
    attempt = begin(cast, room, minutes_ago=20)
    at = clock.now()
    granting.pause(actor=cast.dora, assignment_id=room.pk, student_ids=[cast.alice.pk], reason="Ill", at=at)
    granting.resume(actor=cast.dora, assignment_id=room.pk, at=at + 7 * MINUTE)
    assert minutes_after_start(attempt) == [15, 37]


def test_pausing_twice_is_one_pause_and_resuming_nobody_moves_nothing(cast, test_of_two_parts):
    room = make_room(cast, cast.alice, test=test_of_two_parts)
    attempt = begin(cast, room)
    granting.pause(actor=cast.dora, assignment_id=room.pk, reason="Fire drill")
    assert granting.pause(actor=cast.dora, assignment_id=room.pk, reason="Again") == []
    assert granting.resume(actor=cast.dora, assignment_id=room.pk) == [attempt]
    assert granting.resume(actor=cast.dora, assignment_id=room.pk) == []
    assert TimeGrant.objects.filter(kind="PAUSE").count() == 1


def test_handing_in_during_a_pause_ends_at_its_beginning(cast, test_of_two_parts):
    room = make_room(cast, cast.alice, test=test_of_two_parts)
    attempt = begin(cast, room, minutes_ago=10)
    paused_at = clock.now() - 5 * MINUTE
    granting.pause(actor=cast.dora, assignment_id=room.pk, reason="Fire drill", at=paused_at)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    attempt.refresh_from_db()
    assert (attempt.finished_at, attempt.paused_at) == (paused_at, None)


def test_closing_by_hand_ends_a_pause_too(cast, test_of_two_parts, deliver):
    room = make_room(cast, cast.alice, test=test_of_two_parts)
    attempt = begin(cast, room, minutes_ago=1)
    granting.pause(actor=cast.dora, assignment_id=room.pk, reason="Fire drill")
    closed_at = clock.now()
    rooms.close_room(assignment_id=room.pk, at=closed_at)
    deliver()
    attempt.refresh_from_db()
    assert (attempt.paused_at, attempt.deadline_at) == (None, closed_at)
    assert sitting.close_expired(at=closed_at + GRACE + MINUTE) == 1


@pytest.mark.parametrize("reason", ["", " ", "x" * 201])
def test_a_pause_needs_a_reason(cast, test_of_two_parts, reason):
    room = make_room(cast, cast.alice, test=test_of_two_parts)
    begin(cast, room)
    with pytest.raises(errors.BadExtension):
        granting.pause(actor=cast.dora, assignment_id=room.pk, reason=reason)


def test_strangers_pause_resume_and_reopen_nothing(cast, test_of_two_parts):
    room = make_room(cast, cast.alice, test=test_of_two_parts)
    begin(cast, room)
    for stranger in (cast.other_teacher, cast.alice, cast.trent):
        with pytest.raises(AssignmentNotFound):
            granting.pause(actor=stranger, assignment_id=room.pk, reason="x")
        with pytest.raises(AssignmentNotFound):
            granting.resume(actor=stranger, assignment_id=room.pk)
        with pytest.raises(AssignmentNotFound):
            reopening.reopen(actor=stranger, assignment_id=room.pk, seconds=60, reason="x")


def test_a_stall_is_credited_with_its_reason(cast, test_of_two_parts):
    attempt = begin(cast, make_room(cast, cast.alice, test=test_of_two_parts))
    before = attempt.deadline_at
    granting.credit(attempt_id=attempt.pk, seconds=2.5, reason="The recording stalled.")
    attempt.refresh_from_db()
    assert attempt.deadline_at == before + timedelta(seconds=2.5)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    assert granting.credit(attempt_id=attempt.pk, seconds=2.5, reason="Too late.") is None


# -- opening again -------------------------------------------------------------------------------------------------


@pytest.fixture
def done(cast, test_of_two_parts, deliver):
    """Alice has handed in and has her marks."""
    room = make_room(cast, cast.alice, cast.bob, test=test_of_two_parts)
    attempt = begin(cast, room, minutes_ago=10)
    assert save(attempt, "river", 1) is None
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    deliver()
    attempt.refresh_from_db()
    assert (attempt.status, attempt.score) == ("GRADED", Decimal(1))
    return attempt


def reopen(cast, attempt, seconds=300, **fields):
    return reopening.reopen(
        actor=cast.dora, assignment_id=attempt.assignment_id, seconds=seconds, reason="Wrong button", **fields
    )


def test_an_attempt_that_is_opened_again_goes_on_with_its_answers_and_a_new_deadline(cast, done, deliver):
    at = clock.now()
    assert reopen(cast, done, at=at) == [done]
    deliver()
    done.refresh_from_db()
    assert (done.status, done.score, done.finished_at, done.epoch) == ("IN_PROGRESS", None, None, 2)
    assert done.deadline_at == at + 5 * MINUTE == done.started_at + ledger_sum(done)
    assert not ItemMark.objects.filter(attempt=done).exists()
    assert not ExamResult.objects.exists()
    withdrawn = WithdrawnSheet.objects.get(attempt=done)
    assert (withdrawn.entry_count, withdrawn.reason, withdrawn.withdrawn_by) == (1, "Wrong button", cast.dora)
    assert save(done, "sum", 1, "42") is None
    sitting.submit_attempt(attempt_id=done.pk, actor=cast.alice)
    deliver()
    done.refresh_from_db()
    assert (done.status, done.score, done.revision) == ("GRADED", Decimal(3), 2)
    assert ExamResult.objects.get().score == 3


def test_a_seat_in_a_closed_room_runs_on_by_itself_and_then_the_room_is_finalised(cast, done, deliver):
    room_id = done.assignment_id
    bobs = sitting.start_attempt(actor=cast.bob, assignment_id=room_id).attempt
    rooms.close_room(assignment_id=room_id)
    deliver()
    reopen(cast, done, student_ids=[cast.alice.pk])
    sitting.submit_attempt(attempt_id=bobs.pk, actor=cast.bob)
    deliver()
    assert rooms.queries.get_assignment(assignment_id=room_id).status == "CLOSED"
    granting.close_attempts_of(assignment_id=room_id)
    done.refresh_from_db()
    assert done.deadline_at > clock.now() + 4 * MINUTE
    sitting.submit_attempt(attempt_id=done.pk, actor=cast.alice)
    deliver()
    assert rooms.queries.get_assignment(assignment_id=room_id).status == "FINALISED"


def test_a_course_goes_on_in_the_step_where_it_ended(cast, test_of_two_parts):
    room = sectioned(cast, test_of_two_parts)
    attempt = begin(cast, room, minutes_ago=20)
    granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0, at=attempt.started_at + 5 * MINUTE)
    sitting.submit_attempt(attempt_id=attempt.pk, actor=cast.alice)
    at = clock.now()
    reopen(cast, attempt, at=at)
    attempt.refresh_from_db()
    assert attempt.step_ends == [attempt.started_at + 5 * MINUTE, at + 5 * MINUTE]
    assert save(attempt, "river", 1) == "section_closed"
    assert save(attempt, "sum", 2, "42") is None


def test_refuses_to_open_what_is_not_closed_and_changes_nothing(cast, done):
    for absent in (cast.bob.pk, cast.carol.pk):
        with pytest.raises(errors.NotClosed) as refusal:
            reopen(cast, done, student_ids=[cast.alice.pk, absent])
        assert refusal.value.details == {"students": [str(absent)]}
    reopen(cast, done)
    with pytest.raises(errors.NotClosed):
        reopen(cast, done, student_ids=[cast.alice.pk])
    assert WithdrawnSheet.objects.count() == 1


def test_refuses_to_open_what_is_released(cast, done, deliver):
    room_id = done.assignment_id
    rooms.close_room(assignment_id=room_id)
    rooms.release_results(assignment_id=room_id)
    with pytest.raises(AlreadyReleased):
        reopen(cast, done)
    deliver()
    with pytest.raises(AlreadyReleased):
        reopen(cast, done)
    with pytest.raises(AlreadyReleased):
        rooms.reopen_room(actor=cast.dora, assignment_id=room_id, reason="Late bus")


def test_a_closed_room_that_is_opened_again_lets_people_start(cast, done, deliver):
    room_id = done.assignment_id
    sitting.start_attempt(actor=cast.bob, assignment_id=room_id)
    rooms.close_room(assignment_id=room_id)
    closes_at = clock.now() + 40 * MINUTE
    room = rooms.reopen_room(actor=cast.dora, assignment_id=room_id, closes_at=closes_at, reason="Late bus")
    assert (room.status, room.closes_at, room.closed_at) == ("OPEN", closes_at, None)
    deliver()
    bobs = Attempt.objects.get(student=cast.bob)
    assert bobs.is_running
    assert bobs.deadline_at > clock.now() + 25 * MINUTE


# -- announcements -------------------------------------------------------------------------------------------------


def test_what_is_announced_reaches_the_room_and_stays_readable(cast, test_of_two_parts, monkeypatch):
    told = []
    monkeypatch.setattr(realtime, "push", lambda *news: told.append(news))
    room = make_room(cast, cast.alice, test=test_of_two_parts)
    rooms.announce(actor=cast.dora, assignment_id=room.pk, text=" Question 3: read 12, not 21. ")
    [(where, kind, what)] = told
    assert (where, kind) == (f"c.{cast.north.id.hex}.exam.{room.pk.hex}", "announcement")
    assert what["text"] == "Question 3: read 12, not 21."
    assert [said.text for said in rooms.queries.announcements_for(cast.alice, room.pk)] == [what["text"]]
    with pytest.raises(AssignmentNotFound):
        rooms.queries.announcements_for(cast.bob, room.pk)
    with pytest.raises(AssignmentNotFound):
        rooms.announce(actor=cast.other_teacher, assignment_id=room.pk, text="Hello")
    assert Announcement.objects.count() == 1

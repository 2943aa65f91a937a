"""The ledger as people read it: it adds up to the deadline, and every entry says why."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.assignments.models import Accommodation
from apps.assignments.operations import accommodations
from apps.attempts import errors
from apps.attempts.models import Attempt, TimeGrant
from apps.attempts.operations import forgetting, granting, reopening, sitting
from apps.attempts.queries import time_told
from apps.attempts.rules import ledger
from apps.authentication.models import User
from apps.core import clock
from tests import drawing
from tests.apps.attempts.samples import make_two_part_test
from tests.factories import make_room, publish

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)


def approve(cast, student, factors, approver=None, valid_from=None, valid_until=None):
    asked = accommodations.propose(
        actor=cast.dora,
        student_id=student.pk,
        factors={kind: Decimal(factor) for kind, factor in factors.items()},
        reason="As agreed.",
        valid_from=valid_from,
        valid_until=valid_until,
    )
    return accommodations.approve(actor=approver or cast.dora, accommodation_id=asked.pk, reason="Seen the paper.")


def made_by_carol(cast, room):
    """So that two people of the staff manage it."""
    room.created_by = cast.carol
    room.save(update_fields=["created_by"])
    return room


def begin(cast, at=None, **fields):
    test = make_two_part_test(cast)
    publish(cast, test)
    room = made_by_carol(cast, make_room(cast, cast.alice, cast.bob, test=test, **fields))
    return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=at).attempt


def adds_up(told):
    """The start and all entries are the deadline, to the microsecond."""
    parts = [timedelta(seconds=entry.seconds) for entry in told.entries]
    return told.attempt.started_at + sum(parts, timedelta()) == told.attempt.deadline_at == told.ends_at


def reasons(told):
    return [(entry.kind, entry.reason, entry.given_by, entry.author) for entry in told.entries]


# -- why, and by whom ----------------------------------------------------------------------------------------------


def test_what_is_printed_needs_no_reason_and_what_is_approved_names_who_approved_it(cast):
    approve(cast, cast.alice, {"*": "1.5"})
    attempt = begin(cast)
    told = time_told.ledger_for(cast.dora, attempt.pk)
    assert reasons(told) == [
        ("BASE", "", "SERVER", None),
        ("ACCOMMODATION", ledger.REASONS[ledger.ACCOMMODATION], "STAFF", cast.dora),
    ]
    assert told.total == told.printed * 1.5
    assert adds_up(told)


def test_of_several_accommodations_the_one_of_that_day_names_its_approver(cast):
    other = User.objects.create(email="other@north.test", role=User.Role.CENTER_ADMIN, is_approved=True)
    today = clock.now().date()
    for approver, first, last in ((cast.dora, 30, 40), (other, 0, 20), (cast.dora, 50, 60)):
        approve(cast, cast.alice, {"*": "1.25"}, approver, today + timedelta(first), today + timedelta(last))
    attempt = begin(cast, clock.now() + timedelta(days=2))
    assert TimeGrant.objects.get(attempt=attempt, kind="ACCOMMODATION").granted_by == other


def test_a_pause_is_explained_by_who_stopped_time_not_by_who_let_it_go_on(cast):
    attempt = begin(cast, clock.now() - 10 * MINUTE)
    room = attempt.assignment_id
    at = clock.now() - 5 * MINUTE
    granting.pause(actor=cast.carol, assignment_id=room, reason="A fire drill.", at=at)
    attempt.refresh_from_db()
    assert (attempt.pause_reason, attempt.paused_by) == ("A fire drill.", cast.carol)
    granting.resume(actor=cast.dora, assignment_id=room, at=at + 90 * timedelta(seconds=1))
    told = time_told.ledger_for(cast.dora, attempt.pk)
    assert reasons(told)[-1] == ("PAUSE", "A fire drill.", "STAFF", cast.carol)
    assert told.entries[-1].seconds == 90
    assert adds_up(told)


def test_pauses_of_different_reasons_that_end_together_keep_their_own(cast):
    attempt = begin(cast)
    other = sitting.start_attempt(actor=cast.bob, assignment_id=attempt.assignment_id).attempt
    room = attempt.assignment_id
    granting.pause(actor=cast.carol, assignment_id=room, student_ids=[cast.alice.pk], reason="Unwell.")
    granting.pause(actor=cast.dora, assignment_id=room, student_ids=[cast.bob.pk], reason="Her screen broke.")
    resumed = granting.resume(actor=cast.dora, assignment_id=room)
    assert {a.pk for a in resumed} == {attempt.pk, other.pk}
    kept = TimeGrant.objects.filter(kind="PAUSE").values_list("attempt__student", "reason", "granted_by")
    assert set(kept) == {
        (cast.alice.pk, "Unwell.", cast.carol.pk),
        (cast.bob.pk, "Her screen broke.", cast.dora.pk),
    }


def test_a_pause_from_before_reasons_were_kept_is_still_explained(cast):
    attempt = begin(cast)
    granting.pause(actor=cast.carol, assignment_id=attempt.assignment_id, reason="A fire drill.")
    Attempt.objects.update(pause_reason="", paused_by=None)
    granting.resume(actor=cast.dora, assignment_id=attempt.assignment_id)
    told = time_told.ledger_for(cast.dora, attempt.pk)
    assert reasons(told)[-1] == ("PAUSE", ledger.REASONS[ledger.PAUSE], "STAFF", cast.dora)


def test_going_on_early_is_the_students_own_doing(cast):
    attempt = begin(cast, is_sectioned=True)
    granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0)
    told = time_told.ledger_for(cast.alice, attempt.pk)
    left = next(entry for entry in told.entries if entry.kind == "LEFT")
    assert (left.reason, left.given_by, left.author) == (ledger.REASONS[ledger.LEFT], "STUDENT", cast.alice)
    assert left.section == attempt.course[0]["name"] != ""
    assert adds_up(told)


def test_the_window_of_a_late_starter_says_so(cast):
    now = clock.now()
    attempt = begin(cast, closes_at=now + 2 * MINUTE, at=now)
    told = time_told.ledger_for(cast.alice, attempt.pk)
    assert reasons(told)[-1] == ("WINDOW", ledger.REASONS[ledger.WINDOW], "SERVER", None)
    assert told.entries[-1].seconds < 0
    assert adds_up(told)


def everything(cast, at, **fields):
    """An attempt to which happens whatever can happen to its time."""
    approve(cast, cast.alice, {"*": "1.333"})
    attempt = begin(cast, at, is_sectioned=True, breaks=[{"after": 1, "seconds": 61}], closes_at=at + 900 * MINUTE)
    room, step = attempt.assignment_id, MINUTE
    granting.extend(actor=cast.carol, assignment_id=room, seconds=77, reason="The bell rang late.", at=at + step)
    granting.pause(actor=cast.carol, assignment_id=room, reason="A fire drill.", at=at + 2 * step)
    granting.resume(actor=cast.dora, assignment_id=room, at=at + 3 * step + MICROSECOND)
    granting.credit(attempt_id=attempt.pk, seconds=3.3333333, reason="It stood still.", at=at + 4 * step)
    granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=0, at=at + 5 * step + 7 * MICROSECOND)
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk, at=at + 6 * step)
    reopening.reopen(actor=cast.carol, assignment_id=room, seconds=300, reason="Sent by mistake.", at=at + 7 * step)
    return attempt


def test_no_entry_but_what_is_printed_is_without_a_reason(cast):
    attempt = everything(cast, clock.now() - 30 * MINUTE)
    told = time_told.ledger_for(cast.dora, attempt.pk)
    kinds = {entry.kind for entry in told.entries}
    assert kinds >= {"SECTION", "BREAK", "ACCOMMODATION", "EXTENSION", "PAUSE", "INCIDENT", "LEFT", "REOPENED"}
    stored = TimeGrant.objects.filter(attempt=attempt)
    assert not stored.exclude(kind__in=ledger.PRINTED).filter(reason="")
    assert {entry.kind for entry in told.entries if not entry.reason} <= ledger.PRINTED
    named = {entry.kind for entry in told.entries if entry.author}
    assert named == {"ACCOMMODATION", "EXTENSION", "PAUSE", "LEFT", "REOPENED"}
    assert adds_up(told)


# -- who reads it --------------------------------------------------------------------------------------------------


def test_students_read_their_own_with_reasons_and_without_names_of_staff(cast):
    attempt = everything(cast, clock.now() - 30 * MINUTE)
    told = time_told.ledger_for(cast.alice, attempt.pk)
    assert {entry.author for entry in told.entries} == {None, cast.alice}
    assert [(e.kind, e.seconds, e.reason, e.given_by) for e in told.entries] == [
        (e.kind, e.seconds, e.reason, e.given_by) for e in time_told.ledger_for(cast.dora, attempt.pk).entries
    ]


def test_nobody_reads_that_of_others(cast):
    attempt = begin(cast)
    for person in (cast.bob, cast.other_teacher, cast.gus):
        with pytest.raises(errors.AttemptNotFound):
            time_told.ledger_for(person, attempt.pk)


def test_of_somebody_forgotten_the_kinds_still_explain(cast):
    attempt = everything(cast, clock.now() - 30 * MINUTE)
    granting.pause(actor=cast.carol, assignment_id=attempt.assignment_id, reason="Unwell.")
    forgetting.forget_person(user_id=cast.alice.pk)
    attempt.refresh_from_db()
    assert attempt.pause_reason == ""
    told = time_told.ledger_for(cast.dora, attempt.pk)
    assert {e.reason for e in told.entries} <= {"", *ledger.REASONS.values()}
    assert adds_up(told)


# -- it adds up, whatever happens ----------------------------------------------------------------------------------

seconds = st.floats(0.000001, 5000, allow_nan=False)
WHAT = st.one_of(
    st.tuples(st.sampled_from(["extend", "window"]), seconds),
    st.tuples(st.sampled_from(["pause", "resume", "go_on"]), seconds),
    st.tuples(st.just("credit"), seconds),
)


@settings(
    max_examples=drawing.up_to(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    happens=st.lists(WHAT, max_size=7),
    factor=st.sampled_from(["1", "1.1", "1.333", "2.75"]),
    is_sectioned=st.booleans(),
    closes_in=st.one_of(st.none(), st.integers(1, 10_000)),
)
def test_start_and_entries_are_the_deadline_whatever_happens(
    attempts_of_alice, happens, factor, is_sectioned, closes_in
):
    cast, start = attempts_of_alice
    at = clock.now()
    attempt = start(at, factor, is_sectioned, closes_in)
    room = attempt.assignment_id
    for what, amount in happens:
        at += timedelta(seconds=amount / 10)
        try:
            happen(cast, room, attempt, what, amount, at)
        except (errors.Conflict, errors.AttemptClosed, errors.AttemptNotFound):
            continue
    told = time_told.ledger_for(cast.dora, attempt.pk)
    assert adds_up(told)
    assert {entry.kind for entry in told.entries if not entry.reason} <= ledger.PRINTED
    # What is written out in JSON gives the same: numbers come back as they were.
    assert told.total == pytest.approx(sum(entry.seconds for entry in told.entries), abs=1e-6)


def happen(cast, room, attempt, what, amount, at):
    match what:
        case "extend":
            whole = max(int(amount), 1)
            granting.extend(actor=cast.carol, assignment_id=room, seconds=whole, reason="The bell rang late.", at=at)
        case "window":
            attempt.assignment.closes_at = at + timedelta(seconds=amount)
            attempt.assignment.save(update_fields=["closes_at"])
            granting.move_windows(assignment_id=room, at=at)
        case "pause":
            granting.pause(actor=cast.carol, assignment_id=room, reason="A fire drill.", at=at)
        case "resume":
            granting.resume(actor=cast.dora, assignment_id=room, at=at)
        case "go_on":
            attempt.refresh_from_db()
            step = sitting.queries.present_step(attempt, at) or 0
            granting.go_on(actor=cast.alice, attempt_id=attempt.pk, step=step, at=at)
        case "credit":
            granting.credit(attempt_id=attempt.pk, seconds=amount, reason="It stood still.", at=at)


@pytest.fixture
def attempts_of_alice(cast):
    """``start(at, factor, is_sectioned, closes_in)``: a new room with her attempt in it."""
    test = make_two_part_test(cast)
    publish(cast, test)

    def start(at, factor, is_sectioned, closes_in):
        Accommodation.objects.all().delete()
        if factor != "1":
            approve(cast, cast.alice, {"*": factor})
        closes_at = None if closes_in is None else at + timedelta(seconds=closes_in)
        room = make_room(cast, cast.alice, test=test, is_sectioned=is_sectioned, closes_at=closes_at)
        made_by_carol(cast, room)
        return sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=at).attempt

    return cast, start


def test_an_entry_that_is_missing_does_not_add_up(cast):
    attempt = everything(cast, clock.now() - 30 * MINUTE)
    assert adds_up(time_told.ledger_for(cast.dora, attempt.pk))
    TimeGrant.objects.filter(attempt=attempt, kind="INCIDENT").delete()
    assert not adds_up(time_told.ledger_for(cast.dora, attempt.pk))

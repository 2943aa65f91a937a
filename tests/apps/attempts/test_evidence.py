"""What was kept for review: refused answers beside what counts, withdrawn sheets, moments that fall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.attempts import errors, queries
from apps.attempts.models import RefusedAnswer, WithdrawnSheet
from apps.attempts.operations import granting, journal, reopening, sitting, statement
from apps.attempts.queries import evidence, personal
from apps.attempts.rules import moments
from apps.core import clock
from tests.apps.attempts import journal as lines
from tests.factories import make_room

MINUTE = timedelta(minutes=1)


@pytest.fixture
def attempt(cast):
    return sitting.start_attempt(actor=cast.alice, assignment_id=make_room(cast, cast.alice).pk).attempt


def send(attempt, seq, question="river", option="yes", epoch=1):
    answer = {
        "seq": seq,
        "question": str(lines.question_id(attempt, question)),
        "response": option if question == "sum" else lines.option_id(attempt, question, option),
    }
    return journal.save_answers(actor=attempt.student, attempt_id=attempt.pk, epoch=epoch, answers=[answer])


def refused(attempt, seq, **fields):
    with pytest.raises(errors.Conflict) as refusal:
        send(attempt, seq, **fields)
    return refusal.value.code


def explained(person, attempt):
    seen = evidence.get_reviewed_attempt(person, attempt.pk)
    return evidence.explain(seen, evidence.refused_answers_of(seen))


# -- refused answers -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_late_answer_stands_beside_what_counts_with_how_late_it_was(cast, attempt):
    send(attempt, 1, option="no")
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    assert refused(attempt, 2) == "attempt_closed"
    [told] = explained(cast.dora, attempt)
    assert (told.refused.code, told.number, told.words, told.counted_words) == ("attempt_closed", 1, ["yes"], ["no"])
    assert told.counted == lines.option_id(attempt, "river", "no")
    assert 0 < told.late_seconds < 60


@pytest.mark.django_db
def test_after_the_deadline_the_seconds_are_counted_from_the_deadline(cast):
    room = make_room(cast, cast.alice, seconds=600)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=clock.now() - 11 * MINUTE).attempt
    assert refused(attempt, 1) == "too_late"
    [told] = explained(cast.dora, attempt)
    kept = RefusedAnswer.objects.get()
    assert told.late_seconds == (kept.received_at - attempt.deadline_at).total_seconds() > 50
    assert told.counted is None


@pytest.mark.django_db
def test_who_was_refused_for_something_else_was_not_late(cast, attempt):
    sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    assert refused(attempt, 1, epoch=1) == "taken_over"
    [told] = explained(cast.dora, attempt)
    assert (told.refused.code, told.late_seconds) == ("taken_over", None)


@pytest.mark.django_db
def test_an_end_that_was_moved_since_is_not_missed_any_more(cast):
    room = make_room(cast, cast.alice, seconds=600)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk, at=clock.now() - 11 * MINUTE).attempt
    assert refused(attempt, 1) == "too_late"
    granting.extend(
        actor=cast.dora, assignment_id=room.pk, seconds=3600, reason="The bell rang late.", at=clock.now() - 2 * MINUTE
    )
    [told] = explained(cast.dora, attempt)
    assert told.late_seconds is None


@pytest.mark.django_db
def test_it_takes_so_many_queries_however_much_was_refused(cast, attempt, django_assert_max_num_queries):
    sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    for seq in range(1, 12):
        refused(attempt, seq, epoch=1)
    explained(cast.dora, attempt)
    with django_assert_max_num_queries(6):
        assert len(explained(cast.dora, attempt)) == 11


@pytest.mark.django_db
def test_only_staff_of_the_room_look_at_evidence(cast, attempt):
    for person in (cast.alice, cast.bob, cast.gus, cast.other_teacher):
        with pytest.raises(errors.AttemptNotFound):
            evidence.get_reviewed_attempt(person, attempt.pk)


# -- withdrawn sheets ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_sheet_that_was_withdrawn_can_be_read_with_who_did_it_and_why(cast, attempt):
    send(attempt, 1)
    receipt = sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk).receipt
    reopening.reopen(actor=cast.dora, assignment_id=attempt.assignment_id, seconds=60, reason="Sent by mistake.")
    [sheet] = evidence.withdrawn_sheets_of(evidence.get_reviewed_attempt(cast.dora, attempt.pk))
    assert isinstance(sheet, WithdrawnSheet)
    assert (sheet.receipt, sheet.reason, sheet.withdrawn_by) == (receipt, "Sent by mistake.", cast.dora)
    assert sheet.answers == {str(lines.question_id(attempt, "river")): lines.option_id(attempt, "river", "yes")}


@pytest.mark.django_db
def test_who_sat_is_handed_out_what_was_refused_and_withdrawn_too(cast, attempt):
    send(attempt, 1)
    receipt = sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk).receipt
    refused(attempt, 2)
    reopening.reopen(actor=cast.dora, assignment_id=attempt.assignment_id, seconds=60, reason="Sent by mistake.")
    [told] = personal.data_about(person=cast.alice)
    assert [(one["code"]) for one in told["refused_answers"]] == ["attempt_closed"]
    assert [(one["receipt"], one["reason"]) for one in told["withdrawn_sheets"]] == [(receipt, "Sent by mistake.")]
    assert [(one["step"], one["kind"]) for one in told["time"]][:2] == [(0, "BASE"), (0, "REOPENED")]


# -- moments -------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 20)))
def test_a_moment_falls_if_one_before_it_was_later(given_seconds):
    times = [datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=number) for number in given_seconds]
    falls = moments.falling(times)
    assert falls == [any(before > time for before in times[:place]) for place, time in enumerate(times)]
    assert moments.falling(sorted(times)) == [False] * len(times)


@pytest.mark.django_db
def test_a_clock_that_is_set_back_is_flagged_and_changes_nothing_else(cast, attempt, monkeypatch):
    """The statement that saves, with the database's clock an hour back, as after a step of that clock."""
    send(attempt, 1)
    shifted = statement.text_for.__wrapped__

    def set_back(*args, **kwargs):
        return shifted(*args, **kwargs).replace("statement_timestamp()", "(statement_timestamp() - interval '1 hour')")

    with monkeypatch.context() as patched:
        patched.setattr(statement, "text_for", set_back)
        assert send(attempt, 2, "sum", "42").acked == [2]
    assert send(attempt, 3, "river", "no").acked == [3]
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    kept = queries.journal_of(queries.get_attempt_for(cast.alice, attempt.pk))
    assert [line.is_falling for line in kept.entries] == [False, True, False]
    assert kept.is_intact
    assert kept.entries[0].received_at - kept.entries[1].received_at > 59 * MINUTE
    answers = queries.answer_state(attempt).answers
    assert answers[str(lines.question_id(attempt, "river"))] == lines.option_id(attempt, "river", "no")
    assert len(answers) == 2


@pytest.mark.django_db
def test_with_a_steady_clock_nothing_is_flagged(cast, attempt):
    for seq in range(1, 6):
        send(attempt, seq, option=("yes", "no")[seq % 2])
    sitting.take_over(actor=cast.alice, attempt_id=attempt.pk)
    send(attempt, 1, epoch=2)
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    kept = queries.journal_of(queries.get_attempt_for(cast.alice, attempt.pk))
    assert [line.is_falling for line in kept.entries] == [False] * 6


@pytest.mark.django_db
def test_lines_that_arrive_out_of_order_are_flagged_by_their_number(cast, attempt):
    send(attempt, 2, "sum", "42")
    send(attempt, 1)
    sitting.submit_attempt(actor=cast.alice, attempt_id=attempt.pk)
    kept = queries.journal_of(queries.get_attempt_for(cast.alice, attempt.pk))
    assert [(line.seq, line.is_falling) for line in kept.entries] == [(1, False), (2, True)]

"""How rooms move, and what is shown: for every status, window, policy and moment."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.assignments import rules
from apps.assignments.errors import IllegalMove
from apps.assignments.models import ExamAssignment

STATUSES = ["SCHEDULED", "OPEN", "CLOSED", "FINALISED"]
START = datetime(2026, 7, 5, 9, tzinfo=UTC)
moments = st.integers(-50, 50).map(lambda minutes: START + timedelta(minutes=minutes))
statuses = st.sampled_from(STATUSES)
windows = st.tuples(st.none() | moments, st.none() | moments).filter(
    lambda window: None in window or window[0] < window[1]
)


def test_the_words_are_those_of_the_tables():
    room = ExamAssignment
    assert set(STATUSES) == set(room.Status.values) == set(rules.MOVES) == set(rules.CHANGEABLE)
    fields = {field.attname for field in room._meta.fields}
    assert fields >= rules.BEFORE_OPENING - {"group_ids", "user_ids"}


@given(statuses, windows, moments)
def test_the_clock_moves_forward_only_and_once(status, window, at):
    due = rules.status_by_clock(status, *window, at)
    assert STATUSES.index(due) >= STATUSES.index(status)
    assert rules.status_by_clock(due, *window, at) == due
    assert due != "FINALISED" or status == "FINALISED"


@given(statuses, windows, moments, st.integers(0, 100))
def test_what_the_clock_has_done_it_never_takes_back(status, window, at, later):
    soon = rules.status_by_clock(status, *window, at)
    end = at + timedelta(minutes=later)
    assert rules.status_by_clock(soon, *window, end) == rules.status_by_clock(status, *window, end)


@given(statuses, windows, moments)
def test_a_room_is_open_exactly_while_somebody_may_start(status, window, at):
    opens_at, closes_at = window
    begun = status == "OPEN" or (status == "SCHEDULED" and opens_at is not None and opens_at <= at)
    over = closes_at is not None and closes_at <= at
    assert rules.is_open(status, opens_at, closes_at, at) == (begun and not over)


def test_a_window_is_half_open():
    end = START + timedelta(hours=1)
    instant = timedelta(microseconds=1)
    assert rules.is_open("SCHEDULED", START, end, START)
    assert not rules.is_open("SCHEDULED", START, end, START - instant)
    assert rules.is_open("OPEN", START, end, end - instant)
    assert not rules.is_open("OPEN", START, end, end)


@given(windows, moments)
def test_a_window_that_is_accepted_has_a_future(window, at):
    opens_at, closes_at = window
    ok = rules.is_window(opens_at, closes_at, at)
    assert ok == (closes_at is None or closes_at > at)
    if ok and opens_at is not None:
        assert rules.is_open("SCHEDULED", opens_at, closes_at, max(opens_at, at))


def test_a_window_that_ends_first_is_refused():
    assert not rules.is_window(START, START, START - timedelta(days=1))
    assert not rules.is_window(START, START - timedelta(hours=1), START - timedelta(days=1))


def test_each_move_by_hand_is_in_the_table_or_refused():
    found = {}
    for status in STATUSES:
        for wanted in STATUSES[1:]:
            try:
                found[status, wanted] = rules.is_move(status, wanted)
            except IllegalMove:
                continue
    assert found == {
        ("SCHEDULED", "OPEN"): True,
        ("OPEN", "OPEN"): False,
        ("OPEN", "CLOSED"): True,
        ("CLOSED", "CLOSED"): False,
        ("CLOSED", "FINALISED"): True,
        ("FINALISED", "CLOSED"): False,
        ("FINALISED", "FINALISED"): False,
    }


def test_too_late_is_counted_from_the_opening_and_waiting_does_not_count():
    minute = timedelta(minutes=1)
    assert not rules.is_too_late(None, 0, START)
    assert not rules.is_too_late(START, 600, START + 10 * minute)
    assert rules.is_too_late(START, 600, START + 10 * minute + timedelta(microseconds=1))
    assert not rules.is_too_late(START, 600, START + 15 * minute, waited=300)
    assert rules.is_too_late(START, 600, START + 16 * minute, waited=300)


@given(st.lists(st.tuples(moments, st.integers(0, 30)), max_size=6), moments)
def test_what_was_waited_is_counted_minute_by_minute_and_once(pauses, since):
    minute = timedelta(minutes=1)
    spans = [(began_at, began_at + length * minute) for began_at, length in pauses]
    minutes = {began_at + n * minute for began_at, length in pauses for n in range(length)}
    assert rules.seconds_waited(spans, since) == 60 * len({moment for moment in minutes if moment >= since})


def test_each_status_has_its_announcement():
    names = [rules.announcement(status, uuid.uuid4()).name for status in STATUSES[1:]]
    assert names == ["assignment.opened", "assignment.closed", "assignment.finalised"]


@given(st.sampled_from(ExamAssignment.ResultPolicy.values), statuses, st.booleans(), st.booleans())
def test_results_are_never_hidden_again_by_a_room_that_goes_on(policy, status, is_published, is_sat):
    shown = rules.results_visible(policy, status, is_published, is_sat=is_sat)
    if shown:
        for later in STATUSES[STATUSES.index(status) :]:
            assert rules.results_visible(policy, later, is_published, is_sat=is_sat)
    assert shown or not is_published


@pytest.mark.parametrize(
    ("policy", "shown_from", "while_somebody_sits"),
    [("IMMEDIATELY", "SCHEDULED", "SCHEDULED"), ("AFTER_CLOSE", "CLOSED", None), ("BY_HAND", None, None)],
)
def test_results_are_shown_from(policy, shown_from, while_somebody_sits):
    def first(*, is_sat):
        shown = (status for status in STATUSES if rules.results_visible(policy, status, False, is_sat=is_sat))
        return next(shown, None)

    assert (first(is_sat=False), first(is_sat=True)) == (shown_from, while_somebody_sits)


@pytest.mark.parametrize(
    ("policy", "while_open", "after_close"),
    [
        ("LIVE", "named", "named"),
        ("AFTER_CLOSE", "hidden", "named"),
        ("HIDDEN", "hidden", "hidden"),
        ("ANONYMOUS", "anonymous", "anonymous"),
        ("A_NEW_ONE", "hidden", "hidden"),
    ],
)
def test_boards_are_shown_as_their_policy_says(policy, while_open, after_close):
    shown = [rules.board_visible(policy, status, is_sat=False) for status in STATUSES]
    assert shown == [while_open, while_open, after_close, after_close]
    assert [rules.board_visible(policy, status, is_sat=True) for status in STATUSES] == [while_open] * 4


def test_less_and_less_can_be_changed():
    allowed = [rules.CHANGEABLE[status] for status in STATUSES]
    assert all(later <= earlier for earlier, later in itertools.pairwise(allowed))
    assert rules.locked_fields("OPEN", ["title", "seconds", "mock_test_id"]) == ["mock_test_id", "seconds"]

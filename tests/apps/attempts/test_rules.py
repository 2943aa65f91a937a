"""Time, receipts, marks and percentages as plain Python."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.attempts.rules import ledger, marking, receipts, results
from apps.attempts.rules.ledger import Grant, Lateness

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
END = START + timedelta(hours=1)
MS = timedelta(milliseconds=1)


def reckon(grants, limit_at=None, steps=1):
    return ledger.reckon(started_at=START, grants=grants, limit_at=limit_at, steps=steps)


def test_gives_the_whole_time_where_no_window_ends():
    reckoning = reckon([Grant("BASE", 3600)])
    assert (reckoning.deadline, reckoning.missing) == (END, [])


def test_a_window_that_ends_early_cuts_time_off():
    closes_at = START + timedelta(minutes=20)
    reckoning = reckon([Grant("BASE", 3600)], closes_at)
    assert (reckoning.deadline, reckoning.missing) == (closes_at, [Grant("WINDOW", -2400)])


def test_a_window_that_ends_later_cuts_nothing():
    assert reckon([Grant("BASE", 3600)], END).missing == []


def test_a_window_that_moves_on_gives_back_what_it_took():
    grants = [Grant("BASE", 3600), Grant("WINDOW", -2400)]
    reckoning = reckon(grants, START + timedelta(minutes=30))
    assert (reckoning.deadline, reckoning.missing) == (START + timedelta(minutes=30), [Grant("WINDOW", 600)])


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (END - MS, Lateness.ON_TIME),
        (END, Lateness.ON_TIME),
        (END + timedelta(microseconds=1), Lateness.IN_GRACE),
        (END + timedelta(seconds=10), Lateness.IN_GRACE),
        (END + timedelta(seconds=10) + timedelta(microseconds=1), Lateness.TOO_LATE),
        (END + timedelta(seconds=10) + MS, Lateness.TOO_LATE),
    ],
)
def test_is_late_only_after_the_grace(at, expected):
    assert ledger.lateness(at=at, deadline_at=END, grace_seconds=10) is expected


@pytest.mark.parametrize(
    ("at", "expected"), [(START - MS, START), (START, START), (END - MS, END - MS), (END, END), (END + MS, END)]
)
def test_an_attempt_ends_neither_after_its_deadline_nor_before_its_start(at, expected):
    assert ledger.finish_moment(at=at, started_at=START, deadline_at=END) == expected


@pytest.mark.parametrize(
    ("closed_after", "window", "extended", "expected_after"),
    [
        (30, None, 0, 30),  # by hand
        (30, 50, 600, 30),  # by hand, before the window ends: extra time ends too
        (60, 60, 0, 60),  # by the window
        (60, 60, 600, 70),  # by the window: extra time stays
        (61, 60, 600, 70),  # the alarm of the room rang a little late
        (90, 90, 600, 70),  # a deadline is never moved on
    ],
)
def test_a_closing_room_ends_time_but_leaves_extra_time_beyond_its_window(
    closed_after, window, extended, expected_after
):
    grants = [Grant("BASE", 3600), Grant("EXTENSION", extended)]
    limit_at = ledger.closing_limit(
        closed_at=START + timedelta(minutes=closed_after),
        closes_at=None if window is None else START + timedelta(minutes=window),
        personal=ledger.personal_seconds(grants),
    )
    assert reckon(grants, limit_at).deadline == START + timedelta(minutes=expected_after)


def test_a_room_that_closes_as_somebody_begins_leaves_a_moment():
    assert reckon([Grant("BASE", 3600)], START).deadline == START + MS


def test_no_time_left_is_never_less_than_none():
    assert ledger.seconds_left(at=END + MS, deadline_at=END) == 0
    assert ledger.seconds_left(at=START, deadline_at=END) == 3600


def test_while_time_stands_still_what_is_left_stays():
    assert ledger.seconds_left(at=END + MS, deadline_at=END, paused_at=END - timedelta(seconds=90)) == 90


def test_a_receipt_is_the_hash_of_the_text_that_is_documented():
    attempt, question = uuid.UUID(int=1), uuid.UUID(int=2)
    entries = [receipts.Entry(2, 1, question, None), receipts.Entry(1, 10, question, ["a", "é"])]
    # printf 'attempt 0…1\n1:10:0…2:["a", "é"]\n2:1:0…2:null' | sha256sum
    expected = "471992e056702c5e27305492b31093a7eadd3b9b40bce24f9ddc2d9b2ff3c08e"
    assert receipts.receipt(attempt_id=attempt, entries=entries) == expected


KEY = {
    uuid.UUID(int=1): {"type": "single_choice", "score": "2", "key": {"fractions": {"a": "1", "b": "-0.5"}}},
    uuid.UUID(int=2): {
        "type": "numeric",
        "score": "1",
        "key": {"answers": [{"value": "4", "tolerance": "0", "fraction": "1"}]},
    },
}


def test_marks_every_item_of_the_key_and_nothing_else():
    answers = {str(uuid.UUID(int=1)): "b", str(uuid.UUID(int=99)): "a"}
    marked = marking.mark_sheet(answers=answers, key=KEY)
    assert [(mark.question_id.int, mark.marks, mark.outcome) for mark in marked] == [
        (1, Decimal("-1"), "WRONG"),
        (2, Decimal(0), "BLANK"),
    ]
    assert marking.total(marked) == Decimal("-1")


def test_marks_the_same_however_often():
    answers = {str(uuid.UUID(int=1)): "a", str(uuid.UUID(int=2)): "4.0"}
    assert marking.mark_sheet(answers=answers, key=KEY) == marking.mark_sheet(answers=answers, key=KEY)


@pytest.mark.parametrize(
    ("score", "of", "expected"),
    [
        ("0", "5", "0.00"),
        ("5", "5", "100.00"),
        ("1", "3", "33.33"),
        ("2", "3", "66.67"),
        ("1", "800", "0.13"),
        ("-1", "4", "-25.00"),
        ("0", "0", "0.00"),
    ],
)
def test_percentages_have_two_decimals_half_up(score, of, expected):
    assert str(results.percentage(Decimal(score), Decimal(of))) == expected

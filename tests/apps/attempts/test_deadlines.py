"""Every deadline to the millisecond: what the ledger says for a course, a window, accommodations, pauses and moves."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.attempts.rules import course, ledger
from apps.attempts.rules.course import Part
from apps.attempts.rules.ledger import Grant

START = datetime(2026, 7, 5, 4, 0, tzinfo=UTC)
MS = timedelta(milliseconds=1)
N5 = [
    Part("v", "Vocabulary", "VOCAB", 1200),
    Part("g", "Grammar, reading", "GRAMMAR_READING", 2400),
    Part("l", "Listening", "LISTENING", 1800),
]
PAUSE_AFTER_FIRST = [{"after": 1, "seconds": 600}]


def minutes(value):
    return timedelta(minutes=float(value))


def after(reckoning):
    """The ends in minutes after the start."""
    return [(end - START) / timedelta(minutes=1) for end in reckoning.ends]


def of_course(*more, breaks=(), factors=None, limit=None, start=START):
    steps = course.draw(N5, breaks)
    grants = [*course.course_grants(steps, factors or {}), *more]
    limit_at = None if limit is None else start + minutes(limit)
    return ledger.reckon(started_at=start, grants=grants, limit_at=limit_at, steps=len(steps))


def of_whole(*more, seconds=5400, factors=None, limit=None, start=START):
    grants = [*course.whole_grants(seconds, N5, factors or {}), *more]
    limit_at = None if limit is None else start + minutes(limit)
    return ledger.reckon(started_at=start, grants=grants, limit_at=limit_at)


# -- a paper that is open as a whole: window x accommodation x extra time x pause ------------------------------------

WINDOWS = [None, 0, 10, 89.999, 90, 90.001, 120]
FACTORS = [None, "1", "1.25", "1.5", "2"]
EXTRA = [0, 1, 90, 3600]
PAUSED = [0, 0.001, 615.5]


@pytest.mark.parametrize(
    ("window", "factor", "extra", "paused"), list(itertools.product(WINDOWS, FACTORS, EXTRA, PAUSED))
)
def test_a_whole_paper_ends_where_its_grants_and_its_window_say(window, factor, extra, paused):
    factors = {"*": Decimal(factor)} if factor else {}
    more = [Grant(ledger.EXTENSION, extra), Grant(ledger.PAUSE, paused)]
    reckoning = of_whole(*more, factors=factors, limit=window)
    personal = 5400 * (float(factor or 1) - 1) + extra + paused
    whole = 5400 + personal
    expected = whole if window is None else min(whole, window * 60 + personal)
    assert abs(reckoning.deadline - START - max(timedelta(seconds=expected), MS)) < MS / 10
    assert ledger.deadline(
        started_at=START, grants=[*course.whole_grants(5400, N5, factors), *more, *reckoning.missing]
    ) == (reckoning.deadline)


# -- timed sections ------------------------------------------------------------------------------------------------

COURSES = [
    ("as printed", {}, [20, 60, 90]),
    ("a break after the first", {"breaks": PAUSE_AFTER_FIRST}, [20, 30, 70, 100]),
    ("a break after the last is none", {"breaks": [{"after": 3, "seconds": 60}]}, [20, 60, 90]),
    ("two breaks", {"breaks": [{"after": 1, "seconds": 300}, {"after": 2, "seconds": 60}]}, [20, 25, 65, 66, 96]),
    ("a window that cuts the last", {"limit": 75}, [20, 60, 75]),
    ("a window that leaves none of the last", {"limit": 60}, [20, 60, 60]),
    ("a window that cuts the first", {"limit": 5}, [5, 5, 5]),
    ("a window that ends with it", {"limit": 90}, [20, 60, 90]),
    ("a quarter more for all", {"factors": {"*": Decimal("1.25")}}, [25, 75, 112.5]),
    ("more for listening only", {"factors": {"LISTENING": Decimal("1.5")}}, [20, 60, 105]),
    ("more for all but listening", {"factors": {"*": Decimal(2), "LISTENING": Decimal(1)}}, [40, 120, 150]),
    (
        "breaks are as long for everybody",
        {"breaks": PAUSE_AFTER_FIRST, "factors": {"*": Decimal(2)}},
        [40, 50, 130, 190],
    ),
    ("an accommodation counts beyond the window", {"factors": {"*": Decimal("1.5")}, "limit": 90}, [30, 90, 135]),
]


@pytest.mark.parametrize(("given_", "expected"), [case[1:] for case in COURSES], ids=[case[0] for case in COURSES])
def test_a_course_ends_step_by_step(given_, expected):
    assert after(of_course(**given_)) == expected


MOVES = [
    ("extra time in the first", [Grant("EXTENSION", 300, 0)], None, [25, 65, 95]),
    ("extra time in the second", [Grant("EXTENSION", 300, 1)], None, [20, 65, 95]),
    ("extra time in the last", [Grant("EXTENSION", 300, 2)], None, [20, 60, 95]),
    ("the first left after ten minutes", [Grant("LEFT", -600, 0)], None, [10, 50, 80]),
    ("left, then extra time", [Grant("LEFT", -600, 0), Grant("EXTENSION", 60, 1)], None, [10, 51, 81]),
    ("a pause in the second", [Grant("PAUSE", 420, 1)], None, [20, 67, 97]),
    ("a pause counts beyond the window", [Grant("PAUSE", 420, 1)], 90, [20, 67, 97]),
    ("leaving early uses what the window had cut", [Grant("LEFT", -600, 0)], 80, [10, 50, 80]),
    ("stalls are credited", [Grant("INCIDENT", 12.345, 2)], None, [20, 60, 90 + 12.345 / 60]),
    ("extra time inside a window that cuts", [Grant("EXTENSION", 600, 0)], 60, [30, 70, 70]),
    ("all left at once", [Grant("LEFT", -1200, 0), Grant("LEFT", -2400, 1)], None, [1 / 60000, 1 / 60000, 30]),
    ("opened again an hour after the end", [Grant("REOPENED", 3600, 2)], None, [20, 60, 150]),
]


@pytest.mark.parametrize(("moves", "limit", "expected"), [case[1:] for case in MOVES], ids=[case[0] for case in MOVES])
def test_what_moves_one_step_moves_those_after_it(moves, limit, expected):
    assert after(of_course(*moves, limit=limit)) == pytest.approx(expected, abs=1e-6)


# -- whatever happens ----------------------------------------------------------------------------------------------

KINDS = st.sampled_from(["EXTENSION", "PAUSE", "INCIDENT", "LEFT"])
SECONDS = st.integers(0, 7_200_000).map(lambda ms: ms / 1000)
HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), KINDS, st.integers(0, 3), SECONDS),
        st.tuples(st.just("window"), st.none() | st.integers(0, 15_000_000)),
    ),
    max_size=12,
)


@given(happenings=HAPPENINGS)
def test_step_by_step_or_at_once_the_ledger_says_the_same(happenings):
    steps = course.draw(N5, PAUSE_AFTER_FIRST)
    book = course.course_grants(steps, {})
    limit_at = None
    for what, *details in happenings:
        if what == "grant":
            kind, step, seconds = details
            book.append(Grant(kind, -min(seconds, 60.0) if kind == "LEFT" else seconds, step))
        else:
            limit_at = None if details[0] is None else START + timedelta(milliseconds=details[0])
        book += ledger.reckon(started_at=START, grants=book, limit_at=limit_at, steps=4).missing
    final = ledger.reckon(started_at=START, grants=book, limit_at=limit_at, steps=4)
    unwindowed = [grant for grant in book if grant.kind != "WINDOW"]
    at_once = ledger.reckon(started_at=START, grants=unwindowed, limit_at=limit_at, steps=4)
    assert final.missing == []
    assert final.ends == at_once.ends == sorted(final.ends)
    assert abs(ledger.deadline(started_at=START, grants=book) - final.deadline) < timedelta(microseconds=20)
    if limit_at is not None:
        personal = timedelta(seconds=ledger.personal_seconds(unwindowed))
        assert final.deadline <= max(limit_at + personal, START + MS)


@pytest.mark.parametrize(
    ("zone", "local"),
    [
        ("Europe/Berlin", datetime(2026, 10, 25, 2, 30)),
        ("America/New_York", datetime(2026, 3, 8, 1, 30)),
        ("Australia/Lord_Howe", datetime(2026, 4, 5, 1, 45)),
        ("Asia/Tashkent", datetime(2026, 7, 5, 9, 0)),
    ],
)
@pytest.mark.parametrize("fold", [0, 1])
def test_clocks_that_are_put_forward_or_back_change_nobodys_time(zone, local, fold):
    start = local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)
    assert of_whole(start=start).deadline - start == timedelta(seconds=5400)
    assert of_course(start=start).deadline - start == timedelta(seconds=5400)


@pytest.mark.parametrize(("at", "step"), [(0, 0), (19.999, 0), (20, 1), (59.999, 1), (60, 2), (90, 2), (500, 2)])
def test_a_step_begins_when_the_one_before_it_ends(at, step):
    assert ledger.step_at(ends=of_course().ends, at=START + minutes(at)) == step


def test_extra_time_of_a_whole_paper_follows_the_time_that_the_room_gives_it():
    grants = course.whole_grants(2700, N5, {"LISTENING": Decimal("1.5")})
    assert grants == [Grant("BASE", 2700), Grant("ACCOMMODATION", 450)]

"""Ranks, percentiles and ties on paper."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.leaderboards import rules
from tests.apps.leaderboards.samples import NOON, later

marks = st.decimals(-100, 100, places=3, allow_nan=False)


def tie(profile="custom", seconds=600, finished_at=NOON, **topics):
    return rules.tie_break(profile, seconds_taken=seconds, finished_at=finished_at, topics=topics)


def test_percentile_has_seven_decimals():
    assert str(rules.percentile(37_244, 41_326)) == "90.1224411"


def test_ties_share_rank_and_percentile_and_the_next_rank_is_left_out():
    found = rules.places([Decimal(score) for score in (90, 90, 85, 70, 70, 70, 50, 40)])
    assert [place.rank for place in found] == [1, 1, 3, 4, 4, 4, 7, 8]
    assert [float(place.percentile) for place in found] == [100, 100, 75, 62.5, 62.5, 62.5, 25, 12.5]


def test_one_person_is_first_and_at_a_hundred():
    assert rules.places([Decimal("-3.5")]) == [rules.Place(1, Decimal("100.0000000"))]


def test_nobody_has_no_places():
    assert rules.places([]) == []


@given(st.lists(marks, max_size=30))
def test_places_say_what_they_count(scores):
    for score, place in zip(scores, rules.places(scores), strict=True):
        assert place.rank == 1 + sum(other > score for other in scores)
        below = sum(other <= score for other in scores)
        assert abs(place.percentile - Decimal(100 * below) / len(scores)) <= Decimal("5e-8")


def test_less_time_comes_first_then_the_earlier_finish():
    assert tie(seconds=599.999) < tie(seconds=600) < tie(seconds=600, finished_at=later(0.001)) < tie(seconds=10_000)


def test_an_exam_with_a_chain_compares_topics_before_time():
    better = tie("jee-main@2026-01", seconds=900, Mathematics="20", Physics="-4", Chemistry="8")
    worse = tie("jee-main@2026-01", seconds=100, Mathematics="20", Physics="-5", Chemistry="40")
    assert better < worse
    assert tie(seconds=900, Mathematics="20") > tie(seconds=100, Mathematics="0")


@given(marks, marks)
def test_texts_of_marks_compare_as_the_marks_do(one, other):
    first = tie("neet@2025-01", Biology=one)
    second = tie("neet@2025-01", Biology=other)
    assert (first < second) == (one > other)


@pytest.mark.parametrize("seconds", [0, -5, 10**8])
def test_texts_are_equally_long(seconds):
    assert len(tie(seconds=seconds)) == len(tie())

"""Ranks, percentiles and ties on paper."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.attempts.rules import ties
from apps.leaderboards import rules
from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.profiles import Tie
from tests.apps.leaderboards.samples import NOON, later

marks = st.decimals(-100, 100, places=3, allow_nan=False)


NEET = profiles.PROFILES["neet@2025-05"].ties
JEE_MAIN = profiles.PROFILES["jee-main@2026-01"].ties


def tie(chain=(), seconds=600, finished_at=NOON, topics=(), answered=(), **areas):
    facts = ties.Facts(dict(topics), areas, dict(answered))
    return ties.tie_break(chain, facts, seconds_taken=seconds, finished_at=finished_at)


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


def test_an_exam_with_a_chain_compares_its_areas_before_time():
    better = tie(JEE_MAIN, seconds=900, mathematics="20", physics="-4", chemistry="8")
    worse = tie(JEE_MAIN, seconds=100, mathematics="20", physics="-5", chemistry="40")
    assert better < worse
    assert tie(seconds=900, mathematics="20") > tie(seconds=100, mathematics="0")


def test_a_chain_may_compare_topics():
    kanji = (Tie("topic", "Kanji"),)
    assert tie(kanji, seconds=900, topics={"Kanji": "3"}) < tie(kanji, seconds=100, topics={"Kanji": "2"})


def test_fewer_wrong_answers_for_each_right_one_come_first_in_all_and_then_by_area():
    def of(whole, physics, seconds=600):
        return tie(JEE_MAIN, seconds=seconds, answered={"": whole, "physics": physics})

    assert of((30, 9), (10, 5), seconds=900) < of((20, 7), (10, 1), seconds=100)
    assert of((30, 9), (10, 3), seconds=900) < of((20, 6), (10, 4), seconds=100)
    assert of((1, 400), (0, 0)) < of((0, 0), (0, 0))
    assert of((0, 1), (0, 0)) == of((0, 3), (0, 0))
    assert len(of((1, 10**9), (0, 0))) == len(of((5, 0), (5, 0))) <= 120


@given(marks, marks)
def test_texts_of_marks_compare_as_the_marks_do(one, other):
    first = tie(NEET, biology=one)
    second = tie(NEET, biology=other)
    assert (first < second) == (one > other)


@pytest.mark.parametrize("seconds", [0, -5, 10**8])
def test_texts_are_equally_long(seconds):
    assert len(tie(seconds=seconds)) == len(tie())

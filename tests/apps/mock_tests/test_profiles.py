"""Exam profiles: what a JLPT test consists of and when it is passed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.profiles import LANGUAGE, LANGUAGE_AND_READING, LISTENING, READING

LEVELS = ["N1", "N2", "N3", "N4", "N5"]


def profile(level):
    return profiles.profile_for(level)


@pytest.mark.parametrize(
    ("level", "minutes"),
    [
        ("N5", [("VOCAB", 20), ("GRAMMAR_READING", 40), ("LISTENING", 30)]),
        ("N4", [("VOCAB", 25), ("GRAMMAR_READING", 55), ("LISTENING", 35)]),
        ("N3", [("VOCAB", 30), ("GRAMMAR_READING", 70), ("LISTENING", 40)]),
        ("N2", [("FULL_WRITTEN", 105), ("LISTENING", 50)]),
        ("N1", [("FULL_WRITTEN", 110), ("LISTENING", 55)]),
    ],
)
def test_a_level_has_its_timed_sections(level, minutes):
    assert [(part.section_type, part.minutes) for part in profiles.sections_for(profile(level))] == minutes


def test_finds_profiles_by_their_dated_code_only():
    n5 = profiles.find_profile("jlpt-n5@2020-12")
    assert n5 == profile("N5")
    assert (n5.pass_score, n5.total_score) == (80, 180)
    assert [(area.code, area.max_score, area.min_score) for area in n5.areas] == [
        (LANGUAGE_AND_READING, 120, 38),
        (LISTENING, 60, 19),
    ]
    assert sum(kind.count for kind in n5.item_kinds) == 67
    assert profiles.find_profile("jlpt-n5") is None
    assert profile("") == profiles.find_profile("custom")
    assert profile("N9").code == "custom"


@pytest.mark.parametrize(
    ("level", "section_type", "has_passage", "area"),
    [
        ("N5", "VOCAB", False, LANGUAGE_AND_READING),
        ("N5", "GRAMMAR_READING", True, LANGUAGE_AND_READING),
        ("N5", "LISTENING", True, LISTENING),
        ("N5", "FULL_WRITTEN", True, LANGUAGE_AND_READING),
        ("N5", "GENERAL", False, ""),
        ("N3", "VOCAB", False, LANGUAGE),
        ("N3", "GRAMMAR_READING", False, LANGUAGE),
        ("N3", "GRAMMAR_READING", True, READING),
        ("N1", "FULL_WRITTEN", True, READING),
        ("", "VOCAB", False, ""),
    ],
)
def test_sections_feed_areas(level, section_type, has_passage, area):
    assert profiles.area_of(section_type, profile(level), has_passage=has_passage) == area


@pytest.mark.parametrize(
    ("level", "scores", "passed"),
    [
        ("N2", (19, 19, 52), True),
        ("N2", (18, 60, 60), False),
        ("N1", (33, 33, 33), False),
        ("N1", (33, 33, 34), True),
        ("N5", (61, 19), True),
        ("N5", (60, 19), False),
        ("N5", (120, 18), False),
        ("N4", (37, 60), False),
        ("N4", (38, 52), True),
    ],
)
def test_a_test_is_passed_by_its_total_and_every_area(level, scores, passed):
    areas = [area.code for area in profile(level).areas]
    assert profiles.passes(profile(level), dict(zip(areas, scores, strict=True))) is passed


def test_an_area_that_was_not_sat_fails_the_whole():
    assert not profiles.passes(profile("N5"), {LANGUAGE_AND_READING: 120})


def test_estimates_a_straight_line_rounded_half_up():
    result = profiles.estimate(profile("N5"), {LANGUAGE_AND_READING: Decimal("0.5"), LISTENING: Decimal("0.325")})
    assert [(area.code, area.score, area.passed) for area in result.areas] == [
        (LANGUAGE_AND_READING, 60, True),
        (LISTENING, 20, True),
    ]
    assert (result.total, result.passed) == (80, True)
    assert profiles.estimate(profile("N5"), {}).total == 0


@given(st.sampled_from(LEVELS), st.lists(st.decimals(-2, 2, places=4), min_size=3, max_size=3))
def test_estimates_stay_within_their_areas(level, shares):
    areas = [area.code for area in profile(level).areas]
    result = profiles.estimate(profile(level), dict(zip(areas, shares, strict=False)))
    assert all(0 <= area.score <= area.max_score for area in result.areas)
    assert result.total == sum(area.score for area in result.areas)
    assert result.passed == (result.total >= profile(level).pass_score and all(a.passed for a in result.areas))

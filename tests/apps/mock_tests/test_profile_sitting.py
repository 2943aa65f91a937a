"""How exams are sat: what each shipped profile says, and what follows for papers of its sections and of others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.profiles import Pause, Sitting

ONCE = {"listening": "LIMITED", "plays_allowed": 1, "tools": []}
APART = {"is_sectioned": True, "may_leave_early": False}


def sections_of(profile):
    return [{"section_type": part.section_type, "name": part.name, "area": part.area} for part in profile.sections]


def said(code, sections=None):
    profile = profiles.PROFILES[code]
    return profiles.sitting_of(profile, sections_of(profile) if sections is None else sections)


def breaks(*places):
    return [{"after": place, "seconds": 600} for place in places]


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("custom", {}),
        ("jlpt-n1@2010-07", {**APART, **ONCE, "breaks": breaks(1)}),
        ("jlpt-n1@2022-12", {**APART, **ONCE, "breaks": breaks(1)}),
        ("jlpt-n2@2010-07", {**APART, **ONCE, "breaks": breaks(1)}),
        ("jlpt-n3@2010-07", {**APART, **ONCE, "breaks": breaks(1, 2)}),
        ("jlpt-n4@2020-12", {**APART, **ONCE, "breaks": breaks(1, 2)}),
        ("jlpt-n5@2020-12", {**APART, **ONCE, "breaks": breaks(1, 2)}),
        ("cat@2024-11", {**APART, "breaks": [], "tools": ["calculator"]}),
        ("gate@2021-02", {"tools": ["calculator"]}),
        ("jee-main@2026-01", {"tools": []}),
        ("jee-advanced@2018-05", {"tools": []}),
        ("neet@2025-05", {"tools": []}),
    ],
)
def test_a_paper_of_the_exams_sections_is_sat_as_the_exam(code, rules):
    assert said(code) == rules


def test_every_shipped_exam_says_how_it_is_sat():
    assert {code for code, profile in profiles.PROFILES.items() if profile.sitting is None} == {"custom"}


def test_sections_that_have_a_time_together_in_the_exam_are_not_cut():
    """In N1 vocabulary, grammar and reading have one clock."""
    three = [{"section_type": kind, "name": kind, "area": ""} for kind in ("VOCAB", "GRAMMAR_READING", "LISTENING")]
    assert said("jlpt-n1@2022-12", three) == ONCE
    assert said("jlpt-n5@2020-12", three)["is_sectioned"] is True


def test_a_paper_of_one_part_is_sat_as_a_whole():
    assert said("jlpt-n5@2020-12", [{"section_type": "VOCAB", "name": "Words", "area": ""}]) == ONCE


def test_two_sections_that_are_one_part_of_the_exam_are_not_cut():
    twice = [{"section_type": "VOCAB", "name": name, "area": ""} for name in ("Words", "More words")]
    assert said("jlpt-n5@2020-12", twice) == ONCE


def test_breaks_lie_where_the_exam_has_them_in_a_paper_of_some_parts():
    two = [{"section_type": kind, "name": kind, "area": ""} for kind in ("VOCAB", "LISTENING")]
    assert said("jlpt-n5@2020-12", two)["breaks"] == breaks(1)


def test_a_section_of_another_name_is_known_by_what_it_counts_for():
    renamed = [
        {"section_type": "GENERAL", "name": f"Part {number}", "area": area}
        for number, area in enumerate(("varc", "dilr", "qa"))
    ]
    assert said("cat@2024-11", renamed)["is_sectioned"] is True
    assert "is_sectioned" not in said("cat@2024-11", [{**section, "area": ""} for section in renamed])


def test_of_what_is_none_nothing_is_said():
    n5 = profiles.PROFILES["jlpt-n5@2020-12"]
    only_breaks = replace(n5, sitting=Sitting(is_sectioned=True, breaks=(Pause("vocab", 60),)))
    assert profiles.sitting_of(only_breaks, sections_of(n5)) == {
        "is_sectioned": True,
        "breaks": [{"after": 1, "seconds": 60}],
    }
    assert profiles.sitting_of(replace(n5, sitting=Sitting()), sections_of(n5)) == {}

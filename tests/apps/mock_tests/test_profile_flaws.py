"""Profiles that contradict themselves: every reason, with its place; and the shipped ones, which have none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.profiles import (
    ItemKind,
    MarkingRule,
    Pause,
    Profile,
    ScoredArea,
    Sitting,
    Tie,
    TimedSection,
)

D = Decimal
SECTION = TimedSection("all", "GENERAL", "All", 60, "all", "all")
AREA = ScoredArea("all", "All", 100)
GOOD = Profile(
    "good",
    "Good",
    sections=(SECTION,),
    areas=(AREA,),
    item_kinds=(ItemKind("Choice", "all", 25, "single_choice"),),
    marking=(MarkingRule("single_choice", D(4), D(-1)),),
    ties=(Tie("area", "all"), Tie("wrong_ratio")),
    max_marks=D(100),
    pass_score=40,
)


def flaws(**changes):
    return {(flaw.pointer, flaw.code) for flaw in profiles.profile_flaws(replace(GOOD, **changes))}


def section(**changes):
    return {"sections": (replace(SECTION, **changes),)}


def marking(**changes):
    return {"marking": (replace(GOOD.marking[0], **changes),)}


def kind(**changes):
    return {"item_kinds": (replace(GOOD.item_kinds[0], **changes),)}


@pytest.mark.parametrize("code", profiles.PROFILES)
def test_what_ships_has_no_flaws_and_reads_back_as_it_is_written(code):
    profile = profiles.PROFILES[code]
    assert profiles.profile_flaws(profile) == ()
    assert profiles.read_profile(profiles.write_profile(profile)) == profile


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, set()),
        ({"exam_type": "jee main"}, {("/exam_type", "bad_exam_type")}),
        (section(minutes=0), {("/sections/0/minutes", "bad_minutes")}),
        (section(minutes=-5), {("/sections/0/minutes", "bad_minutes")}),
        (section(minutes=5000), {("/sections/0/minutes", "bad_minutes")}),
        (section(section_type="SPEAKING"), {("/sections/0/section_type", "unknown_type")}),
        (section(name=" "), {("/sections/0/name", "blank")}),
        (section(area="x"), {("/sections/0/area", "unknown_area")}),
        (section(passage_area="x"), {("/sections/0/passage_area", "unknown_area")}),
        ({"sections": (SECTION, SECTION)}, {("/sections/0/code", "repeated"), ("/sections/1/code", "repeated")}),
        ({"areas": (replace(AREA, min_score=101),)}, {("/areas/0/min_score", "minimum_above_maximum")}),
        ({"areas": (replace(AREA, min_score=-1),)}, {("/areas/0/min_score", "minimum_above_maximum")}),
        ({"areas": (replace(AREA, min_score=10),)}, {("/areas/0/min_score", "needs_conversion")}),
        (
            {"areas": (AREA, ScoredArea("none", "None", 5))},
            {("/areas/1", "area_not_fed"), ("/areas", "does_not_add_up")},
        ),
        ({"areas": (replace(AREA, max_score=99),)}, {("/areas", "does_not_add_up")}),
        ({"max_marks": D(90)}, {("/areas", "does_not_add_up"), ("/max_marks", "does_not_add_up")}),
        (kind(section="x"), {("/item_kinds/0/section", "unknown_section")}),
        (kind(count=-1), {("/item_kinds/0/count", "bad_count"), ("/max_marks", "does_not_add_up")}),
        (kind(type="riddle"), {("/item_kinds/0/type", "unknown_type")}),
        (kind(marks=D(0)), {("/item_kinds/0/marks", "bad_score"), ("/max_marks", "does_not_add_up")}),
        (marking(type="riddle"), {("/marking/0/type", "unknown_type")}),
        (marking(policy="half"), {("/marking/0/policy", "unknown_policy")}),
        (marking(section="x"), {("/marking/0/section", "unknown_section")}),
        (marking(right=D(0)), {("/marking/0/right", "bad_score"), ("/max_marks", "does_not_add_up")}),
        (marking(wrong=D(1)), {("/marking/0/wrong", "bad_wrong")}),
        (marking(wrong=D(-5)), {("/marking/0/wrong", "bad_wrong")}),
        (marking(unanswered=D(4)), {("/marking/0/unanswered", "bad_unanswered")}),
        ({"marking": GOOD.marking * 2}, {("/marking/1", "repeated")}),
        ({"ties": (Tie("luck"),)}, {("/ties/0/by", "unknown_type")}),
        ({"ties": (Tie("topic"),)}, {("/ties/0/name", "blank")}),
        ({"ties": (Tie("area", "x"),)}, {("/ties/0/name", "unknown_area")}),
        ({"ties": (Tie("wrong_ratio", "x"),)}, {("/ties/0/name", "unknown_area")}),
        ({"ties": (Tie("wrong_ratio"),) * 10}, {("/ties", "too_many")}),
        ({"conversion": "magic"}, {("/conversion", "unknown_type")}),
        ({"pass_score": 101}, {("/pass_score", "bad_pass_score")}),
        ({"pass_score": -1}, {("/pass_score", "bad_pass_score")}),
        (
            {
                "conversion": "scaled",
                "areas": (),
                "sections": (replace(SECTION, area="", passage_area=""),),
                "ties": (),
                "pass_score": None,
            },
            {("/conversion", "needs_areas")},
        ),
    ],
)
def test_names_every_contradiction_with_its_place(changes, found):
    assert flaws(**changes) == found


def test_a_profile_ends_after_it_begins():
    same = {"valid_from": date(2026, 1, 1), "valid_until": date(2026, 1, 1)}
    assert flaws(**same) == {("/valid_until", "bad_dates")}


@pytest.mark.parametrize(
    ("level", "day", "code"),
    [
        ("N5", "2019-07-07", "jlpt-n5@2010-07"),
        ("N5", "2020-12-01", "jlpt-n5@2020-12"),
        ("N4", "2020-11-30", "jlpt-n4@2010-07"),
        ("N1", "2022-11-30", "jlpt-n1@2010-07"),
        ("N1", "2022-12-04", "jlpt-n1@2022-12"),
        ("N1", "2009-12-04", "custom"),
    ],
)
def test_a_level_has_on_each_day_the_rules_of_that_day(level, day, code):
    assert profiles.profile_for(level, date.fromisoformat(day)).code == code


@pytest.mark.parametrize(
    ("code", "minutes"),
    [
        ("jlpt-n1@2010-07", [110, 60]),
        ("jlpt-n4@2010-07", [30, 60, 35]),
        ("jlpt-n5@2010-07", [25, 50, 30]),
        ("jee-main@2026-01", [60, 60, 60]),
        ("cat@2024-11", [40, 40, 40]),
    ],
)
def test_rules_of_before_are_kept(code, minutes):
    assert [section.minutes for section in profiles.PROFILES[code].sections] == minutes


@pytest.mark.parametrize(
    ("code", "questions", "marks"),
    [("jee-main@2026-01", 75, 300), ("neet@2025-05", 180, 720), ("cat@2024-11", 68, 204), ("gate@2021-02", 65, 100)],
)
def test_exams_have_their_numbers(code, questions, marks):
    profile = profiles.PROFILES[code]
    assert (profile.question_count, profile.max_marks, profile.minutes) == (
        questions,
        marks,
        120 if code.startswith("cat") else 180,
    )


# -- how it is sat -------------------------------------------------------------------------------------------------

PARTS = (SECTION, replace(SECTION, code="last", name="Last"))
SAT = Sitting(
    is_sectioned=True, breaks=(Pause("all", 600),), listening="LIMITED", plays_allowed=1, tools=("calculator",)
)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, set()),
        ({"listening": "OFTEN"}, {("/sitting/listening", "unknown_type")}),
        ({"plays_allowed": 0}, {("/sitting/plays_allowed", "out_of_bounds")}),
        ({"plays_allowed": 21}, {("/sitting/plays_allowed", "out_of_bounds")}),
        ({"tools": ("notes", "abacus")}, {("/sitting/tools/1", "unknown_type")}),
        ({"is_sectioned": False}, {("/sitting/breaks", "needs_timed_sections")}),
        ({"breaks": (Pause("last", 600),)}, {("/sitting/breaks/0/after", "no_such_break")}),
        ({"breaks": (Pause("x", 600),)}, {("/sitting/breaks/0/after", "no_such_break")}),
        ({"breaks": (Pause("all", 60), Pause("all", 60))}, {("/sitting/breaks/1/after", "no_such_break")}),
        ({"breaks": (Pause("all", 0),)}, {("/sitting/breaks/0/seconds", "out_of_bounds")}),
        ({"breaks": (Pause("all", 7201),)}, {("/sitting/breaks/0/seconds", "out_of_bounds")}),
    ],
)
def test_tells_what_is_wrong_with_how_an_exam_is_sat(changes, found):
    assert flaws(sections=PARTS, sitting=replace(SAT, **changes)) == found


def test_sections_that_share_a_time_are_not_sat_one_by_one():
    shared = (SECTION, replace(PARTS[1], timed_apart=False))
    assert flaws(sections=shared, sitting=Sitting(is_sectioned=True)) == {("/sitting/is_sectioned", "shared_time")}
    assert flaws(sections=shared, sitting=Sitting(is_sectioned=False, tools=())) == set()

"""Sharing questions among the lines of a blueprint: nobody is short where some way of sharing would do."""

from __future__ import annotations

import itertools
import uuid
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.mock_tests.rules.bank.blueprint import (
    GroupPlan,
    Line,
    Plan,
    SectionPlan,
    fill,
    plan_flaws,
    read_plan,
    write_plan,
)
from tests import drawing

IDS = [uuid.UUID(int=n) for n in range(8)]


def filled(*lines):
    """Each line: how many it asks for, and the numbers of its candidates in the order of preference."""
    wanted = [(f"/{n}", count) for n, (count, _) in enumerate(lines)]
    return [[found.int for found in line.ids] for line in fill(wanted, [[IDS[n] for n in some] for _, some in lines])]


def test_a_line_gets_what_it_prefers():
    assert filled((2, [3, 1, 2])) == [[3, 1]]
    assert filled((1, [1, 2]), (1, [1, 2])) == [[1], [2]]


def test_a_wide_line_gives_up_what_a_narrow_one_needs():
    assert filled((2, [0, 1, 2, 3]), (2, [0, 1])) == [[2, 3], [0, 1]]


def test_what_is_handed_on_may_pass_through_several_lines():
    assert filled((1, [0, 1]), (1, [1, 2]), (1, [2, 3]), (1, [0])) == [[1], [2], [3], [0]]


def test_a_line_that_nobody_can_fill_gets_what_there_is():
    (first, second) = fill([("/0", 2), ("/1", 3)], [IDS[:2], IDS[:3]])
    assert (len(first.ids), first.is_short) == (2, False)
    assert (second.ids, second.wanted, second.available, second.is_short) == ((IDS[2],), 3, 3, True)


@settings(max_examples=drawing.up_to(60), deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.lists(st.integers(0, 5), unique=True, max_size=6)), min_size=1, max_size=3)
)
def test_as_many_are_given_as_any_sharing_could(lines):
    found = filled(*lines)
    given_away = [question for line in found for question in line]
    assert len(given_away) == len(set(given_away))
    for (count, candidates), line in zip(lines, found, strict=True):
        assert len(line) <= count
        assert set(line) <= set(candidates)
    assert len(given_away) == _most(lines)


def _most(lines):
    """By trying all ways, for the six questions that lines name."""
    counts = [count for count, _ in lines]
    most = 0
    for owners in itertools.product(range(-1, len(lines)), repeat=6):
        held = [0] * len(lines)
        for question, owner in enumerate(owners):
            if owner >= 0 and question in lines[owner][1]:
                held[owner] += 1
        most = max(most, sum(min(has, asks) for has, asks in zip(held, counts, strict=True)))
    return most


def plan(*lines, **section):
    return Plan((SectionPlan("All", (GroupPlan(lines),), **section),))


def test_a_plan_reads_back_as_it_is_written():
    line = Line(3, "numeric", uuid.uuid4(), "EASY", "JEE Main", "en", ("a", "b"), Decimal("2.5"))
    whole = Plan(plan(line, Line(1), code="x", minutes=5).sections, "N5", "jlpt-n5@2020-12", False, 3)
    assert read_plan(write_plan(whole)) == whole


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (Plan(()), {("/sections", "no_sections")}),
        (Plan((SectionPlan("A", ()),)), {("/sections/0/groups", "empty_section")}),
        (plan(), {("/sections/0/groups/0/lines", "empty_group")}),
        (plan(Line(0)), {("/sections/0/groups/0/lines/0/count", "bad_count")}),
        (plan(Line(1), Line(1, "riddle")), {("/sections/0/groups/0/lines/1/type", "unknown_type")}),
        (plan(Line(600), Line(401)), {("/sections", "too_many_questions")}),
        (plan(Line(1), section_type="SPEAKING"), {("/sections/0/section_type", "unknown_type")}),
    ],
)
def test_names_what_is_wrong_with_a_plan(wrong, found):
    assert {(flaw.pointer, flaw.code) for flaw in plan_flaws(wrong)} == found

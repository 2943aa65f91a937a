"""What goes out comes in again: any test through each format, but for what the statement of losses names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.mock_tests.rules.exchange import interchange
from apps.mock_tests.rules.exchange.draft import DraftTest
from apps.mock_tests.rules.exchange.given import given_of
from apps.mock_tests.rules.exchange.native import kept
from apps.mock_tests.rules.types.base import Gap
from apps.mock_tests.rules.types.registry import TYPES
from tests.apps.mock_tests.exchange.test_moodle_xml import whole_tests, without_lines

PAPERS = Path(__file__).resolve().parents[4] / "apps" / "mock_tests" / "demo"
PROFILE = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def back(test: DraftTest, to: str) -> tuple[DraftTest, list[str]]:
    """The test as it comes back, and what the statement says is lost."""
    content, losses = interchange.write(test, to)
    assert interchange.guess_format(content) == to
    again, report = interchange.FORMATS[to].read(content)
    assert report.count("refused") == 0
    return without_places(again), [loss.reason for loss in losses]


def without_places(test: DraftTest) -> DraftTest:
    sections = (
        replace(
            s, groups=tuple(replace(g, questions=tuple(replace(q, path="") for q in g.questions)) for g in s.groups)
        )
        for s in without_lines(test).sections
    )
    return replace(test, sections=tuple(sections))


def sound(test: DraftTest) -> DraftTest:
    """The test without questions that nobody could be asked, which a table refuses."""

    def is_sound(question):
        return not list(TYPES[question.type].reasons(question.text, given_of(question)))

    groups = (
        [replace(group, questions=tuple(filter(is_sound, group.questions))) for group in section.groups]
        for section in test.sections
    )
    sections = (
        replace(section, groups=tuple(group for group in found if group.questions))
        for section, found in zip(test.sections, groups, strict=True)
    )
    return replace(test, sections=tuple(section for section in sections if section.groups))


def without_gap_feedback(test: DraftTest) -> DraftTest:
    def quiet(gap: Gap) -> Gap:
        return replace(
            gap,
            options=tuple(replace(option, feedback="") for option in gap.options),
            texts=tuple(replace(text, feedback="") for text in gap.texts),
        )

    def changed(question):
        return replace(question, gaps=tuple(map(quiet, question.gaps)))

    sections = (
        replace(
            section,
            groups=tuple(replace(g, questions=tuple(map(changed, g.questions))) for g in section.groups),
        )
        for section in test.sections
    )
    return replace(test, sections=tuple(sections))


@pytest.mark.parametrize("to", ["csv", "xlsx"])
def test_a_table_keeps_everything_but_the_feedback_of_gaps(to):
    @given(whole_tests().map(sound).filter(lambda test: test.sections))
    @PROFILE
    def check(test: DraftTest) -> None:
        again, losses = back(test, to)
        silent = without_gap_feedback(test)
        assert again == without_lines(silent)
        assert bool(losses) == (silent != test)
        assert set(losses) <= {"The file does not keep the gaps as they are."}

    check()


@st.composite
def kept_tests(draw: st.DrawFn) -> DraftTest:
    """Tests with what only a package of ours holds."""
    test = draw(whole_tests())
    number = st.integers(0, 99)

    def question(one):
        values = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    kept.NUMBER: number,
                    kept.SECONDS: st.integers(1, 900),
                    kept.OWN_SCORE: st.just(False),
                    kept.WRONG_SHARE: st.sampled_from(["-0.25", "-0.3333333333", "0"]),
                    kept.BANK: st.uuids().map(str),
                },
            )
        )
        return replace(one, kept=values, difficulty=draw(st.sampled_from(["", "EASY", "HARD"])))

    def group(one):
        values = {kept.NUMBER: draw(number), kept.AREA: draw(st.sampled_from(["", "READING"]))}
        return replace(one, kept=values, questions=tuple(map(question, one.questions)))

    sections = tuple(
        replace(
            section,
            minutes=draw(st.none() | st.integers(1, 200)),
            kept={kept.CODE: "verbal"} if draw(st.booleans()) else {},
            groups=tuple(map(group, section.groups)),
        )
        for section in test.sections
    )
    values: dict[str, Any] = {kept.DESCRIPTION: draw(st.just("") | st.just("A note & <more>")), kept.PROFILE: "jlpt-n5"}
    if draw(st.booleans()):
        values[kept.QUIZ] = {"seconds": 20, "passing_percent": "62.5"}
    return replace(test, sections=sections, kept=values)


@given(kept_tests())
@PROFILE
def test_a_package_of_our_own_keeps_everything(test: DraftTest) -> None:
    again, losses = back(test, "native")
    assert again == without_lines(test)
    assert losses == []


@given(whole_tests())
@PROFILE
def test_writing_twice_gives_the_same_bytes(test: DraftTest) -> None:
    for to in ("native", "csv"):
        assert interchange.write(test, to)[0] == interchange.write(test, to)[0]


@pytest.mark.parametrize("to", list(interchange.FORMATS))
@pytest.mark.parametrize("name", ["n5-sakura", "quiz-kana"])
def test_the_shipped_papers_go_through_every_format(name, to):
    test, _ = interchange.FORMATS["moodle_xml"].read((PAPERS / f"{name}.moodle.xml").read_bytes())
    content, losses = interchange.write(test, to)
    again, _ = interchange.FORMATS[to].read(content)
    if to in ("moodle_xml", "csv", "xlsx", "native"):
        assert losses == ()
        assert without_places(again) == without_lines(test)
    left_out = sum(loss.reason.startswith("Left out.") for loss in losses)
    asked = list(test.questions())
    assert sum(1 for _ in again.questions()) == len(asked) - left_out
    if to not in ("gift", "aiken"):
        assert [question.marks for question in again.questions()] == [question.marks for question in asked]

"""Essays: what authors say, how long they are, which points a marker can give, and how files hold them."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.mock_tests.rules.exchange import interchange
from apps.mock_tests.rules.exchange.draft import DraftGroup, DraftQuestion, DraftSection, DraftTest
from apps.mock_tests.rules.papers import items, publishing
from apps.mock_tests.rules.papers.publishing import GroupSource, QuestionSource, SectionSource, TestSource
from apps.mock_tests.rules.texts.length import length_of
from apps.mock_tests.rules.types import fields
from apps.mock_tests.rules.types.base import Given
from apps.mock_tests.rules.types.essay import LONGEST, TYPE, without_rubric

LEVELS = [{"title": "Poor", "points": "0"}, {"title": "Fair", "points": "2.5"}, {"title": "Good", "points": "5"}]
RUBRIC = [{"title": "Content", "levels": LEVELS}, {"title": "Language", "most": "3", "description": "<b>verbs</b>"}]
SAID = Given(own={"rubric": RUBRIC, "model_answer": "<p>canary</p>", "limits": {"unit": "words", "most": 5}})


def flaws(said):
    return {(flaw.pointer, flaw.code) for flaw in TYPE.reasons("Write.", said)}


def rubric(*criteria, **rest):
    return Given(own={"rubric": list(criteria), **rest})


def test_a_sound_essay_has_no_flaw_and_is_read_again():
    assert flaws(SAID) == set()
    content, key = json.loads(json.dumps(TYPE.write(SAID)))
    again = TYPE.read(content, key)
    assert TYPE.write(again) == (content, key)
    assert content == {"limits": {"unit": "words", "least": None, "most": 5}}
    assert key["rubric"][1] == {"title": "Language", "description": "<b>verbs</b>", "most": "3", "levels": []}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (Given(), {("/rubric", "required")}),
        (rubric(), {("/rubric", "required")}),
        (rubric({"title": "A"}), {("/rubric/0", "levels_or_most")}),
        (rubric({"title": "A", "most": "3", "levels": LEVELS}), {("/rubric/0", "levels_or_most")}),
        (rubric({"most": "3"}), {("/rubric/0/title", "required")}),
        (rubric({"title": "A", "most": "0"}), {("/rubric/0", "no_points")}),
        (rubric({"title": "A", "most": "-1"}), {("/rubric/0/most", "invalid")}),
        (rubric({"title": "A", "most": "1.2345"}), {("/rubric/0/most", "invalid")}),
        (rubric({"title": "A", "most": "1e3"}), {("/rubric/0/most", "invalid")}),
        (rubric({"title": "A", "most": 3}), {("/rubric/0/most", "invalid")}),
        (rubric({"title": "A", "levels": [LEVELS[0]]}), {("/rubric/0", "no_points")}),
        (rubric({"title": "A", "levels": [*LEVELS, LEVELS[1]]}), {("/rubric/0/levels/3", "same_points")}),
        (rubric({"title": "A", "levels": "x"}), {("/rubric/0/levels", "invalid")}),
        (rubric({"title": "A\nB", "most": "3"}), {("/rubric/0/title", "invalid")}),
        (rubric("x"), {("/rubric/0", "invalid")}),
        (rubric(*[{"title": "A", "most": "1"}] * 21), {("/rubric", "entry_count")}),
        (Given(own={"rubric": {"title": "A"}}), {("/rubric", "invalid")}),
        (rubric(*RUBRIC, canary="x"), {("/canary", "unknown_field")}),
        (rubric(*RUBRIC, limits={"unit": "pages"}), {("/limits/unit", "invalid")}),
        (rubric(*RUBRIC, limits={"least": 5, "most": 4}), {("/limits/least", "least_above_most")}),
        (rubric(*RUBRIC, limits={"most": 0}), {("/limits/most", "invalid")}),
        (rubric(*RUBRIC, limits={"most": True}), {("/limits/most", "invalid")}),
        (rubric(*RUBRIC, limits={"most": 15_001}), {("/limits/most", "invalid")}),
        (rubric(*RUBRIC, model_answer=7), {("/model_answer", "invalid")}),
        (rubric(*RUBRIC, model_answer="\x00"), {("/model_answer", "invalid")}),
    ],
)
def test_names_every_flaw_with_its_place(said, found):
    assert flaws(said) == found


# -- what is written -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words", "characters"),
    [
        ("", 0, 0),
        (" \n\t ", 0, 0),
        ("one two", 2, 6),
        ("one\u3000two\nthree", 3, 11),
        ("東京に\u3000行く。", 2, 6),
        ("𠮷野家", 1, 3),
        ("a\ufeffb", 2, 2),
    ],
)
def test_counts_words_and_characters_without_spaces(text, words, characters):
    assert (length_of(text, "words"), length_of(text, "characters")) == (words, characters)


def spec(**limits):
    return items.ItemSpec("essay", own={"limits": {"unit": "words", "least": None, "most": None, **limits}})


@pytest.mark.parametrize(
    ("response", "kept"),
    [
        ("One.\r\nTwo.\rThree.", "One.\nTwo.\nThree."),
        (" kept as it is ", " kept as it is "),
        ("\tindented", "\tindented"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        (" \n\u3000", None),
        ("", None),
        (None, None),
        ("あ" * LONGEST, "あ" * LONGEST),
    ],
)
def test_keeps_a_text_with_its_lines(response, kept):
    assert items.check_response(spec(), response) == kept


@pytest.mark.parametrize(
    "response", [1, True, [], {}, ["a"], "x" * (LONGEST + 1), "\x00", "a\x1bb", "\ud800", "x" * 10**6], ids=type
)
def test_refuses_what_is_no_text(response):
    with pytest.raises(items.BadResponse):
        items.check_response(spec(), response)


def test_a_limit_is_kept_and_a_text_that_is_too_short_is_taken():
    assert items.check_response(spec(most=3, least=3), "one two three") == "one two three"
    assert items.check_response(spec(most=3, least=3), "one") == "one"
    with pytest.raises(items.BadResponse, match="4 words; 3 are the most"):
        items.check_response(spec(most=3), "one two three four")
    assert items.check_response(spec(unit="characters", most=3), "a b\nc") == "a b\nc"
    with pytest.raises(items.BadResponse, match="4 characters"):
        items.check_response(spec(unit="characters", most=3), "abcd")


# -- marks ---------------------------------------------------------------------------------------------------------


def entry(said=SAID, score="10", **rest):
    return {"type": "essay", "score": score, "key": TYPE.write(said)[1], **rest}


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"0": "5", "1": "3"}, ("10.000", "CORRECT")),
        ({"0": "2.5", "1": "1.5"}, ("5.000", "PARTIAL")),
        ({"0": "5.0", "1": "0"}, ("6.250", "PARTIAL")),
        ({"0": "0", "1": "0.001"}, ("0.001", "PARTIAL")),
        ({"0": "0", "1": "0"}, ("0.000", "WRONG")),
    ],
)
def test_points_by_criterion_make_the_marks(scores, expected):
    mark = items.judge_item(entry(), scores)
    assert (str(mark.marks), mark.outcome) == expected
    assert items.judge_item(entry(wrong="-0.25"), scores) == mark  # the exam's loss is for what machines mark


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        ({}, "Each criterion"),
        ({"0": "5"}, "Each criterion"),
        ({"0": "5", "1": "3", "2": "1"}, "Each criterion"),
        ({"0": "5", "Language": "3"}, "Each criterion"),
        ({"0": "4", "1": "3"}, 'points for "Content" must be those of one of its levels'),
        ({"0": "5", "1": "3.001"}, 'points for "Language" are at most 3'),
        ({"0": "5", "1": "-1"}, "from 0 to 3"),
        ({"0": "5", "1": "1.23456"}, "from 0 to 3"),
        ({"0": "5", "1": "1e0"}, "from 0 to 3"),
        ({"0": "5", "1": "NaN"}, "from 0 to 3"),
        ({"0": "5", "1": "３"}, "from 0 to 3"),
        ({"0": "5", "1": 3}, "from 0 to 3"),
        ({"0": "5", "1": None}, "from 0 to 3"),
        ({"0": "5", "1": True}, "from 0 to 3"),
    ],
)
def test_refuses_points_out_of_bounds(scores, reason):
    with pytest.raises(items.BadScores, match=reason):
        items.judge_item(entry(), scores)


@given(st.integers(0, 5000), st.integers(1, 9999))
def test_any_points_within_bounds_earn_their_share(points, most):
    said = rubric({"title": "A", "most": str(Decimal(most) / 1000)})
    if points > most:
        with pytest.raises(items.BadScores):
            TYPE.judged(TYPE.write(said)[1], {"0": str(Decimal(points) / 1000)})
    else:
        share = TYPE.judged(TYPE.write(said)[1], {"0": str(Decimal(points) / 1000)})
        assert share == Decimal(points) / Decimal(most)
        assert 0 <= share <= 1


def test_what_nobody_marked_waits_and_what_nobody_wrote_is_blank():
    assert items.grade_item(entry(), "text") == items.Mark(Decimal(0), "PENDING")
    assert items.grade_item(entry(wrong="-0.25"), "text") == items.Mark(Decimal(0), "PENDING")
    assert items.grade_item(entry(), None) == items.Mark(Decimal(0), "BLANK")
    with pytest.raises(items.BadScores):
        items.judge_item({"type": "true_false", "score": "1", "key": {"answer": True}}, {"0": "1"})


# -- what takers see, and files ------------------------------------------------------------------------------------


def test_takers_see_the_limits_and_nothing_else():
    question = QuestionSource(uuid.uuid4(), "essay", "Write.", *TYPE.write(SAID))
    section = SectionSource(uuid.uuid4(), "S", "GENERAL", 10, [GroupSource(uuid.uuid4(), [question])])
    edition = publishing.build(TestSource("T", "", "custom", [section]))
    (shown,) = edition.content["sections"][0]["question_groups"][0]["questions"]
    assert shown["limits"] == {"unit": "words", "least": None, "most": 5}
    assert not {"rubric", "model_answer"} & shown.keys()
    assert "canary" not in json.dumps(edition.content)
    assert "canary" in json.dumps(edition.key)
    assert items.spec_of(shown).own == {"limits": shown["limits"]}


def written(to, marks="4", **own):
    """A file with one essay, and what it does not keep."""
    essay = DraftQuestion("essay", "E", "Write.", topic="E", marks=Decimal(marks), own={**SAID_WITHOUT_RUBRIC, **own})
    section = DraftSection("S", "GENERAL", (DraftGroup("E", questions=(essay,)),))
    content, losses = interchange.write(DraftTest("T", "", (section,)), to)
    return content.decode(), {loss.reason for loss in losses if loss.pointer.endswith("/questions/0")}


SAID_WITHOUT_RUBRIC = without_rubric(Decimal(4), limits={"unit": "words", "least": 20, "most": 300})


def test_moodle_keeps_limits_in_words_and_the_model_answer():
    file, losses = written("moodle_xml", model_answer="<p>Kyoto</p>")
    assert not losses
    assert "<maxwordlimit>300</maxwordlimit>" in file
    assert "<graderinfo" in file
    assert "Kyoto" in file


def test_what_stands_empty_goes_on_standing_there():
    limits = {"unit": "words", "least": None, "most": None}
    own = without_rubric(Decimal(4), limits=limits, model_answer="<p>Kyoto</p>")
    assert fields.with_html(TYPE.fields, own, str.upper) == {**own, "model_answer": "<P>KYOTO</P>"}


def test_says_what_moodle_and_gift_do_not_keep_of_an_essay():
    assert written("moodle_xml", rubric=TYPE.read(*TYPE.write(SAID)).own["rubric"])[1] == {
        "The file does not keep the field rubric."
    }
    limits = {"unit": "characters", "least": None, "most": 400}
    assert written("moodle_xml", limits=limits)[1] == {"The file does not keep the field limits."}
    file, losses = written("gift", model_answer="<p>Kyoto</p>", marks="1")
    assert "{\n}" in file
    assert losses == {"The file does not keep the field limits, the field model_answer, the field rubric."}
    assert written("aiken")[1] == {"Left out. Aiken has only choices with one right option."}

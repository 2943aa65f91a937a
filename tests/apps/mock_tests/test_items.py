"""Responses and marks, without a database."""

from __future__ import annotations

import uuid
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.mock_tests.rules.papers import items
from apps.mock_tests.rules.types.base import Answer, Given, Option, plain
from apps.mock_tests.rules.types.registry import TYPES

THIRD = "0.333333"


def choice(kind, score="1", **fractions):
    return {"type": kind, "score": score, "key": {"fractions": fractions}}


def number(*answers, score="3"):
    rows = [dict(zip(("value", "tolerance", "fraction"), answer, strict=True)) for answer in answers]
    return {"type": "numeric", "score": score, "key": {"answers": rows}}


def marks(item, response):
    mark = items.grade_item(item, response)
    return str(mark.marks), mark.outcome


# -- worked vectors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("a", ("3.000", "CORRECT")),
        ("b", ("-1.000", "WRONG")),
        ("c", ("0.000", "WRONG")),
        (None, ("0", "BLANK")),
    ],
)
def test_a_single_choice_may_cost_marks(response, expected):
    assert marks(choice("single_choice", "3", a="1", b="-0.333333", c="0"), response) == expected


def test_a_single_choice_may_earn_a_part():
    assert marks(choice("single_choice", "4", a="1", b="0.5"), "b") == ("2.000", "PARTIAL")


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (["a", "b", "c"], ("4.000", "CORRECT")),
        (["a", "b"], ("2.667", "PARTIAL")),
        (["a"], ("1.333", "PARTIAL")),
        (["a", "d"], ("0.000", "WRONG")),
        (["a", "b", "d"], ("0.667", "PARTIAL")),
        (["d"], ("0.000", "WRONG")),
        (["a", "b", "c", "d"], ("2.000", "PARTIAL")),
        ([], ("0", "BLANK")),
    ],
)
def test_jee_partial_marks_of_three_thirds_and_a_wrong_half(response, expected):
    item = choice("multiple_choice", "4", a=THIRD, b=THIRD, c=THIRD, d="-0.5")
    assert marks(item, response) == expected


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("42", "CORRECT"),
        ("42.5", "CORRECT"),
        ("41.5", "CORRECT"),
        ("42.51", "PARTIAL"),
        ("40", "PARTIAL"),
        ("39.9", "WRONG"),
        ("4.2e1", "CORRECT"),
    ],
)
def test_a_number_earns_the_best_answer_it_is_near_enough_to(response, expected):
    item = number(("42", "0.5", "1"), ("42", "2", "0.5"), score="3")
    assert items.grade_item(item, response).outcome == expected


def test_marks_are_rounded_half_up():
    assert marks(choice("single_choice", "0.001", a="0.5"), "a")[0] == "0.001"
    assert marks(choice("single_choice", "0.001", a="-0.5"), "a")[0] == "-0.001"
    assert marks(choice("single_choice", "0.001", a="-0.1"), "a")[0] == "0.000"


@pytest.mark.parametrize("response", ["gone", 7, {"a": 1}, ["gone", 3], True, [["a"]]])
@pytest.mark.parametrize("kind", ["single_choice", "multiple_choice"])
def test_what_was_never_an_option_earns_nothing(kind, response):
    assert items.grade_item(choice(kind, a="1", b="0"), response).marks == 0


# -- properties ----------------------------------------------------------------------------------------------------

shares = st.decimals(min_value=-1, max_value=1, places=6)
fractions = st.dictionaries(st.sampled_from("abcdefgh"), shares, min_size=2)
scores = st.decimals(min_value=Decimal("0.001"), max_value=10_000, places=3)


@given(fractions, scores, st.data())
def test_a_single_choice_earns_its_fraction(weights, score, data):
    chosen = data.draw(st.sampled_from(sorted(weights)))
    mark = items.grade_item(choice("single_choice", str(score), **{k: str(v) for k, v in weights.items()}), chosen)
    assert mark.marks == (score * weights[chosen]).quantize(Decimal("0.001"), ROUND_HALF_UP)
    assert (mark.outcome == "WRONG") == (weights[chosen] <= 0)


@given(fractions, scores, st.data())
def test_a_multiple_choice_stays_between_nothing_and_everything(weights, score, data):
    item = choice("multiple_choice", str(score), **{k: str(v) for k, v in weights.items()})
    chosen = data.draw(st.lists(st.sampled_from(sorted(weights)), unique=True, min_size=1))
    mark = items.grade_item(item, chosen)
    assert 0 <= mark.marks <= score
    assert mark == items.grade_item(item, sorted(chosen, reverse=True))
    assert (mark.outcome == "CORRECT") == (mark.marks == score and sum(weights[c] for c in chosen) >= Decimal("0.999"))


@given(st.decimals(min_value=-1000, max_value=1000, places=4), st.decimals(min_value=0, max_value=10, places=4))
def test_a_number_counts_up_to_its_tolerance_and_no_further(value, tolerance):
    item = number((str(value), str(tolerance), "1"))
    for edge in (value + tolerance, value - tolerance, value):
        assert items.grade_item(item, plain(edge)).outcome == "CORRECT"
    assert items.grade_item(item, plain(value + tolerance + Decimal("0.0001"))).outcome == "WRONG"


# -- checking responses --------------------------------------------------------------------------------------------

SINGLE = items.ItemSpec("single_choice", frozenset("abc"))
MULTIPLE = items.ItemSpec("multiple_choice", frozenset("abc"))
NUMERIC = items.ItemSpec("numeric")


@pytest.mark.parametrize(
    ("spec", "response", "kept"),
    [
        (SINGLE, "a", "a"),
        (SINGLE, None, None),
        (MULTIPLE, ["c", "a"], ["a", "c"]),
        (MULTIPLE, [], None),
        (NUMERIC, " 1.50 ", "1.50"),
        (NUMERIC, "−３．５", "-3.5"),
        (NUMERIC, "+.5e-3", "+.5e-3"),
        (NUMERIC, "  ", None),
    ],
)
def test_keeps_a_response_in_its_normal_form(spec, response, kept):
    assert items.check_response(spec, response) == kept


@pytest.mark.parametrize(
    ("spec", "response"),
    [
        *[(SINGLE, bad) for bad in ("d", "", 1, ["a"], {"a": 1}, True, "a" * 10**6, "\ud800")],
        *[(MULTIPLE, bad) for bad in ("a", ["a", "a"], ["d"], [1], [["a"]], ["a"] * 10**5, {"a": True}, [None])],
        *[(NUMERIC, bad) for bad in (1, 1.5, True, [], {}, "NaN", "inf", "-Infinity", "1e999", "1e-101", "0x10")],
        *[(NUMERIC, bad) for bad in ("1,5", "1_000", "٣", "1 2", "--1", "1" * 41, "\x00", "1\n2", "e5", ".", "½")],
    ],
)
def test_refuses_what_no_taker_can_give(spec, response):
    with pytest.raises(items.BadResponse):
        items.check_response(spec, response)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(json_values, st.sampled_from([SINGLE, MULTIPLE, NUMERIC]))
def test_whatever_is_sent_is_kept_refused_or_cleared_and_what_is_kept_can_be_marked(value, spec):
    try:
        kept = items.check_response(spec, value)
    except items.BadResponse:
        return
    assert items.check_response(spec, kept) == kept
    item = number(("1", "0", "1")) if spec is NUMERIC else choice(spec.type, a="1", b="0", c="0")
    assert items.grade_item(item, kept).outcome in {"CORRECT", "PARTIAL", "WRONG", "BLANK"}


# -- what authors say ----------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20)
option = st.builds(Option, id=st.uuids().map(str), text=texts, fraction=shares, image=st.none() | st.uuids())
answer = st.builds(Answer, value=shares, tolerance=shares.map(abs), fraction=shares)


@given(st.lists(option, max_size=6, unique_by=lambda one: one.id), st.lists(answer, max_size=4))
def test_what_is_written_is_read_again(options, answers):
    for kind in ("single_choice", "multiple_choice"):
        said = Given(options=tuple(options))
        assert TYPES[kind].read(*TYPES[kind].write(said)) == said
    said = Given(answers=tuple(answers))
    assert TYPES["numeric"].read(*TYPES["numeric"].write(said)) == said


def flaws(kind, *options, answers=()):
    said = Given(tuple(Option(str(n), *rest) for n, rest in enumerate(options)), tuple(answers))
    return {(flaw.pointer, flaw.code) for flaw in TYPES[kind].flaws(said)}


D = Decimal


@pytest.mark.parametrize(
    ("kind", "options", "found"),
    [
        ("single_choice", [("a", D(1)), ("b", D(0))], set()),
        ("single_choice", [("a", D(1)), ("b", D(1))], {("/options", "not_one_key")}),
        ("single_choice", [("a", D("0.9")), ("b", D(0))], {("/options", "not_one_key")}),
        ("single_choice", [("a", D(1))], {("/options", "option_count")}),
        ("single_choice", [], {("/options", "option_count"), ("/options", "not_one_key")}),
        ("single_choice", [("a", D(1)), (" a ", D(0))], {("/options/1", "duplicate_option")}),
        ("single_choice", [("a", D(1)), ("<p></p>", D(0))], {("/options/1", "empty_option")}),
        ("single_choice", [("a", D(1)), ("b", D(-2))], {("/options/1", "fraction_out_of_range")}),
        ("multiple_choice", [("a", D(THIRD)), ("b", D(THIRD)), ("c", D(THIRD)), ("d", D("-0.5"))], set()),
        ("multiple_choice", [("a", D("0.5")), ("b", D("0.4"))], {("/options", "weights_do_not_add_up")}),
        ("multiple_choice", [("a", D(0)), ("b", D(0))], {("/options", "weights_do_not_add_up")}),
    ],
)
def test_names_the_flaws_of_options(kind, options, found):
    assert flaws(kind, *options) == found


def test_two_options_with_the_same_words_and_other_pictures_differ():
    said = Given(tuple(Option(str(n), "", D(n == 0), image=uuid.uuid4()) for n in range(2)))
    assert not list(TYPES["single_choice"].flaws(said))


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([("1", "0", "1")], set()),
        ([], {("/answers", "no_answer")}),
        ([("1", "0", "0.5")], {("/answers", "no_answer")}),
        ([("NaN", "0", "1")], {("/answers/0", "not_a_number")}),
        ([("1", "-1", "1")], {("/answers/0", "bad_tolerance")}),
        ([("1", "Infinity", "1")], {("/answers/0", "bad_tolerance")}),
        ([("1", "0", "1"), ("2", "0", "3")], {("/answers/1", "fraction_out_of_range")}),
    ],
)
def test_names_the_flaws_of_numbers(answers, found):
    assert flaws("numeric", answers=[Answer(*map(D, row)) for row in answers]) == found

"""Answers told by places and letters, against papers in any order."""

from __future__ import annotations

import contextlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.attempts.rules import shown
from apps.mock_tests.rules.papers import items, rendering

SEEDS = st.integers(0, 2**63 - 1)


def question(kind="single_choice", name="q", count=4, **more):
    options = [{"id": f"{name}-{n:02}", "text": f"<p>option {n}</p>", "image": None} for n in range(count)]
    if kind in ("numeric", "short_text", "true_false"):
        options = []
    return {
        "id": name,
        "type": kind,
        "text": name,
        "image": None,
        "audio_file": None,
        "shuffle": True,
        "options": options,
        **more,
    }


def paper(*questions, seed=0, shuffled=True):
    group = {"id": "g", "instruction": "", "reading_text": "", "image": None, "audio_file": None}
    content = {"sections": [{"id": "s", "question_groups": [{**group, "questions": list(questions)}]}]}
    return rendering.render(content, seed=seed, shuffle_questions=shuffled, shuffle_options=shuffled, sign=str)


def only(rendered):
    return {q["id"]: q for _, q in shown.questions_of(rendered)}


@given(SEEDS, st.integers(2, 20), st.data())
def test_whatever_the_order_a_place_and_a_letter_mean_the_option_that_stood_there(seed, count, data):
    asked = question(count=count)
    drawn = only(paper(asked, question(name="other"), seed=seed))["q"]
    spec = items.spec_of(asked)
    place = data.draw(st.integers(0, count - 1))
    meant = drawn["options"][place]["id"]
    letter = string.ascii_uppercase[place]
    for told in (place, letter, letter.lower(), f" {letter} ", meant):
        assert items.check_response(spec, shown.read_response(drawn, told)) == meant
    assert shown.place_of(drawn, meant) == place


@given(st.sets(SEEDS, min_size=40, max_size=40))
def test_the_order_as_it_was_written_would_be_the_wrong_one_to_count_in(seeds):
    """The proof that the test above can fail: places in the stored order mean other options for most seeds."""
    asked = question(count=6)
    orders = [[o["id"] for o in only(paper(asked, seed=seed))["q"]["options"]] for seed in seeds]
    assert sum(order != [o["id"] for o in asked["options"]] for order in orders) > 20


@given(SEEDS, st.permutations(range(5)), st.integers(1, 5))
def test_several_places_mean_the_options_that_stood_there(seed, places, count):
    for kind in ("multiple_choice", "ordering"):
        drawn = only(paper(question(kind, count=5), seed=seed))["q"]
        told = list(places[:count])
        meant = [drawn["options"][place]["id"] for place in told]
        assert shown.read_response(drawn, told) == meant
        assert shown.read_response(drawn, [string.ascii_uppercase[place] for place in told]) == meant
        assert shown.read_response(drawn, told[0]) == [meant[0]]


@pytest.mark.parametrize("told", [True, "True", "true", "TRUE", 0, "A"])
def test_a_statement_takes_words_and_places(told):
    statement = question("true_false")
    assert shown.read_response(statement, told) is True
    assert shown.place_of(statement, True) == 0


@pytest.mark.parametrize("told", [False, "False", "false", 1, "b"])
def test_and_so_for_false(told):
    assert shown.read_response(question("true_false"), told) is False
    assert shown.place_of(question("true_false"), False) == 1


def test_a_choice_between_the_words_true_and_false_takes_them():
    options = [{"id": "x", "text": "<p>False</p>", "image": None}, {"id": "y", "text": "True", "image": None}]
    asked = question(options=options)
    assert [shown.read_response(asked, told) for told in ("True", "False", True, False, "A")] == list("yxyxx")


def test_screens_that_only_know_options_get_true_and_false():
    rendered = paper(question("true_false"), question(name="other"))
    offered = only(shown.with_options(rendered))
    assert [option["text"] for option in offered["q"]["options"]] == ["True", "False"]
    assert offered["other"] == only(rendered)["other"]
    assert only(rendered)["q"]["options"] == []


@pytest.mark.parametrize(
    ("kind", "told", "meant"),
    [
        ("numeric", 42, "42"),
        ("numeric", -0.5, "-0.5"),
        ("numeric", "42", "42"),
        ("short_text", 7, "7"),
        ("short_text", "B", "B"),
    ],
)
def test_what_is_typed_may_be_a_number(kind, told, meant):
    assert shown.read_response(question(kind), told) == meant


def test_pairs_and_gaps_take_places_too():
    pairs = question("matching", prompts=[{"id": "p", "text": "p", "image": None}], count=3)
    assert shown.read_response(pairs, {"p": 2}) == {"p": "q-02"}
    gaps = [{"id": "g1", "number": 1, "options": pairs["options"]}, {"id": "g2", "number": 2, "options": []}]
    assert shown.read_response(question("gap_fill", gaps=gaps), {"g1": "B", "g2": 5}) == {"g1": "q-01", "g2": "5"}
    assert shown.read_response(question("gap_fill", gaps=gaps), {"zzz": 0}) == {"zzz": "0"}


NONSENSE = [-1, 4, 2**70, "E", "AB", "", "?", 1.5, [0], {"a": 0}, "q-99", "４"]


@pytest.mark.parametrize("told", NONSENSE, ids=repr)
def test_what_means_no_option_is_left_for_the_check_to_refuse(told):
    asked = question()
    with pytest.raises(items.BadResponse):
        items.check_response(items.spec_of(asked), shown.read_response(asked, told))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner)
       | st.dictionaries(st.text(), inner), max_leaves=8))  # fmt: skip
def test_nothing_that_json_can_say_is_too_much(told):
    for kind in ("single_choice", "multiple_choice", "true_false", "numeric", "short_text", "ordering"):
        asked = question(kind)
        with contextlib.suppress(ValueError):
            items.check_response(items.spec_of(asked), shown.read_response(asked, told))


def test_a_question_without_an_answer_or_with_several_has_no_place():
    asked = question("multiple_choice")
    assert shown.place_of(asked, None) is None
    assert shown.place_of(asked, ["q-00", "q-01"]) is None
    assert shown.place_of(asked, ["q-01"]) == 1
    assert shown.place_of(question("numeric"), "42") is None

"""What holds for questions of every type, whatever their authors said and takers answer."""

from __future__ import annotations

import json
import uuid
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.mock_tests.rules.papers import items, publishing
from apps.mock_tests.rules.papers.publishing import GroupSource, QuestionSource, SectionSource, TestSource
from apps.mock_tests.rules.types.base import FULL, Answer, Gap, Given, Option, Prompt, Text, Truth
from apps.mock_tests.rules.types.registry import TYPES
from apps.mock_tests.rules.types.short_text import normalised
from tests import drawing

D = Decimal
word = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
words = st.lists(word, min_size=2, max_size=5, unique_by=lambda text: normalised(text, case_sensitive=False))
share = st.decimals("-1", "1", places=3)
less = st.decimals("-1", "0.9", places=3)


@st.composite
def one_key(draw: st.DrawFn) -> tuple[Option, ...]:
    texts = draw(words)
    right = draw(st.integers(0, len(texts) - 1))
    return tuple(Option(f"o{n}", text, FULL if n == right else draw(less)) for n, text in enumerate(texts))


@st.composite
def several_keys(draw: st.DrawFn) -> Given:
    texts = draw(words)[:4]
    policy = draw(st.sampled_from(["", "all_or_nothing", "jee_advanced"]))
    right = draw(st.integers(1, len(texts)))
    whole = (FULL / right).quantize(D("0.0000001"))
    shares = [whole if n < right else draw(st.decimals("-1", "0", places=3)) for n in range(len(texts))]
    options = tuple(Option(f"o{n}", text, worth) for n, (text, worth) in enumerate(zip(texts, shares, strict=True)))
    return Given(options, policy=policy)


@st.composite
def typed(draw: st.DrawFn) -> tuple[Text, ...]:
    return tuple(Text(text, FULL if n == 0 else draw(share)) for n, text in enumerate(draw(words)))


@st.composite
def orders(draw: st.DrawFn) -> Given:
    options = tuple(Option(f"o{n}", text) for n, text in enumerate(draw(words)))
    star = draw(st.none() | st.integers(1, len(options)))
    return Given(options, policy="star" if star else "", star=star)


@st.composite
def pairs(draw: st.DrawFn) -> Given:
    options = tuple(Option(f"o{n}", text) for n, text in enumerate(draw(words)))
    target = st.sampled_from([option.id for option in options])
    prompts = tuple(Prompt(f"p{n}", text, draw(target)) for n, text in enumerate(draw(words)))
    return Given(options, prompts=prompts, policy=draw(st.sampled_from(["", "all_or_nothing"])))


@st.composite
def gaps(draw: st.DrawFn) -> Given:
    weight = st.integers(1, 9)
    made = []
    for n in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            made.append(Gap(f"g{n}", texts=draw(typed()), case_sensitive=draw(st.booleans()), weight=draw(weight)))
        else:
            made.append(Gap(f"g{n}", draw(one_key()), weight=draw(weight)))
    return Given(gaps=tuple(made))


points = st.decimals("0.001", "99", places=3).map(lambda most: f"{most.normalize():f}")
numbers = st.decimals("-1e6", "1e6", places=3)
SAID: dict[str, st.SearchStrategy[Given]] = {
    "single_choice": one_key().map(Given),
    "multiple_choice": several_keys(),
    "true_false": st.builds(lambda value: Given(truth=Truth(value)), st.booleans()),
    "numeric": st.lists(st.builds(Answer, numbers, numbers.map(abs), share), max_size=3).map(
        lambda more: Given(answers=(Answer(D(42), D("0.5"), FULL), *more))
    ),
    "short_text": st.builds(lambda texts, strict: Given(texts=texts, case_sensitive=strict), typed(), st.booleans()),
    "ordering": orders(),
    "matching": pairs(),
    "gap_fill": gaps(),
    "essay": st.lists(points, min_size=1, max_size=4).map(
        lambda most: Given(own={"rubric": [{"title": f"C{n}", "most": one} for n, one in enumerate(most)]})
    ),
}
RIGHT: dict[str, Any] = {
    "single_choice": lambda said: next(option.id for option in said.options if option.fraction == FULL),
    "multiple_choice": lambda said: sorted(option.id for option in said.options if option.fraction > 0),
    "true_false": lambda said: said.truth.value,
    "numeric": lambda said: "42",
    "short_text": lambda said: said.texts[0].text,
    "ordering": lambda said: [option.id for option in said.options],
    "matching": lambda said: {prompt.id: prompt.target for prompt in said.prompts},
    "gap_fill": lambda said: {
        gap.id: next((o.id for o in gap.options if o.fraction == FULL), "") or gap.texts[0].text for gap in said.gaps
    },
}
thing = st.sampled_from([f"{kind}{n}" for kind in "opg" for n in range(4)]) | word
ANY = st.recursive(
    st.none() | st.booleans() | numbers.map(str) | thing,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(thing, inner, max_size=4),
    max_leaves=6,
)
slow = settings(max_examples=drawing.up_to(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def entry(kind: str, said: Given, score: str = "4") -> dict[str, Any]:
    return json.loads(json.dumps({"type": kind, "score": score, "key": TYPES[kind].write(said)[1]}))


def spec(kind: str, said: Given) -> items.ItemSpec:
    """As the paper gives it, under the same ids."""
    source = QuestionSource(uuid.uuid4(), kind, "[[1]] [[2]] [[3]] [[4]]", *TYPES[kind].write(said))
    section = SectionSource(uuid.uuid4(), "S", "GENERAL", 10, [GroupSource(uuid.uuid4(), [source])])
    edition = publishing.build(TestSource("T", "", "custom", [section]))
    (shown,) = edition.content["sections"][0]["question_groups"][0]["questions"]
    assert items.spec_of(shown).type == kind
    return items.ItemSpec(
        kind,
        options=frozenset(option.id for option in said.options),
        prompts=frozenset(prompt.id for prompt in said.prompts),
        gaps={gap.id: frozenset(option.id for option in gap.options) for gap in said.gaps},
        own=items.spec_of(shown).own,
    )


def test_no_type_is_left_out():
    assert SAID.keys() == TYPES.keys()
    assert SAID.keys() - RIGHT.keys() == {name for name, one in TYPES.items() if one.is_marked_by_hand}


@pytest.mark.parametrize("kind", sorted(SAID))
@slow
@given(data=st.data())
def test_what_authors_say_here_has_no_flaw(kind, data):
    """Or what follows would say nothing."""
    said = data.draw(SAID[kind])
    text = " ".join(f"[[{n}]]" for n in range(1, len(said.gaps) + 1))
    assert not list(TYPES[kind].reasons(text, said))


@pytest.mark.parametrize("kind", sorted(RIGHT))
@slow
@given(data=st.data())
def test_the_right_answer_earns_everything(kind, data):
    said = data.draw(SAID[kind])
    response = items.check_response(spec(kind, said), RIGHT[kind](said))
    assert items.grade_item(entry(kind, said), response) == items.Mark(D("4.000"), "CORRECT")


@pytest.mark.parametrize("kind", sorted(SAID))
@slow
@given(data=st.data())
def test_no_answer_earns_nothing_whatever_form_it_has(kind, data):
    said = data.draw(SAID[kind])
    form = data.draw(st.sampled_from([None, "", " ", [], {}]))
    try:
        response = items.check_response(spec(kind, said), form)
    except items.BadResponse:
        return
    assert response is None
    assert items.grade_item(entry(kind, said), response) == items.Mark(D(0), "BLANK")
    assert items.grade_item(entry(kind, said) | {"blank": "-0.25", "wrong": "-1"}, response).marks == -1


@pytest.mark.parametrize("kind", sorted(RIGHT))
@slow
@given(data=st.data())
def test_any_answer_earns_a_share_and_the_same_one_each_time(kind, data):
    said = data.draw(SAID[kind])
    key, sent = entry(kind, said), data.draw(ANY | st.just(RIGHT[kind](said)))
    before = deepcopy((key, sent))
    try:
        response = items.check_response(spec(kind, said), sent)
    except items.BadResponse:
        response = sent  # what was never a response is marked all the same
    worth = TYPES[kind].share(key["key"], response)
    assert -1 <= worth <= 1
    mark = items.grade_item(key, response)
    assert -4 <= mark.marks <= 4
    assert mark == items.grade_item(key, response) == items.grade_item(json.loads(json.dumps(key)), response)
    assert (key, sent) == before


@slow
@given(SAID["essay"], st.data())
def test_points_of_people_earn_a_share_and_the_most_of_all_everything(said, data):
    key = entry("essay", said)
    most = [D(criterion["most"]) for criterion in said.own["rubric"]]
    assert items.judge_item(key, {str(n): str(one) for n, one in enumerate(most)}).outcome == "CORRECT"
    given_points = {str(n): str(data.draw(st.decimals(0, one, places=3))) for n, one in enumerate(most)}
    mark = items.judge_item(key, given_points)
    assert 0 <= mark.marks <= 4
    assert mark == items.judge_item(key, given_points)

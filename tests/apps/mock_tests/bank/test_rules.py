"""What makes two questions the same or alike."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.mock_tests.rules.bank import questions as bank
from apps.mock_tests.rules.types.base import FULL, Given, Option, Prompt, Truth
from tests import drawing

ANSWERS = Given(options=(Option("a", "Tokyo", FULL), Option("b", "Kyoto")))
CITY = bank.Wording("single_choice", "City", "<p>Capital?</p>", ANSWERS, Decimal(1), None, False, "", None, None)


def test_ids_names_marks_and_shuffling_are_not_what_is_asked():
    same = [
        replace(CITY, name="Town", score=Decimal(2), shuffle=True),
        replace(CITY, given=replace(ANSWERS, options=(Option("x", "Tokyo", FULL), Option("y", "Kyoto")))),
    ]
    assert {bank.content_hash(wording) for wording in same} == {bank.content_hash(CITY)}


def test_words_to_look_for_are_few_and_each_once():
    assert bank.words_of(" Ａ  a b A ") == ["a", "b"]
    assert bank.words_of(" ".join("abcdefghijkl")) == list("abcdefgh")


def test_everything_else_is():
    others = [
        replace(CITY, type="multiple_choice"),
        replace(CITY, text="<p>Capital!</p>"),
        replace(CITY, explanation="x"),
        replace(CITY, given=Given(options=ANSWERS.options[::-1])),
        replace(CITY, given=Given(options=(Option("a", "Tokyo", Decimal("0.5")), Option("b", "Kyoto")))),
        replace(CITY, given=Given(truth=Truth(True))),
        replace(CITY, given=Given(truth=Truth(False))),
        replace(CITY, given=Given(prompts=(Prompt("p", "x", "0"),))),
        replace(CITY, given=Given(prompts=(Prompt("p", "x", "1"),))),
    ]
    hashes = {bank.content_hash(wording) for wording in [CITY, *others]}
    assert len(hashes) == 1 + len(others)


@settings(derandomize=True, max_examples=drawing.up_to(60), deadline=None)
@given(st.text(max_size=200))
def test_the_plain_form_of_the_plain_form_is_itself(text):
    once = bank.plain_form(text)
    assert bank.plain_form(once) == once
    assert bank.likeness(bank.trigrams(once), bank.trigrams(once)) == (1.0 if once else 0.0)
    assert len(bank.sketch(once)) == (16 if once else 0)


def test_sketches_find_what_is_alike_and_hardly_anything_else():
    draw = random.Random(3)
    letters = "abcdefghijklmnopqrstuvwxyz 経済政治教育文化"
    alike = missed = other = mistaken = 0
    for _ in range(400):
        text = "".join(draw.choices(letters, k=120))
        changed = list(text)
        for place in draw.sample(range(120), draw.randint(1, 20)):
            changed[place] = draw.choice(letters)
        second = "".join(changed)
        strange = "".join(draw.choices(letters, k=120))
        if bank.likeness(bank.trigrams(text), bank.trigrams(second)) >= bank.ALIKE:
            alike += 1
            missed += not set(bank.sketch(text)) & set(bank.sketch(second))
        other += 1
        mistaken += bool(set(bank.sketch(text)) & set(bank.sketch(strange)))
    assert alike > 100
    assert missed / alike < 0.03
    assert mistaken / other < 0.02

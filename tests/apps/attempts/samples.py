"""A test with two sections, a wrong answer that costs marks, and a question without a topic."""

from __future__ import annotations

from decimal import Decimal

from apps.mock_tests.models import MockTest
from apps.mock_tests.operations import authoring
from tests.cast import Cast
from tests.factories import SUM, options

PARTS = {
    "Words": [
        {"text": "river", "topic": "Kanji", "given": options(yes="1", no="-0.5")},
        {
            "type": "multiple_choice",
            "text": "verbs",
            "topic": "Kanji",
            "given": options(eat="0.5", see="0.5", dog="-0.5"),
        },
    ],
    "Counting": [
        {**SUM, "score": Decimal(2), "topic": "Counting"},
        {"text": "free", "explanation": "Because.", "given": options(yes="1", no="0")},
    ],
}


def make_two_part_test(cast: Cast) -> MockTest:
    """Carol's draft: *river* (1 mark, a wrong answer costs half of it), *verbs* (1), *sum* (2), and *free* (1)."""
    test = authoring.create_test(actor=cast.carol, changes={"title": "Two parts"})
    for name, questions in PARTS.items():
        section = authoring.create_section(actor=cast.carol, test_id=test.pk, changes={"name": name, "duration": 15})
        group = authoring.create_group(actor=cast.carol, section_id=section.pk, changes={"title": name})
        for question in questions:
            authoring.create_question(actor=cast.carol, group_id=group.pk, changes=question)
    return test


LETTER = {
    "type": "essay",
    "text": "letter",
    "topic": "Writing",
    "score": Decimal(10),
    "own": {
        "limits": {"unit": "words", "least": None, "most": 50},
        "rubric": [
            {
                "title": "Content",
                "levels": [
                    {"title": "Poor", "points": "0"},
                    {"title": "Fair", "points": "2.5"},
                    {"title": "Good", "points": "5"},
                ],
            },
            {"title": "Language", "most": "3"},
        ],
        "model_answer": "<p>Dear canary,</p>",
    },
}
DIARY = {
    "type": "essay",
    "text": "diary",
    "topic": "Writing",
    "score": Decimal(5),
    "own": {"rubric": [{"title": "Overall", "most": "5"}]},
}


def make_essay_test(cast: Cast, *, title: str = "Essays") -> MockTest:
    """Carol's draft: *river* (1 mark, a wrong answer costs half of it), and the essays *letter* (10) and *diary* (5)."""
    test = authoring.create_test(actor=cast.carol, changes={"title": title})
    section = authoring.create_section(actor=cast.carol, test_id=test.pk, changes={"name": "All", "duration": 15})
    group = authoring.create_group(actor=cast.carol, section_id=section.pk, changes={"title": "Group"})
    for question in (PARTS["Words"][0], LETTER, DIARY):
        authoring.create_question(actor=cast.carol, group_id=group.pk, changes=question)
    return test

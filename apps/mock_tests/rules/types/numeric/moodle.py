"""Moodle's ``numerical``, without units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.moodle.answers import (
    ANY_OTHER,
    Answers,
    MoodleMapping,
    RefusedQuestion,
    few,
    fraction_of,
    kind_of,
)
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf, read_area
from apps.mock_tests.rules.exchange.moodle.elements import percent
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.numbers import parse_number
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import Answer
from apps.mock_tests.rules.types.gap_fill.cloze import CLOZE, BadCloze, is_lone_number, read_lone_number

GAP: Final = "_____"
"""Stands where the number goes."""


class NumericInMoodle(MoodleMapping):
    def takes(self, node: Node) -> bool:
        lone = kind_of(node) in CLOZE and is_lone_number(node.value("questiontext/text"))
        return lone or kind_of(node) == "numerical"

    def read(self, node: Node, shelf: Shelf, text: Area) -> Answers:
        if kind_of(node) in CLOZE:
            return _of_cloze(text)
        elements = few(node, "answer")
        exact = [element for element in elements if element.value("text") != ANY_OTHER]
        if elements and not exact:
            raise RefusedQuestion('The only answer is "*", which any number would meet.')
        numbers = tuple(_answer(element) for element in exact)
        if not any(number.fraction == 1 for number in numbers):
            raise RefusedQuestion("No answer is worth full marks.")
        feedback = tuple(read_area(element.find("feedback"), shelf) for element in exact)
        return Answers("numeric", numbers=numbers, notes=_notes(node, elements, feedback))

    def write(self, question: DraftQuestion) -> tuple[str, list[str]]:
        return "numerical", [
            f'<answer fraction="{percent(answer.fraction)}" format="moodle_auto_format">'
            f"<text>{answer.value}</text><tolerance>{answer.tolerance}</tolerance></answer>"
            for answer in question.answers
        ]


def _of_cloze(text: Area) -> Answers:
    """A text with one gap, which takes a number."""
    try:
        cloze = read_lone_number(text.html)
    except BadCloze as reason:
        raise RefusedQuestion(str(reason)) from reason
    numbers = tuple(_number(value, tolerance, share) for value, tolerance, share in cloze.answers if value != ANY_OTHER)
    if not any(number.fraction == 1 for number in numbers):
        raise RefusedQuestion("No answer is worth full marks.")
    said = richtext.clean_html(f"{cloze.before}{GAP}{cloze.after}")
    return Answers("numeric", numbers=numbers, text=said, marks=Decimal(cloze.weight))


def _answer(element: Node) -> Answer:
    return _number(element.value("text"), element.value("tolerance", "0"), fraction_of(element))


def _number(said: str, off: str, share: Decimal) -> Answer:
    value, tolerance = parse_number(said), parse_number(off)
    if value is None:
        raise RefusedQuestion(f'The answer "{shortened(said)}" is not a finite number.')
    if tolerance is None or tolerance < 0:
        raise RefusedQuestion(f'The tolerance "{shortened(off)}" is not a finite number of at least 0.')
    return Answer(value, tolerance, share)


def _notes(node: Node, elements: Sequence[Node], feedback: Sequence[Area]) -> tuple[str, ...]:
    notes = []
    if any(element.value("text") == ANY_OTHER for element in elements):
        notes.append('The answer "*" (any other number) was left out.')
    if any(not area.is_empty for area in feedback):
        notes.append("Feedback to single numbers was left out.")
    if node.find("units/unit"):
        notes.append("Units are not graded; the number alone counts.")
    return tuple(notes)


MAPPING = NumericInMoodle()

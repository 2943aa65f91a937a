"""Moodle's ``numerical``, without units."""

from __future__ import annotations

from collections.abc import Sequence

from apps.mock_tests.rules.draft import DraftQuestion, NumericAnswer
from apps.mock_tests.rules.moodle_answers import (
    ANY_OTHER,
    Answers,
    MoodleMapping,
    RefusedQuestion,
    few,
    fraction_of,
    kind_of,
    parse_number,
    shortened,
)
from apps.mock_tests.rules.moodle_areas import Area, Shelf, read_area
from apps.mock_tests.rules.moodle_elements import percent
from apps.mock_tests.rules.moodle_tree import Node


class NumericInMoodle(MoodleMapping):
    def takes(self, node: Node) -> bool:
        return kind_of(node) == "numerical"

    def read(self, node: Node, shelf: Shelf, text: Area) -> Answers:
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


def _answer(element: Node) -> NumericAnswer:
    value = parse_number(element.value("text"))
    tolerance = parse_number(element.value("tolerance", "0"))
    if value is None:
        raise RefusedQuestion(f'The answer "{shortened(element.value("text"))}" is not a finite number.')
    if tolerance is None or tolerance < 0:
        raise RefusedQuestion(
            f'The tolerance "{shortened(element.value("tolerance"))}" is not a finite number of at least 0.'
        )
    return NumericAnswer(value, tolerance, fraction_of(element))


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

"""Moodle's ``truefalse``."""

from __future__ import annotations

from decimal import Decimal

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.moodle.answers import Answers, MoodleMapping, RefusedQuestion, fraction_of, kind_of
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf, read_area
from apps.mock_tests.rules.exchange.moodle.elements import text_element
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.types.base import Text, Truth


class TrueFalseInMoodle(MoodleMapping):
    def takes(self, node: Node) -> bool:
        return kind_of(node) == "truefalse"

    def read(self, node: Node, shelf: Shelf, text: Area) -> Answers:
        found = {element.value("text").lower(): element for element in node.find_all("answer")}
        if found.keys() != {"true", "false"} or sum(1 for _ in node.find_all("answer")) != 2:
            raise RefusedQuestion('Its answers are not "true" and "false".')
        shares = {name: fraction_of(element) for name, element in found.items()}
        if sorted(shares.values()) != [0, 1]:
            raise RefusedQuestion("Exactly one of true and false must be worth full marks, the other nothing.")
        feedback = {name: read_area(element.find("feedback"), shelf) for name, element in found.items()}
        truth = Truth(shares["true"] == 1, feedback["true"].html, feedback["false"].html)
        return Answers("true_false", truth=truth, areas=tuple(feedback.values()))

    def write(self, question: DraftQuestion) -> tuple[str, list[str]]:
        truth = question.truth
        if truth is None:
            return "truefalse", []
        said = (("true", truth.value, truth.feedback_true), ("false", not truth.value, truth.feedback_false))
        return "truefalse", [text_element(Text(word, Decimal(right), fb), question.files) for word, right, fb in said]


MAPPING = TrueFalseInMoodle()

"""Moodle's ``multichoice`` with several right answers, and ``multichoiceset``, which takes all or nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.moodle.answers import Answers, MoodleMapping, kind_of
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.types.single_choice.moodle import choice_elements, is_single, read_choice

_SET = "multichoiceset"


class MultipleChoiceInMoodle(MoodleMapping):
    def takes(self, node: Node) -> bool:
        return kind_of(node) == _SET or (kind_of(node) == "multichoice" and not is_single(node))

    def read(self, node: Node, shelf: Shelf, text: Area) -> Answers:
        policy = "all_or_nothing" if kind_of(node) == _SET else ""
        return read_choice(node, shelf, "multiple_choice", policy)

    def write(self, question: DraftQuestion) -> tuple[str, list[str]]:
        options, kind = question.options, "multichoice"
        if question.policy == "all_or_nothing":
            kind, options = _SET, tuple(replace(option, fraction=Decimal(option.fraction > 0)) for option in options)
        elif question.policy == "jee_advanced":
            right = sum(option.fraction > 0 for option in options)
            part = (1 / Decimal(right)).quantize(Decimal("0.0000001")) if right else Decimal(0)
            options = tuple(replace(o, fraction=part if o.fraction > 0 else Decimal("-0.5")) for o in options)
        return kind, choice_elements(question, options)


MAPPING = MultipleChoiceInMoodle()

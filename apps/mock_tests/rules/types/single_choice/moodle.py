"""Moodle's ``multichoice`` with one right answer; what a choice of several shares with it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.moodle.answers import (
    TRUE,
    Answers,
    MoodleMapping,
    as_area,
    few,
    fraction_of,
    kind_of,
    refuse_if,
)
from apps.mock_tests.rules.exchange.moodle.areas import Area, Shelf, read_area
from apps.mock_tests.rules.exchange.moodle.elements import flag, option_element
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.types.base import FULL
from apps.mock_tests.rules.types.multiple_choice import TOLERANCE


class SingleChoiceInMoodle(MoodleMapping):
    def takes(self, node: Node) -> bool:
        return kind_of(node) == "multichoice" and is_single(node)

    def read(self, node: Node, shelf: Shelf, text: Area) -> Answers:
        return read_choice(node, shelf, "single_choice")

    def write(self, question: DraftQuestion) -> tuple[str, list[str]]:
        return "multichoice", choice_elements(question, question.options)


def is_single(node: Node) -> bool:
    """Whether a choice takes one option only."""
    return node.value("single", "true") in TRUE


def read_choice(node: Node, shelf: Shelf, question_type: str, policy: str = "") -> Answers:
    """The options of a choice; refuses those that name no key."""
    elements = few(node, "answer")
    texts = [read_area(as_area(element), shelf) for element in elements]
    feedback = [read_area(element.find("feedback"), shelf) for element in elements]
    options = tuple(
        DraftOption(text.html, fraction_of(element), said.html)
        for element, text, said in zip(elements, texts, feedback, strict=True)
    )
    if policy:
        options = tuple(DraftOption(o.text, FULL if o.fraction > 0 else Decimal(0), o.feedback) for o in options)
    refuse_if([*option_reasons(texts), *_key_reasons(options, question_type, policy)])
    shuffle = node.value("shuffleanswers") in TRUE and bool(options)
    return Answers(question_type, options, areas=(*texts, *feedback), policy=policy, shuffle=shuffle)


def option_reasons(texts: Sequence[Area]) -> list[str]:
    """What is wrong with the texts of options."""
    reasons = []
    if len(texts) < 2:
        reasons.append("It has fewer than two options.")
    if any(text.is_empty for text in texts):
        reasons.append("An option is empty.")
    if any(text.has_audio for text in texts):
        reasons.append("An option plays a recording; only the question may.")
    return reasons


def choice_elements(question: DraftQuestion, options: Sequence[DraftOption]) -> list[str]:
    """A choice with these options in the place of its own."""
    return [
        f"<single>{flag(question.type == 'single_choice')}</single>",
        f"<shuffleanswers>{flag(question.shuffle)}</shuffleanswers>",
        *(option_element(option, question.files) for option in options),
    ]


def _key_reasons(options: Sequence[DraftOption], question_type: str, policy: str) -> list[str]:
    if policy:
        return [] if any(option.fraction > 0 for option in options) else ["No option is right."]
    if question_type == "multiple_choice":
        total = sum((option.fraction for option in options if option.fraction > 0), Decimal(0))
        fits = abs(total - 1) <= TOLERANCE
        return [] if fits else [f"The weights of the right options add up to {total * 100:f} %, not to 100 %."]
    keys = sum(option.fraction == 1 for option in options)
    if keys == 1:
        return []
    return ["No option is worth full marks." if keys == 0 else "More than one option is worth full marks."]


MAPPING = SingleChoiceInMoodle()

"""``{=right ~wrong}`` in GIFT; what a choice of several shares with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.gift.parts import (
    GiftMapping,
    answer_element,
    element,
    feedback,
    has_weight,
    html,
    own_area,
    read_weight,
    refuse_words,
)
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.exchange.outline import CannotHold
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import FULL, plain

_BEFORE_OPTION = re.compile(r"(?=[~=])")


class SingleChoiceInGift(GiftMapping):
    turn = 20

    def takes(self, answers: str) -> bool:
        return "~" in answers and names_one_key(answers)

    def read(self, answers: str, form: str) -> tuple[str, list[Node]]:
        return "multichoice", [element("single", "true"), *read_options(answers, form)]

    def write(self, question: DraftQuestion) -> str:
        return write_options(question, _sign)


def names_one_key(answers: str) -> bool:
    """Whether there is a right answer without a weight, which says that it is the only one."""
    return any(piece.startswith("=") and not has_weight(piece[1:]) for piece in _pieces(answers)[1:])


def read_options(answers: str, form: str) -> Iterator[Node]:
    """The elements of the options of a choice."""
    first, *pieces = _pieces(answers)
    refuse_words(first)
    for piece in pieces:
        weight, rest = read_weight(piece[1:], "100" if piece.startswith("=") else "0")
        answer, mark, said = rest.partition("#")
        yield answer_element(own_area("answer", answer, form), weight, said if mark else "", form)


def write_options(question: DraftQuestion, sign: Callable[[DraftOption], str]) -> str:
    """The options of a choice; ``sign`` says what stands before one."""
    for option in question.options:
        if not richtext.to_text(richtext.without_images(option.text)):
            raise CannotHold("GIFT holds no files, and without them an option is empty.")
    return "".join(f"\n{sign(option)}{html(option.text)}{feedback(option.feedback)}" for option in question.options)


def weighted(share: Decimal) -> str:
    """The sign before an option that is worth a share."""
    return f"~%{plain(share * 100)}%" if share else "~"


def _pieces(answers: str) -> list[str]:
    return _BEFORE_OPTION.split(answers.replace("~=", "="))


def _sign(option: DraftOption) -> str:
    return "=" if option.fraction == FULL else weighted(option.fraction)


MAPPING = SingleChoiceInGift()

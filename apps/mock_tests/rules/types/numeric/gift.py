"""``{#3:2}``, ``{#1..5}`` and ``{#=3:0 =%50%3:2}`` in GIFT."""

from __future__ import annotations

from collections.abc import Iterator

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.gift.parts import (
    GiftMapping,
    answer_element,
    area,
    element,
    meant,
    read_weight,
    refuse,
    refuse_words,
)
from apps.mock_tests.rules.exchange.limits import shortened
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.numbers import parse_number
from apps.mock_tests.rules.types.base import FULL, plain


class NumericInGift(GiftMapping):
    turn = 10

    def takes(self, answers: str) -> bool:
        return answers.startswith("#")

    def read(self, answers: str, form: str) -> tuple[str, list[Node]]:
        return "numerical", list(_numbers(answers[1:]))

    def write(self, question: DraftQuestion) -> str:
        return "#" + "".join(
            f"\n={'' if answer.fraction == FULL else f'%{plain(answer.fraction * 100)}%'}"
            f"{plain(answer.value)}:{plain(answer.tolerance)}"
            for answer in question.answers
        )


def _numbers(text: str) -> Iterator[Node]:
    text, wrong, _ = text.partition("~")
    first, *pieces = text.split("=")
    if pieces:
        refuse_words(first)
    for piece in pieces or [first]:
        weight, rest = read_weight(piece, "100")
        number, mark, said = rest.partition("#")
        value, tolerance = _range(number.strip())
        node = answer_element(area("answer", value, "plain_text"), weight, said if mark else "", "html")
        node.children.append(element("tolerance", tolerance))
        yield node
    if wrong:
        yield answer_element(area("answer", "*", "plain_text"), "0", "", "html")


def _range(text: str) -> tuple[str, str]:
    """Middle and tolerance of ``1..5``, ``3:2`` or ``3``."""
    low, dots, high = text.partition("..")
    if not dots:
        value, _, tolerance = text.partition(":")
        return value.strip(), tolerance.strip() or "0"
    ends = parse_number(low), parse_number(high)
    if ends[0] is None or ends[1] is None or ends[0] > ends[1]:
        refuse(f'"{shortened(meant(text))}" is not a range from one number to a larger one.')
    return plain((ends[0] + ends[1]) / 2), plain((ends[1] - ends[0]) / 2)


MAPPING = NumericInGift()

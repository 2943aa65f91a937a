"""``{=Tokyo =%50%Edo}`` in GIFT, and whatever no other type takes."""

from __future__ import annotations

from collections.abc import Iterator

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.gift.parts import (
    GiftMapping,
    answer_element,
    area,
    escaped,
    feedback,
    read_weight,
    refuse_words,
)
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.exchange.outline import CannotHold
from apps.mock_tests.rules.types.base import FULL, Text, plain


class ShortTextInGift(GiftMapping):
    turn = 100

    def takes(self, answers: str) -> bool:
        return bool(answers)

    def read(self, answers: str, form: str) -> tuple[str, list[Node]]:
        return "shortanswer", list(_texts(answers, form))

    def write(self, question: DraftQuestion) -> str:
        if any("->" in text.text for text in question.texts):
            raise CannotHold('In GIFT an answer with "->" would be a pair.')
        return "".join(f"\n={_typed(text)}{feedback(text.feedback)}" for text in question.texts)


def _texts(answers: str, form: str) -> Iterator[Node]:
    first, *pieces = answers.split("=")
    if pieces:
        refuse_words(first)
    for piece in pieces or [first]:
        weight, rest = read_weight(piece, "100")
        answer, mark, said = rest.partition("#")
        yield answer_element(area("answer", answer, "plain_text"), weight, said if mark else "", form)


def _typed(text: Text) -> str:
    share = "" if text.fraction == FULL and not text.text.startswith("%") else f"%{plain(text.fraction * 100)}%"
    return share + escaped(text.text.replace("*", "\\*"))


MAPPING = ShortTextInGift()

"""``{~%50%right ~%50%right ~%-100%wrong}`` in GIFT."""

from __future__ import annotations

from decimal import Decimal

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.gift.parts import GiftMapping, element
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.types.single_choice.gift import names_one_key, read_options, weighted, write_options


class MultipleChoiceInGift(GiftMapping):
    turn = 20

    def takes(self, answers: str) -> bool:
        return "~" in answers and not names_one_key(answers)

    def read(self, answers: str, form: str) -> tuple[str, list[Node]]:
        return "multichoice", [element("single", "false"), *read_options(answers, form)]

    def write(self, question: DraftQuestion) -> str:
        right = sum(option.fraction > 0 for option in question.options)

        def sign(option: DraftOption) -> str:
            if not question.policy:
                return weighted(option.fraction)
            whole = (1 / Decimal(right)).quantize(Decimal("0.0000001")) if option.fraction > 0 else Decimal(-1)
            return weighted(whole)

        return write_options(question, sign)


MAPPING = MultipleChoiceInGift()

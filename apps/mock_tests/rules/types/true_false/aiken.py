"""A choice of two in Aiken."""

from __future__ import annotations

from apps.mock_tests.rules.exchange.aiken import AikenMapping
from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.outline import CannotHold


class TrueFalseInAiken(AikenMapping):
    def choices(self, question: DraftQuestion) -> tuple[list[str], int]:
        if question.truth is None:
            raise CannotHold("It has no answer.")
        return ["True", "False"], 0 if question.truth.value else 1


MAPPING = TrueFalseInAiken()

"""Aiken's only kind of question."""

from __future__ import annotations

from apps.mock_tests.rules.exchange.aiken import AikenMapping
from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.outline import CannotHold
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import FULL


class SingleChoiceInAiken(AikenMapping):
    def choices(self, question: DraftQuestion) -> tuple[list[str], int]:
        right = [place for place, option in enumerate(question.options) if option.fraction == FULL]
        if len(right) != 1:
            raise CannotHold("It has no option that is worth full marks alone.")
        return [richtext.to_text(option.text).replace("\n", " ") for option in question.options], right[0]


MAPPING = SingleChoiceInAiken()

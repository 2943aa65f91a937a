"""``{}`` in GIFT: an essay, and nothing about it."""

from __future__ import annotations

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.gift.parts import GiftMapping
from apps.mock_tests.rules.exchange.moodle.tree import Node


class EssayInGift(GiftMapping):
    turn = 10

    def takes(self, answers: str) -> bool:
        return not answers

    def read(self, answers: str, form: str) -> tuple[str, list[Node]]:
        return "essay", []

    def write(self, question: DraftQuestion) -> str:
        return ""


MAPPING = EssayInGift()

"""``{}`` in GIFT: an essay, and nothing about it."""

from __future__ import annotations

from apps.mock_tests.rules.draft import DraftQuestion
from apps.mock_tests.rules.gift_parts import GiftMapping
from apps.mock_tests.rules.moodle_tree import Node


class EssayInGift(GiftMapping):
    turn = 10

    def takes(self, answers: str) -> bool:
        return not answers

    def read(self, answers: str, form: str) -> tuple[str, list[Node]]:
        return "essay", []

    def write(self, question: DraftQuestion) -> str:
        return ""


MAPPING = EssayInGift()

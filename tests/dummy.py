"""A type of question with twenty fields of random names that nobody has thought of hiding, as somebody might add one."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from apps.mock_tests.rules.types.base import Given, ItemType
from apps.mock_tests.rules.types.registry import TYPES

_rng = random.Random(20)
PLANTED = {f"field{_rng.getrandbits(60):x}": f"canary{_rng.getrandbits(60):x}" for _ in range(20)}
ANSWER = "abracadabra"


class Dummy(ItemType):
    """Keeps everything in its content as well as in its key."""

    name = "dummy"
    shows = frozenset()

    def write(self, given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
        return dict(PLANTED), dict(PLANTED)

    def read(self, content: Any, key: Any) -> Given:
        return Given(own={**content, **key})

    def flaws(self, given: Given) -> Any:
        return iter(())

    def reasons(self, text: str, given: Given) -> Any:
        return iter(())

    def check(self, spec: Any, response: object) -> object:
        return response

    def share(self, key: Any, response: object) -> Decimal:
        return Decimal(response == ANSWER)


def register() -> None:
    """Put it among the types of this process."""
    TYPES[Dummy.name] = Dummy()


def leaks(text: str) -> list[str]:
    """The names and values of its fields that stand in a text."""
    return [one for pair in PLANTED.items() for one in pair if one in text]

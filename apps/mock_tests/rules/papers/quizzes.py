"""What a quiz says about time and passing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

PAUSE_SECONDS = 10
"""Between questions: the way of an answer, and reading what was right."""


@dataclass(frozen=True, slots=True)
class QuizRules:
    """How long a question without a time of its own may take, and which share of the marks passes."""

    default_question_seconds: int
    passing_percent: Decimal | None = None

    def seconds_of(self, own: int | None) -> int:
        """The time of one question."""
        return own or self.default_question_seconds

    def seconds_in_all(self, own: Iterable[int | None]) -> int:
        """The time of the whole quiz. Screens that know only the default give it to every question, so none counts less."""
        return sum(max(seconds or 0, self.default_question_seconds) + PAUSE_SECONDS for seconds in own)

    def shown(self) -> dict[str, Any]:
        """As it stands in a paper."""
        percent = self.passing_percent
        return {
            "default_question_seconds": self.default_question_seconds,
            "passing_percent": None if percent is None else f"{percent.normalize():f}",
        }


def read_rules(shown: dict[str, Any]) -> QuizRules:
    """The inverse of ``QuizRules.shown``."""
    percent = shown["passing_percent"]
    return QuizRules(shown["default_question_seconds"], None if percent is None else Decimal(percent))


def minutes(seconds: int) -> int:
    """Begun minutes, at least one."""
    return max(1, math.ceil(seconds / 60))

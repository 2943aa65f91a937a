"""A single answer that is checked while the attempt goes on: what was right, in words that a screen can point at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check tells, of this question and no other. Places count in the order shown, from 0."""

    question_id: str
    response: object
    outcome: str
    marks: Decimal
    max_marks: Decimal
    key: Mapping[str, Any]
    explanation: str
    right_place: int | None
    chosen_place: int | None

    @property
    def is_correct(self) -> bool:
        return self.outcome == "CORRECT"


def right_response(item: Mapping[str, Any]) -> object:
    """The response that a screen with options shows as right; nothing where there is more to it than one choice."""
    key = item["key"]
    match item["type"]:
        case "true_false":
            return key["answer"]
        case "single_choice":
            return max(key["fractions"], key=lambda option: Decimal(key["fractions"][option]), default=None)
        case "multiple_choice":
            return [option for option, fraction in key["fractions"].items() if Decimal(fraction) > 0]
    return None

"""A single answer that is checked while the attempt goes on: whether it was right, and, once that is of no more use, what
would have been, in words that a screen can point at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check tells, of this question and no other. Places count in the order shown, from 0. Without ``key`` it tells
    no more than whether the answer was right."""

    question_id: str
    response: object
    outcome: str
    marks: Decimal
    max_marks: Decimal
    key: Mapping[str, Any] | None
    explanation: str
    right_place: int | None
    chosen_place: int | None

    @property
    def is_correct(self) -> bool:
        return self.outcome == "CORRECT"


def is_key_due(*, counting: str, begun: int, others_run: bool, may_begin: bool) -> bool:
    """Whether nothing counts any more that a student could still answer to a question that is final in this attempt.

    Of the attempts that count, ``begun`` says how many there are, ``others_run`` whether one of them runs beside this, and
    ``may_begin`` whether another may follow.
    """
    if others_run:
        return False
    return not may_begin or (counting == "FIRST" and begun > 0)


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

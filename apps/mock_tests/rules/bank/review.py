"""The way of a question through its review: which steps lead from where to where, and who may take them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Step(StrEnum):
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    SENT_BACK = "SENT_BACK"
    RETIRED = "RETIRED"
    REOPENED = "REOPENED"


@dataclass(frozen=True, slots=True)
class Move:
    """A step: the states it may be taken in, and the state after it. ``is_judgement`` is a colleague's to make, the others
    are the author's; administrators take both."""

    states: Collection[str]
    leads_to: str
    is_judgement: bool = False
    needs_comment: bool = False
    only_with_review: bool = True


MOVES: Final[Mapping[str, Move]] = {
    Step.SUBMITTED: Move({"DRAFT"}, "IN_REVIEW"),
    Step.APPROVED: Move({"IN_REVIEW"}, "APPROVED", is_judgement=True),
    Step.SENT_BACK: Move({"IN_REVIEW"}, "DRAFT", is_judgement=True, needs_comment=True),
    Step.RETIRED: Move({"DRAFT", "IN_REVIEW", "APPROVED"}, "RETIRED", only_with_review=False),
    Step.REOPENED: Move({"RETIRED"}, "DRAFT", only_with_review=False),
}


def steps_from(state: str, *, review: str) -> list[str]:
    """The steps that lead on from a state, whoever takes them."""
    return [
        step for step, move in MOVES.items() if state in move.states and (review != "OFF" or not move.only_with_review)
    ]

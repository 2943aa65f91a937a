"""Items of a paper: which responses they take, and what a response earns. Pure: the same sheet and key always give the
same marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from apps.mock_tests.rules.types.base import BadResponse, ItemSpec
from apps.mock_tests.rules.types.registry import TYPES

__all__ = ["BadResponse", "ItemSpec", "Mark", "check_response", "grade_item", "spec_of"]

Outcome = Literal["CORRECT", "PARTIAL", "WRONG", "BLANK"]
SMALLEST_MARK = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a response earned; ``marks`` may be negative."""

    marks: Decimal
    outcome: Outcome


def spec_of(question: Mapping[str, Any]) -> ItemSpec:
    """The spec of a question as it stands in the content of a paper."""
    return ItemSpec(
        type=question["type"],
        options=_ids(question["options"]),
        prompts=_ids(question.get("prompts", ())),
        gaps={gap["id"]: _ids(gap["options"]) for gap in question.get("gaps", ())},
    )


def check_response(spec: ItemSpec, response: object) -> object:
    """The response as it is stored; ``None`` clears. Refuses what the item cannot take with `BadResponse`."""
    if response is None:
        return None
    return TYPES[spec.type].check(spec, response)


def grade_item(item: Mapping[str, Any], response: object) -> Mark:
    """Mark a response by an entry of a paper's key. No response: nothing earned, nothing lost."""
    if response is None or response == [] or response == {}:
        return Mark(Decimal(0), "BLANK")
    share = TYPES[item["type"]].share(item["key"], response)
    # Adding zero turns -0.000 into 0.000.
    marks = (Decimal(item["score"]) * share).quantize(SMALLEST_MARK, ROUND_HALF_UP) + 0
    return Mark(marks, "CORRECT" if share >= 1 else "PARTIAL" if share > 0 else "WRONG")


def _ids(things: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(thing["id"] for thing in things)

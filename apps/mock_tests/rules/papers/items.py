"""Items of a paper: which responses they take, and what a response earns. Pure: the same sheet and key always give the
same marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.base import BadResponse, BadScores, ItemSpec, plain
from apps.mock_tests.rules.types.registry import TYPES

__all__ = [
    "BadResponse",
    "BadScores",
    "ItemSpec",
    "Mark",
    "check_response",
    "grade_item",
    "is_marked_by_hand",
    "judge_item",
    "penalties",
    "shown_key",
    "spec_of",
    "whole_key",
    "wrong_marks",
]

Outcome = Literal["CORRECT", "PARTIAL", "WRONG", "BLANK", "PENDING"]
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
        own={name: question[name] for name in TYPES[question["type"]].own_names & question.keys()},
    )


def check_response(spec: ItemSpec, response: object) -> object:
    """The response as it is stored; ``None`` clears. Refuses what the item cannot take with `BadResponse`."""
    if response is None:
        return None
    return TYPES[spec.type].check(spec, response)


def grade_item(item: Mapping[str, Any], response: object) -> Mark:
    """Mark a response by an entry of a paper's key. No response earns nothing and loses nothing, unless the exam says so by
    ``blank``; a response that earns nothing may lose by ``wrong``; what people mark waits for them."""
    if response is None or response == [] or response == {}:
        return Mark(_marks(item, Decimal(item["blank"])) if "blank" in item else Decimal(0), "BLANK")
    if is_marked_by_hand(item):
        return Mark(Decimal(0), "PENDING")
    share = TYPES[item["type"]].share(item["key"], response) or Decimal(item.get("wrong", 0))
    return Mark(_marks(item, share), "CORRECT" if share >= 1 else "PARTIAL" if share > 0 else "WRONG")


def wrong_marks(item: Mapping[str, Any]) -> str:
    """What the exam gives for an answer that is worth nothing, by an entry of a paper's key: mostly below zero."""
    return plain(_marks(item, Decimal(item.get("wrong", 0))))


def penalties(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What wrong answers cost in a paper, from what takers see of it: one entry for each pair of marks, with how many
    questions it holds for; nothing of questions where they cost nothing."""
    shown = (q for section in content["sections"] for group in section["question_groups"] for q in group["questions"])
    pairs = Counter((question["score"], question["wrong_marks"]) for question in shown if "wrong_marks" in question)
    return [
        {"score": score, "wrong_marks": wrong, "questions": number}
        for (score, wrong), number in sorted(pairs.items(), key=lambda pair: tuple(map(Decimal, pair[0])))
    ]


def is_marked_by_hand(item: Mapping[str, Any]) -> bool:
    """Whether people mark an item, an entry of a paper's key or an item of its list."""
    return TYPES[item["type"]].is_marked_by_hand


def judge_item(item: Mapping[str, Any], scores: Mapping[str, str]) -> Mark:
    """What a marker's points earn, by an entry of a paper's key; refuses points out of bounds with `BadScores`."""
    share = TYPES[item["type"]].judged(item["key"], scores)
    return Mark(_marks(item, share), "CORRECT" if share >= 1 else "PARTIAL" if share > 0 else "WRONG")


def whole_key(item: Mapping[str, Any], sign: Callable[[str], str]) -> dict[str, Any]:
    """The key of an item for those who mark it, with addresses of the media in the type's own texts."""
    own = TYPES[item["type"]].fields
    return {**item["key"], **own_fields.with_html(own, item["key"], lambda text: richtext.replace_media(text, sign))}


def shown_key(item: Mapping[str, Any], sign: Callable[[str], str]) -> dict[str, Any]:
    """What of the key of an item takers see once they may review it: what its type names, and nothing else."""
    told = TYPES[item["type"]].tells
    return {name: value for name, value in whole_key(item, sign).items() if name in told}


def _marks(item: Mapping[str, Any], share: Decimal) -> Decimal:
    # Adding zero turns -0.000 into 0.000.
    return (Decimal(item["score"]) * share).quantize(SMALLEST_MARK, ROUND_HALF_UP) + 0


def _ids(things: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(thing["id"] for thing in things)

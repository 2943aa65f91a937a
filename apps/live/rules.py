"""Which questions of a paper can be asked live, how codes are written, what a key says, and what players may see."""

from __future__ import annotations

import json
import math
import secrets
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from apps.attempts.rules import shown
from apps.mock_tests.rules.types.registry import TYPES

MOST_QUESTIONS = 200
MOST_SECONDS = 600
LONGEST = timedelta(hours=12)
"""From its opening; whatever the host has left open then is over."""
CODE_LENGTH = 6
CODE_LETTERS = "ACDEFGHJKMNPRTUVWXY34679"
"""Without what looks like something else: B and 8, I, L and 1, O, Q and 0, S and 5, Z and 2."""
WHOLE_FROM = 100
"""A question that is worth so much or more gives whole points."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One question of a session to be."""

    question_id: uuid.UUID
    seconds: int
    points: Decimal


@dataclass(frozen=True, slots=True)
class Chosen:
    """A response and how many players gave it."""

    response: Any
    players: int


def questions_of(paper: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What can be asked of a paper, by id, in its order: each question with what it is read, seen or heard with."""
    told = {question["id"]: question for question in shown.flat_questions(paper)}
    own = {question["id"]: question for _, question in shown.questions_of(paper)}
    return {
        name: {**question, "score": own[name]["score"], "seconds": own[name].get("seconds")}
        for name, question in told.items()
        if TYPES[question["type"]].is_asked_live
    }


def plan(
    questions: Mapping[str, Mapping[str, Any]], *, seconds: int | None, points: Decimal | None, usual_seconds: int
) -> list[Planned]:
    """The rounds of a session. ``seconds`` is for all questions; without it each has its own, or the usual time. Without
    ``points`` each is worth its marks."""
    return [
        Planned(
            uuid.UUID(name),
            min(seconds or question["seconds"] or usual_seconds, MOST_SECONDS),
            Decimal(question["score"]) if points is None else points,
        )
        for name, question in questions.items()
    ]


def stretched(seconds: int, factor: Decimal) -> int:
    """The whole seconds of a question for a room in which somebody gets so much of its time."""
    return math.ceil(seconds * factor)


# -- codes ---------------------------------------------------------------------------------------------------------


def fresh_code() -> str:
    """A code that nobody can guess or misread."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def read_code(typed: str) -> str:
    """What was meant by what somebody typed: case, spaces and hyphens do not matter. Empty if it can be no code."""
    code = "".join(typed.split()).replace("-", "").upper()
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS) else ""


# -- keys ----------------------------------------------------------------------------------------------------------


def share_of(item: Mapping[str, Any], response: object) -> Decimal:
    """The share of the marks that a response earns, by an entry of a paper's key."""
    return TYPES[item["type"]].share(item["key"], response)


def right_options(item: Mapping[str, Any]) -> list[str]:
    """The ids of the options that earn something; of a statement ``true`` or ``false``."""
    return TYPES[item["type"]].right(item["key"])


def distribution_of(options: Iterable[Mapping[str, Any]], chosen: Iterable[Chosen]) -> dict[str, int]:
    """How many players chose each option, also those that nobody chose."""
    counted: Counter[str] = Counter()
    for one in chosen:
        several: Sequence[Any] = one.response if isinstance(one.response, list) else [one.response]
        counted.update({option_of(option): one.players for option in several})
    return {option["id"]: counted[option["id"]] for option in options}


def option_of(response: object) -> str:
    """The id of the option that a response names."""
    return json.dumps(response) if isinstance(response, bool) else str(response)


# -- what players may see ------------------------------------------------------------------------------------------


def sees_board(policy: str, state: str) -> bool:
    """Whether players see who stands where."""
    return policy in ("LIVE", "ANONYMOUS") or (policy == "AFTER_CLOSE" and state == "FINISHED")


def sees_names(policy: str) -> bool:
    """Whether a board that players see tells the names of others."""
    return policy != "ANONYMOUS"

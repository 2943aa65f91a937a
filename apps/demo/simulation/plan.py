"""What each student of a simulated class will do: drawn once from a seed, so that a class can be run again."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """After ``pause`` seconds, answer ``question`` with ``response``."""

    pause: float
    question: str
    response: object


@dataclass(frozen=True, slots=True)
class Habits:
    """How a student behaves."""

    ability: float
    over_http: bool
    drops_after: tuple[int, ...]
    submits: bool
    share_of_time: float


@dataclass(slots=True)
class Tally:
    """What happened to one student's answers, as the student saw it."""

    email: str
    habits: Habits
    attempt: str = ""
    acked: set[tuple[int, int]] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    drops: int = 0
    status: str = "waiting"
    answered: int = 0
    total: int = 0


def draw_habits(rng: random.Random, place: int, students: int) -> Habits:
    """Every fifth student uses plain HTTP, every sixth loses the connection twice, every ninth never hands in."""
    questions_before_drop = (rng.randint(3, 12), rng.randint(14, 30)) if place % 6 == 2 else ()
    return Habits(
        ability=min(0.97, max(0.2, rng.gauss(0.62, 0.18))),
        over_http=place % 5 == 4,
        drops_after=questions_before_drop,
        submits=place % 9 != 7,
        share_of_time=0.2 + 0.72 * (place + rng.random()) / students,
    )


def draw_steps(
    rng: random.Random,
    habits: Habits,
    questions: Sequence[Mapping[str, Any]],
    keys: Mapping[str, Mapping[str, Any]],
    seconds: float,
) -> list[Step]:
    """One answer per question, some left blank, some changed later; the pauses add up to about ``seconds``."""
    order: list[tuple[str, object]] = []
    for question in questions:
        if rng.random() < 0.04:
            continue
        order.append((question["id"], _response(rng, habits.ability, question, keys.get(question["id"], {}))))
        if rng.random() < 0.12 and order:
            changed = rng.choice(questions)
            order.append((changed["id"], _response(rng, habits.ability, changed, keys.get(changed["id"], {}))))
    weights = [rng.expovariate(1.0) + 0.15 for _ in order]
    unit = seconds / sum(weights) if weights else 0
    return [
        Step(weight * unit, question, response) for weight, (question, response) in zip(weights, order, strict=True)
    ]


def _response(rng: random.Random, ability: float, question: Mapping[str, Any], key: Mapping[str, Any]) -> object:
    knows = rng.random() < ability
    options = [option["id"] for option in question.get("options", [])]
    if question["type"] == "numeric":
        answers = key.get("answers", [])
        return str(answers[0]["value"]) if knows and answers else str(rng.randint(1, 50))
    fractions = {option: float(share) for option, share in key.get("fractions", {}).items()}
    right = [option for option in options if fractions.get(option, 0) > 0]
    if question["type"] == "multiple_choice":
        return right if knows and right else rng.sample(options, k=rng.randint(1, len(options)))
    return right[0] if knows and right else rng.choice(options)

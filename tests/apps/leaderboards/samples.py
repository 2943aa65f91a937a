"""Results to rank: of people who really sat, and of as many made-up people as a test needs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.assignments.models import ExamAssignment
from apps.attempts.models import Attempt
from apps.attempts.operations import sitting
from apps.attempts.rules import ties
from apps.authentication.models import User
from apps.leaderboards.models import ExamResult, Rank, RankStep
from tests.apps.attempts import journal

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ALL_RIGHT = {"river": "yes", "verbs": ["eat", "see"], "sum": "42", "free": "yes"}  # 5 marks of the test of two parts


def hand_in(person: User, room: ExamAssignment, **answers: Any) -> Attempt:
    """``person`` answers the test of two parts and hands in."""
    attempt = sitting.start_attempt(actor=person, assignment_id=room.pk).attempt
    for question, response in answers.items():
        journal.write(attempt, question, response)
    return sitting.submit_attempt(attempt_id=attempt.pk, actor=person).attempt


@dataclass(frozen=True)
class Facts:
    """A result as a test states it."""

    score: Decimal
    seconds: float = 600
    finished_at: datetime = NOON
    sections: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)


def make_people(count: int) -> list[User]:
    """People without a password and a history."""
    return User.objects.bulk_create(
        User(email=f"{uuid.uuid4().hex}@north.test", first_name=f"Person {number}") for number in range(count)
    )


def put(room_id: uuid.UUID, facts: Iterable[Facts], people: Iterable[User] = ()) -> list[ExamResult]:
    """One best result for each of these people, or for as many new ones as there are facts."""
    facts = list(facts)
    people = list(people) or make_people(len(facts))
    return ExamResult.objects.bulk_create(
        ExamResult(
            attempt_id=uuid.uuid4(),
            assignment_id=room_id,
            student=person,
            display_name=person.first_name,
            revision=1,
            score=fact.score,
            max_score=100,
            seconds_taken=fact.seconds,
            finished_at=fact.finished_at,
            sections=fact.sections,
            topics=fact.topics,
            tie_break=ties.tie_break((), ties.NOTHING, seconds_taken=fact.seconds, finished_at=fact.finished_at),
            is_best=True,
        )
        for fact, person in zip(facts, people, strict=True)
    )


def scores(*values: float | str) -> list[Facts]:
    return [Facts(Decimal(str(value))) for value in values]


def ranks(ranking_id: int) -> list[Rank]:
    return list(Rank.objects.filter(ranking_id=ranking_id).order_by("position"))


def steps(ranking_id: int, part: str) -> dict[Decimal, tuple[int, Decimal]]:
    found = RankStep.objects.filter(ranking_id=ranking_id, part=part)
    return {step.score: (step.rank, step.percentile) for step in found}


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)

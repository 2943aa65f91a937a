"""Marks: a pure function of a sheet, a key, and the points that people gave. Same input, same marks, however often it
runs."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from apps.mock_tests.rules.papers import items

PENDING: Final = "PENDING"
Scores = Mapping[str, str]
"""Points by criterion; none at all for what was not answered and is marked as zero."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The mark of one item."""

    question_id: uuid.UUID
    marks: Decimal
    outcome: str


def mark_sheet(
    *,
    answers: Mapping[str, Any],
    key: Mapping[uuid.UUID, Mapping[str, Any]],
    judged: Mapping[uuid.UUID, Scores] | None = None,
) -> list[Marked]:
    """A mark for every item of the key, blanks included, in the order of the key. What people mark is pending until it is
    ``judged``."""
    marked = []
    for question_id, item in key.items():
        if not items.is_marked_by_hand(item):
            mark = items.grade_item(item, answers.get(str(question_id)))
        elif judged is not None and question_id in judged:
            mark = judge(item, judged[question_id])
        else:
            mark = items.Mark(Decimal(0), PENDING)
        marked.append(Marked(question_id, mark.marks, str(mark.outcome)))
    return marked


def judge(item: Mapping[str, Any], scores: Scores) -> items.Mark:
    """What a person's points earn; refuses with `items.BadScores`."""
    return items.judge_item(item, scores) if scores else items.grade_item(item, None)


def total(marked: list[Marked]) -> Decimal:
    """The score: the plain sum."""
    return sum((mark.marks for mark in marked), Decimal(0))


def fingerprint(response: object) -> str:
    """Tells one response from another."""
    return hashlib.sha256(json.dumps(response, sort_keys=True).encode()).hexdigest()


def candidate(attempt_id: uuid.UUID, seed: int) -> str:
    """What a student is called where markers are not told who wrote a script: the same for all scripts of an attempt. The
    seed, which nobody is told, keeps it from being worked out."""
    return f"C-{hashlib.blake2b(f'{attempt_id}:{seed}'.encode(), digest_size=4).hexdigest().upper()}"

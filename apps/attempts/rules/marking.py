"""Marks: a pure function of a sheet and a key. Same input, same marks, however often it runs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.mock_tests.rules import items


@dataclass(frozen=True, slots=True)
class Marked:
    """The mark of one item."""

    question_id: uuid.UUID
    marks: Decimal
    outcome: str


def mark_sheet(*, answers: Mapping[str, Any], key: Mapping[uuid.UUID, Mapping[str, Any]]) -> list[Marked]:
    """A mark for every item of the key, blanks included, in the order of the key."""
    marked = []
    for question_id, item in key.items():
        mark = items.grade_item(item, answers.get(str(question_id)))
        marked.append(Marked(question_id, mark.marks, str(mark.outcome)))
    return marked


def total(marked: list[Marked]) -> Decimal:
    """The score: the plain sum."""
    return sum((mark.marks for mark in marked), Decimal(0))

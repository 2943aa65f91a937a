"""What was kept for review and counts for nothing: answers that were refused, and sheets that were withdrawn."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from apps.attempts import errors, queries
from apps.attempts.models import Attempt, RefusedAnswer, WithdrawnSheet
from apps.attempts.rules import course, shown

if TYPE_CHECKING:
    from apps.attempts.queries import SeenAttempt
    from apps.authentication.models import User

_LATE = frozenset({"too_late", "section_closed", "attempt_closed"})


@dataclass(frozen=True, slots=True)
class ToldRefusal:
    """A refused answer with its question, and beside it what counts instead. ``late_seconds`` says how long after the end
    that it missed; nothing where it was refused for something else, or that end was moved since."""

    refused: RefusedAnswer
    number: int | None
    section: str
    words: list[str]
    counted: Any
    counted_words: list[str]
    late_seconds: float | None


def get_reviewed_attempt(actor: User, attempt_id: uuid.UUID) -> SeenAttempt:
    """An attempt whose evidence ``actor`` may look at: staff, any that they may see; refuses any other id."""
    if not actor.is_center_staff:
        raise errors.AttemptNotFound
    return queries.get_attempt_for(actor, attempt_id)


def refused_answers_of(attempt: Attempt) -> QuerySet[RefusedAnswer]:
    """What was refused, in the order it arrived."""
    return RefusedAnswer.objects.filter(attempt=attempt.pk).order_by("received_at", "pk")


def explain(attempt: Attempt, rows: Iterable[RefusedAnswer]) -> list[ToldRefusal]:
    """Refused answers of one attempt beside the paper that they belong to, in two queries beside one for a paper that no
    process remembers."""
    rows = list(rows)
    if not rows:
        return []
    known = {q["id"]: (section, q) for section, q in shown.questions_of(queries.render_paper(attempt, sign=str))}
    sections = {question: section["id"] for question, (section, _) in known.items()}
    steps = course.step_of_questions(attempt.course, sections) if attempt.course else {}
    counting = queries.answer_state(attempt).answers
    return [_told(attempt, row, known.get(str(row.question_id)), steps, counting) for row in rows]


def withdrawn_sheets_of(attempt: Attempt) -> QuerySet[WithdrawnSheet]:
    """The sheets that were frozen before the attempt was opened again, the first one first."""
    return WithdrawnSheet.objects.filter(attempt=attempt.pk).select_related("withdrawn_by")


def _told(
    attempt: Attempt, row: RefusedAnswer, place: Any, steps: dict[str, int], counting: dict[str, Any]
) -> ToldRefusal:
    section, question = place or ({"name": ""}, None)
    counted = counting.get(str(row.question_id))
    late = (row.received_at - _end(attempt, row.code, steps.get(str(row.question_id)))).total_seconds()
    return ToldRefusal(
        refused=row,
        number=question["question_number"] if question else None,
        section=section["name"],
        words=shown.words_of(question, row.response) if question else [],
        counted=counted,
        counted_words=shown.words_of(question, counted) if question else [],
        late_seconds=late if row.code in _LATE and late > 0 else None,
    )


def _end(attempt: Attempt, code: str, step: int | None) -> datetime:
    """The end that an answer has missed."""
    if code == "attempt_closed" and attempt.finished_at is not None:
        return attempt.finished_at
    return attempt.deadline_at if attempt.step_ends is None or step is None else attempt.step_ends[step]

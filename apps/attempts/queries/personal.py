"""Everything that attempts hold about one person, for that person: answers always, marks as far as they are released,
keys never."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from apps.attempts import queries
from apps.attempts.models import (
    AnswerEntry,
    AnswerSheet,
    Attempt,
    IntegrityEvent,
    RefusedAnswer,
    TimeGrant,
    WithdrawnSheet,
)
from apps.attempts.queries import earned, visibility
from apps.attempts.rules import shown

if TYPE_CHECKING:
    from apps.authentication.models import User

Rows = dict[uuid.UUID, list[dict[str, Any]]]


def data_about(*, person: User) -> list[dict[str, Any]]:
    """The person's attempts, oldest first, in a fixed number of queries beside one for each paper that no process
    remembers."""
    attempts = list(Attempt.objects.filter(student=person).select_related("assignment").order_by("started_at", "pk"))
    ids = [attempt.pk for attempt in attempts]
    journal = _rows(AnswerEntry, ids, "epoch", "seq", "question_id", "response", "received_at")
    refused = _rows(RefusedAnswer, ids, "question_id", "response", "code", "received_at")
    withdrawn = _rows(WithdrawnSheet, ids, "answers", "receipt", "finished_at", "reason", "withdrawn_at")
    grants = _rows(TimeGrant, ids, "step", "kind", "seconds", "reason", "granted_at")
    events = _rows(IntegrityEvent, ids, "kind", "at", "received_at", "details")
    sheets = dict(AnswerSheet.objects.filter(attempt__in=ids).values_list("attempt_id", "answers"))
    shown_marks = visibility.marks_visible_to(person, attempts)
    visible = [a for a in attempts if a.status == Attempt.Status.GRADED and a.pk in shown_marks]
    parts = earned.list_parts(attempt.pk for attempt in visible) if visible else {}
    return [
        {
            "id": attempt.pk,
            "room": attempt.assignment.title,
            "number": attempt.number,
            "status": attempt.status,
            "started_at": attempt.started_at,
            "deadline_at": attempt.deadline_at,
            "finished_at": attempt.finished_at,
            "time": grants[attempt.pk],
            "answers": _answers(attempt, sheets.get(attempt.pk, {})),
            "journal": journal[attempt.pk],
            "refused_answers": refused[attempt.pk],
            "withdrawn_sheets": withdrawn[attempt.pk],
            "noticed_by_the_screen": events[attempt.pk],
            "result": _result(attempt, parts[attempt.pk]) if attempt.pk in parts else None,
        }
        for attempt in attempts
    ]


def _rows(model: Any, attempt_ids: Iterable[uuid.UUID], *fields: str) -> Rows:
    found: Rows = defaultdict(list)
    for row in (
        model.objects.filter(attempt__in=list(attempt_ids)).order_by(*_order(model)).values("attempt_id", *fields)
    ):
        found[row.pop("attempt_id")].append(row)
    return found


def _order(model: Any) -> tuple[str, ...]:
    return ("attempt_id", "epoch", "seq") if model is AnswerEntry else ("pk",)


def _answers(attempt: Attempt, sheet: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers of the sheet in the words that the person chose."""
    if not sheet:
        return []
    paper = queries.render_paper(attempt, sign=str)
    return [
        {
            "section": section["name"],
            "question": question["question_number"],
            "response": sheet[question["id"]],
            "words": shown.words_of(question, sheet[question["id"]]),
        }
        for section, question in shown.questions_of(paper)
        if question["id"] in sheet
    ]


def _result(attempt: Attempt, parts: list[earned.Part]) -> dict[str, Any]:
    return {
        "score": attempt.score,
        "max_score": attempt.max_score,
        "graded_at": attempt.graded_at,
        "parts": [
            {"kind": part.kind, "name": part.name, "score": part.score, "max_score": part.max_score} for part in parts
        ],
    }

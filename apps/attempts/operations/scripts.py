"""Scripts: what people mark of an attempt, kept in step with its sheet. The caller holds the lock on the attempt."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.attempts.models import Attempt, HandMark, MarkingPlan, Script
from apps.attempts.rules import marking
from apps.mock_tests import queries as papers
from apps.mock_tests.rules.papers import items

Key = Mapping[uuid.UUID, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Settled:
    """The points that count, by question, and whether scripts have come to wait that did not before."""

    judged: dict[uuid.UUID, marking.Scores]
    has_new: bool = False
    has_scripts: bool = False


def settle(*, attempt: Attempt, answers: Mapping[str, Any], key: Key, at: datetime) -> Settled:
    """What people have marked so far. A script is made for each answer that people mark; one whose answer is another
    than before, or whose points the key does not know any more, waits to be marked anew. What was not answered is zero at
    once, if the room says so. Practice has none: nobody marks it."""
    asked = {question_id: item for question_id, item in key.items() if items.is_marked_by_hand(item)}
    if not asked or attempt.is_practice:
        return Settled({})
    known = {script.question_id: script for script in _lock(attempt)}
    new = _new(attempt, asked.keys() - known.keys(), asked)
    changed = [
        script
        for script in known.values()
        if script.question_id in asked
        and _bring_up_to_date(script, asked[script.question_id], answers.get(str(script.question_id)))
    ]
    for script in new:
        _read(script, answers.get(str(script.question_id)))
    Script.objects.bulk_create(new)
    scripts = [*known.values(), *new]
    plan = MarkingPlan.objects.filter(assignment_id=attempt.assignment_id).first()
    if plan is not None and plan.zero_unanswered:
        mark_unanswered(scripts=[script for script in scripts if script.is_blank], key=key, author_id=None, at=at)
    judged = {script.question_id: script.current.scores for script in scripts if script.current is not None}
    return Settled(judged, any(script.current is None for script in (*changed, *new)), has_scripts=True)


def mark_unanswered(*, scripts: Iterable[Script], key: Key, author_id: uuid.UUID | None, at: datetime) -> None:
    """Mark locked scripts on which nothing is written, and which wait, as such."""
    for script in scripts:
        if script.current is None:
            mark = marking.judge(key[script.question_id], {})
            add_mark(
                script=script, kind=HandMark.Kind.UNANSWERED, scores={}, marks=mark.marks, author_id=author_id, at=at
            )


def add_mark(
    *,
    script: Script,
    kind: HandMark.Kind,
    scores: marking.Scores,
    marks: Decimal,
    author_id: uuid.UUID | None,
    at: datetime,
    comment: str = "",
    reason: str = "",
) -> HandMark:
    """Write down a judgement of a locked script, which nobody holds any more. A second mark counts for nothing by itself."""
    mark = HandMark.objects.create(
        script=script,
        revision=script.revision + 1,
        kind=kind,
        scores=dict(scores),
        marks=marks,
        comment=comment,
        reason=reason,
        marked_by_id=author_id,
        marked_at=at,
    )
    script.revision = mark.revision
    script.claimed_by_id = script.claimed_until = None
    if kind == HandMark.Kind.SECOND:
        assert script.current is not None
        script.is_disputed = marks != script.current.marks
    else:
        script.current, script.is_disputed = mark, False
    script.save(update_fields=["revision", "claimed_by", "claimed_until", "current", "is_disputed"])
    return mark


def _lock(attempt: Attempt) -> list[Script]:
    rows = Script.objects.filter(attempt=attempt).order_by("pk").select_for_update(of=("self",))
    return list(rows.select_related("current"))


def _new(attempt: Attempt, question_ids: Iterable[uuid.UUID], asked: Key) -> list[Script]:
    wanted = set(question_ids)
    if not wanted:
        return []
    return [
        Script(
            attempt=attempt,
            assignment_id=attempt.assignment_id,
            question_id=item.question_id,
            number=item.number,
            max_marks=Decimal(asked[item.question_id]["score"]),
        )
        for item in papers.list_items(paper_id=attempt.paper_id)
        if item.question_id in wanted
    ]


def _read(script: Script, response: object) -> None:
    script.answer_hash = marking.fingerprint(response)
    script.is_blank = response is None
    script.length = len(response) if isinstance(response, str) else 0


def _bring_up_to_date(script: Script, item: Mapping[str, Any], response: object) -> bool:
    is_another = script.answer_hash != marking.fingerprint(response)
    if not is_another and (script.current is None or _is_known(item, script.current.scores)):
        return False
    _read(script, response)
    script.current, script.is_disputed = None, False
    script.claimed_by_id = script.claimed_until = None
    script.save(
        update_fields=[
            "answer_hash",
            "is_blank",
            "length",
            "current",
            "is_disputed",
            "claimed_by",
            "claimed_until",
        ]
    )
    return True


def _is_known(item: Mapping[str, Any], scores: marking.Scores) -> bool:
    try:
        marking.judge(item, scores)
    except items.BadScores:
        return False
    return True

"""Changing many questions of the bank at once: all of them or none."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

from django.db import connection, transaction
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.centers.queries import centers
from apps.core.errors import Problem, Refusal
from apps.mock_tests.errors import BadContent, NotYourQuestion, QuestionRetired
from apps.mock_tests.models import BankQuestion
from apps.mock_tests.operations.bank import review as bank_review
from apps.mock_tests.operations.bank.questions import may_change
from apps.mock_tests.operations.bank.topics import check_topic
from apps.mock_tests.queries.bank import questions as queries

if TYPE_CHECKING:
    from apps.authentication.models import User

MOST_TAGS = 30


class BulkChanges(TypedDict, total=False):
    """What is done to all of them; what is absent stays. A ``topic_id`` of ``None`` takes them out of their topics."""

    topic_id: uuid.UUID | None
    difficulty: str
    exam_type: str
    language: str
    add_tags: Sequence[str]
    remove_tags: Sequence[str]
    step: str
    comment: str
    delete: bool


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """How many questions were asked for, and how many of them are different now."""

    count: int
    changed: int


def change_questions(*, actor: User, ids: Sequence[uuid.UUID], **changes: Unpack[BulkChanges]) -> BulkOutcome:
    """File many questions anew, tag them, take one step of review with them, or delete them: up to a thousand, all or none.
    Each field is one statement, however many rows it changes.

    Refuses, naming every question by its place, those that are unknown, a colleague's, retired, that would have too many
    tags, or for which the step is not possible (see ``review.take_step``)."""
    with transaction.atomic():
        if topic_id := changes.get("topic_id"):
            check_topic(topic_id=topic_id)
        locked = queries.questions_for(actor, ids=ids).select_for_update().order_by("pk").values_list("pk", flat=True)
        # Only now: what others have written while we waited is seen by the next statement, not by this one.
        rows = queries.questions_for(actor, ids=list(locked)).select_related("current_version", "approved_version")
        found = {row.pk: row for row in rows}
        review, own = centers.question_review(), set[uuid.UUID]()
        if changes.get("step"):
            own = bank_review.own_words(actor=actor, questions=found.values())
        step, comment = changes.get("step", ""), changes.get("comment", "")
        problems = []
        for place, question_id in enumerate(ids):
            try:
                if question_id not in found:
                    problems.append(Problem(f"/ids/{place}", "unknown_question", "The bank has no such question."))
                else:
                    _check(actor, found[question_id], changes, review, own)
            except Refusal as refusal:
                problems.append(Problem(f"/ids/{place}", refusal.code, str(refusal)))
        if problems:
            raise BadContent("Nothing was changed.", problems=problems)
        questions = list(found.values())
        changed = _apply(questions, changes)
        if step:
            bank_review.apply_step(actor=actor, questions=questions, step=step, comment=comment)
            changed = {question.pk for question in questions}
        if changes.get("delete"):
            BankQuestion.objects.filter(pk__in=found).update(deleted_at=Now())
            changed = set(found)
        after = {name: str(value) for name, value in changes.items()} | {"count": len(found), "changed": len(changed)}
        audit.record(
            action="question.bulk_changed", subject="question", subject_id="", after=after, reason=comment[:500]
        )
    return BulkOutcome(count=len(found), changed=len(changed))


def _check(actor: User, question: BankQuestion, changes: BulkChanges, review: str, own: set[uuid.UUID]) -> None:
    step = changes.get("step")
    others = changes.keys() - {"step", "comment"}
    if others and not may_change(actor=actor, question=question):
        raise NotYourQuestion
    if question.state == BankQuestion.State.RETIRED and others - {"delete"}:
        raise QuestionRetired
    tags = [*question.tags, *changes.get("add_tags", ())]
    if changes.get("add_tags") and len(set(tags) - set(changes.get("remove_tags", ()))) > MOST_TAGS:
        raise BadContent(f"A question has at most {MOST_TAGS} tags.")
    if step:
        comment = changes.get("comment", "")
        bank_review.check_step(actor=actor, question=question, step=step, review=review, own=own, comment=comment)


def _apply(questions: list[BankQuestion], changes: BulkChanges) -> set[uuid.UUID]:
    """The statements, one per field; returns who is different now."""
    ids = [question.pk for question in questions]
    changed: set[uuid.UUID] = set()
    with connection.cursor() as cursor:
        for name, column, kind in _COLUMNS:
            if name in changes:
                cursor.execute(
                    f"UPDATE mock_tests_bankquestion SET {column} = %s::{kind}, updated_at = statement_timestamp()"  # noqa: S608
                    f" WHERE id = ANY(%s) AND {column} IS DISTINCT FROM %s::{kind} RETURNING id",
                    [changes[name], ids, changes[name]],  # type: ignore[literal-required]
                )
                changed.update(row[0] for row in cursor.fetchall())
        if "add_tags" in changes or "remove_tags" in changes:
            added, removed = list(changes.get("add_tags", ())), list(changes.get("remove_tags", ()))
            cursor.execute(_TAG, {"added": added, "removed": removed, "ids": ids})
            changed.update(row[0] for row in cursor.fetchall())
    return changed


_COLUMNS = (
    ("topic_id", "topic_id", "uuid"),
    ("difficulty", "difficulty", "text"),
    ("exam_type", "exam_type", "text"),
    ("language", "language", "text"),
)
_TAG = """
WITH tagged AS (
    SELECT q.id, ARRAY(
        SELECT tag FROM unnest(q.tags::text[] || %(added)s::text[]) WITH ORDINALITY AS every(tag, place)
        WHERE tag <> ALL(%(removed)s::text[]) GROUP BY tag ORDER BY min(place)
    ) AS tags FROM mock_tests_bankquestion q WHERE q.id = ANY(%(ids)s)
)
UPDATE mock_tests_bankquestion q SET tags = tagged.tags, updated_at = statement_timestamp()
FROM tagged WHERE tagged.id = q.id AND tagged.tags <> q.tags::text[] RETURNING q.id
"""

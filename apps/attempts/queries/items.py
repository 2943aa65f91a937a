"""How takers did with items that come from the bank: sums by SQL, in one statement however many attempts there are."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db import connection
from django.db.models import QuerySet

from apps.attempts.models import Attempt
from apps.mock_tests.queries.bank import usage as bank_usage
from apps.mock_tests.rules.bank.figures import ItemFigures

LONGEST_PAUSE = 1_800
"""Seconds between two answers that still count as time spent on the second."""


def papers_of(*, assignment_id: uuid.UUID) -> set[uuid.UUID]:
    """The papers that were sat in a room and hold questions of the bank."""
    return _from_the_bank(Attempt.objects.filter(assignment=assignment_id))


def papers_sat() -> set[uuid.UUID]:
    """Every paper that was ever sat and holds questions of the bank."""
    return _from_the_bank(Attempt.objects.all())


def _from_the_bank(attempts: QuerySet[Attempt]) -> set[uuid.UUID]:
    sat = attempts.order_by().values_list("paper_id", flat=True).distinct()
    return bank_usage.papers_from_bank(paper_ids=set(sat))


def figures_of_items(*, paper_ids: Collection[uuid.UUID]) -> list[ItemFigures]:
    """The sums of each item of these papers that comes from the bank, over attempts that are graded and count; practice does
    not. The time that an answer took is the time since the one before it, or since the start; somebody who was away for
    long counts with half an hour."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"papers": list(paper_ids), "longest": LONGEST_PAUSE})
        return [ItemFigures(*row) for row in cursor.fetchall()]


_SUMS = """
WITH counted AS MATERIALIZED (
    SELECT id, paper_id, score, started_at FROM attempts_attempt
    WHERE paper_id = ANY(%(papers)s) AND status = 'GRADED' AND NOT is_practice
), gaps AS (
    SELECT entry.attempt_id, entry.question_id,
           LEAST(%(longest)s, extract(epoch FROM entry.received_at - lag(entry.received_at, 1, counted.started_at) OVER (
               PARTITION BY entry.attempt_id ORDER BY entry.received_at, entry.epoch, entry.seq))) AS seconds
    FROM attempts_answerentry entry JOIN counted ON counted.id = entry.attempt_id
), times AS (
    SELECT attempt_id, question_id, sum(seconds)::float8 AS seconds FROM gaps GROUP BY attempt_id, question_id
)
SELECT item.paper_id, item.question_id, item.bank_version, item.score,
       count(*), count(*) FILTER (WHERE mark.outcome = 'BLANK'),
       sum(mark.marks), sum(mark.marks * mark.marks),
       sum(counted.score - mark.marks), sum((counted.score - mark.marks) * (counted.score - mark.marks)),
       sum(mark.marks * (counted.score - mark.marks)),
       count(times.seconds), COALESCE(sum(times.seconds), 0)
FROM mock_tests_paperitem item
JOIN counted ON counted.paper_id = item.paper_id
JOIN attempts_itemmark mark ON mark.attempt_id = counted.id AND mark.question_id = item.question_id
LEFT JOIN times ON times.attempt_id = counted.id AND times.question_id = item.question_id
WHERE item.bank_version IS NOT NULL
GROUP BY item.paper_id, item.question_id, item.bank_version, item.score
"""

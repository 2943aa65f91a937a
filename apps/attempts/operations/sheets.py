"""Closing attempts whose rows are locked: status, frozen sheet, announcement, in three statements however many they are.

The caller holds ``FOR UPDATE`` on the attempts, so every acknowledged save is committed and in sight of the statement
that freezes, and no other can follow.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce, Greatest, Least

from apps.attempts.events import AttemptSubmitted
from apps.attempts.models import Attempt
from apps.core import bus, realtime, tenancy

# The text that is hashed is described in ``rules/receipts.py``.
_FREEZE = """
INSERT INTO attempts_answersheet (attempt_id, answers, entry_count, receipt, frozen_at)
SELECT attempt.id,
       COALESCE(final.answers, '{}'),
       journal.entries,
       encode(sha256(convert_to('attempt ' || attempt.id || COALESCE(E'\\n' || journal.lines, ''), 'UTF8')), 'hex'),
       %(at)s
FROM attempts_attempt attempt
CROSS JOIN LATERAL (
    SELECT count(*) AS entries,
           string_agg(epoch || ':' || seq || ':' || question_id || ':' || COALESCE(response::text, 'null'),
                      E'\\n' ORDER BY epoch, seq) AS lines
    FROM attempts_answerentry WHERE attempt_id = attempt.id
) journal
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(question_id, response) AS answers
    FROM (
        SELECT DISTINCT ON (question_id) question_id, response
        FROM attempts_answerentry WHERE attempt_id = attempt.id
        ORDER BY question_id, epoch DESC, seq DESC
    ) latest
    WHERE response IS NOT NULL AND response <> 'null'::jsonb
) final
WHERE attempt.id = ANY(%(ids)s)
"""


def hand_in(*, attempt_id: uuid.UUID, finished_at: datetime, at: datetime) -> None:
    """Close one locked attempt as handed in by its student."""
    Attempt.objects.filter(pk=attempt_id).update(
        status=Attempt.Status.SUBMITTED, finished_at=finished_at, paused_at=None
    )
    _freeze([attempt_id], at)


def collect(*, attempt_ids: Sequence[uuid.UUID], at: datetime) -> None:
    """Close locked attempts as handed in, whoever wanted it: each ended now, or where its time stood still or was over."""
    if attempt_ids:
        stopped = Least(Coalesce("paused_at", Value(at, DateTimeField())), "deadline_at")
        Attempt.objects.filter(pk__in=attempt_ids).update(
            status=Attempt.Status.SUBMITTED, finished_at=Greatest("started_at", stopped), paused_at=None
        )
        _freeze(attempt_ids, at)


def expire(*, attempt_ids: Sequence[uuid.UUID], at: datetime) -> None:
    """Close locked attempts whose time is up; each ended at its deadline."""
    if attempt_ids:
        Attempt.objects.filter(pk__in=attempt_ids).update(
            status=Attempt.Status.EXPIRED, was_expired=True, finished_at=F("deadline_at")
        )
        _freeze(attempt_ids, at)


def freeze_void(*, attempt_id: uuid.UUID, at: datetime) -> None:
    """Freeze the sheet of one locked attempt that is being made void: nobody has handed it in, and nobody marks it."""
    _write([attempt_id], at)
    _tell([attempt_id])


def _freeze(attempt_ids: Sequence[uuid.UUID], at: datetime) -> None:
    _write(attempt_ids, at)
    bus.publish_many([AttemptSubmitted(attempt_id=attempt_id) for attempt_id in attempt_ids])
    _tell(attempt_ids)


def _write(attempt_ids: Sequence[uuid.UUID], at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, {"ids": list(attempt_ids), "at": at})


def _tell(attempt_ids: Sequence[uuid.UUID]) -> None:
    realtime.push_many(
        "closed", [(tenancy.room("attempt", attempt_id), {"attempt": attempt_id}) for attempt_id in attempt_ids]
    )

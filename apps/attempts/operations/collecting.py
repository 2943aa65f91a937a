"""Handing in for others: an invigilator collects the papers of those who still sit."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from apps.attempts.models import Attempt
from apps.attempts.operations import granting, sheets
from apps.attempts.rules import grants as rules
from apps.core import again, clock

if TYPE_CHECKING:
    from apps.authentication.models import User


@again.when_crossed
def force_submit(
    *,
    actor: User,
    assignment_id: uuid.UUID,
    student_ids: Iterable[uuid.UUID] | None = None,
    group_ids: Collection[uuid.UUID] | None = None,
    reason: str,
    at: datetime | None = None,
) -> list[Attempt]:
    """Hand in for those of ``student_ids`` and of who studies in ``group_ids``, or for all who sit in a room, with what is
    saved; paused ones too. Waits for saves that are under way. Returns whose attempts were closed.

    Refuses an empty reason, groups that the room is not for, and, changing nothing, students who do not sit.
    """
    reason = rules.check_reason(reason)
    with transaction.atomic():
        at = at or clock.now()
        sitting = granting.lock_seats(
            actor=actor, assignment_id=assignment_id, student_ids=student_ids, group_ids=group_ids, at=at
        )
        ids = [attempt.pk for attempt in sitting]
        sheets.collect(attempt_ids=ids, at=at)
        granting.record(
            action="room.collected", assignment_id=assignment_id, sitting=sitting, reason=reason, group_ids=group_ids
        )
    return list(Attempt.objects.filter(pk__in=ids).order_by("pk"))

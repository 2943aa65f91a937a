"""Making an attempt void: it counts for nothing from then on, and what was written stays as evidence."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from apps.assignments import queries as rooms
from apps.attempts import errors, queries
from apps.attempts.events import AttemptVoided
from apps.attempts.models import Attempt, ItemMark
from apps.attempts.operations import grading, sheets
from apps.attempts.rules import grants as rules
from apps.attempts.rules import ledger
from apps.audit import operations as audit
from apps.core import again, bus, clock

if TYPE_CHECKING:
    from apps.authentication.models import User


@again.when_crossed
def void_attempt(*, actor: User, attempt_id: uuid.UUID, reason: str, at: datetime | None = None) -> Attempt:
    """Take an attempt out of everything that counts: one that runs ends now, marks and places on boards are taken back.
    Journal and sheet stay. The student may begin again if attempts are left, of which a void one is none. Again, it
    changes nothing.

    Attempts at homework and practice too. Refuses one in a room that ``actor`` does not manage, and an empty reason.
    """
    reason = rules.check_reason(reason)
    with transaction.atomic():
        at = at or clock.now()
        managed = rooms.rooms_managed_by(actor).order_by().values("pk")
        attempt = Attempt.objects.select_for_update(of=("self",)).filter(pk=attempt_id, assignment__in=managed).first()
        if attempt is None:
            raise errors.AttemptNotFound
        if attempt.status == Attempt.Status.VOID:
            return attempt
        before = attempt.status
        if attempt.is_running:
            stopped_at = min(at, attempt.paused_at or at)
            attempt.finished_at = ledger.finish_moment(
                at=stopped_at, started_at=attempt.started_at, deadline_at=attempt.deadline_at
            )
            sheets.freeze_void(attempt_id=attempt_id, at=at)
        ItemMark.objects.filter(attempt_id=attempt_id).delete()
        attempt.status, attempt.paused_at = Attempt.Status.VOID, None
        attempt.score = attempt.graded_at = None
        attempt.save(update_fields=["status", "finished_at", "paused_at", "score", "graded_at"])
        bus.publish(AttemptVoided(attempt_id=attempt_id, assignment_id=attempt.assignment_id))
        audit.record(
            action="attempt.voided",
            subject="attempt",
            subject_id=attempt_id,
            before={"status": before},
            after={"status": Attempt.Status.VOID, "student": str(attempt.student_id)},
            reason=reason,
        )
        grading.finalise_if_done(assignment_id=attempt.assignment_id)
    return queries.get_attempt_for(actor, attempt_id)

"""Giving time to one attempt that runs, of an exam or of a homework: what its student's accommodation would have given it
from the start, or so many seconds."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from apps.assignments import queries as rooms
from apps.attempts import errors, queries
from apps.attempts.models import Attempt
from apps.attempts.operations import clock as timing
from apps.attempts.operations import granting
from apps.attempts.queries import courses
from apps.attempts.rules import course, ledger
from apps.attempts.rules import grants as rules
from apps.attempts.rules.ledger import Grant
from apps.audit import operations as audit
from apps.core import clock
from apps.mock_tests import queries as papers

if TYPE_CHECKING:
    from apps.authentication.models import User


def accommodate(*, actor: User, attempt_id: uuid.UUID, reason: str, at: datetime | None = None) -> Attempt:
    """Add what is missing of the accommodation that is in force for the student to the steps that are not over yet; nothing
    is taken away. Again, it adds nothing.

    Attempts at homework and practice too. Refuses one in a room that ``actor`` does not manage, one that is closed, and an
    empty reason.
    """
    reason = rules.check_reason(reason)
    with transaction.atomic():
        at = at or clock.now()
        attempt = _lock(actor, attempt_id, at)
        missing = _missing(attempt, at)
        if missing:
            timing.give(grants={attempt: missing}, reason=reason, author_id=actor.pk, at=at)
            audit.record(
                action="attempt.accommodated",
                subject="attempt",
                subject_id=attempt_id,
                after={"student": str(attempt.student_id), "seconds": sum(grant.seconds for grant in missing)},
                reason=reason,
            )
    return queries.get_attempt_for(actor, attempt_id)


def extend_attempt(
    *, actor: User, attempt_id: uuid.UUID, seconds: int, reason: str, at: datetime | None = None
) -> Attempt:
    """Give it so many seconds more, beyond the deadline of a homework or the window of a room too, where sections or
    questions are timed to the present one.

    Refuses an attempt in a room that ``actor`` does not manage, one that is closed, less than a second or more than a day,
    an empty reason, and more than a week in all.
    """
    reason = rules.check_reason(reason, seconds)
    with transaction.atomic():
        at = at or clock.now()
        attempt = _lock(actor, attempt_id, at)
        ledgers = timing.ledgers_of(attempts=[attempt])
        granting.check_sums(attempts=[attempt], ledgers=ledgers, seconds=seconds)
        grant = Grant(ledger.EXTENSION, float(seconds), queries.present_step(attempt, at) or 0)
        timing.give(grants={attempt: [grant]}, reason=reason, author_id=actor.pk, at=at, ledgers=ledgers)
        audit.record(
            action="attempt.extended",
            subject="attempt",
            subject_id=attempt_id,
            after={"student": str(attempt.student_id), "seconds": seconds},
            reason=reason,
        )
    return attempt


def _lock(actor: User, attempt_id: uuid.UUID, at: datetime) -> Attempt:
    managed = rooms.rooms_managed_by(actor).order_by().values("pk")
    found = Attempt.objects.filter(pk=attempt_id, assignment__in=managed).select_related("assignment")
    attempt = found.select_for_update(of=("self",)).first()
    if attempt is None:
        raise errors.AttemptNotFound
    if not attempt.is_running or queries.is_due(attempt, at):
        raise errors.AttemptClosed
    return attempt


def _missing(attempt: Attempt, at: datetime) -> list[Grant]:
    given: dict[int, float] = defaultdict(float)
    for grant in timing.ledgers_of(attempts=[attempt])[attempt.pk]:
        if grant.kind == ledger.ACCOMMODATION:
            given[grant.step] += grant.seconds
    present = queries.present_step(attempt, at) or 0
    wanted = [grant for grant in _due(attempt, at) if grant.kind == ledger.ACCOMMODATION and grant.step >= present]
    more = ((grant.step, round(grant.seconds - given[grant.step], 3)) for grant in wanted)
    return [Grant(ledger.ACCOMMODATION, seconds, step) for step, seconds in more if seconds > 0]


def _due(attempt: Attempt, at: datetime) -> list[Grant]:
    factors = rooms.factors_of(student_id=attempt.student_id, at=at)
    if attempt.course:
        return course.course_grants(attempt.course, factors)
    parts = courses.parts_of(attempt.assignment)
    seconds = attempt.assignment.seconds or papers.get_paper(paper_id=attempt.paper_id).seconds
    return course.whole_grants(seconds, parts, factors)

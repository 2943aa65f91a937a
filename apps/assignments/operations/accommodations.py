"""Accommodations: what a student is always given is asked for by staff and decided by the center's admins, with reasons."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from apps.assignments import errors, queries, rules
from apps.assignments.models import Accommodation
from apps.audit import operations as audit
from apps.centers.queries import centers
from apps.core import clock
from apps.core.errors import Problem
from apps.groups import queries as groups

if TYPE_CHECKING:
    from apps.authentication.models import User

_OVER = "Its time was over when another one was approved."


def propose(
    *,
    actor: User,
    student_id: uuid.UUID,
    factors: Mapping[str, Decimal],
    reason: str,
    valid_from: date | None = None,
    valid_until: date | None = None,
    at: datetime | None = None,
) -> Accommodation:
    """Ask for an accommodation of a student: how much of its time each type of section gets. Nothing follows from it until
    an admin approves it.

    Teachers ask for students of groups they teach. Refuses anybody else, factors that are none or not between 1 and 4, an
    empty reason, and a period that ends before it begins or is over.
    """
    today = centers.local_day(at=at or clock.now())
    problems = [*rules.find_bad_factors(factors), *rules.find_bad_period(valid_from, valid_until, today)]
    if not 1 <= len(reason.strip()) <= rules.LONGEST_DECISION:
        problems.append(Problem("/reason", "required", "Say why, in at most 500 characters."))
    student = groups.people_for(actor).filter(pk=student_id, role__in=["STUDENT", "GUEST"]).first()
    if student is None:
        problems.append(Problem("/student", "unknown_student", "There is no such student of yours."))
    if problems:
        raise errors.BadAccommodation(problems=problems)
    with transaction.atomic():
        asked = Accommodation.objects.create(
            student_id=student_id,
            factors=rules.write_factors(factors),
            reason=reason.strip(),
            valid_from=valid_from,
            valid_until=valid_until,
            asked_by=actor,
        )
        _record("accommodation.proposed", asked, after=_told(asked))
    return queries.get_accommodation_for(actor, asked.pk)


def approve(*, actor: User, accommodation_id: uuid.UUID, reason: str = "", at: datetime | None = None) -> Accommodation:
    """Put an accommodation that was asked for in force: it applies to every attempt that begins on its days from then on.
    Those of which the time is over make way. Again, it changes nothing.

    Refuses one that was rejected or withdrawn, one that is over itself, and a second one for the same days. One that
    begins when the present one ends may be approved ahead.
    """
    at = at or clock.now()
    today = centers.local_day(at=at)
    with transaction.atomic():
        asked, others = _lock(actor, accommodation_id)
        if asked.status == Accommodation.Status.APPROVED:
            return asked
        _check_pending(asked)
        if _is_over(asked, today):
            raise errors.DecidedAlready(present="OVER", wanted="APPROVED")
        for other in (other for other in others if other.status == Accommodation.Status.APPROVED):
            if _is_over(other, today):
                _decide(other, Accommodation.Status.WITHDRAWN, actor, _OVER, at)
            elif rules.do_overlap(asked.valid_from, asked.valid_until, other.valid_from, other.valid_until):
                raise errors.AnotherInForce(accommodation=str(other.pk))
        _decide(asked, Accommodation.Status.APPROVED, actor, _reason(reason, is_needed=False), at)
    return asked


def reject(*, actor: User, accommodation_id: uuid.UUID, reason: str, at: datetime | None = None) -> Accommodation:
    """Decide that an accommodation that was asked for is not given; refuses without a reason, and a decided one."""
    with transaction.atomic():
        asked, _ = _lock(actor, accommodation_id)
        given = _reason(reason, is_needed=True)
        _check_pending(asked)
        _decide(asked, Accommodation.Status.REJECTED, actor, given, at or clock.now())
    return asked


def withdraw(*, actor: User, accommodation_id: uuid.UUID, reason: str, at: datetime | None = None) -> Accommodation:
    """End an accommodation that was asked for or is in force. Attempts that run keep what they were given. Refuses without a
    reason, and what was rejected or withdrawn before."""
    with transaction.atomic():
        given = _reason(reason, is_needed=True)
        held, _ = _lock(actor, accommodation_id)
        if held.status not in (Accommodation.Status.PENDING, Accommodation.Status.APPROVED):
            raise errors.DecidedAlready(present=held.status)
        _decide(held, Accommodation.Status.WITHDRAWN, actor, given, at or clock.now())
    return held


def _lock(actor: User, accommodation_id: uuid.UUID) -> tuple[Accommodation, list[Accommodation]]:
    """The one that is decided about, and the others of its student, all locked: two decisions see each other."""
    wanted = queries.get_accommodation_for(actor, accommodation_id)
    theirs = queries.accommodations_for(actor).filter(student=wanted.student_id).order_by("pk")
    rows = list(theirs.select_for_update(of=("self",)))
    return (
        next(row for row in rows if row.pk == accommodation_id),
        [row for row in rows if row.pk != accommodation_id],
    )


def _is_over(held: Accommodation, today: date) -> bool:
    return held.valid_until is not None and held.valid_until < today


def _check_pending(asked: Accommodation) -> None:
    if asked.status != Accommodation.Status.PENDING:
        raise errors.DecidedAlready(present=asked.status)


def _reason(reason: str, *, is_needed: bool) -> str:
    given = reason.strip()
    if len(given) > rules.LONGEST_DECISION or (is_needed and not given):
        raise errors.BadAccommodation(problems=[Problem("/reason", "required", "Say why, in at most 500 characters.")])
    return given


def _decide(held: Accommodation, status: str, actor: User, reason: str, at: datetime) -> None:
    before = held.status
    held.status, held.decided_by, held.decided_at, held.decision = status, actor, at, reason
    held.save(update_fields=["status", "decided_by", "decided_at", "decision"])
    _record(f"accommodation.{status.lower()}", held, before={"status": before}, after={"status": status}, reason=reason)


def _told(asked: Accommodation) -> dict[str, object]:
    """What the audit trail keeps: what is given, not why it is needed."""
    return {
        "student": str(asked.student_id),
        "factors": asked.factors,
        "valid_from": asked.valid_from,
        "valid_until": asked.valid_until,
    }


def _record(action: str, held: Accommodation, **states: object) -> None:
    audit.record(action=action, subject="accommodation", subject_id=held.pk, **states)  # type: ignore[arg-type]

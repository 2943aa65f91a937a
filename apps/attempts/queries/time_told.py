"""The time ledger of an attempt as it is told to people: every second of the deadline, who gave it, and why."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from apps.attempts import queries
from apps.attempts.models import TimeGrant
from apps.attempts.rules import ledger

if TYPE_CHECKING:
    from apps.attempts.queries import SeenAttempt
    from apps.authentication.models import User

SERVER: Final = "SERVER"
STAFF: Final = "STAFF"
STUDENT: Final = "STUDENT"
GIVERS: Final = (SERVER, STAFF, STUDENT)

_OF_STAFF: Final[Collection[str]] = frozenset({ledger.ACCOMMODATION, ledger.EXTENSION, ledger.PAUSE, ledger.REOPENED})


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """One line. ``author`` is nobody where a machine wrote it, and for students where staff did."""

    step: int
    section: str
    kind: str
    seconds: float
    reason: str
    given_by: str
    author: User | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ToldLedger:
    """All lines in the order of their steps, which add up to ``ends_at``; ``printed`` is what everybody has."""

    attempt: SeenAttempt
    entries: list[ToldEntry]
    printed: float
    total: float
    ends_at: datetime


def ledger_for(actor: User, attempt_id: uuid.UUID) -> ToldLedger:
    """The ledger of one of the attempts ``actor`` may see; refuses any other id. Students are told that staff gave time, and
    why, not who it was."""
    attempt = queries.get_attempt_for(actor, attempt_id)
    rows = list(TimeGrant.objects.filter(attempt=attempt_id).select_related("granted_by").order_by("step", "pk"))
    printed = sum(row.seconds for row in rows if row.kind in ledger.PRINTED)
    grants = [ledger.Grant(row.kind, row.seconds, row.step) for row in rows]
    ends_at = ledger.deadline(started_at=attempt.started_at, grants=grants)
    total = (ends_at - attempt.started_at).total_seconds()
    return ToldLedger(attempt, [_told(actor, attempt, row) for row in rows], printed, total, ends_at)


def _told(actor: User, attempt: SeenAttempt, row: TimeGrant) -> ToldEntry:
    given_by = _giver(attempt, row)
    is_named = actor.is_center_staff or row.granted_by_id == actor.pk
    return ToldEntry(
        step=row.step,
        section=attempt.course[row.step]["name"] if attempt.course else "",
        kind=row.kind,
        seconds=row.seconds,
        reason=row.reason or ledger.REASONS.get(row.kind, ""),
        given_by=given_by,
        author=row.granted_by if is_named else None,
        at=row.granted_at,
    )


def _giver(attempt: SeenAttempt, row: TimeGrant) -> str:
    """Also where the author is not known any more."""
    if row.kind == ledger.LEFT or row.granted_by_id == attempt.student_id:
        return STUDENT
    return STAFF if row.granted_by_id is not None or row.kind in _OF_STAFF else SERVER

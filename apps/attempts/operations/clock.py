"""The time of attempts: ledger entries, the ends of steps, deadlines and alarms, which always move together.

Every running attempt has an alarm pending that is due no later than its last moment. An alarm that rings before the
deadline has come, because the deadline moved on, is set anew; so only a deadline that moves forward in time needs one.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from apps.assignments import queries as rooms
from apps.attempts.events import AttemptTimeUp
from apps.attempts.models import Attempt, TimeGrant
from apps.attempts.rules import ledger
from apps.attempts.rules.ledger import Grant
from apps.core import bus, realtime, tenancy

_MOVE = """
UPDATE attempts_attempt SET deadline_at = move.deadline_at, limit_at = move.limit_at, step_ends = (
    SELECT array_agg(step_end::timestamptz ORDER BY place)
    FROM jsonb_array_elements_text(move.step_ends) WITH ORDINALITY AS step (step_end, place)
)
FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::jsonb[]) AS move (id, deadline_at, limit_at, step_ends)
WHERE attempts_attempt.id = move.id
"""


def open_ledger(*, attempt: Attempt, grants: Sequence[Grant]) -> None:
    """Write the first entries of a new attempt and set its alarm. What its student is always given has as author who
    approved it."""
    approver_id = None
    if any(grant.kind == ledger.ACCOMMODATION for grant in grants):
        approver_id = rooms.approver_of(student_id=attempt.student_id, at=attempt.started_at)
    TimeGrant.objects.bulk_create(
        TimeGrant(
            attempt=attempt,
            kind=grant.kind,
            seconds=grant.seconds,
            step=grant.step,
            reason=ledger.REASONS.get(grant.kind, ""),
            granted_by_id=approver_id if grant.kind == ledger.ACCOMMODATION else None,
        )
        for grant in grants
    )
    set_alarms(attempts=[attempt])


def ledgers_of(*, attempts: Iterable[Attempt]) -> dict[uuid.UUID, list[Grant]]:
    """What the ledgers of these attempts hold."""
    found: dict[uuid.UUID, list[Grant]] = {attempt.pk: [] for attempt in attempts}
    rows = TimeGrant.objects.filter(attempt__in=list(found)).values_list("attempt_id", "kind", "seconds", "step")
    for attempt_id, kind, seconds, step in rows:
        found[attempt_id].append(Grant(kind, seconds, step))
    return found


def give(
    *,
    grants: Mapping[Attempt, Sequence[Grant]],
    reason: str,
    author_id: uuid.UUID | None,
    at: datetime,
    ledgers: Mapping[uuid.UUID, Sequence[Grant]] | None = None,
) -> list[Attempt]:
    """Write grants of locked, running attempts, and whatever their windows (``limit_at``) take or give back then: ledger,
    row, alarm, and news to whoever sits there. Returns those of which something moved."""
    if not grants:
        return []
    known = ledgers_of(attempts=grants) if ledgers is None else ledgers
    entries: list[TimeGrant] = []
    moved: list[Attempt] = []
    sooner: list[Attempt] = []
    for attempt, given in grants.items():
        reckoning = ledger.reckon(
            started_at=attempt.started_at,
            grants=[*known[attempt.pk], *given],
            limit_at=attempt.limit_at,
            steps=len(attempt.course) or 1,
        )
        ends = reckoning.ends if attempt.course else None
        if not given and (ends, reckoning.deadline) == (attempt.step_ends, attempt.deadline_at):
            continue
        entries += [
            TimeGrant(
                attempt=attempt, kind=e.kind, seconds=e.seconds, step=e.step, reason=reason, granted_by_id=author_id
            )
            for e in [*given, *reckoning.missing]
        ]
        if reckoning.deadline < attempt.deadline_at:
            sooner.append(attempt)
        attempt.deadline_at, attempt.step_ends = reckoning.deadline, ends
        moved.append(attempt)
    if moved:
        TimeGrant.objects.bulk_create(entries)
        _move(moved)
        set_alarms(attempts=sooner)
        tell(attempts=moved, at=at)
    return moved


def _move(attempts: Sequence[Attempt]) -> None:
    ends = [None if a.step_ends is None else [end.isoformat() for end in a.step_ends] for a in attempts]
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE,
            [
                [attempt.pk for attempt in attempts],
                [attempt.deadline_at for attempt in attempts],
                [attempt.limit_at for attempt in attempts],
                [None if listed is None else json.dumps(listed) for listed in ends],
            ],
        )


def set_alarms(*, attempts: Iterable[Attempt]) -> None:
    """Have each attempt's time-up announced at its last moment."""
    by_moment: dict[datetime, list[AttemptTimeUp]] = defaultdict(list)
    for attempt in attempts:
        moment = ledger.last_moment(deadline_at=attempt.deadline_at, grace_seconds=attempt.grace_seconds)
        by_moment[moment].append(AttemptTimeUp(attempt_id=attempt.pk))
    for moment, alarms in by_moment.items():
        bus.publish_many(alarms, due_at=moment)


def tell(*, attempts: Iterable[Attempt], at: datetime) -> None:
    """Tell whoever sits there how their time stands."""
    realtime.push_many(
        "timer",
        [
            (tenancy.room("attempt", attempt.pk), {**standing(attempt=attempt), "server_time": at})
            for attempt in attempts
        ],
    )


def standing(*, attempt: Attempt) -> dict[str, Any]:
    """The time of an attempt as its clients know it."""
    return {
        "attempt": attempt.pk,
        "deadline_at": attempt.deadline_at,
        "paused_at": attempt.paused_at,
        "step_ends": attempt.step_ends,
        "step_floor": attempt.step_floor,
    }

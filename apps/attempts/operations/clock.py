"""The time of attempts: ledger entries, deadlines and alarms, which always move together.

Every running attempt has an alarm pending that is due no later than its last moment. An alarm that rings before the
deadline has come, because the deadline moved on, is set anew; so only a deadline that moves forward in time needs one.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection

from apps.attempts.events import AttemptTimeUp
from apps.attempts.models import Attempt, TimeGrant
from apps.attempts.rules import ledger
from apps.core import bus, realtime, tenancy


def open_ledger(*, attempt: Attempt, grants: Iterable[ledger.Grant]) -> None:
    """Write the first entries of a new attempt and set its alarm."""
    TimeGrant.objects.bulk_create(
        TimeGrant(attempt=attempt, kind=grant.kind, seconds=grant.seconds) for grant in grants
    )
    set_alarms(attempts=[attempt])


def move_deadlines(
    *, moves: Mapping[Attempt, datetime], kind: str, reason: str, author_id: uuid.UUID | None, at: datetime
) -> None:
    """Give locked, running attempts new deadlines: ledger, row, alarm, and news to whoever sits there."""
    if not moves:
        return
    TimeGrant.objects.bulk_create(
        TimeGrant(
            attempt=attempt,
            kind=kind,
            seconds=(deadline_at - attempt.deadline_at).total_seconds(),
            reason=reason,
            granted_by_id=author_id,
        )
        for attempt, deadline_at in moves.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE attempts_attempt SET deadline_at = move.deadline_at"
            " FROM unnest(%s::uuid[], %s::timestamptz[]) AS move (id, deadline_at)"
            " WHERE attempts_attempt.id = move.id",
            [[attempt.pk for attempt in moves], list(moves.values())],
        )
    sooner = []
    for attempt, deadline_at in moves.items():
        if deadline_at < attempt.deadline_at:
            sooner.append(attempt)
        attempt.deadline_at = deadline_at
    set_alarms(attempts=sooner)
    realtime.push_many(
        "timer",
        [
            (
                tenancy.room("attempt", attempt.pk),
                {"attempt": attempt.pk, "deadline_at": attempt.deadline_at, "server_time": at},
            )
            for attempt in moves
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

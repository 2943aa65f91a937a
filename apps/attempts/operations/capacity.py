"""How many may sit at the same moment by the center's plan: exact, in one round trip, without a queue of those who start.

Far below the limit starts share a lock and pass side by side. From where those who are under way could fill it up, which
are never more than the database has connections, each start takes the lock alone. Who shares it has counted less than the
limit by more than all who can be under way; who is alone counts what is really there. So nobody gets past it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.db import connection

from apps.attempts import errors
from apps.centers.errors import PlanLimitReached
from apps.centers.queries import subscriptions as limits
from apps.centers.rules import plans
from apps.core import tenancy

if TYPE_CHECKING:
    from datetime import datetime

# Whose time is up has left, whether or not anybody has closed the attempt yet; where time stands still, nobody has.
_RUNNING = """SELECT count(*) FROM attempts_attempt
WHERE status = 'IN_PROGRESS' AND (deadline_at > %(at)s OR paused_at IS NOT NULL)"""
# Two statements, so that the second sees all that the lock has waited for; one message to the database.
_TAKE = f"""
SELECT peek.is_far,
       CASE WHEN peek.is_far THEN pg_advisory_xact_lock_shared(hashtextextended(%(key)s, 0))
                             ELSE pg_advisory_xact_lock(hashtextextended(%(key)s, 0)) END
FROM (SELECT ({_RUNNING}) + %(under_way)s <= %(limit)s AS is_far OFFSET 0) peek;
{_RUNNING}
"""  # noqa: S608


class NearLimit(Exception):
    """Between two looks the limit came near: start again, alone."""


def take_place(*, at: datetime, is_alone: bool = False) -> None:
    """Refuse the start that the caller's transaction has just made if more sit now than the plan allows. Call it last.
    Nothing is asked where there is no limit, and who sits already is never touched."""
    limit = tenancy.current().limits.get(plans.CONCURRENT)
    if limit is None:
        return
    under_way = limit + 1 if is_alone else _most_under_way()
    is_far, running = _take(limit, under_way, at)
    if is_far and running + under_way > limit:
        raise NearLimit
    if running > limit:
        # What this process remembers of the plan may be some seconds old; the refusal asks anew.
        try:
            limits.check_limit(limit=plans.CONCURRENT, used=running - 1)
        except PlanLimitReached:
            raise errors.NoPlaceLeft from None


def _take(limit: int, under_way: int, at: datetime) -> tuple[bool, int]:
    """Take the lock that fits, then count with this start. Returns whether the lock is shared, and the number."""
    with connection.cursor() as cursor:
        values: dict[str, datetime | int | str] = {
            "at": at,
            "limit": limit,
            "under_way": under_way,
            "key": tenancy.key("limit", plans.CONCURRENT),
        }
        cursor.execute(_TAKE, values)
        is_far = bool(cursor.fetchone()[0])
        cursor.nextset()
        return is_far, int(cursor.fetchone()[0])


@cache
def _most_under_way() -> int:
    """No more starts than this can be between their count and their commit."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        return int(cursor.fetchone()[0])

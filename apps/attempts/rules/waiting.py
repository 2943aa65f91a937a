"""What becomes of the time in which somebody wanted to begin and could not, since the room was paused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apps.attempts.rules import ledger
from apps.attempts.rules.ledger import Grant


def made_up(
    *, started_at: datetime, grants: Iterable[Grant], limit_at: datetime | None, steps: int, seconds_waited: float
) -> list[Grant]:
    """What the window takes away from somebody who begins after a pause is given back, as far as the pause has lasted: who
    sat already has got it back too. Nobody comes to more than their full time by it."""
    given = list(grants)
    if limit_at is None or seconds_waited <= 0:
        return []
    full_end = ledger.full_ends(started_at, given, steps)[-1]
    missing = (full_end - limit_at).total_seconds() - ledger.personal_seconds(given)
    made_up = min(seconds_waited, missing)
    return [Grant(ledger.PAUSE, made_up, steps - 1)] if made_up > 0 else []

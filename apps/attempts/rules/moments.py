"""The moments at which answers arrived, by the database's clock, which should never go back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


def falling(moments: Iterable[datetime]) -> list[bool]:
    """For each moment, in the order of the journal, whether it is earlier than one before it: the clock was set back
    meanwhile, or the answer arrived before an earlier one that had to be sent again. Nothing is decided by it."""
    latest: datetime | None = None
    found = []
    for moment in moments:
        found.append(latest is not None and moment < latest)
        latest = moment if latest is None else max(latest, moment)
    return found

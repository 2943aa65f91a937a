"""One clock: the database's. No host's clock takes part in a decision about time."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """The moment at which this statement reached PostgreSQL, UTC. Read it once per operation and hand it on as ``at=``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment

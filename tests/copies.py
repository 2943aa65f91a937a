"""Workers of a parallel run copy the database that the first of them has made, instead of migrating one each."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.db import connection, connections

_LOCK = 7_205_001


def make(build: Callable[[], None], *, afresh: bool) -> None:
    """Has ``build`` make this process's database: from nothing, or on top of a copy of what another worker has made."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    if not run:
        build()
        return
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])  # until this connection is closed
        kept = _Kept(cursor)
        if afresh and kept.run != run:
            kept.drop()
        is_first = kept.run is None
        connection.settings_dict["TEST"]["TEMPLATE"] = None if is_first else kept.name
        build()
        if is_first:
            connections.close_all()
            kept.take(connection.settings_dict["NAME"], run)


class _Kept:
    """The database that nobody uses and everybody copies. Its comment says which run has made it."""

    def __init__(self, cursor: Any) -> None:
        self.name = f"test_{connection.settings_dict['NAME']}_kept"
        self._cursor = cursor

    @property
    def run(self) -> str | None:
        """Nothing if there is none."""
        self._cursor.execute(
            "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = %s",
            [self.name],
        )
        found = self._cursor.fetchone()
        return found[0] if found else None

    def drop(self) -> None:
        self._cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}"')

    def take(self, made: str, run: str) -> None:
        self._cursor.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{made}"')
        self._cursor.execute(f"COMMENT ON DATABASE \"{self.name}\" IS '{run}'")

"""Files of the present center that no row names: what a crash between writing and committing leaves behind.

A row names a file by a column that is as a whole its name, or somewhere in a document (JSON), in whichever table: tables
that are made later are looked at too. Files younger than the grace are left alone, since what names them may be about to
be committed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final

from django.db import connection

from apps.core import tenancy
from apps.core.files import store
from apps.core.files.storage import Kept

log = logging.getLogger(__name__)

_AT_ONCE: Final = 1000
_FIRST: Final = "storage_name"
"""Columns of this name are asked first: nearly all files are found there, by an index."""


def list_orphans(*, older_than: datetime) -> list[Kept]:
    """Every file that was written before this moment and that no row names."""
    found: list[Kept] = []
    for batch in _batches(kept for kept in store.walk() if kept.modified_at < older_than):
        named = _named({kept.name for kept in batch})
        found += [kept for kept in batch if kept.name not in named]
    return found


def remove_orphans(*, older_than: datetime) -> list[Kept]:
    """Remove them. What is named by now stays, and what cannot be removed is left for the next time. Returns what went."""
    gone: list[Kept] = []
    for kept in list_orphans(older_than=older_than):
        if store.remove([kept.name]):
            log.warning("A file that nothing names was removed: %s, %s bytes", kept.name, kept.size)
            gone.append(kept)
    return gone


def _batches(kept: Iterable[Kept]) -> Iterator[list[Kept]]:
    rest = iter(kept)
    while batch := list(islice(rest, _AT_ONCE)):
        yield batch


def _named(names: set[str]) -> set[str]:
    """Which of these some row names. What is not found in one place is looked for in the next, which costs more."""
    with connection.cursor() as cursor:
        texts = _columns(cursor, "text", "character varying")
        rest = names - _ask(cursor, [column for column in texts if column[2] == _FIRST], names)
        if rest:
            rest -= _ask(cursor, [column for column in texts if column[2] != _FIRST], rest)
        if rest:
            rest -= _ask_within(cursor, _columns(cursor, "jsonb"))
    return names - rest


def _columns(cursor: Any, *types: str) -> list[tuple[str, str, str]]:
    """Where names can stand: columns of the center's tables and of the public ones."""
    cursor.execute(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns"
        " JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE table_schema IN (%s, 'public') AND table_type = 'BASE TABLE' AND data_type = ANY(%s)",
        [tenancy.current().schema_name, list(types)],
    )
    return list(cursor.fetchall())


def _ask_within(cursor: Any, columns: Iterable[tuple[str, str, str]]) -> set[str]:
    """Every name of a file of this center that stands somewhere in a document: long work is told so what to read."""
    quote = connection.ops.quote_name
    prefix = store.prefix()
    parts = [
        f"SELECT found[1] AS name FROM {quote(schema)}.{quote(table)},"  # noqa: S608 - from the catalog
        f" LATERAL regexp_matches({quote(column)}::text, %(pattern)s, 'g') AS found"
        f" WHERE {quote(column)}::text LIKE %(like)s"
        for schema, table, column in columns
    ]
    cursor.execute(" UNION ".join(parts), {"pattern": f"({prefix}[A-Za-z0-9_./-]+)", "like": f"%{prefix}%"})
    return {row[0] for row in cursor.fetchall()}


def _ask(cursor: Any, columns: Iterable[tuple[str, str, str]], names: set[str]) -> set[str]:
    quote = connection.ops.quote_name
    parts = [
        f"SELECT {quote(column)}::text AS name FROM {quote(schema)}.{quote(table)}"  # noqa: S608 - from the catalog
        f" WHERE {quote(column)} = ANY(%(names)s)"
        for schema, table, column in columns
    ]
    if not parts:
        return set()
    cursor.execute(" UNION ".join(parts), {"names": sorted(names)})
    return {row[0] for row in cursor.fetchall()}

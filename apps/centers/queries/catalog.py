"""What a schema holds, as its rows are taken out and put in again."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from django.apps import apps

from apps.core import tenancy

_COLUMNS = """
    SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = to_regnamespace(%s) AND c.relkind = 'r' AND a.attnum > 0
       AND NOT a.attisdropped AND a.attgenerated = ''
     ORDER BY c.relname, a.attnum
"""
_FOREIGN_KEYS = """
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid), r.relname,
           (SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY(k.conkey)),
           (SELECT bool_and(NOT a.attnotnull) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY(k.conkey))
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
     WHERE k.connamespace = to_regnamespace(%s) AND k.contype = 'f' ORDER BY c.relname, k.conname
"""
_TRIGGERS = """
    SELECT c.relname, g.tgname, g.tgenabled, pg_get_triggerdef(g.oid) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
     WHERE c.relnamespace = to_regnamespace(%s) AND NOT g.tgisinternal ORDER BY c.relname, g.tgname
"""
_RULES = """
    SELECT c.relname, k.conname, k.convalidated, pg_get_constraintdef(k.oid)
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
     WHERE k.connamespace = to_regnamespace(%s) ORDER BY c.relname, k.conname
"""
_SEQUENCES = """
    SELECT s.relname, t.relname, a.attname
      FROM pg_class s
      LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i')
                           AND d.refclassid = 'pg_class'::regclass
      LEFT JOIN pg_class t ON t.oid = d.refobjid
      LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
     WHERE s.relnamespace = to_regnamespace(%s) AND s.relkind = 'S' ORDER BY s.relname
"""


class ForeignKey(NamedTuple):
    table: str
    name: str
    definition: str
    target: str
    columns: list[str]
    may_be_null: bool


class Trigger(NamedTuple):
    table: str
    name: str
    enabled: str
    definition: str


class Sequence(NamedTuple):
    """``table`` and ``column`` are those that it numbers, if it belongs to some."""

    name: str
    table: str | None
    column: str | None


def passing_tables() -> frozenset[str]:
    """Tables whose rows do not outlive a move: sessions, tokens, running work. Each app names its own."""
    named = {"django_session"}
    for config in apps.get_app_configs():
        named |= set(getattr(config, "passing_tables", ()))
    return frozenset(named)


def read_tables(cursor: Any, schema_name: str) -> dict[str, tuple[str, ...]]:
    """Every table with the columns that rows bring along, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for table, column in _rows(cursor, _COLUMNS, schema_name):
        found[table].append(column)
    return {table: tuple(columns) for table, columns in found.items()}


def read_foreign_keys(cursor: Any, schema_name: str) -> list[ForeignKey]:
    """Every foreign key with its definition."""
    return [ForeignKey(*row) for row in _rows(cursor, _FOREIGN_KEYS, schema_name)]


def read_triggers(cursor: Any, schema_name: str) -> list[Trigger]:
    """Every trigger that migrations made, and whether it is on."""
    return [Trigger(*row) for row in _rows(cursor, _TRIGGERS, schema_name)]


def read_rules(cursor: Any, schema_name: str) -> list[tuple[Any, ...]]:
    """Every constraint, and whether all rows are known to keep it."""
    return _rows(cursor, _RULES, schema_name)


def read_sequences(cursor: Any, schema_name: str) -> list[Sequence]:
    """Every sequence and the column that it numbers."""
    return [Sequence(*row) for row in _rows(cursor, _SEQUENCES, schema_name)]


def has_schema(cursor: Any, schema_name: str) -> bool:
    """Whether there is such a schema."""
    cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL", [schema_name])
    return bool(cursor.fetchone()[0])


def value_of(row: Any, *, is_ready: bool = True) -> tenancy.Tenant:
    """A center as work inside its schema needs it, whether it is open or not."""
    return tenancy.Tenant(row.pk, row.schema_name, row.name, row.slug, row.status, is_ready=is_ready)


def _rows(cursor: Any, sql: str, schema_name: str) -> list[tuple[Any, ...]]:
    cursor.execute(sql, [f'"{schema_name}"'])
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows

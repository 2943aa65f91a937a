"""Reads a schema back as the statements that make it again, with its rows.

Names inside the schema come out unqualified, because it is read with nothing but itself on the search path; where
PostgreSQL qualifies regardless (headers of functions) the schema's own name stays and is replaced at the replay.
Whatever this module does not understand is refused by name, never left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from apps.centers.errors import TemplateUnsupported

# Kinds of objects that no migration of ours makes. A row here is a name of one.
_FOREIGN = """
    SELECT 'relation ' || relname FROM pg_class
     WHERE relnamespace = %(schema)s::regnamespace
       AND (relkind NOT IN ('r', 'i', 'S', 'v') OR relispartition OR relrowsecurity OR relacl IS NOT NULL
            OR relreplident <> 'd' AND relkind = 'r' OR reloftype <> 0)
    UNION ALL
    SELECT 'type ' || typname FROM pg_type t
     WHERE typnamespace = %(schema)s::regnamespace AND typtype NOT IN ('b', 'e', 'c')
    UNION ALL
    SELECT 'function ' || proname FROM pg_proc
     WHERE pronamespace = %(schema)s::regnamespace AND (prokind NOT IN ('f', 'p') OR proacl IS NOT NULL)
    UNION ALL
    SELECT 'inheritance of ' || inhrelid::regclass FROM pg_inherits JOIN pg_class ON oid = inhrelid
     WHERE relnamespace = %(schema)s::regnamespace
    UNION ALL
    SELECT 'rule ' || rulename FROM pg_rewrite JOIN pg_class c ON c.oid = ev_class
     WHERE relnamespace = %(schema)s::regnamespace AND rulename <> '_RETURN'
    UNION ALL
    SELECT 'operator ' || oprname FROM pg_operator WHERE oprnamespace = %(schema)s::regnamespace
    UNION ALL
    SELECT 'collation ' || collname FROM pg_collation WHERE collnamespace = %(schema)s::regnamespace
"""

_TYPES = """
    SELECT format('CREATE TYPE %%I AS ENUM (%%s)', typname,
                  (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
                     FROM pg_enum WHERE enumtypid = t.oid))
      FROM pg_type t WHERE typnamespace = %(schema)s::regnamespace AND typtype = 'e' ORDER BY typname
"""

# A function that mentions a table in its signature (or its parsed body) can only follow the tables.
_FUNCTIONS = """
    SELECT pg_get_functiondef(p.oid),
           EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                      AND (d.refclassid = 'pg_class'::regclass
                           OR d.refclassid = 'pg_type'::regclass
                              AND EXISTS (SELECT FROM pg_type t WHERE t.oid = d.refobjid AND t.typtype = 'c')))
      FROM pg_proc p WHERE pronamespace = %(schema)s::regnamespace ORDER BY p.proname, p.oid
"""

_OPTIONS = (
    "format('START %%s INCREMENT %%s MINVALUE %%s MAXVALUE %%s CACHE %%s%%s', s.seqstart,"
    " s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END)"
)

_SEQUENCES = f"""
    SELECT format('CREATE SEQUENCE %%I AS %%s %%s', c.relname, format_type(s.seqtypid, NULL), {_OPTIONS}),
           'ALTER SEQUENCE ' || quote_ident(c.relname) || ' OWNED BY '
             || (SELECT format('%%s.%%I', a.attrelid::regclass, a.attname)
                   FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a')
      FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid
     WHERE relnamespace = %(schema)s::regnamespace
       AND NOT EXISTS (SELECT FROM pg_depend d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')
     ORDER BY c.relname
"""  # noqa: S608 - two constants of this module

_COLUMNS = f"""
    SELECT a.attrelid, quote_ident(a.attname), a.attgenerated <> '', concat_ws(' ',
             quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
             CASE WHEN a.attcompression <> '' THEN
               'COMPRESSION ' || CASE a.attcompression WHEN 'l' THEN 'lz4' ELSE 'pglz' END END,
             CASE WHEN a.attcollation <> t.typcollation THEN 'COLLATE ' || a.attcollation::regcollation END,
             CASE WHEN n.conname IS NOT NULL THEN format('CONSTRAINT %%I', n.conname) END,
             CASE WHEN a.attnotnull THEN 'NOT NULL' END,
             CASE WHEN a.attidentity <> '' THEN format('GENERATED %%s AS IDENTITY (SEQUENCE NAME %%I %%s)',
               CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, s.relname, s.options) END,
             CASE a.attgenerated
               WHEN 's' THEN format('GENERATED ALWAYS AS (%%s) STORED', pg_get_expr(e.adbin, e.adrelid))
               WHEN 'v' THEN format('GENERATED ALWAYS AS (%%s) VIRTUAL', pg_get_expr(e.adbin, e.adrelid))
               ELSE 'DEFAULT ' || pg_get_expr(e.adbin, e.adrelid) END)
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
      LEFT JOIN pg_constraint n ON n.conrelid = a.attrelid AND n.contype = 'n' AND n.conkey = ARRAY[a.attnum]
      LEFT JOIN (SELECT d.refobjid, d.refobjsubid, sc.relname, {_OPTIONS} AS options
                   FROM pg_depend d JOIN pg_class sc ON sc.oid = d.objid JOIN pg_sequence s ON s.seqrelid = sc.oid
                  WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'i') s
             ON s.refobjid = a.attrelid AND s.refobjsubid = a.attnum
     WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY c.relname, a.attnum
"""  # noqa: S608 - a constant of this module

_TABLES = """
    SELECT c.oid, c.relname, c.relpersistence = 'u', array_to_string(c.reloptions, ', ')
      FROM pg_class c WHERE relnamespace = %(schema)s::regnamespace AND relkind = 'r' ORDER BY relname
"""

_CONSTRAINTS = """
    SELECT conrelid, contype = 'f', format('CONSTRAINT %%I %%s', conname, pg_get_constraintdef(k.oid, true))
      FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid
     WHERE connamespace = %(schema)s::regnamespace AND contype IN ('p', 'u', 'c', 'x', 'f')
     ORDER BY c.relname, conname
"""

_VIEWS = """
    SELECT format('CREATE VIEW %%I AS %%s', relname, rtrim(pg_get_viewdef(oid), ';'))
      FROM pg_class WHERE relnamespace = %(schema)s::regnamespace AND relkind = 'v' ORDER BY oid
"""

_INDEXES = """
    SELECT pg_get_indexdef(i.indexrelid, 0, true)
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = %(schema)s::regnamespace
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND contype IN ('p', 'u', 'x'))
     ORDER BY c.relname
"""

_STATISTICS = """
    SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext
     WHERE stxnamespace = %(schema)s::regnamespace ORDER BY stxname
"""

_TRIGGERS = """
    SELECT pg_get_triggerdef(g.oid, true),
           CASE g.tgenabled WHEN 'O' THEN NULL ELSE format('ALTER TABLE %%I %%s TRIGGER %%I', c.relname,
             CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END,
             g.tgname) END
      FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
     WHERE c.relnamespace = %(schema)s::regnamespace AND NOT g.tgisinternal ORDER BY c.relname, g.tgname
"""

_POSITIONS = """
    SELECT format('setval(%%L, %%s)', quote_ident(sequencename), last_value)
      FROM pg_sequences WHERE schemaname = %(schema)s AND last_value IS NOT NULL ORDER BY sequencename
"""


def read_schema(*, schema_name: str) -> str:
    """The statements, in an order in which they run in one execute; refuses what cannot be read back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL search_path = "{schema_name}"')
        statements = list(_Reader(cursor, schema_name).statements())
        cursor.execute("SET LOCAL search_path = public")
    return ";\n".join(statements) + ";\n"


class _Reader:
    def __init__(self, cursor: Any, schema_name: str) -> None:
        self._cursor = cursor
        self._schema = schema_name

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        self._cursor.execute(sql, {"schema": self._schema})
        rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        return rows

    def statements(self) -> Iterator[str]:
        if foreign := [row[0] for row in self._rows(_FOREIGN)]:
            raise TemplateUnsupported(f"Migrations made what cannot be recorded: {', '.join(foreign)}.")
        sequences, functions = self._rows(_SEQUENCES), self._rows(_FUNCTIONS)
        yield from (row[0] for row in self._rows(_TYPES))
        yield from (row[0] for row in sequences)
        yield from (text.rstrip() for text, is_late in functions if not is_late)
        tables, foreign_keys = self._tables()
        yield from tables
        yield from (row[1] for row in sequences if row[1])
        yield from (row[0] for row in self._rows(_VIEWS))
        yield from (text.rstrip() for text, is_late in functions if is_late)
        yield from self._seed_rows()
        if positions := [row[0] for row in self._rows(_POSITIONS)]:
            yield f"SELECT {', '.join(positions)}"
        yield from (row[0] for row in self._rows(_INDEXES))
        yield from foreign_keys
        yield from (row[0] for row in self._rows(_STATISTICS))
        yield from (text for row in self._rows(_TRIGGERS) for text in row if text)

    def _tables(self) -> tuple[list[str], list[str]]:
        """Tables with their own constraints, and the foreign keys that follow when all tables are there."""
        inside: dict[int, list[str]] = defaultdict(list)
        foreign_keys: dict[int, list[str]] = defaultdict(list)
        self._insertable: dict[int, list[str]] = defaultdict(list)
        for oid, name, is_generated, text in self._rows(_COLUMNS):
            inside[oid].append(text)
            if not is_generated:
                self._insertable[oid].append(name)
        for oid, is_foreign, text in self._rows(_CONSTRAINTS):
            (foreign_keys if is_foreign else inside)[oid].append(text)
        self._names: dict[int, str] = {}
        made, bound = [], []
        for oid, name, is_unlogged, options in self._rows(_TABLES):
            quoted = self._names[oid] = connection.ops.quote_name(name)
            kind = "UNLOGGED TABLE" if is_unlogged else "TABLE"
            storage = f" WITH ({options})" if options else ""
            made.append(f"CREATE {kind} {quoted} (\n  " + ",\n  ".join(inside[oid]) + f"\n){storage}")
            if foreign_keys[oid]:
                bound.append(f"ALTER TABLE {quoted} ADD " + ",\n  ADD ".join(foreign_keys[oid]))
        return made, bound

    def _seed_rows(self) -> Iterator[str]:
        """Whatever migrations left behind: their own record, content types, permissions, rows of data migrations."""
        for oid, table in self._names.items():
            columns = self._insertable[oid]
            values = " || ', ' || ".join(f"quote_nullable({column}::text)" for column in columns)
            # The names are quoted by the server, or by the backend.
            rows = self._rows(f"SELECT '(' || {values} || ')' FROM {table} ORDER BY 1")  # noqa: S608
            if rows:
                listed = ",\n  ".join(row[0] for row in rows)
                yield f"INSERT INTO {table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE VALUES\n  {listed}"

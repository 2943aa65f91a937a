"""Describes a schema by PostgreSQL's own catalogs, so that two can be compared; shares nothing with the recorder."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

QUESTIONS = {
    "columns": """
        SELECT table_name, column_name, column_default, is_nullable, data_type, udt_name, character_maximum_length,
               numeric_precision, numeric_scale, datetime_precision, collation_name, is_identity, identity_generation,
               is_generated, generation_expression
          FROM information_schema.columns WHERE table_schema = %s ORDER BY table_name, ordinal_position""",
    "relations": """
        SELECT relname, relkind, relpersistence, reloptions FROM pg_class
         WHERE relnamespace = %s::regnamespace ORDER BY relname""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, contype, condeferrable, condeferred, convalidated,
               pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = %s::regnamespace ORDER BY 1, 2""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %s ORDER BY 1, 2",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(t.oid) FROM pg_trigger t
          JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace = %s::regnamespace AND NOT tgisinternal ORDER BY 1, 2""",
    "functions": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = %s::regnamespace ORDER BY 1, 2""",
    "types": """
        SELECT typname, typtype, (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum
                                   WHERE enumtypid = t.oid)::text
          FROM pg_type t WHERE typnamespace = %s::regnamespace ORDER BY 1""",
    "sequences": """
        SELECT sequencename, data_type::text, start_value, min_value, max_value, increment_by, cycle,
               -- Opening a center leaves an entry in its trail.
               CASE WHEN sequencename <> 'audit_entry_id_seq' THEN last_value END
          FROM pg_sequences WHERE schemaname = %s ORDER BY 1""",
    "views": "SELECT viewname, definition FROM pg_views WHERE schemaname = %s ORDER BY 1",
}
ROWS = {
    "migrations": "SELECT app, name FROM django_migrations ORDER BY 1, 2",
    "content types": "SELECT app_label, model FROM django_content_type ORDER BY 1, 2",
    "permissions": """
        SELECT app_label, model, codename, p.name FROM auth_permission p
          JOIN django_content_type t ON t.id = p.content_type_id ORDER BY 1, 2, 3""",
}


def describe(schema: str, *, rows: bool = True) -> dict[str, list[Any]]:
    """What is in a schema, with its own name taken out of all texts."""
    answer: dict[str, list[Any]] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL search_path = "{schema}"')
        for name, sql in QUESTIONS.items():
            cursor.execute(sql, [schema])
            answer[name] = [_nameless(row, schema) for row in cursor.fetchall()]
        if rows:
            for name, sql in ROWS.items():
                cursor.execute(sql)
                answer[name] = cursor.fetchall()
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
            for (table,) in cursor.fetchall():
                if table == "audit_entry":  # opening a center leaves one
                    continue
                cursor.execute(f'SELECT count(*) FROM "{table}"')
                answer[f"rows of {table}"] = cursor.fetchall()
        cursor.execute("SET LOCAL search_path = public")
    return answer


def _nameless(row: tuple[Any, ...], schema: str) -> tuple[Any, ...]:
    return tuple(value.replace(schema, "*") if isinstance(value, str) else value for value in row)

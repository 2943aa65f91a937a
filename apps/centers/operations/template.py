"""The template: a migrated, empty schema, read back once per set of migrations and replayed for every new center."""

from __future__ import annotations

import re

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from apps.centers.errors import TemplateMissing, TemplateUnsupported
from apps.centers.models import SchemaTemplate
from apps.centers.operations import stock
from apps.centers.queries import schema_text
from apps.core import tenancy

_KEPT = 5
_TRIAL = "shiken_template_trial"


def record(*, afresh: bool = False) -> str:
    """Make sure that the template of this code's migrations is recorded; returns its fingerprint.

    The stock executor brings the template schema forward, or makes it again when a migration that it holds has changed
    since. What is read back is replayed once on trial and must read the same, or the recording is refused.
    """
    fingerprint = stock.fingerprint()
    with stock.alone(), tenancy.enter(tenancy.PUBLIC):
        if not afresh and SchemaTemplate.objects.filter(pk=fingerprint).exists():
            return fingerprint
        schema = settings.SHIKEN_TEMPLATE_SCHEMA
        if afresh or not _can_go_forward(schema):
            _make_empty(schema)
        stock.migrate(schema_name=schema)
        with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
            statements = schema_text.read_schema(schema_name=schema)
            if _try_out(statements) != statements:
                raise TemplateUnsupported("The recorded template does not make the schema that it was read from.")
            SchemaTemplate.objects.update_or_create(
                pk=fingerprint,
                defaults={"statements": statements, "migrations": _hashes(), "recorded_at": Now()},
            )
            kept = SchemaTemplate.objects.order_by("-recorded_at").values("pk")[:_KEPT]
            SchemaTemplate.objects.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
    return fingerprint


def replay(*, schema_name: str) -> None:
    """Make a schema that is not there yet, with one execute, inside the caller's transaction."""
    statements = SchemaTemplate.objects.filter(pk=stock.fingerprint()).values_list("statements", flat=True).first()
    if statements is None:
        raise TemplateMissing
    _replay(statements, schema_name)


def is_recorded() -> bool:
    """Whether centers can be made by this code."""
    with tenancy.enter(tenancy.PUBLIC):
        return SchemaTemplate.objects.filter(pk=stock.fingerprint()).exists()


def adapt(*, statements: str, schema_name: str, made_in: str) -> str:
    """The same statements for another schema: its name is a word that stands where PostgreSQL insists on it."""
    return re.sub(rf"\b{re.escape(made_in)}\b", schema_name, statements)


def _replay(statements: str, schema_name: str) -> None:
    text = adapt(statements=statements, schema_name=schema_name, made_in=settings.SHIKEN_TEMPLATE_SCHEMA)
    with connection.cursor() as cursor:
        # Nothing but the new schema is on the path: a name that is missing there fails instead of meaning public's.
        cursor.execute(
            f'CREATE SCHEMA "{schema_name}";\n'
            f'SET LOCAL search_path = "{schema_name}";\n'
            "SET LOCAL check_function_bodies = off;\n"
            f"{text}"
            "SET LOCAL check_function_bodies = on;\n"
            "SET LOCAL search_path = public;\n"
        )


def _try_out(statements: str) -> str:
    """Replay in a schema that never outlives this function, and read it back."""
    point = transaction.savepoint()
    try:
        _replay(statements, _TRIAL)
        again = schema_text.read_schema(schema_name=_TRIAL)
    finally:
        transaction.savepoint_rollback(point)
    return adapt(statements=again, schema_name=settings.SHIKEN_TEMPLATE_SCHEMA, made_in=_TRIAL)


def _can_go_forward(schema: str) -> bool:
    """Whether all that the template schema holds is still what the files say."""
    last = SchemaTemplate.objects.order_by("-recorded_at").first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"{schema}.django_migrations"])
        if last is None or cursor.fetchone()[0] is None:
            return False
        cursor.execute(f'SELECT app, name FROM "{schema}".django_migrations')  # noqa: S608 - a setting of ours
        applied = [".".join(row) for row in cursor.fetchall()]
    now = _hashes()
    return all(now.get(name) and now.get(name) == last.migrations.get(name) for name in applied)


def _make_empty(schema: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE; CREATE SCHEMA "{schema}"')


def _hashes() -> dict[str, str]:
    return {".".join(name): digest for name, digest in stock.on_disk().items()}

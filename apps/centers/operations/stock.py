"""The stock executor, and what its work can be told apart by."""

from __future__ import annotations

import contextvars
import functools
import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import django
from django.core.management import call_command
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader

from apps.core import tenancy

Name = tuple[str, str]
_is_alone: contextvars.ContextVar[bool] = contextvars.ContextVar("is_alone", default=False)
_LOCK = 0x5348494B  # one number for all of this work in a database
_RECORDER = "1"  # raised when the same migrations are read back as other statements


@functools.cache
def on_disk() -> Mapping[Name, str]:
    """Every migration of the code, with a hash of its file. The stock executor records them all in every schema."""
    found = MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {}
    return {name: _hash(Path(str(sys.modules[found[name].__module__].__file__)).read_text()) for name in sorted(found)}


@functools.cache
def fingerprint() -> str:
    """Names the code's set of migrations: another migration, another text of one, another Django, another name."""
    parts = [_RECORDER, django.get_version(), *(f"{app}.{name} {digest}" for (app, name), digest in on_disk().items())]
    return _hash("\n".join(parts))


def forget() -> None:
    """Look at the files again; for tests and benchmarks that add a migration."""
    on_disk.cache_clear()
    fingerprint.cache_clear()
    tenancy.expected_migrations.cache_clear()
    tenancy.forget()


def migrate(*, schema_name: str) -> None:
    """Bring one schema forward as django-tenants does, content types and permissions included."""
    with tenancy.enter(tenancy.PUBLIC):
        call_command("migrate_schemas", schema_name=schema_name, verbosity=0, interactive=False)


@contextmanager
def alone(*, waiting: Callable[[], object] = lambda: None) -> Iterator[None]:
    """One process at a time, however many containers start at once; nested calls pass. A dead holder holds nothing."""
    if _is_alone.get():
        yield
        return
    holder = connections[connection.alias].copy()
    token = _is_alone.set(True)
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute(
                "SET LOCAL idle_in_transaction_session_timeout = 0;"
                " SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"
            )
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                waiting()
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        yield
    finally:
        _is_alone.reset(token)
        with suppress(DatabaseError):  # a holder whose connection was lost has given the lock up already
            holder.rollback()
        holder.close()


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

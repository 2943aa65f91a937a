from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from apps.audit import rules
from apps.core import tenancy, trace
from apps.core.trace import Trace

log = logging.getLogger(__name__)

LOCK_WAIT = "300ms"
"""For so long an entry waits for a table that somebody has locked; then it goes to the spill."""

Values = Mapping[str, Any]
_COLUMNS = (
    *("uid", "action", "subject", "subject_id", "name", "reason", "via", "actor_id", "actor_name", "actor_role"),
    *("owner_id", "owner_name", "address", "agent", "request_id", "changed", "changes", "before_hash", "after_hash"),
    *("actor_seal", "subject_seal", "key_id", "seal"),
)


def record(
    *,
    action: str,
    subject: str,
    subject_id: object,
    name: str = "",
    before: Values | None = None,
    after: Values | None = None,
    reason: str = "",
    also_in: str = "",
    actor: trace.Person | None = None,
) -> None:
    """Write down that ``action`` was done to an object, in the transaction of the caller, so that both hold or neither.

    Who and from where is what the door said; ``actor`` names a person whom no door knew yet (a sign-in). Of ``before``
    and ``after``, the states with what matters of the object, digests are kept, the names of what changed, and the
    values of harmless ones; never hand it passwords, tokens, keys or answers. ``also_in`` is the schema of a center to
    which this is done from outside: it gets an entry too, without the place.

    Never raises and never waits for long: what the table cannot take goes to the spill, and an alarm to the log.
    """
    try:
        known = trace.current()
        if actor is not None:
            known = replace(known, actor_id=actor.pk, actor_name=actor.get_full_name(), actor_role=actor.role)
        what = {
            "action": action[:60],
            "subject": subject[:40],
            "subject_id": str(subject_id or "")[:64],
            "name": name[:200],
            "reason": reason[:500],
            "request_id": tenancy.log_request.get().strip("-")[:64],
            "changed": rules.changed_names(before, after),
            "changes": rules.harmless_changes(before, after),
            "before_hash": rules.digest_of(before),
            "after_hash": rules.digest_of(after),
        }
        _keep(tenancy.schema_name(), _values(what, known))
        if also_in and also_in != tenancy.schema_name():
            _keep(also_in, _values(what, replace(known, address="", agent="")))
    except Exception:
        log.exception("AUDIT: %s of %s %.64s was not recorded.", action, subject, subject_id)


def _values(what: dict[str, Any], known: Trace) -> dict[str, Any]:
    who = {
        "uid": uuid.uuid4(),
        "via": known.via,
        "actor_id": known.actor_id,
        "actor_name": known.actor_name[:170],
        "actor_role": known.actor_role[:12],
        "owner_id": known.owner_id,
        "owner_name": known.owner_name[:170],
        "address": known.address or None,
        "agent": known.agent,
    }
    return rules.seal_entry(rules.storable({**what, **who}), key=settings.SHIKEN_AUDIT_KEYS[0])


def _keep(schema_name: str, values: dict[str, Any]) -> None:
    """Into the table, else into the spill, else into the log."""
    try:
        _append(schema_name, "audit_entry", _row(values))
    except DatabaseError as error:
        log.error("AUDIT: an entry goes to the spill of %s: %s", schema_name, _first_line(error))
        body = {"body": rules.canonical(values), "error": _first_line(error)}
        try:
            _append(schema_name, "audit_spill", body)
        except DatabaseError as second:
            told = {key: values[key] for key in ("action", "subject", "subject_id", "via", "actor_id", "owner_id")}
            log.error("AUDIT LOST in %s: %s (%s)", schema_name, rules.canonical(told), _first_line(second))


def _first_line(error: DatabaseError) -> str:
    """What PostgreSQL says, without the statement that it quotes."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:500]


def _row(values: Values) -> dict[str, Any]:
    row = {column: values[column] for column in _COLUMNS}
    return {**row, "changed": rules.canonical(row["changed"]), "changes": rules.canonical(row["changes"])}


def put_in(*, values: Values, at: datetime) -> None:
    """Write an entry that was spilled at ``at`` into the table of the present schema. A column that refuses it raises."""
    with transaction.atomic():
        row = {**_row(values), "at": at}
        columns, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {_place(tenancy.schema_name(), 'audit_entry')} ({columns}) VALUES ({marks})",  # noqa: S608 - quoted
                list(row.values()),
            )


def _place(schema_name: str, table: str) -> str:
    quote = connection.ops.quote_name
    return f"{quote(schema_name)}.{quote(table)}"


def _append(schema_name: str, table: str, row: dict[str, Any]) -> None:
    """One round trip. The schema is named: a table that is missing in a center must not turn into public's. Nothing of a
    failure, and nothing of the short patience for locks, is left in the caller's transaction."""
    columns = ", ".join(row)
    marks = ", ".join(["%s"] * len(row))
    insert = f"INSERT INTO {_place(schema_name, table)} ({columns}, at) VALUES ({marks}, statement_timestamp())"  # noqa: S608 - quoted names
    statement = (
        "SAVEPOINT audit;"
        " SELECT set_config('shiken.lock_timeout', current_setting('lock_timeout'), true);"
        f" SET LOCAL lock_timeout = '{LOCK_WAIT}';"
        f" {insert};"
        " SELECT set_config('lock_timeout', current_setting('shiken.lock_timeout'), true);"
        " RELEASE SAVEPOINT audit"
    )
    failure: DatabaseError | None = None
    # Leaving this block by an exception would doom the caller's transaction.
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        try:
            cursor.execute(statement, list(row.values()))
        except DatabaseError as error:
            cursor.execute("ROLLBACK TO SAVEPOINT audit; RELEASE SAVEPOINT audit")
            failure = error
    if failure:
        raise failure

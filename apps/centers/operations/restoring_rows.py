"""Rows of an export into a schema: built at the migrations of the export, filled by COPY, checked, brought forward."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.db import DataError, IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from apps.centers.errors import ExportUnfit
from apps.centers.operations import stock, template
from apps.centers.queries import catalog
from apps.core import tenancy

if TYPE_CHECKING:
    from apps.centers.operations.restoring_file import Export
    from apps.centers.rules.transfer import Table
    from apps.core.tenancy import Tenant

Tell = Callable[..., object]


def build_schema(*, tenant: Tenant, export: Export) -> bool:
    """Make the schema as it was when the export was made; returns whether it has to be brought forward afterwards."""
    wanted = export.manifest.migrations
    if wanted == frozenset(stock.on_disk()):
        with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
            template.replay(schema_name=tenant.schema_name)
        return False
    with tenancy.enter(tenancy.PUBLIC), connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{tenant.schema_name}"')
    database: Any = connection
    with stock.alone(), tenancy.enter(tenant):
        # As the stock executor does: or the record of the public schema would pass for this one's.
        database.set_schema(tenant.schema_name, include_public=False)
        MigrationRecorder(connection).ensure_schema()
        database.set_schema(tenant.schema_name)
        executor = MigrationExecutor(connection)
        whole = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
        plan = [step for step in whole if (step[0].app_label, step[0].name) in wanted]
        if len(plan) != len(wanted):
            raise ExportUnfit(f"{ExportUnfit.message} (Its migrations do not follow each other.)")
        executor.migrate(None, plan=plan)
    return True


def load(*, tenant: Tenant, export: Export, tell: Tell) -> None:
    """Fill the schema, all rows or none. Foreign keys are taken away meanwhile and made again, which checks every row
    against them; triggers sleep, so that rows come in as they were."""
    try:
        with tenancy.enter(tenant), transaction.atomic(), connection.cursor() as cursor:
            _Loader(cursor, tenant, export, tell).load()
    except (DataError, IntegrityError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ExportUnfit(f"{ExportUnfit.message} (The database refuses its rows: {reason[:200]})") from error


def bring_forward(*, tenant: Tenant) -> None:
    """To the migrations of this code."""
    with tenancy.enter(tenancy.PUBLIC), stock.alone():
        stock.migrate(schema_name=tenant.schema_name)


class _Loader:
    def __init__(self, cursor: Any, tenant: Tenant, export: Export, tell: Tell) -> None:
        self._cursor = cursor
        self._tenant = tenant
        self._schema = tenant.schema_name
        self._export = export
        self._manifest = export.manifest
        self._tell = tell

    def load(self) -> None:
        self._cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        columns = catalog.read_tables(self._cursor, self._schema)
        self._check_tables(columns)
        rules = catalog.read_rules(self._cursor, self._schema)
        triggers = catalog.read_triggers(self._cursor, self._schema)
        foreign_keys = catalog.read_foreign_keys(self._cursor, self._schema)
        for key in foreign_keys:
            self._alter(key.table, f"DROP CONSTRAINT {_quote(key.name)}")
        for name in columns:
            self._alter(name, "DISABLE TRIGGER USER")
        self._cursor.execute(f"TRUNCATE {', '.join(map(self._place, columns))}")
        for number, table in enumerate(self._manifest.tables):
            self._tell(done=number, message=f"{table.name}: {table.part.rows:,} rows")
            self._copy(table)
        self._forget_left_out(foreign_keys)
        for trigger in triggers:
            self._alter(trigger.table, f"{_SWITCH[trigger.enabled]} TRIGGER {_quote(trigger.name)}")
        self._cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for key in foreign_keys:
            self._alter(key.table, f"ADD CONSTRAINT {_quote(key.name)} {key.definition}")
        self._set_sequences()
        self._check_migrations()
        if catalog.read_rules(self._cursor, self._schema) != rules:
            raise RuntimeError("Not every constraint came back.")
        if catalog.read_triggers(self._cursor, self._schema) != triggers:
            raise RuntimeError("Not every trigger came back.")
        self._cursor.execute(f"ANALYZE {', '.join(map(self._place, columns))}")

    def _check_tables(self, columns: dict[str, tuple[str, ...]]) -> None:
        named = {table.name: set(table.columns) for table in self._manifest.tables}
        if named.keys() | self._manifest.left_out != columns.keys():
            raise ExportUnfit(f"{ExportUnfit.message} (Its tables are not those of its migrations.)")
        for name, given in named.items():
            if given != set(columns[name]):
                raise ExportUnfit(f"{ExportUnfit.message} (The columns of {name} are not those of its migrations.)")

    def _copy(self, table: Table) -> None:
        listed = ", ".join(map(_quote, table.columns))
        with (
            connection.wrap_database_errors,
            self._cursor.copy(f"COPY {self._place(table.name)} ({listed}) FROM STDIN") as copying,
        ):
            for piece in self._moved(self._export.read(table.place, table.part)):
                copying.write(piece)
        self._cursor.execute(f"SELECT count(*) FROM {self._place(table.name)}")  # noqa: S608 - quoted
        if self._cursor.fetchone()[0] != table.part.rows:
            raise ExportUnfit(f"{ExportUnfit.message} ({table.name} has another number of rows.)")

    def _moved(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Whole lines; a field that is the name of a file of the original becomes that of the file here."""
        old, new = str(self._manifest.center_id).encode(), str(self._tenant.id).encode()
        names = re.compile(rb"(^|\t)c/%b/(?=[^\t\n\\]+[\t\n])" % old, re.MULTILINE)
        if old == new:
            yield from pieces
            return
        rest = b""
        for piece in pieces:
            text = rest + piece
            end = text.rfind(b"\n") + 1
            rest = text[end:]
            yield names.sub(rb"\1c/%b/" % new, text[:end])
        yield rest

    def _forget_left_out(self, foreign_keys: list[catalog.ForeignKey]) -> None:
        """What points at rows that were left out points at nothing."""
        for key in foreign_keys:
            if key.target in self._manifest.left_out and key.table not in self._manifest.left_out and key.may_be_null:
                changes = ", ".join(f"{_quote(column)} = NULL" for column in key.columns)
                self._cursor.execute(f"UPDATE {self._place(key.table)} SET {changes}")  # noqa: S608 - quoted

    def _set_sequences(self) -> None:
        sequences = {sequence.name: sequence for sequence in catalog.read_sequences(self._cursor, self._schema)}
        given = {counter.name for counter in self._manifest.sequences}
        if given != sequences.keys():
            raise ExportUnfit(f"{ExportUnfit.message} (Its sequences are not those of its migrations.)")
        for counter in self._manifest.sequences:
            self._cursor.execute(
                "SELECT setval(%s::regclass, %s, %s)",
                [self._place(counter.name), counter.last_value, counter.is_called],
            )
            of = sequences[counter.name]
            if of.table is None or of.column is None:
                continue
            self._cursor.execute(
                f"SELECT max({_quote(of.column)}) FROM {self._place(of.table)}"  # noqa: S608 - quoted
            )
            highest = self._cursor.fetchone()[0]
            if highest is not None and highest > (counter.last_value if counter.is_called else counter.last_value - 1):
                raise ExportUnfit(f"{ExportUnfit.message} ({counter.name} would give numbers out twice.)")

    def _check_migrations(self) -> None:
        self._cursor.execute(f"SELECT app, name FROM {self._place('django_migrations')}")  # noqa: S608 - quoted
        if frozenset(self._cursor.fetchall()) != self._manifest.migrations:
            raise ExportUnfit(f"{ExportUnfit.message} (Its record of migrations is another one.)")

    def _alter(self, table: str, change: str) -> None:
        self._cursor.execute(f"ALTER TABLE {self._place(table)} {change}")

    def _place(self, name: str) -> str:
        return f'"{self._schema}".{_quote(name)}'


_SWITCH = {"O": "ENABLE", "D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)

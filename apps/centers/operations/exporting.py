"""One file from which a center can be restored: its rows as of one moment, its files, and a sealed list of both."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, connections, transaction

from apps.audit import operations as audit
from apps.centers.errors import CenterBusy, CenterUnready
from apps.centers.models import Center
from apps.centers.queries import catalog
from apps.centers.queries import centers as queries
from apps.centers.rules import transfer
from apps.centers.rules.transfer import Counter, Manifest, Part, Table
from apps.core import clock, tenancy
from apps.jobs import operations as jobs

if TYPE_CHECKING:
    from apps.jobs.models import Job

log = logging.getLogger(__name__)

Tell = Callable[..., object]

KIND = "export_center"
_PIECE = 1 << 18

# Public rows that say something of a center and are not made again by themselves.
PUBLIC_TABLES = {"centers_domain": "tenant_id", "centers_domainclaim": "center_id", "centers_planchange": "center_id"}


def _say_nothing(**_: object) -> None:
    """For whoever does not listen."""


def ask_export(*, center_id: uuid.UUID) -> Job:
    """Have a center exported; the file hangs on the job that is returned. While one is on its way, that one is returned.
    Refuses a center without a schema, and one that is being restored or deleted."""
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        center = queries.get_center(center_id=center_id)
        check_can_be_exported(center=center)
        job = jobs.ask(
            kind=KIND,
            params={"center_id": str(center.pk)},
            title=f"Export of {center.name}",
            key=f"{KIND}:{center.pk}",
        )
        # In the center's own trail too: its people's data leave it.
        audit.record(
            action="center.export_asked",
            subject="center",
            subject_id=center.pk,
            name=center.name,
            also_in=center.schema_name,
        )
    return job


def check_can_be_exported(*, center: Center) -> None:
    """Refuse a center without a schema of its own, and one on its way."""
    if center.state in {Center.State.RESTORING, Center.State.DELETING}:
        raise CenterBusy
    if center.state != Center.State.READY:
        raise CenterUnready


def export_as_job(*, running: jobs.Running, center_id: uuid.UUID, status: str = "") -> dict[str, Any]:
    """Write the export of a center and leave it as the job's file; returns what is in it."""
    center = queries.get_center(center_id=center_id)
    kept = timedelta(days=settings.SHIKEN_EXPORT_KEPT_DAYS)
    with tempfile.TemporaryDirectory(prefix="shiken-export-", dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        path = Path(folder) / "center.zip"
        manifest = write_export(center_id=center_id, path=path, status=status, tell=running.tell)
        running.tell(message="Putting the file away.", now=True)
        running.keep_file(path=path, name=file_name(center=center, made_at=manifest.made_at), kept=kept)
    return summary(manifest=manifest)


def file_name(*, center: Center, made_at: str) -> str:
    """What the file is called: the slug and the moment."""
    return f"{center.slug}-{re.sub('[^0-9]', '', made_at)[:12]}.zip"


def moment() -> str:
    """Now, as it stands in names of files."""
    return clock.now().isoformat()


def summary(*, manifest: Manifest) -> dict[str, Any]:
    """What an export holds, for people."""
    return {
        "center_id": str(manifest.center_id),
        "slug": manifest.center["slug"],
        "tables": len(manifest.tables),
        "rows": sum(table.part.rows for table in manifest.tables),
        "files": manifest.files.rows,
        "file_bytes": manifest.file_bytes,
        "missing_files": len(manifest.missing_files),
        "made_at": manifest.made_at,
    }


def write_export(*, center_id: uuid.UUID, path: Path, status: str = "", tell: Tell = _say_nothing) -> Manifest:
    """Write a center to ``path``: every row as of one moment, however many others write meanwhile, then its files.

    Memory stays flat. Rows of sessions, tokens and running work are left out. ``status`` is written down in place of the
    present one, for a center that is closed only to be deleted.
    """
    with tenancy.enter(tenancy.PUBLIC):
        center = queries.get_center(center_id=center_id)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            manifest = _Writer(archive, center, status, tell).write()
            raw = transfer.write(manifest)
            archive.writestr(transfer.MANIFEST, raw)
            archive.writestr(transfer.SEAL, transfer.seal(raw, key=settings.SHIKEN_EXPORT_KEYS[0]))
    return manifest


class _Writer:
    def __init__(self, archive: zipfile.ZipFile, center: Center, status: str, tell: Tell) -> None:
        self._archive = archive
        self._center = center
        self._schema = center.schema_name
        self._status = status
        self._tell = tell
        # A field that is as a whole the name of a file of this center.
        self._names = re.compile(rb"(?:^|\t)c/%b/([^\t\n\\]+)(?=[\t\n])" % str(center.pk).encode())
        self._places: set[str] = set()
        self._done = 0

    def write(self) -> Manifest:
        with connection.cursor() as cursor:
            expected = catalog.read_tables(cursor, self._schema)
        left_out = catalog.passing_tables() & expected.keys()
        taken = sorted(expected.keys() - left_out)
        self._tell(done=0, total=len(taken) + 2, message="Beginning.", now=True)
        with _snapshot(self._schema, taken) as cursor:
            made_at = self._one(cursor, "SELECT statement_timestamp()").isoformat()
            if catalog.read_tables(cursor, self._schema) != expected:
                raise RuntimeError("The schema was migrated at this very moment.")
            values, public = self._public(cursor)
            cursor.execute(f'SELECT app, name FROM "{self._schema}".django_migrations')  # noqa: S608 - checked slug
            migrations = frozenset((app, name) for app, name in cursor.fetchall())
            tables = tuple(self._table(cursor, name, expected[name]) for name in taken)
            alarms = self._lines(transfer.ALARMS, self._alarms(cursor))
            sequences = tuple(self._sequences(cursor))
        files, file_bytes, missing = self._files()
        return Manifest(
            center=values,
            public=public,
            migrations=migrations,
            tables=tables,
            left_out=left_out,
            sequences=sequences,
            alarms=alarms,
            files=files,
            file_bytes=file_bytes,
            missing_files=missing,
            made_at=made_at,
        )

    # -- rows ------------------------------------------------------------------------------------------------------

    def _public(self, cursor: Any) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
        """The center's own row and those that belong to it in the public schema."""
        sql = "SELECT to_jsonb(t)::text FROM public.{} t WHERE {} = %s ORDER BY 1"
        cursor.execute(sql.format("centers_center", "id"), [self._center.pk])
        values = json.loads(cursor.fetchone()[0])
        values["status"] = self._status or values["status"]
        prefix = f"c/{self._center.pk}/"
        self._places.update(
            value.removeprefix(prefix)
            for value in values.values()
            if isinstance(value, str) and value.startswith(prefix)
        )
        public = {}
        for table, column in PUBLIC_TABLES.items():
            cursor.execute(sql.format(table, column), [self._center.pk])
            public[table] = [json.loads(text) for (text,) in cursor.fetchall()]
        return values, public

    def _table(self, cursor: Any, name: str, columns: tuple[str, ...]) -> Table:
        quote = connection.ops.quote_name
        listed = ", ".join(map(quote, columns))
        rows = size = 0
        digest = hashlib.sha256()
        with (
            self._archive.open(transfer.table_place(name), "w", force_zip64=True) as part,
            connection.wrap_database_errors,
            cursor.copy(f'COPY "{self._schema}".{quote(name)} ({listed}) TO STDOUT') as copied,
        ):
            for block in copied:
                line = bytes(block)
                part.write(line)
                digest.update(line)
                size += len(line)
                rows += line.count(b"\n")
                self._places.update(found.decode() for found in self._names.findall(line))
                if not rows % 2000:
                    self._tell(message=f"{name}: {rows:,} rows")
        self._done += 1
        self._tell(done=self._done, message=f"{name}: {rows:,} rows")
        return Table(name, columns, Part(rows, size, digest.hexdigest()))

    def _alarms(self, cursor: Any) -> Iterator[dict[str, Any]]:
        """What the bus still has to tell this center: the ends of running attempts among it."""
        cursor.execute(
            "SELECT event, payload::text, subscriber, queue, due_at, tries FROM public.core_delivery"
            " WHERE schema_name = %s AND done_at IS NULL AND dead_at IS NULL AND event <> 'job.due' ORDER BY id",
            [self._schema],
        )
        for event, payload, subscriber, queue, due_at, tries in cursor.fetchall():
            yield {
                "event": event,
                "payload": json.loads(payload),
                "subscriber": subscriber,
                "queue": queue,
                "due_at": due_at.isoformat(),
                "tries": tries,
            }

    def _sequences(self, cursor: Any) -> Iterator[Counter]:
        # Read after the rows: never behind them, however many numbers were given out meanwhile.
        for name, _, _ in catalog.read_sequences(cursor, self._schema):
            last, is_called = self._row(cursor, f'SELECT last_value, is_called FROM "{self._schema}"."{name}"')  # noqa: S608
            yield Counter(name, last, is_called)

    def _one(self, cursor: Any, sql: str) -> Any:
        return self._row(cursor, sql)[0]

    def _row(self, cursor: Any, sql: str) -> Any:
        cursor.execute(sql)
        return cursor.fetchone()

    # -- files -----------------------------------------------------------------------------------------------------

    def _files(self) -> tuple[Part, int, tuple[str, ...]]:
        """Files never change under a name; one that is removed while others are written is told of."""
        found: list[dict[str, Any]] = []
        missing: list[str] = []
        total = self._done + len(self._places) + 2
        for place in sorted(filter(transfer.is_place, self._places)):
            entry = self._file(place)
            if entry is None:
                missing.append(place)
            else:
                found.append(entry)
            self._done += 1
            self._tell(done=self._done, total=total, message=f"{len(found):,} files")
        return self._lines(transfer.FILES, found), sum(entry["bytes"] for entry in found), tuple(missing)

    def _file(self, place: str) -> dict[str, Any] | None:
        try:
            stored = default_storage.open(f"c/{self._center.pk}/{place}")
        except FileNotFoundError:
            log.warning("A file of %s is missing in its storage: %s", self._center, place)
            return None
        digest, size = hashlib.sha256(), 0
        info = zipfile.ZipInfo(f"files/{place}")  # as it is: pictures and recordings are compressed already
        with stored, self._archive.open(info, "w", force_zip64=True) as part:
            while piece := stored.read(_PIECE):
                part.write(piece)
                digest.update(piece)
                size += len(piece)
        return {"place": place, "bytes": size, "sha256": digest.hexdigest()}

    def _lines(self, place: str, entries: Iterable[Mapping[str, Any]]) -> Part:
        rows = size = 0
        digest = hashlib.sha256()
        with self._archive.open(place, "w", force_zip64=True) as part:
            for entry in entries:
                line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
                part.write(line)
                digest.update(line)
                size += len(line)
                rows += 1
        return Part(rows, size, digest.hexdigest())


@contextmanager
def _snapshot(schema_name: str, tables: Iterable[str]) -> Iterator[Any]:
    """A connection of its own that sees one moment, with tables that nobody can alter until it is done."""
    holder = connections[connection.alias].copy()
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(
                "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0;"
                " SET LOCAL lock_timeout = '30s'"
            )
            listed = ", ".join(f'"{schema_name}".{connection.ops.quote_name(table)}' for table in tables)
            cursor.execute(f"LOCK TABLE {listed} IN ACCESS SHARE MODE")
            yield cursor
    finally:
        with suppress(DatabaseError):
            holder.rollback()
        holder.close()


def copy_stream(*, source: IO[bytes], target: IO[bytes], most: int | None = None) -> int:
    """Piece by piece; returns how much it was, or -1 as soon as it is more than ``most``."""
    size = 0
    while piece := source.read(_PIECE):
        size += len(piece)
        if most is not None and size > most:
            return -1
        target.write(piece)
    return size

"""The trail as a file, in pieces. That somebody took it stands in the trail."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from openpyxl import Workbook

from apps.audit import operations, queries, rules
from apps.audit.errors import TooManyForSheet
from apps.audit.models import Entry
from apps.core import tenancy, trace

CSV, JSONL, XLSX = "csv", "jsonl", "xlsx"
FORMATS = (CSV, JSONL, XLSX)
MOST_IN_SHEET = 100_000
_PIECE = 64 * 2**10


def export(*, actor: trace.Person, to: str, filters: Mapping[str, Any]) -> Iterator[bytes]:
    """What ``queries.entries_for`` gives with these filters, as CSV, JSON lines or a sheet; cells that a spreadsheet would
    run are made text. Refuses a sheet of more than 100,000 rows before anything is sent."""
    entries = queries.entries_for(actor, **filters)
    if to == XLSX and entries[MOST_IN_SHEET : MOST_IN_SHEET + 1].exists():
        raise TooManyForSheet
    told = {name: str(value) for name, value in filters.items() if value}
    operations.record(action="audit.exported", subject="audit", subject_id="", name=to, after={"to": to, **told})
    batches = queries.stream(entries, tenant=tenancy.current())
    return {CSV: _as_csv, JSONL: _as_lines, XLSX: _as_sheet}[to](batches)


def _as_csv(batches: Iterable[list[Entry]]) -> Iterator[bytes]:
    # The mark tells spreadsheets that this is UTF-8.
    yield "\ufeff".encode() + _lines([list(rules.COLUMNS)])
    for batch in batches:
        yield _lines(_cells(entry) for entry in batch)


def _lines(rows: Iterable[list[str]]) -> bytes:
    page = io.StringIO()
    csv.writer(page).writerows(rows)
    return page.getvalue().encode()


def _as_lines(batches: Iterable[list[Entry]]) -> Iterator[bytes]:
    for batch in batches:
        yield "".join(f"{rules.canonical(_plain(entry))}\n" for entry in batch).encode()


def _as_sheet(batches: Iterable[list[Entry]]) -> Iterator[bytes]:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Audit trail")
    sheet.append(list(rules.COLUMNS))
    for batch in batches:
        for entry in batch:
            sheet.append(_cells(entry))
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _cells(entry: Entry) -> list[str]:
    return [rules.safe_cell(value) for value in _plain(entry).values()]


def _plain(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in rules.COLUMNS} | {"at": entry.at.isoformat()}

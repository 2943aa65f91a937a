"""Rows of a table, whatever file it came in, as text: CSV in the encodings that spreadsheets write, and workbooks."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import IO, Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml.common import DefusedXmlException

from apps.authentication.rules.roster_text import Unreadable, encoding_of
from apps.mock_tests.rules.exchange.table.columns import is_header, known_in
from apps.mock_tests.rules.files.archives import Archive, ArchiveLimits
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.texts.richtext import without_control_characters

MOST_BYTES: Final = 64 * 2**20
MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 300
LONGEST_CELL: Final = 200_000
HEADER_WITHIN: Final = 30
"""Rows at the top where the header may stand, below a heading."""
GUARD: Final = "'"
"""Stands before a text that a spreadsheet would take for a formula."""

_DELIMITERS: Final = (",", ";", "\t")
_RISKY: Final = re.compile(r"'*[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_GUARDED: Final = re.compile(r"'(?='*[=+\-@\t\r])")
_DECLARATION: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s>/]")
_WORKBOOK: Final = ArchiveLimits(entries=2_000, total=256 * 2**20, entry=64 * 2**20)
_BROKEN: Final = (
    DefusedXmlException,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)

DATE: Final = "The spreadsheet has made a date of it; set the column to text and type it again."
NO_VALUE: Final = "The cell holds a formula without a value; put the value there."
ERROR: Final = "The cell holds an error of the spreadsheet."


@dataclass(slots=True)
class SheetRow:
    """A row with its number; ``troubles`` are reasons against single cells, ``computed`` the cells that are formulas."""

    number: int
    cells: list[str]
    troubles: dict[int, str] = field(default_factory=dict)
    computed: set[int] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        return not self.troubles and not any(cell.strip() for cell in self.cells)


def guarded(text: str) -> str:
    """The text so that no spreadsheet runs it, wherever the table is opened; plain numbers stay numbers."""
    return f"{GUARD}{text}" if _RISKY.match(text) and not _NUMBER.fullmatch(text) else text


def unguarded(text: str) -> str:
    """The inverse."""
    return text[len(GUARD) :] if _GUARDED.match(text) else text


# -- text ----------------------------------------------------------------------------------------------------------


def looks_like_table(beginning: bytes) -> bool:
    """Whether a text begins with the header of a table of questions."""
    try:
        text = _decoded(beginning, cut_off=True)
    except UnreadableFile:
        return False
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:HEADER_WITHIN]
    return any(is_header(_cells_of(line, delimiter)) for line in lines for delimiter in _DELIMITERS)


def rows_of_text(data: bytes) -> Iterator[SheetRow]:
    """The rows of a CSV file, numbered by the lines that they begin in. Raises `UnreadableFile`."""
    if len(data) > MOST_BYTES:
        raise UnreadableFile("file_too_large", f"The table is larger than {MOST_BYTES:,} bytes.")
    text = _decoded(data)
    if not text.strip():
        raise UnreadableFile("file_empty", "The file is empty.")
    if "\0" in text:
        raise UnreadableFile("not_text", "The file is not plain text.", text.count("\n", 0, text.index("\0")) + 1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter_of(text), strict=True)
    begins = 1
    try:
        for count, cells in enumerate(reader, 1):
            row = SheetRow(begins, [unguarded(without_control_characters(cell)) for cell in cells[:MOST_COLUMNS]])
            _check(row, count, len(cells))
            yield row
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFile("broken_csv", f"The row cannot be read: {error}.", begins) from error


def _decoded(data: bytes, *, cut_off: bool = False) -> str:
    try:
        encoding = encoding_of(data)
        return data.decode(encoding)
    except Unreadable as refusal:
        # A beginning may end in the middle of a character.
        for less in (1, 2, 3) if cut_off and len(data) > 3 else ():
            try:
                return data[:-less].decode()
            except UnicodeDecodeError:
                continue
        message = "The encoding of the file is not clear; save it as CSV in UTF-8, or as XLSX."
        raise UnreadableFile("wrong_encoding", message) from refusal


def _delimiter_of(text: str) -> str:
    """What divides a line near the top into the most columns that are known."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:HEADER_WITHIN]
    return max(
        _DELIMITERS, key=lambda delimiter: max((len(known_in(_cells_of(line, delimiter))) for line in lines), default=0)
    )


def _cells_of(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _check(row: SheetRow, count: int, width: int) -> None:
    if count > MOST_ROWS:
        raise UnreadableFile("too_many_rows", f"The table has more than {MOST_ROWS:,} rows.", row.number)
    if width > MOST_COLUMNS:
        raise UnreadableFile("too_many_columns", f"The table has more than {MOST_COLUMNS} columns.", row.number)
    if any(len(cell) > LONGEST_CELL for cell in row.cells):
        raise UnreadableFile("cell_too_long", f"A cell is longer than {LONGEST_CELL:,} characters.", row.number)


# -- workbooks -----------------------------------------------------------------------------------------------------


def sheets_of_workbook(source: bytes | IO[bytes]) -> Iterator[tuple[str, Iterator[SheetRow]]]:
    """The visible sheets of an XLSX workbook with their rows. Raises `UnreadableFile`.

    A formula counts as the value that it had when the workbook was saved; one without a value is a trouble.
    """
    archive = Archive(source, limits=_WORKBOOK)
    has_formulas = _look_through(archive)
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        values = _opened(file, data_only=True)
        formulas = _opened(file, data_only=False) if has_formulas else None
        for sheet in values.worksheets:
            if sheet.sheet_state == "visible":
                other = formulas[sheet.title] if formulas is not None else None
                yield sheet.title, _rows_of_sheet(sheet, other)
    except _BROKEN as error:
        raise _damaged() from error


def _opened(file: IO[bytes], *, data_only: bool) -> Any:
    file.seek(0)
    return openpyxl.load_workbook(file, read_only=True, data_only=data_only, keep_links=False)


def _look_through(archive: Archive) -> bool:
    """Whether there are formulas; refuses declarations before any of it is parsed."""
    found = False
    for name in archive:
        if not name.lower().endswith((".xml", ".rels", ".vml")):
            continue
        # In any encoding: the zeros of wide characters are taken out before looking.
        content = archive.read(name).replace(b"\0", b"")
        if _DECLARATION.search(content):
            message = "The workbook declares a document type or entities, which are not accepted."
            raise UnreadableFile("doctype_refused", message, path=name)
        found = found or (name.startswith("xl/worksheets/") and _FORMULA.search(content) is not None)
    return found


def _rows_of_sheet(sheet: Any, formulas: Any) -> Iterator[SheetRow]:
    sheet.reset_dimensions()
    try:
        rows = sheet.iter_rows(max_col=MOST_COLUMNS)
        beside = iter(()) if formulas is None else _formulas_of(formulas)
        for number, cells in enumerate(rows, 1):
            row = SheetRow(number, [])
            for place, cell in enumerate(cells):
                text, trouble = _text_of(cell)
                row.cells.append(unguarded(without_control_characters(text)))
                if trouble:
                    row.troubles[place] = trouble
            for place in next(beside, ()):
                row.computed.add(place)
                if place < len(cells) and cells[place].value is None:
                    row.troubles[place] = NO_VALUE
            _check(row, number, len(row.cells))
            yield row
    except _BROKEN as error:
        raise _damaged() from error


def _formulas_of(sheet: Any) -> Iterator[list[int]]:
    sheet.reset_dimensions()
    for cells in sheet.iter_rows(max_col=MOST_COLUMNS):
        yield [place for place, cell in enumerate(cells) if cell.data_type == "f"]


def _text_of(cell: Any) -> tuple[str, str]:
    """The text of a cell, or what is wrong with it."""
    value = cell.value
    if value is None:
        return "", ""
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), ""
    if isinstance(value, datetime | date | time | timedelta):
        return "", DATE
    if cell.data_type == "e":
        return "", ERROR
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or "")), ""
    return str(value), ""


def _number(value: float, shown_as: str) -> str:
    """A number as people typed it: binary fractions have at most fifteen digits that mean anything."""
    if not math.isfinite(value):
        return ""
    if shown_as.endswith("%"):
        return f"{_number(value * 100, '')}%"
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    return f"{value:.15g}"


def _damaged() -> UnreadableFile:
    return UnreadableFile("broken_xlsx", "This is no XLSX workbook that can be read; save it anew, or as CSV in UTF-8.")

"""Workbooks, read row by row. What would unpack to more than a list of people can be is refused before it is unpacked."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml.common import DefusedXmlException

from apps.authentication.rules.roster_text import Unreadable

MOST_UNPACKED: Final = 60 * 2**20
MOST_TEXTS: Final = 12 * 2**20
MOST_PARTS: Final = 500
MOST_COLUMNS: Final = 40
FORMULA: Final = "="
_TEXTS: Final = "xl/sharedStrings.xml"
# In any encoding: the zeros of wide characters are taken out before looking.
_DECLARATION: Final = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_BROKEN: Final = (
    zipfile.BadZipFile,
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


def rows_of(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first visible sheet with their numbers, as text; a formula begins with ``=``. Refuses with
    `Unreadable` what is no workbook, too large inside, or declares entities."""
    _check_inside(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
            yield number, [_text(cell) for cell in row]
    except Unreadable:
        raise
    except StopIteration:
        raise _broken() from None
    except _BROKEN as error:
        raise _broken() from error


def _check_inside(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            sizes = {part.filename: part.file_size for part in parts}
            if len(parts) > MOST_PARTS or sum(sizes.values()) > MOST_UNPACKED or sizes.get(_TEXTS, 0) > MOST_TEXTS:
                raise Unreadable("too_large", "This workbook is too large inside for a list of people.")
            if any(part.flag_bits & 1 for part in parts):
                raise Unreadable("encrypted", "This workbook is locked with a password.")
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _check_part(package, part)
    except _BROKEN as error:
        raise _broken() from error


def _check_part(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    tail = b""
    with package.open(part) as stream:
        while chunk := stream.read(2**18):
            here = (tail + chunk).replace(b"\0", b"")
            if _DECLARATION.search(here):
                raise Unreadable("entities", "This workbook declares a document type or entities; that is not allowed.")
            tail = here[-16:]


def _broken() -> Unreadable:
    return Unreadable("broken_xlsx", "This is no XLSX workbook that can be read. Save it anew, or as CSV in UTF-8.")


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return f"{FORMULA}{str(value).removeprefix(FORMULA)}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)

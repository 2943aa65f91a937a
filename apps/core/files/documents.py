"""Documents that are handed out as they are: a PDF that is nothing else, and a Word document without macros."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from typing import Final

import defusedxml.ElementTree as ElementTree
from defusedxml import DefusedXmlException

from apps.core.files.sniffing import UnusableFile

MOST_BYTES: Final = 50 * 2**20
MOST_PARTS: Final = 5_000
MOST_UNPACKED: Final = 300 * 2**20
MOST_OF_A_PART: Final = 4 * 2**20
DOCX_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MAIN: Final = f"{DOCX_TYPE}.main+xml"
_TYPES: Final = "[Content_Types].xml"
_PDF: Final = re.compile(rb"%PDF-[12]\.\d")
_PDF_TAIL: Final = 2048
_PAGE: Final = re.compile(rb"<\s*(?:!doctype|html|script|svg|body|iframe)\b", re.IGNORECASE)
_ACTIVE: Final = re.compile(r"macroenabled|vbaproject|vbadata|activex|\.exe$|\.js$|\.vbs$|\.hta$", re.IGNORECASE)
_FETCHED: Final = ("/attachedTemplate", "/oleObject", "/frame", "/subDocument")
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError, KeyError)


def check_pdf(content: bytes) -> None:
    """Refuse with ``UnusableFile`` what does not begin and end as a PDF, or is another kind of file at the same time."""
    if len(content) > MOST_BYTES:
        raise UnusableFile("too_large", f"A document has at most {MOST_BYTES // 2**20} MB.")
    if not _PDF.match(content) or b"%%EOF" not in content[-_PDF_TAIL:]:
        raise UnusableFile("damaged", "The PDF is damaged: it does not begin or end as one.")
    rest = content[content.rindex(b"%%EOF") + 5 :]
    if rest.strip(b"\r\n\t \x00") or _PAGE.search(content[:1024]) or zipfile.is_zipfile(io.BytesIO(content)):
        raise UnusableFile("polyglot", "This file is a PDF and something else at the same time.")


def check_docx(content: bytes) -> None:
    """Refuse with ``UnusableFile`` what is no Word document, has macros or other programs in it, fetches parts from
    elsewhere, or unpacks to more than is sensible."""
    if len(content) > MOST_BYTES:
        raise UnusableFile("too_large", f"A document has at most {MOST_BYTES // 2**20} MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            _check_parts(parts)
            types = _read(package, _TYPES)
            _check_types(types, {part.filename for part in parts})
            for part in parts:
                if part.filename.endswith(".rels"):
                    _check_relations(_read(package, part.filename))
    except _BROKEN as error:
        raise UnusableFile("damaged", "The document is damaged, or no Word document.") from error
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise UnusableFile("damaged", "The document is damaged.") from error


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise UnusableFile("too_large", "The document unpacks to more than can be taken.")
    if len({name.casefold() for name in names}) != len(names):
        raise UnusableFile("damaged", "The document names a part twice.")
    for part in parts:
        mode = part.external_attr >> 16
        leads_out = part.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", part.filename)
        if leads_out or part.flag_bits & 1 or (stat.S_IFMT(mode) and stat.S_ISLNK(mode)):
            raise UnusableFile("damaged", "The document has parts that no document has.")
        if _ACTIVE.search(part.filename):
            raise UnusableFile("macros", "Documents with macros are not taken.")
    if min(part.header_offset for part in parts) != 0:
        raise UnusableFile("polyglot", "This file is a document and something else at the same time.")


def _read(package: zipfile.ZipFile, name: str) -> bytes:
    # The size that a part is said to have is not believed.
    with package.open(name) as part:
        content = part.read(MOST_OF_A_PART + 1)
    if len(content) > MOST_OF_A_PART:
        raise UnusableFile("too_large", "The document unpacks to more than can be taken.")
    return content


def _check_types(raw: bytes, names: set[str]) -> None:
    declared = list(ElementTree.fromstring(raw, forbid_dtd=True))
    if any(_ACTIVE.search(entry.get("ContentType", "")) for entry in declared):
        raise UnusableFile("macros", "Documents with macros are not taken.")
    main = [entry.get("PartName", "") for entry in declared if entry.get("ContentType") == _MAIN]
    if len(main) != 1 or main[0].lstrip("/") not in names:
        raise UnusableFile("not_a_document", "This is no Word document.")


def _check_relations(raw: bytes) -> None:
    for entry in ElementTree.fromstring(raw, forbid_dtd=True):
        is_outside = entry.get("TargetMode", "").lower() == "external"
        if is_outside and entry.get("Type", "").endswith(_FETCHED):
            raise UnusableFile("fetches", "The document fetches parts of itself from elsewhere.")
        if entry.get("Type", "").endswith(("/vbaProject", "/control")):
            raise UnusableFile("macros", "Documents with macros are not taken.")

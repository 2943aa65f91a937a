"""XML from strangers: parsed in pieces, without document types, entities or anything from elsewhere, and with an end to
its size, its depth, its elements and the length of a single tag. What is read of it is up to those who build on it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import IO, Final, NoReturn
from xml.parsers import expat

from apps.mock_tests.rules.files.unreadable import UnreadableFile

BETWEEN_NAMES: Final = " "
"""Stands between a namespace and a name; neither can hold it."""
_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """How large a file may be before it is refused as a whole."""

    size: int = 64 * 1024 * 1024
    depth: int = 32
    elements: int = 200_000
    tag: int = 1024 * 1024
    """Bytes of one tag, comment or instruction, which is held in memory as a whole."""


class XmlReading:
    """One file on its way through expat; a refusal raised by `started` leaves it at once."""

    def __init__(self, limits: XmlLimits, *, namespaces: bool = False) -> None:
        self._limits = limits
        self._depth = 0
        self._elements = 0
        self._parser = expat.ParserCreate(namespace_separator=BETWEEN_NAMES if namespaces else None)
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self.said
        self._parser.StartDoctypeDeclHandler = self._doctype

    def moved(self) -> None:
        """A piece of the file has been read."""

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def ended(self) -> None:
        """The innermost element ends."""

    def said(self, text: str) -> None:
        """Text stands inside the innermost element."""

    @property
    def line(self) -> int:
        return self._parser.CurrentLineNumber

    def read(self, source: bytes | IO[bytes]) -> None:
        """Read a whole file, or raise `UnreadableFile` with the line where reading stopped."""
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        if file.seek(0, io.SEEK_END) > self._limits.size:
            raise UnreadableFile("file_too_large", f"The file is larger than {self._limits.size:,} bytes.")
        file.seek(0)
        read, is_empty = 0, True
        try:
            while piece := file.read(_PIECE):
                is_empty = is_empty and not piece.strip(b"\xef\xbb\xbf \t\r\n")
                self._parser.Parse(piece, False)
                read += len(piece)
                self._check_tag(read)
                self.moved()
            if is_empty:
                raise UnreadableFile("file_empty", "The file is empty.")
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise _explained(error, started=bool(self._elements)) from error
        except (ValueError, LookupError) as error:
            # How pyexpat says that it has no single-byte codec for the declared encoding.
            raise UnreadableFile("wrong_encoding", "The encoding of the file is not supported; use UTF-8.") from error
        if not self._elements:
            raise UnreadableFile("not_xml", "The file is not XML.")

    def refuse(self, code: str, message: str) -> NoReturn:
        """Refuse the file because of what stands at this line."""
        raise UnreadableFile(code, message, self.line)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._depth >= self._limits.depth:
            self.refuse("too_deep", f"Elements are nested deeper than {self._limits.depth} levels.")
        if self._elements > self._limits.elements:
            self.refuse("too_many_elements", f"The file has more than {self._limits.elements:,} elements.")
        self.started(tag, attributes)
        self._depth += 1

    def _end(self, _tag: str) -> None:
        self._depth -= 1
        self.ended()

    def _doctype(self, *_declaration: object) -> None:
        self.refuse("doctype_refused", "The file declares a document type or entities, which are not accepted.")

    def _check_tag(self, read: int) -> None:
        """What is read and not yet told of is a tag without its end."""
        if read - max(self._parser.CurrentByteIndex, 0) > self._limits.tag + _PIECE:
            self.refuse("tag_too_long", f"A tag is longer than {self._limits.tag:,} bytes.")


_UNDECLARED_ENTITY = expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]
_ENCODINGS = frozenset(
    expat.errors.codes[name]
    for name in (expat.errors.XML_ERROR_UNKNOWN_ENCODING, expat.errors.XML_ERROR_INCORRECT_ENCODING)
)
_CUT_OFF = frozenset(
    expat.errors.codes[name]
    for name in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)


def _explained(error: expat.ExpatError, *, started: bool) -> UnreadableFile:
    if error.code in _ENCODINGS:
        return UnreadableFile("wrong_encoding", "The encoding of the file is not supported; use UTF-8.", error.lineno)
    if not started:
        return UnreadableFile("not_xml", "The file is not XML.", error.lineno)
    if error.code in _CUT_OFF:
        return UnreadableFile("broken_xml", "The file ends in the middle; it seems to be cut off.", error.lineno)
    if error.code == _UNDECLARED_ENTITY:
        return UnreadableFile("broken_xml", "The file uses an entity that XML does not know.", error.lineno)
    reason = expat.errors.messages.get(error.code, "not well-formed")
    return UnreadableFile("broken_xml", f"The XML is broken: {reason}.", error.lineno)

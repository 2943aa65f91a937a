"""Reading XML from strangers: a small tree with line numbers, without entities, DTDs or surprises in size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from apps.mock_tests.rules.draft import UnreadableFile


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be before it is refused as a whole."""

    size: int = 64 * 1024 * 1024
    depth: int = 32
    elements: int = 200_000
    questions: int = 2_000


@dataclass(slots=True)
class Node:
    """One element; `chunks` are the pieces of text directly inside it."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Node] = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.chunks)

    def find(self, path: str) -> Node | None:
        """The first element at a path like `name/text`."""
        node: Node | None = self
        for tag in path.split("/"):
            node = next((child for child in node.children if child.tag == tag), None) if node else None
        return node

    def find_all(self, tag: str) -> Iterator[Node]:
        return (child for child in self.children if child.tag == tag)

    def value(self, path: str, default: str = "") -> str:
        """The text at a path without surrounding space, or `default` when nothing is there."""
        node = self.find(path)
        return (node.text.strip() if node else "") or default


def read_tree(data: bytes, limits: Limits) -> Node:
    """Return the root element, or raise `UnreadableFile` with the line where reading stopped."""
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise UnreadableFile("file_empty", "The file is empty.")
    if len(data) > limits.size:
        raise UnreadableFile("file_too_large", f"The file is larger than {limits.size:,} bytes.")
    return _TreeBuilder(limits).build(data)


class _TreeBuilder:
    """Expat handlers; a refusal raised in a handler leaves `Parse` at once."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: list[Node] = []
        self._root: Node | None = None
        self._elements = 0
        self._questions = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype

    def build(self, data: bytes) -> Node:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise _explained(error, started=bool(self._elements)) from error
        except (ValueError, LookupError) as error:
            # How pyexpat says that it has no single-byte codec for the declared encoding.
            raise UnreadableFile("wrong_encoding", "The encoding of the file is not supported; use UTF-8.") from error
        if self._root is None:
            raise UnreadableFile("not_xml", "The file is not XML.")
        return self._root

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._count(tag)
        node = Node(tag, attributes, self._parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._root = node
        self._open.append(node)

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].chunks.append(text)

    def _doctype(self, *_declaration: object) -> None:
        self._refuse("doctype_refused", "The file declares a document type or entities, which are not accepted.")

    def _count(self, tag: str) -> None:
        self._elements += 1
        self._questions += tag == "question" and len(self._open) == 1
        if len(self._open) >= self._limits.depth:
            self._refuse("too_deep", f"Elements are nested deeper than {self._limits.depth} levels.")
        if self._elements > self._limits.elements:
            self._refuse("too_many_elements", f"The file has more than {self._limits.elements:,} elements.")
        if self._questions > self._limits.questions:
            self._refuse("too_many_questions", f"The file has more than {self._limits.questions:,} questions.")

    def _refuse(self, code: str, message: str) -> NoReturn:
        raise UnreadableFile(code, message, self._parser.CurrentLineNumber)


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

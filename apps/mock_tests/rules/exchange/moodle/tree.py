"""The elements of a Moodle file: a small tree with line numbers."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final, cast

from apps.mock_tests.rules.exchange.reading import Source, Watch, nobody
from apps.mock_tests.rules.files.xmlfile import XmlLimits, XmlReading

FILE: Final = "file"
_IN_MEMORY: Final = 1024 * 1024
"""Bytes of embedded files that are not worth a file on disk."""


@dataclass(frozen=True, slots=True)
class Limits(XmlLimits):
    """How large a file may be before it is refused as a whole."""

    size: int = 100 * 2**20
    elements: int = 500_000
    questions: int = 10_000
    text: int = 4 * 2**20
    """Characters of the text inside one element, files apart."""


@dataclass(slots=True)
class Held:
    """A stretch of a file that is there as long as anybody refers to it."""

    file: IO[bytes]
    begin: int
    size: int = 0

    def read(self) -> str:
        self.file.seek(self.begin)
        return self.file.read(self.size).decode()


@dataclass(slots=True)
class Node:
    """One element; `chunks` are the pieces of text directly inside it. Those of an embedded file wait on disk."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Node] = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)
    held: Held | None = None

    @property
    def text(self) -> str:
        return "".join(self.chunks) if self.held is None else self.held.read()

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


_NO_ATTRIBUTES: Final[dict[str, str]] = {}
_NO_CHILDREN: Final[list[Node]] = []
_NOTHING: Final[list[str]] = []


def read_tree(data: Source, limits: Limits, watch: Watch = nobody) -> Node:
    """Return the root element, or raise `UnreadableFile` with the line where reading stopped."""
    building = _TreeBuilding(limits, watch)
    building.read(data)
    return building.root


class _TreeBuilding(XmlReading):
    """Makes nodes of what is read."""

    root: Node

    def __init__(self, limits: Limits, watch: Watch) -> None:
        super().__init__(limits)
        self._watch = watch
        self._most_questions = limits.questions
        self._longest_text = limits.text
        self._open: list[Node] = []
        self._questions = 0
        self._said = 0
        self._disk = cast(IO[bytes], tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - lives with the nodes

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        self._questions += tag == "question" and len(self._open) == 1 and attributes.get("type") != "category"
        if self._questions > self._most_questions:
            self.refuse("too_many_questions", f"The file has more than {self._most_questions:,} questions.")
        # Reports name the lines of questions; a number of its own for each element would be a tenth of the tree.
        line = self.line if len(self._open) < 2 else self._open[-1].line
        node = Node(tag, attributes or _NO_ATTRIBUTES, line)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        self._said = 0
        if tag == FILE:
            node.held = Held(self._disk, self._disk.seek(0, io.SEEK_END))

    def ended(self) -> None:
        node = self._open.pop()
        # What stands between elements is only space. A large file has hundreds of thousands of elements with nothing in
        # them, which share one list.
        node.chunks = ["".join(node.chunks)] if node.chunks and not node.children else _NOTHING
        node.children = node.children or _NO_CHILDREN

    def moved(self) -> None:
        self._watch(self._questions)

    def said(self, text: str) -> None:
        node = self._open[-1]
        if node.held is not None:
            node.held.size += self._disk.write(text.encode())
            return
        self._said += len(text)
        if self._said > self._longest_text:
            self.refuse("text_too_long", f"A text is longer than {self._longest_text:,} characters.")
        node.chunks.append(text)

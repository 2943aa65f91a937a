"""The elements of a Moodle file: a small tree with line numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from apps.mock_tests.rules.xmlfile import XmlLimits, XmlReading


@dataclass(frozen=True, slots=True)
class Limits(XmlLimits):
    """How large a file may be before it is refused as a whole."""

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
    building = _TreeBuilding(limits)
    building.read(data)
    return building.root


class _TreeBuilding(XmlReading):
    """Makes nodes of what is read."""

    root: Node

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self._most_questions = limits.questions
        self._open: list[Node] = []
        self._questions = 0

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        self._questions += tag == "question" and len(self._open) == 1
        if self._questions > self._most_questions:
            self.refuse("too_many_questions", f"The file has more than {self._most_questions:,} questions.")
        node = Node(tag, attributes, self.line)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def ended(self) -> None:
        self._open.pop()

    def said(self, text: str) -> None:
        self._open[-1].chunks.append(text)

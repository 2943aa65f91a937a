"""The elements of a QTI file, with the text between them in order, under the names that QTI 2 has for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal

from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.files.xmlfile import BETWEEN_NAMES, XmlLimits, XmlReading
from apps.mock_tests.rules.numbers import parse_number

Space = Literal["", "math", "include", "manifest", "metadata", "old", "other"]

ITEM_LIMITS: Final = XmlLimits(size=16 * 1024 * 1024, depth=64, elements=50_000)
MANIFEST_LIMITS: Final = XmlLimits(size=32 * 1024 * 1024, depth=64, elements=300_000)
_KEBAB: Final = re.compile(r"-([a-z0-9])")
_PREFIX: Final = "qti-"
_REMEMBERED: Final = 2048
"""So many names and namespaces; files repeat a few of them."""


@dataclass(slots=True)
class Element:
    """One element; `name` is that of QTI 2, `written` the one in the file."""

    name: str
    written: str
    space: Space
    attributes: dict[str, str]
    line: int
    parent: Element | None = None
    content: list[Element | str] = field(default_factory=list)

    @property
    def children(self) -> Iterator[Element]:
        return (part for part in self.content if isinstance(part, Element))

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in order."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(list(element.children)))

    def find_all(self, *names: str) -> Iterator[Element]:
        """All elements of these names below this one, in order."""
        return (element for element in self.walk() if element.name in names and element is not self)

    def find(self, *names: str) -> Element | None:
        return next(self.find_all(*names), None)

    def child(self, *names: str) -> Element | None:
        return next((child for child in self.children if child.name in names), None)

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default).strip()

    def is_true(self, name: str) -> bool:
        return self.get(name) in ("true", "1")

    def number(self, name: str) -> Decimal | None:
        """The number in an attribute; nothing where there is none."""
        return parse_number(self.get(name)) if name in self.attributes else None

    @property
    def text(self) -> str:
        """All text in it, on one line."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        waiting: list[Element | str] = [self]
        while waiting:
            part = waiting.pop()
            if isinstance(part, str):
                yield part
            else:
                waiting.extend(reversed(part.content))

    @property
    def path(self) -> str:
        """The way to it from the root, by the names in the file."""
        names = []
        element: Element | None = self
        while element is not None:
            names.append(element._step())
            element = element.parent
        return "".join(f"/{name}" for name in reversed(names))

    def _step(self) -> str:
        if self.parent is None:
            return self.written
        alike = [child for child in self.parent.children if child.written == self.written]
        place = next(number for number, child in enumerate(alike, 1) if child is self)
        return f"{self.written}[{place}]" if len(alike) > 1 else self.written


def read_elements(data: bytes, path: str, limits: XmlLimits = ITEM_LIMITS) -> Element:
    """The root of a file, or `UnreadableFile` with the file and the line where reading stopped."""
    building = _Building(limits)
    try:
        building.read(data)
    except UnreadableFile as refusal:
        refusal.path = path
        raise
    return building.root


class _Building(XmlReading):
    """Makes elements of what is read."""

    root: Element

    def __init__(self, limits: XmlLimits) -> None:
        super().__init__(limits, namespaces=True)
        self._open: Element | None = None

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        address, _, written = tag.rpartition(BETWEEN_NAMES)
        space = _space(address)
        named = {_attribute(name): value for name, value in attributes.items()}
        element = Element(_name(written, space), written, space, named, self.line, self._open)
        if self._open is None:
            self.root = element
        else:
            self._open.content.append(element)
        self._open = element

    def ended(self) -> None:
        assert self._open is not None
        self._open = self._open.parent

    def said(self, text: str) -> None:
        assert self._open is not None
        self._open.content.append(text)


@lru_cache(_REMEMBERED)
def _space(address: str) -> Space:
    """What a namespace is for; files without any are taken for what they would be with one."""
    if not address or "imsqti" in address or address.endswith("/xhtml") or "apip" in address:
        return "old" if "v1p" in address or "qtiasiv1" in address else ""
    if address.endswith("/MathML"):
        return "math"
    if address.endswith("/XInclude"):
        return "include"
    if "qtiasiv1" in address or "qti_asiv1" in address:
        return "old"
    if "imscp" in address:
        return "manifest"
    if "imsmd" in address or "/LOM" in address:
        return "metadata"
    return "other"


@lru_cache(_REMEMBERED)
def _name(written: str, space: Space) -> str:
    if space in ("math", "include", "old", "other"):
        return written
    return _camel(written.removeprefix(_PREFIX)) if written.startswith(_PREFIX) else written


@lru_cache(_REMEMBERED)
def _attribute(written: str) -> str:
    """Local and in the form of QTI 2; `data-` and `aria-` ones keep theirs."""
    name = written.rpartition(BETWEEN_NAMES)[2]
    return name if name.startswith(("data-", "aria-")) else _camel(name)


def _camel(name: str) -> str:
    return _KEBAB.sub(lambda match: match[1].upper(), name)

"""A mock test as it was written or imported, before anything of it is stored.

Readers (Moodle XML and others) produce these values and an `ImportReport`; the operation that stores a draft gives
files their place and replaces every `media:NAME` in the texts. All texts are sanitised HTML (see `richtext`), all
names are plain text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from apps.mock_tests.rules.profiles.base import SectionType
from apps.mock_tests.rules.types.base import Answer, Gap, Prompt, Text, Truth

FileKind = Literal["image", "audio"]
Outcome = Literal["taken", "partly", "refused", "ignored"]


def place_of(line: int, path: str = "") -> str:
    """Where something stands, as a pointer: `/line/3`, or `/files/items~1q1.xml/line/3` inside a package."""
    escaped = path.replace("~", "~0").replace("/", "~1")
    return f"/files/{escaped}/line/{line}" if path else f"/line/{line}"


class DraftFile:
    """A picture or recording. Texts of the same question or group refer to it as `media:<name>`.

    The bytes may wait elsewhere, in an archive or a file on disk, until they are asked for: give what brings them. Two
    files are equal when they have the same name, kind and bytes.
    """

    __slots__ = ("_held", "kind", "media_type", "name")

    def __init__(self, name: str, content: bytes | Callable[[], bytes], media_type: str, kind: FileKind) -> None:
        self.name = name
        self.media_type = media_type
        self.kind = kind
        self._held = content

    @property
    def content(self) -> bytes:
        return self._held if isinstance(self._held, bytes) else self._held()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DraftFile):
            return NotImplemented
        same = (self.name, self.media_type, self.kind) == (other.name, other.media_type, other.kind)
        return same and (self._held is other._held or self.content == other.content)

    def __hash__(self) -> int:
        return hash((self.name, self.media_type, self.kind))

    def __repr__(self) -> str:
        return f"DraftFile({self.name!r}, ..., {self.media_type!r}, {self.kind!r})"


@dataclass(frozen=True, slots=True)
class DraftOption:
    """One choice; `fraction` is its share of the marks, from -1 to 1, where options have one."""

    text: str
    fraction: Decimal = Decimal(0)
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class DraftQuestion:
    """One item; its type says which parts of the answers it uses (`rules.types`). The options of an ordering stand in
    the right order, prompts name them by their places ("0", "1" and so on). At most one file is audio."""

    type: str
    name: str
    text: str
    options: tuple[DraftOption, ...] = ()
    answers: tuple[Answer, ...] = ()
    texts: tuple[Text, ...] = ()
    case_sensitive: bool = False
    truth: Truth | None = None
    prompts: tuple[Prompt, ...] = ()
    gaps: tuple[Gap, ...] = ()
    policy: str = ""
    star: int | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    marks: Decimal = Decimal(1)
    explanation: str = ""
    tags: tuple[str, ...] = ()
    topic: str = ""
    shuffle: bool = False
    files: tuple[DraftFile, ...] = ()
    difficulty: str = ""
    """EASY, MEDIUM, HARD or nothing; the bank keeps it, tests do not."""
    kept: Mapping[str, Any] = field(default_factory=dict)
    """What only the center's own packages hold beside the rest (`rules.exchange.native.kept`)."""
    line: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class DraftGroup:
    """Questions that share an instruction, a passage or a recording."""

    title: str = ""
    instruction: str = ""
    reading_text: str = ""
    files: tuple[DraftFile, ...] = ()
    questions: tuple[DraftQuestion, ...] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DraftSection:
    """A part of the test that may be timed on its own; without `minutes` its exam profile gives them."""

    name: str
    section_type: SectionType = "GENERAL"
    groups: tuple[DraftGroup, ...] = ()
    minutes: int | None = None
    kept: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DraftTest:
    """A whole test; `level` is "N1" to "N5" or empty."""

    title: str
    level: str = ""
    sections: tuple[DraftSection, ...] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)

    def groups(self) -> Iterator[DraftGroup]:
        """All groups in the order of the test."""
        return (group for section in self.sections for group in section.groups)

    def questions(self) -> Iterator[DraftQuestion]:
        """All questions in the order of the test."""
        return (question for group in self.groups() for question in group.questions)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What became of one element of the file, and why when it was not simply taken; `path` is its file in a package."""

    line: int
    kind: str
    name: str
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    path: str = ""
    column: str = ""
    """Of a table: the columns at fault, with commas."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """One row for each question and description in the order of the file; `notes` concern the file as a whole."""

    rows: tuple[ReportRow, ...] = ()
    notes: tuple[str, ...] = ()

    def count(self, outcome: Outcome, kind: str | None = None) -> int:
        """How many rows ended so, of one kind when it is given."""
        return sum(row.outcome == outcome and kind in (None, row.kind) for row in self.rows)

    def counts(self) -> dict[str, int]:
        """Rows by outcome; outcomes that did not occur are 0."""
        found = Counter(row.outcome for row in self.rows)
        return {outcome: found[outcome] for outcome in ("taken", "partly", "refused", "ignored")}

"""Reading a table of questions as a test: where its header is, which rows stand together, and what each question says."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules.exchange.bundle import Bundle, Texts
from apps.mock_tests.rules.exchange.draft import (
    DraftGroup,
    DraftQuestion,
    DraftSection,
    DraftTest,
    ImportReport,
    Outcome,
    ReportRow,
)
from apps.mock_tests.rules.exchange.given import given_of
from apps.mock_tests.rules.exchange.limits import MAX_MARKS, shortened
from apps.mock_tests.rules.exchange.reading import Source, Watch, beginning_of, bytes_of, nobody
from apps.mock_tests.rules.exchange.sections import DEFAULT_SECTION, level_in, section_type
from apps.mock_tests.rules.exchange.table.columns import GAP, OPTION, PROMPT, column_of, folded, is_header, numbered
from apps.mock_tests.rules.exchange.table.mapping import Cells, RefusedRow, TableMapping, number_in, parts_of, unescaped
from apps.mock_tests.rules.exchange.table.sheets import HEADER_WITHIN, SheetRow, rows_of_text, sheets_of_workbook
from apps.mock_tests.rules.files.archives import Archive, looks_like_zip
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.profiles.base import SECTION_TYPES, SectionType
from apps.mock_tests.rules.types.registry import TYPES, mappings

MOST_QUESTIONS: Final = 10_000
TABLES: Final = (".xlsx", ".csv", ".tsv", ".txt")
WORKBOOK_PARTS: Final = "xl/workbook.xml"
LONGEST_NAME: Final = 500

_OF_GROUP: Final = ("instruction", "passage", "group_image", "group_audio")
_OF_PLACE: Final = ("section", "section_type", "group", "group_title", *_OF_GROUP, "test", "level")
_SECTION_TYPES: Final[dict[str, SectionType]] = {folded(name): name for name in SECTION_TYPES}
_DIFFICULTIES: Final = {
    folded(word): level
    for level, words in (
        ("EASY", "easy,e,low,simple,易,易しい,やさしい,易しめ,初級,oson,лёгкий,легкий,1"),
        ("MEDIUM", "medium,m,moderate,normal,average,中,普通,ふつう,標準,中級,orta,средний,2"),
        ("HARD", "hard,h,difficult,high,難,難しい,むずかしい,上級,qiyin,сложный,трудный,3"),
    )
    for word in words.split(",")
}
_POINTER: Final = re.compile(r"/(options|prompts|gaps)/(\d{1,3})")
_COLUMN_OF_FLAW: Final = {"policy": "policy", "star": "star", "text": "text", "limits": "limits"}


def read_csv(source: Source, watch: Watch = nobody) -> tuple[DraftTest, ImportReport]:
    """Return what a CSV file holds, or a zip with one and pictures beside it. Raises `UnreadableFile`."""
    return _read(source, watch)


def read_xlsx(source: Source, watch: Watch = nobody) -> tuple[DraftTest, ImportReport]:
    """Return what a workbook holds, or a zip with one and pictures beside it. Raises `UnreadableFile`."""
    return _read(source, watch)


def owns_csv(names: Iterable[str]) -> bool:
    """Whether a zip of these files holds a table as text."""
    found = _tables_among(names)
    return len(found) == 1 and not found[0].lower().endswith(".xlsx")


def owns_xlsx(names: Iterable[str]) -> bool:
    """Whether a zip of these files is a workbook, or holds one."""
    names = list(names)
    found = _tables_among(names)
    return WORKBOOK_PARTS in names or (len(found) == 1 and found[0].lower().endswith(".xlsx"))


def _tables_among(names: Iterable[str]) -> list[str]:
    """The tables of a zip: workbooks and CSV come before plain texts, which may be a note for people."""
    tables = [name for name in names if name.lower().endswith(TABLES)]
    return [name for name in tables if not name.lower().endswith(".txt")] or tables


def _read(source: Source, watch: Watch) -> tuple[DraftTest, ImportReport]:
    if not looks_like_zip(beginning_of(source, 4)):
        return _Reading(Bundle(), watch).read([("", rows_of_text(bytes_of(source)))])
    archive = Archive(source, may_nest=(".xlsx",))
    if WORKBOOK_PARTS in archive:
        return _Reading(Bundle(), watch).read(sheets_of_workbook(source))
    tables = _tables_among(archive)
    if len(tables) != 1:
        said = "holds no table" if not tables else f"holds {len(tables)} tables"
        raise UnreadableFile("not_one_table", f"The zip {said}; one CSV or XLSX file is needed, with files beside it.")
    bundle = Bundle(archive, posixpath.dirname(tables[0]))
    content = archive.read(tables[0])
    sheets = sheets_of_workbook(content) if looks_like_zip(content) else [("", rows_of_text(content))]
    try:
        return _Reading(bundle, watch, beside=set(tables)).read(sheets)
    except UnreadableFile as refusal:
        raise UnreadableFile(refusal.code, refusal.message, refusal.line, refusal.path or tables[0]) from refusal


@dataclass(slots=True)
class _Section:
    name: str
    type: SectionType
    groups: list[_Group] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    label: str
    said: tuple[str, ...]
    group: DraftGroup
    problems: tuple[str, ...] = ()
    questions: list[DraftQuestion] = field(default_factory=list)


class _Reading:
    """One table on its way to a test."""

    def __init__(self, bundle: Bundle, watch: Watch, beside: set[str] | None = None) -> None:
        self._bundle = bundle
        self._watch = watch
        self._beside = beside or set()
        self._mappings = mappings("table", TableMapping)  # type: ignore[type-abstract]
        self._types = _type_names(self._mappings)
        self._sections: list[_Section] = []
        self._rows: list[ReportRow] = []
        self._notes: list[str] = []
        self._title = self._level = ""
        self._seen = 0

    def read(self, sheets: Iterable[tuple[str, Iterable[SheetRow]]]) -> tuple[DraftTest, ImportReport]:
        columns, rows = self._table(sheets)
        for row in rows:
            self._row(row, columns)
        if not self._seen:
            raise UnreadableFile("no_questions", "The table holds no questions.")
        unused = [name for name in self._bundle.unused() if name not in self._beside]
        if unused:
            self._note(f"{len(unused)} files of the zip are named by no row and were left out.", unused)
        test = DraftTest(
            title=self._title,
            level=self._level or level_in(self._title),
            sections=tuple(
                DraftSection(
                    section.name,
                    section.type,
                    tuple(replace(g.group, questions=tuple(g.questions)) for g in section.groups if g.questions),
                )
                for section in self._sections
                if any(group.questions for group in section.groups)
            ),
        )
        return test, ImportReport(tuple(self._rows), tuple(self._notes))

    # -- the header ------------------------------------------------------------------------------------------------

    def _table(self, sheets: Iterable[tuple[str, Iterable[SheetRow]]]) -> tuple[Mapping[int, str], Iterator[SheetRow]]:
        """The columns by their places, and the rows below the header."""
        others = False
        for _, rows in sheets:
            remaining = iter(rows)
            for row in remaining:
                if is_header(row.cells):
                    if others:
                        self._notes.append("Sheets before the one with the questions were left out.")
                    return self._columns(row), remaining
                if row.number > HEADER_WITHIN:
                    break
            others = True
        message = 'No row names the columns; the first one must, with "text" among them. The template shows how.'
        raise UnreadableFile("no_header", message)

    def _columns(self, header: SheetRow) -> dict[int, str]:
        found: dict[int, str] = {}
        unknown = []
        for place, cell in enumerate(header.cells):
            name = column_of(cell)
            if name is None and cell.strip():
                unknown.append(shortened(cell.strip()))
            elif name and name in found.values():
                first = next(other for other, named in found.items() if named == name)
                message = f'The columns "{shortened(header.cells[first])}" and "{shortened(cell)}" are both "{name}".'
                raise UnreadableFile("duplicate_column", message, header.number)
            elif name:
                found[place] = name
        if unknown:
            self._note("Columns that are not known were left out.", unknown)
        return found

    def _note(self, sentence: str, names: Sequence[str]) -> None:
        shown = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
        self._notes.append(f"{sentence} ({shown})")

    # -- rows ------------------------------------------------------------------------------------------------------

    def _row(self, row: SheetRow, columns: Mapping[int, str]) -> None:
        if row.is_empty:
            return
        values = {name: row.cells[place] for place, name in columns.items() if place < len(row.cells)}
        troubles = [(columns[place], reason) for place, reason in row.troubles.items() if place in columns]
        if not any(value.strip() for value in values.values()) and not troubles:
            return
        self._title = self._title or " ".join(values.get("test", "").split())[:LONGEST_NAME]
        self._level = self._level or _level(values.get("level", ""))
        group = self._group(values)
        if not troubles and not any(values[name].strip() for name in values if name not in _OF_PLACE):
            return  # a heading of a section or group
        self._seen += 1
        if self._seen > MOST_QUESTIONS:
            message = f"The table has more than {MOST_QUESTIONS:,} questions."
            raise UnreadableFile("too_many_questions", message, row.number)
        if self._seen % 50 == 0:
            self._watch(self._seen)
        cells = Cells(values, Texts(self._bundle))
        kind = values.get("type", "").strip()
        faults = [*troubles, *(("passage", problem) for problem in group.problems)]
        question: DraftQuestion | None = None
        try:
            if faults:
                raise RefusedRow(*faults)
            kind = self._type_of(cells)
            question = self._question(cells, kind, row.number)
        except RefusedRow as refusal:
            self._report(row, kind, values, "refused", refusal.faults)
            return
        computed = [columns[place] for place in sorted(row.computed) if columns.get(place) and _has(row, place)]
        notes = [*((name, "The last value of the formula was taken.") for name in computed)]
        notes += (("", note) for note in cells.notes)
        group.questions.append(question)
        self._report(row, kind, values, "partly" if notes else "taken", notes)

    def _report(
        self,
        row: SheetRow,
        kind: str,
        values: Mapping[str, str],
        outcome: Outcome,
        faults: Sequence[tuple[str, str]],
    ) -> None:
        name = " ".join((values.get("title") or values.get("text") or "").split())[:200]
        reasons = tuple(dict.fromkeys(f"{column}: {text}" if column else text for column, text in faults))
        columns = ", ".join(dict.fromkeys(column for column, _ in faults if column))
        self._rows.append(ReportRow(row.number, kind[:40], name, outcome, reasons, column=columns))

    def _type_of(self, cells: Cells) -> str:
        said = cells.value("type")
        if said.casefold() in self._mappings:
            return said.casefold()
        if said:
            found = self._types.get(folded(said))
            if found is None:
                raise RefusedRow(("type", f'"{shortened(said)}" is no type of question. Types: {", ".join(TYPES)}.'))
            # People call both kinds of choice a multiple choice; the key tells which it is.
            if found in ("single_choice", "multiple_choice") and folded(said) in _EITHER:
                return "single_choice" if self._mappings["single_choice"].takes(cells) else "multiple_choice"
            return found
        for name, mapping in sorted(self._mappings.items(), key=lambda entry: entry[1].turn):
            if mapping.takes(cells):
                return name
        raise RefusedRow(("key", "It has no key, and names no type that needs none."))

    def _question(self, cells: Cells, kind: str, number: int) -> DraftQuestion:
        text, explanation = cells.html("text"), cells.html("explanation")
        images = [file for name in parts_of(cells.value("image")) if (file := cells.texts.take(name, "image"))]
        text += "".join(f'<img src="media:{file.name}">' for file in images)
        for name in parts_of(cells.value("audio")):
            cells.texts.take(name, "audio")
        if not text and not any(file.kind == "audio" for file in cells.texts.files) and not cells.texts.problems:
            raise RefusedRow(("text", "The question has neither text nor media."))
        question = DraftQuestion(
            type=kind,
            name=" ".join(cells.value("title").split())[:LONGEST_NAME],
            text=text,
            policy=folded_policy(cells.value("policy"), kind),
            marks=_marks(cells),
            explanation=explanation,
            tags=_tags(cells.value("tags")),
            topic=" ".join(cells.value("topic").split())[:LONGEST_NAME],
            shuffle=cells.flag("shuffle"),
            difficulty=_difficulty(cells),
            line=number,
        )
        question = replace(self._mappings[kind].read(cells, question), files=cells.texts.files)
        faults = [
            ("image" if "picture" in p else "audio" if "recording" in p else "text", p) for p in cells.texts.problems
        ]
        if sum(file.kind == "audio" for file in question.files) > 1:
            faults.append(("audio", "The question plays more than one recording."))
        faults += ((_column_of(flaw.pointer), flaw.detail) for flaw in TYPES[kind].reasons(text, given_of(question)))
        if faults:
            raise RefusedRow(*faults)
        return question

    # -- sections and groups ---------------------------------------------------------------------------------------

    def _group(self, values: Mapping[str, str]) -> _Group:
        name = " ".join(values.get("section", "").split())[:LONGEST_NAME]
        current = self._sections[-1] if self._sections else None
        if current is None or (name and name != current.name):
            kind = _SECTION_TYPES.get(folded(values.get("section_type", "")))
            current = _Section(name or DEFAULT_SECTION, kind or section_type(name))
            self._sections.append(current)
        label = " ".join(values.get("group", "").split())
        title = " ".join(values.get("group_title", "").split())[:LONGEST_NAME]
        said = tuple(values.get(column, "").strip() for column in _OF_GROUP)
        before = current.groups[-1] if current.groups else None
        if before is not None and not _begins(before, label, title, said):
            return before
        current.groups.append(self._new_group(label, title, said))
        return current.groups[-1]

    def _new_group(self, label: str, title: str, said: tuple[str, ...]) -> _Group:
        texts = Texts(self._bundle)
        cells = Cells(dict(zip(_OF_GROUP, said, strict=True)), texts)
        instruction, passage = cells.html("instruction"), cells.html("passage")
        for name in parts_of(cells.value("group_image")):
            if file := texts.take(name, "image"):
                passage += f'<img src="media:{file.name}">'
        for name in parts_of(cells.value("group_audio")):
            texts.take(name, "audio")
        if sum(file.kind == "audio" for file in texts.files) > 1:
            texts.problems.append("The group plays more than one recording.")
        heading = title or ("" if label.isdecimal() else label[:LONGEST_NAME])
        group = DraftGroup(heading, instruction, passage, texts.files)
        return _Group(label, said, group, tuple(texts.problems))


def _begins(before: _Group, label: str, title: str, said: tuple[str, ...]) -> bool:
    """Whether a row stands in another group than the one before it. Empty cells, as merging leaves them, say nothing."""
    if label and label != before.label:
        return True
    if not label and title and title != before.group.title:
        return True
    return not label and any(new and new != old for new, old in zip(said, before.said, strict=True))


_EITHER: Final = frozenset(
    map(folded, ("multiple choice", "multiplechoice", "mc", "mcq", "multichoice", "choice", "選択"))
)


def _type_names(known: Mapping[str, TableMapping]) -> dict[str, str]:
    names = {folded(word): name for name, mapping in known.items() for word in mapping.names}
    return {**names, **{folded(name): name for name in known}}


def folded_policy(said: str, kind: str) -> str:
    """A policy as it is stored, where the usual one is not named."""
    policy = re.sub(r"[\s\-]+", "_", said.strip().casefold())
    policies = TYPES[kind].policies
    return "" if policies and policy == policies[0] else policy


def _column_of(pointer: str) -> str:
    """The column in which a flaw of the answers lies."""
    if found := _POINTER.match(pointer):
        kind = {"options": OPTION, "prompts": PROMPT, "gaps": GAP}[found[1]]
        return numbered(kind, int(found[2])) if int(found[2]) < 50 else numbered(kind, 49)
    return _COLUMN_OF_FLAW.get(pointer.strip("/").partition("/")[0], "key")


def _has(row: SheetRow, place: int) -> bool:
    return place < len(row.cells) and bool(row.cells[place].strip())


def _level(said: str) -> str:
    level = folded(said).upper()
    return level if level in ("N1", "N2", "N3", "N4", "N5") else level_in(said)


def _marks(cells: Cells) -> Decimal:
    said = cells.value("marks")
    marks = number_in(re.sub(r"\s*(?:点|pts?|points?|marks?|ball|баллов?)\s*$", "", said)) if said else Decimal(1)
    if marks is None or not 0 < marks <= MAX_MARKS:
        raise RefusedRow(("marks", f'"{shortened(said)}" is not a number above 0 (and up to {MAX_MARKS:,}).'))
    return marks


def _tags(cell: str) -> tuple[str, ...]:
    parts = parts_of(cell)
    if len(parts) == 1 and "\\" not in cell:
        parts = re.split(r"[,、，]", cell)
    return tuple(dict.fromkeys(tag for part in parts if (tag := " ".join(unescaped(part).split()))))


def _difficulty(cells: Cells) -> str:
    said = cells.value("difficulty")
    if said and folded(said) not in _DIFFICULTIES:
        raise RefusedRow(("difficulty", f'"{shortened(said)}" is none of EASY, MEDIUM and HARD.'))
    return _DIFFICULTIES.get(folded(said), "")

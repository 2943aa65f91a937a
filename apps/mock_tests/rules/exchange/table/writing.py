"""Writing a test as a table, and the empty table that people fill in."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.datavalidation import DataValidation

from apps.mock_tests.rules.exchange.bundle import paths_of, placed
from apps.mock_tests.rules.exchange.draft import DraftFile, DraftGroup, DraftQuestion, DraftSection, DraftTest
from apps.mock_tests.rules.exchange.outline import CannotHold
from apps.mock_tests.rules.exchange.table.columns import COLUMNS, FEEDBACK, GAP, LETTERS, OPTION, PROMPT, numbered
from apps.mock_tests.rules.exchange.table.mapping import Line, TableMapping, cell_of, escaped, joined
from apps.mock_tests.rules.exchange.table.reading import MOST_QUESTIONS
from apps.mock_tests.rules.exchange.table.sheets import guarded
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import plain
from apps.mock_tests.rules.types.registry import TYPES, mappings

TableFormat = Literal["csv", "xlsx"]
LONGEST_CELL: Final = 32_767
"""Of a workbook, in characters."""
INNER_NAME: Final = "questions"
"""Of the table inside a zip."""
FOLDER: Final = "media"
_TEMPLATE_OPTIONS: Final = 6
_SOURCE: Final = re.compile(r'(<img[^>]*?\ssrc=")media:')
# A fixed moment, so that the same test is the same file.
_MOMENT: Final = (2020, 1, 1, 0, 0, 0)


def write_csv(test: DraftTest) -> tuple[bytes, dict[str, str]]:
    """Return the table, or a zip with it where there are files, and why questions were left out, by their places."""
    return _written(test, "csv")


def write_xlsx(test: DraftTest) -> tuple[bytes, dict[str, str]]:
    """Return the workbook, or a zip with it where there are files, and why questions were left out."""
    return _written(test, "xlsx")


def is_bundle(content: bytes) -> bool:
    """Whether what was written is a zip with a table in it."""
    return content[:4] == b"PK\x03\x04" and content[30 : 31 + len(INNER_NAME)] == f"{INNER_NAME}.".encode()


def template(to: TableFormat) -> bytes:
    """The table without questions: its columns, and in a workbook what they mean and an example of each type."""
    columns = [column.name for column in COLUMNS]
    place = columns.index("key")
    columns[place:place] = [numbered(OPTION, number) for number in range(_TEMPLATE_OPTIONS)]
    return _csv(columns, ()) if to == "csv" else _filled_in(columns)


# -- rows ----------------------------------------------------------------------------------------------------------


def _written(test: DraftTest, to: TableFormat) -> tuple[bytes, dict[str, str]]:
    left_out: dict[str, str] = {}
    files = placed(_files(test), FOLDER)
    lines = list(_lines(test, paths_of(_files(test), files), left_out))
    columns = _columns(lines)
    rows = ([line.get(column, "") for column in columns] for line in lines)
    content = _csv(columns, rows) if to == "csv" else _xlsx(columns, rows)
    if files:
        content = _zip({f"{INNER_NAME}.{to}": content}, files)
    return content, left_out


def _lines(test: DraftTest, paths: Mapping[int, str], left_out: dict[str, str]) -> Iterator[dict[str, str]]:
    known = mappings("table", TableMapping)  # type: ignore[type-abstract]
    label = 0
    first = True
    for place, section in enumerate(test.sections):
        for position, group in enumerate(section.groups):
            label += 1
            begins = True
            for order, question in enumerate(group.questions):
                line = Line()
                if first:
                    line.put("test", test.title)
                    line.put("level", test.level)
                try:
                    _put_question(line, question, known.get(question.type), paths)
                    _put_place(line, section, group, label, paths, begins=begins)
                    _check(line)
                except CannotHold as reason:
                    left_out[f"/sections/{place}/question_groups/{position}/questions/{order}"] = str(reason)
                    continue
                first = begins = False
                yield line.values


def _put_place(
    line: Line, section: DraftSection, group: DraftGroup, label: int, paths: Mapping[int, str], *, begins: bool
) -> None:
    line.put("section", section.name)
    line.put("section_type", section.section_type)
    line.put("group", str(label))
    line.put("group_title", group.title)
    if begins:
        line.put("instruction", _cell(group.instruction, group.files, paths))
        line.put("passage", _cell(group.reading_text, group.files, paths))
        line.put("group_audio", _paths(group.files, paths, "audio"))


def _put_question(line: Line, question: DraftQuestion, mapping: TableMapping | None, paths: Mapping[int, str]) -> None:
    if mapping is None:
        raise CannotHold("Tables have no questions of this type.")
    line.put("type", question.type)
    line.put("title", question.name)
    mapping.write(question, line)
    # Answers name files by the question's names for them.
    line.values = {name: _with_paths(value, question.files, paths) for name, value in line.values.items()}
    line.put("text", _cell(question.text, question.files, paths))
    line.put("marks", plain(question.marks))
    line.put("policy", question.policy)
    line.put("shuffle", "yes" if question.shuffle else "")
    line.put("explanation", _cell(question.explanation, question.files, paths))
    line.put("topic", question.topic)
    line.put("tags", _tags(question.tags))
    line.put("difficulty", question.difficulty)
    line.put("audio", _paths(question.files, paths, "audio"))


def _tags(tags: Sequence[str]) -> str:
    return escaped(tags[0]).replace(",", "\\,") if len(tags) == 1 else joined(map(escaped, tags))


def _check(line: Line) -> None:
    for column, value in line.values.items():
        if len(value) > LONGEST_CELL:
            raise CannotHold(f'"{column}" is longer than a cell of {LONGEST_CELL:,} characters.')


def _cell(source: str, files: Sequence[DraftFile], paths: Mapping[int, str]) -> str:
    return _with_paths(cell_of(source), files, paths)


def _with_paths(cell: str, files: Sequence[DraftFile], paths: Mapping[int, str]) -> str:
    if "media:" not in cell or not _SOURCE.search(cell):
        return cell
    names = {file.name: _path(file, paths) for file in files}
    return _SOURCE.sub(r"\1", richtext.replace_media(cell, lambda name: names[name]))


def _path(file: DraftFile, paths: Mapping[int, str]) -> str:
    return paths[id(file)]


def _paths(files: Iterable[DraftFile], paths: Mapping[int, str], kind: str) -> str:
    return joined(_path(file, paths) for file in files if file.kind == kind)


def _files(test: DraftTest) -> Iterator[DraftFile]:
    for group in test.groups():
        yield from group.files
        for question in group.questions:
            yield from question.files


def _columns(lines: Sequence[Mapping[str, str]]) -> list[str]:
    """The columns in the order of the template, each of which there are several as often as needed."""
    used = {name for line in lines for name in line}
    columns = []
    for column in COLUMNS:
        if column.name == "key":
            columns += [name for kind in (PROMPT, OPTION, GAP) for name in _names(kind) if name in used]
        columns.append(column.name)
        if column.name == "key":
            columns += [name for name in _names(FEEDBACK) if name in used]
    return [name for name in columns if name in used or name in ("text", "key", "type")]


def _names(kind: str) -> Iterator[str]:
    return (numbered(kind, place) for place in range(len(LETTERS)))


# -- files ---------------------------------------------------------------------------------------------------------


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    # Spreadsheets take a text without this mark for one in the country's old encoding.
    return text.getvalue().encode("utf-8-sig")


def _xlsx(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = _sheet(book, "questions", columns)
    for row in rows:
        sheet.append([_typed(sheet, guarded(cell)) for cell in row])
    return _saved(book)


def _filled_in(columns: Sequence[str]) -> bytes:
    """A workbook to be filled in, with its help beside it."""
    book = openpyxl.Workbook(write_only=True)
    sheet = _sheet(book, "questions", columns)
    for column, choices in (
        ("type", ",".join(TYPES)),
        ("level", "N1,N2,N3,N4,N5"),
        ("section_type", "VOCAB,GRAMMAR_READING,LISTENING,FULL_WRITTEN,GENERAL"),
        ("difficulty", "EASY,MEDIUM,HARD"),
        ("shuffle", "yes,no"),
        ("case", "yes,no"),
    ):
        letter = openpyxl.utils.get_column_letter(columns.index(column) + 1)
        # People may write types and answers in their own words: the list helps, and refuses nothing.
        rule = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=True, showErrorMessage=False)
        rule.add(f"{letter}2:{letter}{MOST_QUESTIONS + 1}")
        sheet.data_validations.append(rule)
    _help(book)
    _examples(book)
    return _saved(book)


def _help(book: openpyxl.Workbook) -> None:
    sheet = book.create_sheet("help")
    for letter, width in (("A", 16), ("B", 90), ("C", 90)):
        sheet.column_dimensions[letter].width = width
    sheet.append([_bold(sheet, title) for title in ("Column", "What stands in it", "Other names that are understood")])
    for column in COLUMNS:
        sheet.append([_typed(sheet, cell) for cell in (column.name, column.meaning, column.others.replace(",", ", "))])
    for name, meaning in (
        ("A, B, C, ...", "The options, up to 50."),
        ("feedback_A, ...", "Said to whoever chose that option."),
        ("prompt_1, ...", "Of a matching: what options are matched with; the key says 1-B; 2-A."),
        ("gap_1, ...", "Of a gap fill: accepted texts with semicolons, or choices: [x] right; [ ] wrong."),
    ):
        sheet.append([_typed(sheet, cell) for cell in (name, meaning, "")])


def _examples(book: openpyxl.Workbook) -> None:
    lines = []
    for name, mapping in mappings("table", TableMapping).items():  # type: ignore[type-abstract]
        lines.append({"section": "Examples", "type": name, "marks": "1", **mapping.example})
    columns = _columns(lines)
    sheet = _sheet(book, "examples", columns)
    for line in lines:
        sheet.append([_typed(sheet, guarded(line.get(column, ""))) for column in columns])


def _sheet(
    book: openpyxl.Workbook, name: str, columns: Sequence[str]
) -> openpyxl.worksheet._write_only.WriteOnlyWorksheet:
    sheet = book.create_sheet(name)
    widths = {column.name: column.width for column in COLUMNS}
    for place, column in enumerate(columns, start=1):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(place)].width = widths.get(column, 18)
    sheet.freeze_panes = "A2"
    sheet.append([_bold(sheet, column) for column in columns])
    return sheet


def _typed(sheet: object, text: str) -> WriteOnlyCell:
    """A cell that is text, whatever it looks like."""
    cell = WriteOnlyCell(sheet)
    cell.value = text or None
    if text:
        cell.data_type = "s"
        cell.number_format = "@"
        if "\n" in text:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _bold(sheet: object, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _saved(book: openpyxl.Workbook) -> bytes:
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _zip(tables: Mapping[str, bytes], files: Mapping[str, DraftFile]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in tables.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
        for path, file in files.items():
            # Pictures and recordings are packed already.
            archive.writestr(zipfile.ZipInfo(path, _MOMENT), file.content, zipfile.ZIP_STORED)
    return made.getvalue()

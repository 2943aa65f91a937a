"""The list of people as an empty form: the columns, and what may stand in them."""

from __future__ import annotations

import csv
import io
from typing import Final, Literal

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation

from apps.authentication.rules import roster
from apps.authentication.rules import roster_words as words

Format = Literal["csv", "xlsx"]
MEDIA_TYPES: Final[dict[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_MEANINGS: Final = {
    words.EMAIL: "Needed. Each address once.",
    words.FIRST: "First name.",
    words.LAST: "Family name.",
    words.ROLE: "student, teacher or guest; empty: student.",
    words.GROUPS: "Names of groups, with a semicolon between two.",
    words.LANGUAGE: "en, ja, uz or ru; empty: the center's.",
    words.PHONE: "Telephone number, as text.",
}
_WIDTHS: Final = {words.EMAIL: 32, words.GROUPS: 28}


def template(to: Format) -> bytes:
    """The form as a file; it holds nobody, so that nobody is imported by mistake."""
    return _csv() if to == "csv" else _xlsx()


def _csv() -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(words.COLUMNS)
    # Spreadsheets take a text without this mark for one in the country's old encoding.
    return text.getvalue().encode("utf-8-sig")


def _xlsx() -> bytes:
    book = openpyxl.Workbook(write_only=True)
    people = book.create_sheet("people")
    for place, column in enumerate(words.COLUMNS, start=1):
        people.column_dimensions[openpyxl.utils.get_column_letter(place)].width = _WIDTHS.get(column, 16)
    people.freeze_panes = "A2"
    for column, choices in ((words.ROLE, "student,teacher,guest"), (words.LANGUAGE, "en,ja,uz,ru")):
        letter = openpyxl.utils.get_column_letter(words.COLUMNS.index(column) + 1)
        rule = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=True)
        rule.add(f"{letter}2:{letter}{roster.MOST_ROWS + 1}")
        people.data_validations.append(rule)
    people.append([_bold(people, column) for column in words.COLUMNS])
    _explain(book)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _explain(book: openpyxl.Workbook) -> None:
    sheet = book.create_sheet("help")
    for letter, width in (("A", 14), ("B", 48), ("C", 90)):
        sheet.column_dimensions[letter].width = width
    sheet.append([_bold(sheet, title) for title in ("Column", "What stands in it", "Other names that are understood")])
    for column, others in words.known_headers().items():
        sheet.append([column, _MEANINGS[column], ", ".join(others)])


def _bold(sheet: object, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell

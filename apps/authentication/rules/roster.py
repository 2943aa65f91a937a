"""A center's list of people: what a CSV or XLSX file says, row by row, and everything that is wrong with it.

The first row names the columns, in any order and in any of four languages; only the e-mail address is needed. Nothing
here asks what the center knows already.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from apps.authentication.rules import roster_sheet, roster_text
from apps.authentication.rules import roster_words as words
from apps.authentication.rules.roster_text import Unreadable

MOST_BYTES: Final = 10 * 2**20
MOST_ROWS: Final = 10_000
MOST_BLANK: Final = 50_000
MOST_FLAWS: Final = 1_000
MOST_GROUPS: Final = 20
LONGEST: Final = {
    words.EMAIL: 254,
    words.FIRST: 80,
    words.LAST: 80,
    words.NAME: 160,
    words.GROUPS: 1_000,
    words.PHONE: 30,
    words.ROLE: 40,
    words.LANGUAGE: 40,
}
LONGEST_GROUP: Final = 120
_EMAIL = re.compile(r"[^\s@<>(),;:\"\\\[\]]{1,64}@(?:[\w](?:[\w-]{0,61}[\w])?\.)+[\w](?:[\w-]{0,61}[\w])", re.UNICODE)
_PHONE = re.compile(r"\+?[0-9(][0-9 ().\-/]{2,28}")
_BETWEEN_GROUPS = re.compile(r"[;|,、，；\n]")
_JAPANESE_NAME = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
MOVED: Final = "This row has more cells than there are columns: put what holds a separator into quotation marks."


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one cell, or with a row as a whole where ``column`` is empty."""

    row: int
    column: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of the list."""

    row: int
    email: str
    first_name: str = ""
    last_name: str = ""
    role: str = ""
    groups: tuple[str, ...] = ()
    language: str = ""
    phone: str = ""


@dataclass(slots=True)
class Roster:
    """What a file says."""

    format: str
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    entries: list[Entry] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    total: int = 0


def is_email(text: str) -> bool:
    """One plain address."""
    return len(text) <= 254 and text.isprintable() and bool(_EMAIL.fullmatch(text))


def is_phone(text: str) -> bool:
    """Digits as people write them, a plus in front."""
    return bool(_PHONE.fullmatch(text)) and sum(char.isdigit() for char in text) >= 3


def read(data: bytes) -> Roster:
    """Read a file whatever its name says; refuses with `Unreadable` what is no list of people at all, and more than ten
    thousand of them, as soon as that is seen."""
    if not data.strip():
        raise Unreadable("empty", "The file is empty.")
    if len(data) > MOST_BYTES:
        raise Unreadable("too_large", f"A list has at most {MOST_BYTES // 2**20} MB.")
    if data.startswith(b"PK\x03\x04"):
        return _understand(Roster("xlsx", "", "", (), ()), roster_sheet.rows_of(data))
    if data.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"PK\x05\x06", b"{\\rtf")):
        raise Unreadable("not_a_list", "Send a CSV file or an XLSX workbook. Old XLS files have to be saved as XLSX.")
    encoding, delimiter, lines = roster_text.lines_of(data)
    return _understand(Roster("csv", encoding, delimiter, (), ()), lines)


def _understand(roster: Roster, lines: Iterable[tuple[int, list[str]]]) -> Roster:
    rows = _filled(lines)
    _, header = next(rows, (0, []))
    places = _columns(header, roster)
    seen: dict[str, int] = {}
    for number, cells in rows:
        roster.total += 1
        if roster.total > MOST_ROWS:
            raise Unreadable("too_many_rows", f"A list has at most {MOST_ROWS:,} people. Divide it.")
        flaws: list[Flaw] = []
        entry = _entry(number, {column: cells[place] for column, place in places.items() if place < len(cells)}, flaws)
        if not any(flaw.column == words.EMAIL for flaw in flaws):
            first = seen.setdefault(entry.email, number)
            if first != number:
                flaws.append(Flaw(number, words.EMAIL, "duplicate", f"Row {first} has the same address."))
        # In a workbook somebody may have written a note there; in a CSV file all cells of the row have moved.
        if roster.format == "csv" and any(cell.strip() for cell in cells[len(header) :]):
            flaws.append(Flaw(number, "", "too_many_cells", MOVED))
        if flaws:
            roster.flaws += flaws
        else:
            roster.entries.append(entry)
    if not roster.total:
        raise Unreadable("no_rows", "Below the names of the columns there is nobody.")
    return roster


def _filled(lines: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with something in them. Workbooks may end in a million empty ones."""
    blank = 0
    for number, cells in lines:
        if any(cell.strip() for cell in cells):
            yield number, cells
        else:
            blank += 1
            if blank > MOST_BLANK:
                return


def _columns(header: list[str], roster: Roster) -> dict[str, int]:
    places: dict[str, int] = {}
    ignored = []
    for place, cell in enumerate(header[: roster_sheet.MOST_COLUMNS]):
        column = words.header_of(cell)
        if column in places:
            raise Unreadable("column_twice", f"Two columns mean the same: {column}.")
        if column:
            places[column] = place
        elif cell.strip():
            ignored.append(_shown(cell))
    if words.EMAIL not in places:
        raise Unreadable("no_email_column", "The first row has to name the columns, one of them email.")
    roster.columns, roster.ignored = tuple(places), tuple(ignored)
    return places


def _entry(number: int, cells: dict[str, str], flaws: list[Flaw]) -> Entry:
    values = {column: _clean(number, column, text, flaws) for column, text in cells.items()}
    email = unicodedata.normalize("NFKC", values.get(words.EMAIL, "")).lower()
    _check_email(number, email, values, flaws)
    first, last = values.get(words.FIRST, ""), values.get(words.LAST, "")
    if not (first or last):
        first, last = divided(values.get(words.NAME, ""))
        _check_length(number, words.NAME, first, flaws, 80)
        _check_length(number, words.NAME, last, flaws, 80)
    return Entry(
        number,
        email,
        first,
        last,
        _role(number, values.get(words.ROLE, ""), flaws),
        _groups(number, values.get(words.GROUPS, ""), flaws),
        _language(number, values.get(words.LANGUAGE, ""), flaws),
        _phone(number, values.get(words.PHONE, ""), flaws),
    )


def divided(name: str) -> tuple[str, str]:
    """First and last name of a whole one. Japanese names begin with the family's, as do those with a comma."""
    if "," in name:
        last, _, first = name.partition(",")
        return first.strip(), last.strip()
    parts = name.split()
    if len(parts) < 2:
        return name, ""
    if _JAPANESE_NAME.search(name):
        return " ".join(parts[1:]), parts[0]
    return " ".join(parts[:-1]), parts[-1]


def _clean(number: int, column: str, text: str, flaws: list[Flaw]) -> str:
    kept = "\n" if column == words.GROUPS else ""
    text = text.replace("\u3000", " ").replace("\u00a0", " ").strip().strip("\ufeff\u200b")
    if text.startswith(("=", "@", "\t")) or (text[:1] in "+-" and text and column != words.PHONE):
        flaws.append(Flaw(number, column, "formula", "A cell must not be a formula, nor look like one."))
        return ""
    if any(unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn") and char not in kept for char in text):
        flaws.append(Flaw(number, column, "invalid_characters", "There are characters here that cannot be seen."))
        return ""
    _check_length(number, column, text, flaws, LONGEST[column])
    return " ".join(text.split(" "))


def _check_length(number: int, column: str, text: str, flaws: list[Flaw], most: int) -> None:
    if len(text) > most:
        flaws.append(Flaw(number, column, "max_length", f"At most {most} characters."))


def _check_email(number: int, email: str, values: dict[str, str], flaws: list[Flaw]) -> None:
    if any(flaw.column == words.EMAIL for flaw in flaws):
        return
    if not email:
        flaws.append(Flaw(number, words.EMAIL, "required", "There is no e-mail address."))
    elif not is_email(email):
        flaws.append(Flaw(number, words.EMAIL, "invalid", "This is no e-mail address."))


def _role(number: int, text: str, flaws: list[Flaw]) -> str:
    role = words.role_of(text)
    if text and not role:
        flaws.append(Flaw(number, words.ROLE, "invalid_choice", "One of student, teacher and guest."))
    return role


def _groups(number: int, text: str, flaws: list[Flaw]) -> tuple[str, ...]:
    names: dict[str, str] = {}
    for part in _BETWEEN_GROUPS.split(text):
        if name := " ".join(part.split()):
            names.setdefault(name.lower(), name)
    if len(names) > MOST_GROUPS:
        flaws.append(Flaw(number, words.GROUPS, "too_many", f"At most {MOST_GROUPS} groups."))
    for name in names.values():
        _check_length(number, words.GROUPS, name, flaws, LONGEST_GROUP)
        if name[0] in "=+-@":
            flaws.append(Flaw(number, words.GROUPS, "formula", "A group must not look like a formula."))
    return tuple(names.values())


def _language(number: int, text: str, flaws: list[Flaw]) -> str:
    language = words.language_of(text)
    if text and not language:
        flaws.append(Flaw(number, words.LANGUAGE, "invalid_choice", "One of en, ja, uz and ru."))
    return language


def _phone(number: int, text: str, flaws: list[Flaw]) -> str:
    text = unicodedata.normalize("NFKC", text)
    if text and not is_phone(text):
        flaws.append(Flaw(number, words.PHONE, "invalid", "This is no telephone number."))
    return text


def _shown(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:40]

"""What a text file's bytes mean. Lists come from spreadsheets of four countries; where it is not sure in which encoding,
the file is refused rather than read wrongly."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator

from apps.authentication.rules.roster_words import header_of

DELIMITERS = (",", ";", "\t")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SURE, DOUBTFUL = 0.85, 0.6
# A Cyrillic word, small or capital or with one capital in front: in another encoding words look different.
_RUSSIAN = re.compile(r"(?<![^\W\d_])(?:[А-ЯЁЎ]?[а-яёў]+|[А-ЯЁЎ]+)(?![^\W\d_])|№")
# Kana, common kanji and full-width forms. Half-width kana is what Cyrillic bytes look like.
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\u3000-\u3036\uff01-\uff5e]")


class Unreadable(Exception):
    """The file as a whole cannot be used: a code for programs and a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def encoding_of(data: bytes) -> str:
    """The encoding of a text; refuses with `Unreadable` where there is no telling."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            if not name:
                break
            return name if _decodes(data, name) else _refuse()
    else:
        if b"\0" in data:
            return _utf16(data)
        if _decodes(data, "utf-8"):
            return "utf-8"
        return _of_a_country(data)
    return _refuse()


def _utf16(data: bytes) -> str:
    """UTF-16 without its mark: the zeros of Latin letters stand at one side."""
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    name = "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else ""
    if name and _decodes(data, name) and "\0" not in data.decode(name):
        return name
    return _refuse()


def _of_a_country(data: bytes) -> str:
    japanese = _share(data, "cp932", lambda text: sum(map(_is_common_japanese, text)))
    russian = _share(data, "cp1251", lambda text: sum(map(len, _RUSSIAN.findall(text))))
    if japanese >= SURE and russian < DOUBTFUL:
        return "cp932"
    if russian >= SURE and japanese < DOUBTFUL:
        return "cp1251"
    return _refuse()


def _is_common_japanese(char: str) -> bool:
    """Kana, or a character of the first level, which all names and most words are written in."""
    if not _JAPANESE.match(char):
        return False
    first = char.encode("cp932", "replace")[0]
    return first < 0x99 or first == 0xFA


def _share(data: bytes, encoding: str, count_likely: Callable[[str], int]) -> float:
    """How many of the characters beyond ASCII are likely ones, from 0 to 1."""
    try:
        text = data.decode(encoding)[:200_000]
    except UnicodeDecodeError:
        return 0.0
    foreign = sum(char > "\x7f" for char in text)
    return count_likely(text) / foreign if foreign else 0.0


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _refuse() -> str:
    raise Unreadable("unknown_encoding", "The encoding of this file is not clear. Save it as CSV in UTF-8, or as XLSX.")


def lines_of(data: bytes) -> tuple[str, str, Iterator[tuple[int, list[str]]]]:
    """Encoding, delimiter, and the rows with the numbers of the lines that they begin in."""
    encoding = encoding_of(data)
    text = data.decode(encoding)
    if "\0" in text:
        raise Unreadable("not_a_list", "This is no text file.")
    delimiter = _delimiter_of(text)
    return encoding, delimiter, _rows(text, delimiter)


def _delimiter_of(text: str) -> str:
    """What divides the first line into columns that are known; spreadsheets of different countries use different ones."""
    first = next((line for line in text[:20_000].splitlines() if line.strip()), "")

    def known(delimiter: str) -> int:
        return sum(bool(header_of(cell)) for cell in next(csv.reader([first], delimiter=delimiter), []))

    return max(DELIMITERS, key=known)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for row in reader:
            yield begins, row
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable("broken_csv", f"Line {reader.line_num} cannot be read: {error}.") from None

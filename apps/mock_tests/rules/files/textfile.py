"""Plain text from strangers: lines of a UTF-8 file, or a refusal with the line at fault."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.texts import richtext


@dataclass(frozen=True, slots=True)
class TextLimits:
    """How large a file may be before it is refused as a whole."""

    size: int = 16 * 1024 * 1024
    line: int = 1024 * 1024
    questions: int = 10_000


def read_lines(data: bytes, limits: TextLimits) -> list[str]:
    """Return the lines without their ends; a byte order mark is left out. Raises `UnreadableFile`."""
    if len(data) > limits.size:
        raise UnreadableFile("file_too_large", f"The file is larger than {limits.size:,} bytes.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableFile("wrong_encoding", "The file is encoded as UTF-16; save it as UTF-8.")
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            "wrong_encoding", "The file is not UTF-8; save it as UTF-8.", _line(data, error.start)
        ) from error
    if "\0" in text:
        raise UnreadableFile("not_text", "The file is not plain text.", text.count("\n", 0, text.index("\0")) + 1)
    if not text.strip():
        raise UnreadableFile("file_empty", "The file is empty.")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if len(line) > limits.line:
            raise UnreadableFile("line_too_long", f"A line is longer than {limits.line:,} characters.", number)
    return [richtext.without_control_characters(line) for line in lines]


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1

"""Contact requests: when two are about the same number, and how many are too many."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

FEWEST_DIGITS, MOST_DIGITS = 5, 15
PERIOD = timedelta(hours=1)
MOST_FROM_ONE_PLACE = 5
MOST_IN_ALL = 300
_WRITTEN_WITH = frozenset(" -().+/\u00a0\u2010\u2011\u2013")


def phone_digits(typed: str) -> str:
    """The digits of a telephone number, however it is written; empty if it is none."""
    text = typed.strip()
    digits = "".join(str(int(char)) for char in text if char.isdecimal())
    if any(not char.isdecimal() and char not in _WRITTEN_WITH for char in text):
        return ""
    return digits if FEWEST_DIGITS <= len(digits) <= MOST_DIGITS else ""


def one_line(typed: str) -> str:
    """Text for a name: no line breaks, no control or direction characters."""
    return " ".join("".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in typed).split())


def plain_text(typed: str) -> str:
    """A message with its lines, without control and direction characters."""
    lines = typed.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = ("".join(char for char in line if unicodedata.category(char)[0] != "C" or char == "\t") for line in lines)
    return "\n".join(line.rstrip() for line in kept).strip()


def has_word(text: str) -> bool:
    """Whether there is a letter or a digit in it."""
    return any(char.isalnum() for char in text)

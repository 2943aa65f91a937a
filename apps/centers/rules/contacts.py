"""Contact requests: when two are about the same number, and how many are too many."""

from __future__ import annotations

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

"""Numbers as files write them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_LARGEST_EXPONENT: Final = 100
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,60}\.?\d{0,60}|\.\d{1,60})(?:[eE][+-]?\d{1,4})?", re.ASCII)


def parse_number(text: str) -> Decimal | None:
    """Return a finite decimal number of sensible size, or None."""
    if not _NUMBER.fullmatch(text.strip()):
        return None
    number = Decimal(text.strip())
    return number if abs(number.adjusted()) <= _LARGEST_EXPONENT else None

"""How much a question of any file may hold, and how a stranger's words are repeated."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

MAX_MARKS: Final = Decimal(10_000)
MAX_TEXT: Final = 100_000
MAX_NESTING: Final = 100


def shortened(text: str) -> str:
    """A stranger's text, short enough to be repeated in a sentence."""
    return text if len(text) <= 40 else f"{text[:39]}…"

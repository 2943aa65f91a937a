"""How long a text is."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[^\s\ufeff]+")
_SPACE: Final = re.compile(r"[\s\ufeff]+")


def length_of(text: str, unit: str) -> int:
    """In words, or in characters that are no spaces."""
    return len(_WORD.findall(text)) if unit == "words" else len(_SPACE.sub("", text))


def has_words(text: str) -> bool:
    """Whether it is more than space."""
    return bool(_WORD.search(text))

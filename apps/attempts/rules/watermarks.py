"""The mark on a paper by which staff find whose it was: ten letters and digits that nobody mistakes for each other."""

from __future__ import annotations

import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 10
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def draw() -> str:
    """A new mark; it says nothing about the attempt."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read(text: str) -> str:
    """The mark as it was drawn, from what somebody typed off a picture of a screen."""
    return text.upper().translate(_MEANT)

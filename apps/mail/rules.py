"""What may stand in a header, which language a letter is in, and when a failed one is tried again."""

from __future__ import annotations

import re
import unicodedata

LANGUAGES = ("en", "ja", "ru", "uz")
MOST_TRIES = 8
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\\\[\]]{1,64}@[^\s@<>(),;:\"\\\[\]]{1,190}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
# Languages as browsers and older clients call them.
_ALIASES = {"jp": "ja"}


def one_line(text: str, most: int = 120) -> str:
    """Text for a header or a greeting: no line breaks, no control or direction characters, of bounded length."""
    plain = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    return " ".join(plain.split())[:most]


def is_address(text: str) -> bool:
    """One plain address: nothing that could end a header or name a second person."""
    return text.isprintable() and bool(_ADDRESS.fullmatch(text))


def language_of(*wanted: str) -> str:
    """The first of these locales that letters are written in, or English."""
    for locale in wanted:
        short = re.split(r"[-_]", locale.strip().lower())[0]
        short = _ALIASES.get(short, short)
        if short in LANGUAGES:
            return short
    return LANGUAGES[0]


def color_of(text: str, default: str) -> str:
    """A color that is safe in a style."""
    return text if _COLOR.fullmatch(text) else default


def wait_before(tries: int) -> int:
    """Seconds until the next try: a minute, then twice as long each time, an hour at most."""
    return int(min(30 * 2**tries, 3600))

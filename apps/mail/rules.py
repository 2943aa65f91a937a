"""What may stand in a header, which language a letter is in, and when a failed one is tried again."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from hashlib import blake2b

LANGUAGES = ("en", "ja", "ru", "uz")
MOST_TRIES = 8
# Without any mail server: how long all letters rest, and how old one becomes before it is given up.
REST_SECONDS = 60
PATIENCE = timedelta(days=3)
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\\\[\]]{1,64}@[^\s@<>(),;:\"\\\[\]]{1,190}")
# Languages as browsers and older clients call them.
_ALIASES = {"jp": "ja"}


def one_line(text: str, most: int = 120) -> str:
    """Text for a header or a greeting: no line breaks, no control or direction characters, of bounded length."""
    plain = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    return " ".join(plain.split())[:most]


def paragraph(text: str, most: int = 2000) -> str:
    """Somebody's words in their own lines, each as plain as ``one_line``, without empty ones."""
    lines = (one_line(line, most) for line in text.splitlines())
    return "\n".join(line for line in lines if line)[:most]


def quoted(text: str) -> str:
    """The same where only characters can show that they are somebody else's words."""
    return "\n".join(f"> {line}" for line in text.splitlines())


def is_address(text: str) -> bool:
    """One plain address: nothing that could end a header or name a second person."""
    return text.isprintable() and bool(_ADDRESS.fullmatch(text))


def key_of(key: str, address: str) -> str:
    """The key of one of many letters about the same thing."""
    return f"{key}:{blake2b(address.lower().encode(), digest_size=9).hexdigest()}"


def language_of(*wanted: str) -> str:
    """The first of these locales that letters are written in, or English."""
    for locale in wanted:
        short = re.split(r"[-_]", locale.strip().lower())[0]
        short = _ALIASES.get(short, short)
        if short in LANGUAGES:
            return short
    return LANGUAGES[0]


def wait_before(tries: int) -> int:
    """Seconds until the next try: a minute, then twice as long each time, an hour at most."""
    return int(min(30 * 2**tries, 3600))

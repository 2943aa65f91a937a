"""What the names of tests and sections say of their kind."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from apps.mock_tests.rules.profiles.base import SectionType

DEFAULT_SECTION: Final = "Questions"


def section_type(name: str) -> SectionType:
    """Guess the type of a section from its English or Japanese name."""
    name = unicodedata.normalize("NFKC", name).lower()
    if re.search(r"listening|聴解|聞く|聞き取り|choukai", name):
        return "LISTENING"
    words = bool(re.search(r"vocabulary|kanji|orthography|文字|語彙|漢字|moji|goi", name))
    sentences = bool(re.search(r"grammar|(?<!kanji )reading|文法|読解|bunpou|dokkai", name))
    if (words and sentences) or (re.search(r"language knowledge|言語知識|written", name) and words == sentences):
        return "FULL_WRITTEN"
    if words:
        return "VOCAB"
    return "GRAMMAR_READING" if sentences else "GENERAL"


def level_in(title: str) -> str:
    """The level that a title names, "N1" to "N5", or nothing."""
    found = re.search(r"(?<![a-z])n([1-5])(?![0-9a-z])", unicodedata.normalize("NFKC", title), re.IGNORECASE)
    return f"N{found[1]}" if found else ""

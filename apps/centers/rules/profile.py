"""What a center may say of itself."""

from __future__ import annotations

import re
import zoneinfo
from functools import cache
from urllib.parse import urlsplit

LOCALES = ("en", "ja", "ru", "uz")
LOGO_EDGE = 512
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@cache
def time_zones() -> frozenset[str]:
    """Every name of the IANA list."""
    return frozenset(zoneinfo.available_timezones())


def clean_website(typed: str) -> str | None:
    """An address that a page may link to, with https where no scheme was typed; nothing if it is none."""
    text = typed.strip()
    if not text:
        return ""
    if not _SCHEME.match(text) or re.match(r"[^/]+:[0-9]+(/|$)", text):
        text = f"https://{text}"
    if any(char.isspace() or ord(char) < 32 for char in text):
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return None
    is_address = parts.scheme.lower() in ("http", "https") and "." in host and "@" not in parts.netloc
    return text if is_address else None

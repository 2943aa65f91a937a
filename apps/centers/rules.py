"""What a center may be called."""

from __future__ import annotations

import re

SLUG = re.compile(r"[a-z][a-z0-9_]{2,40}")
RESERVED = frozenset(
    "public template shiken_template information_schema admin api www static media solver app mail owner root ws "
    "postgres pgbouncer localhost status docs help support billing".split()
)


def is_slug(slug: str) -> bool:
    """Plain ASCII, three to forty-one characters, not reserved; what passes is safe as part of a schema name."""
    return bool(SLUG.fullmatch(slug)) and slug not in RESERVED and not slug.startswith("pg_")


def schema_for(slug: str) -> str:
    """The schema of a center's slug; it never changes, domains may."""
    return f"c_{slug}"


def host_for(slug: str, parent: str) -> str:
    """The center's first host under ``parent``; host names have no underscore."""
    return f"{slug.replace('_', '-')}.{parent}"

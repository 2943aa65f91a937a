"""What a center may be called, and where it lives."""

from __future__ import annotations

import re
import unicodedata

SLUG = re.compile(r"[a-z][a-z0-9_]{2,40}")
HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
RESERVED = frozenset(
    "public template shiken_template information_schema admin api www static media solver app mail owner root ws "
    "postgres pgbouncer localhost status docs help support billing".split()
)
# Not for PostgreSQL (pg_), not a disguised international name (xn--), not a host label that ends in a hyphen.
REFUSED = r"^(pg_|xn__)|_$"


def is_slug(slug: str) -> bool:
    """Plain ASCII, three to forty-one characters, not reserved; what passes is safe in a schema name and a host."""
    return bool(SLUG.fullmatch(slug)) and slug not in RESERVED and not re.search(REFUSED, slug)


def slug_from(name: str) -> str:
    """A slug for a center that was only given a name; empty if the name holds too few Latin letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:41].strip("_")
    return slug if is_slug(slug) else ""


def schema_for(slug: str) -> str:
    """The schema of a center's slug; it never changes, domains may."""
    return f"c_{slug}"


def host_for(slug: str, parent: str) -> str:
    """The center's first host under ``parent``; host names have no underscore."""
    return f"{slug.replace('_', '-')}.{parent}"


def is_host(host: str) -> bool:
    """A full host name in lower case, without port."""
    return bool(HOST.fullmatch(host))

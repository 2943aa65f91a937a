"""Typed readers of the environment.

A wrong value stops the start with the name of the variable. Every name that is read is remembered in ``READ``,
so that a test can compare it with ``.env.example``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

READ: set[str] = set()


def load(path: Path) -> None:
    """Take defaults from a ``.env`` file; what the process environment already says wins."""
    if path.is_file():
        environ.Env.read_env(path, overwrite=False)


def text(name: str, default: str = "") -> str:
    READ.add(name)
    return os.environ.get(name, default).strip() or default


def secret(name: str, *, default: str = "", shortest: int = 32) -> str:
    """A secret of at least ``shortest`` characters; missing without a default stops the start."""
    value = text(name, default)
    if len(value) < shortest:
        raise ImproperlyConfigured(f"{name} must be set to at least {shortest} characters.")
    return value


def integer(name: str, default: int, *, least: int = 0) -> int:
    raw = text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from None
    if value < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {value}.")
    return value


def flag(name: str, default: bool = False) -> bool:
    raw = text(name, "1" if default else "0").lower()
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {raw!r}.")


def choice(name: str, default: str, among: Iterable[str]) -> str:
    value = text(name, default).lower()
    if value not in among:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(among)}, not {value!r}.")
    return value


def names(name: str, default: str = "") -> list[str]:
    """A comma-separated list without empty entries."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def database() -> dict[str, object]:
    """``DATABASE_URL``, or the single ``DB_*`` values."""
    url = text("DATABASE_URL")
    parts = {
        "NAME": text("DB_NAME", "shiken"),
        "USER": text("DB_USER", "shiken"),
        "PASSWORD": text("POSTGRES_PASSWORD"),
        "HOST": text("DB_HOST", "127.0.0.1"),
        "PORT": text("DB_PORT", "5432"),
    }
    options = {"sslmode": "require"} if flag("DB_REQUIRE_SSL") else {}
    if url:
        parsed = environ.Env.db_url_config(url)
        if "postgresql" not in str(parsed.get("ENGINE", "")):
            raise ImproperlyConfigured(
                "DATABASE_URL must name a PostgreSQL server: postgres://user:pass@host:port/name"
            )
        return {key: parsed.get(key) or "" for key in parts} | {"OPTIONS": options | dict(parsed.get("OPTIONS", {}))}
    return parts | {"OPTIONS": options}


def redis(database_number: int) -> str:
    """``REDIS_URL`` pointed at one of its logical databases, with ``REDIS_PASSWORD`` put in where it has none."""
    base = text("REDIS_URL", "redis://127.0.0.1:6379")
    password = text("REDIS_PASSWORD")
    if not base.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
    if base.startswith("unix://"):
        return f"{base.split('?')[0]}?db={database_number}"
    scheme, rest = base.split("://", 1)
    place = rest.split("/", 1)[0]
    if password and "@" not in place:
        place = f":{password}@{place}"
    return f"{scheme}://{place}/{database_number}"

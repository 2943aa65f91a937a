"""Servers that somebody else runs: do they answer, and if not, why."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import redis

from deployment.local.errors import StackError

PATIENCE_SECONDS = 30
_FAILURES = (psycopg.Error, redis.RedisError, OSError, ValueError)


def wait_for_postgres(url: str, *, patience: float = PATIENCE_SECONDS) -> None:
    """Return when the server of ``DATABASE_URL`` takes a connection."""

    def connect() -> None:
        psycopg.connect(url, connect_timeout=3).close()

    _wait("DATABASE_URL", "PostgreSQL", url, connect, patience)


def wait_for_redis(url: str, *, patience: float = PATIENCE_SECONDS) -> None:
    """Return when the server of ``REDIS_URL`` answers."""

    def connect() -> None:
        with redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3) as client:
            client.ping()

    _wait("REDIS_URL", "Redis", url, connect, patience)


def _wait(variable: str, product: str, url: str, connect: Callable[[], None], patience: float) -> None:
    until = time.monotonic() + patience
    pause = 0.1
    while True:
        try:
            connect()
        except _FAILURES as error:
            if time.monotonic() + pause > until:
                reason = " ".join(str(error).split())
                raise StackError(f"{product} at {_place(url)} ({variable}) cannot be used: {reason}") from None
            time.sleep(pause)
            pause = min(pause * 2, 3)
        else:
            return


def _place(url: str) -> str:
    """The URL without its password."""
    return urlsplit(url).netloc.rpartition("@")[2] or url.partition("?")[0]

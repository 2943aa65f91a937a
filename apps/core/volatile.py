"""The Redis that holds what may be lost: live boards and socket tickets. Keys come from ``tenancy.key`` only."""

from __future__ import annotations

import functools
import os

import redis
from django.conf import settings


@functools.cache
def _client(process: int) -> redis.Redis:
    """One per process: a connection pool must not cross a fork."""
    return redis.Redis.from_url(
        settings.SHIKEN_REDIS_URL, socket_connect_timeout=0.5, socket_timeout=1, decode_responses=True
    )


def client() -> redis.Redis:
    """A client that gives up after a second; callers treat ``redis.RedisError`` as "not known"."""
    return _client(os.getpid())

"""Django's Redis cache, but a cache: with Redis down each process remembers for itself, and nobody is refused for it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, NoReturn

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
QUIET_SECONDS = 5.0

# Django makes an instance for each thread or task; what one has learned of its server, all know.
_quiet_until: dict[str, float] = {}


class TolerantRedisCache(RedisCache):
    """Falls back to process memory for some seconds after Redis failed, then tries it again."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        local = {key: value for key, value in params.items() if key != "OPTIONS"}
        self._local = LocMemCache(f"tolerant-{server}", local)
        self._server = server

    def _tolerant(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= _quiet_until.get(self._server, 0):
            try:
                remote: Callable[..., Any] = getattr(super(), name)
                return remote(*args, **kwargs)
            except RedisError as error:
                _quiet_until[self._server] = time.monotonic() + QUIET_SECONDS
                log.warning("Redis does not answer (%s); caching in this process for a while.", error)
        return getattr(self._local, name)(*args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._tolerant("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._tolerant("set", *args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._tolerant("add", *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._tolerant("delete", *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return int(self._tolerant("incr", *args, **kwargs))

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._tolerant("touch", *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return dict(self._tolerant("get_many", *args, **kwargs))

    def set_many(self, *args: Any, **kwargs: Any) -> list[str]:
        return list(self._tolerant("set_many", *args, **kwargs))

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._tolerant("delete_many", *args, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._tolerant("has_key", *args, **kwargs))

    def clear(self) -> NoReturn:
        raise RuntimeError("Clearing the cache would empty every center's; delete known keys instead.")

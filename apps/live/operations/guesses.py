"""Wrong codes of one person, counted for ten minutes; whoever has not guessed wrong is never kept waiting."""

from __future__ import annotations

import logging
import time
import uuid
from collections import Counter

from redis.exceptions import RedisError

from apps.core import tenancy, volatile
from apps.live.errors import TooManyCodes

log = logging.getLogger(__name__)

WINDOW_SECONDS = 600
MOST = 10
_here: Counter[str] = Counter()
_here_until = 0.0


def check(*, user_id: uuid.UUID) -> None:
    """Refuses somebody who has guessed wrong ten times. Without Redis each process counts alone."""
    key = _key(user_id)
    try:
        guessed = int(str(volatile.client().get(key) or 0))
    except RedisError as error:
        log.warning("Wrong codes are counted in this process alone: %s", error)
        guessed = _here[key]
    if guessed >= MOST:
        raise TooManyCodes(retry_after=WINDOW_SECONDS)


def count(*, user_id: uuid.UUID) -> None:
    """One more."""
    global _here_until
    if time.monotonic() > _here_until:
        _here.clear()
        _here_until = time.monotonic() + WINDOW_SECONDS
    key = _key(user_id)
    _here[key] += 1
    try:
        with volatile.client().pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, WINDOW_SECONDS)
            pipe.execute()
    except RedisError:
        log.warning("A wrong code was counted in this process alone.")


def _key(user_id: uuid.UUID) -> str:
    return tenancy.key("quizcodes", user_id, int(time.time()) // WINDOW_SECONDS)

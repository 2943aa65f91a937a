"""Guesses at codes. Each is counted before it is looked at, so that many at once are no more than one after the other; one
that was right, or was not looked at in the end, is taken back. Whoever has not guessed wrong is never kept waiting for
what others guess. Without Redis each process counts alone."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redis.exceptions import RedisError

from apps.core import tenancy, volatile
from apps.core.errors import TooMany

log = logging.getLogger(__name__)

WINDOW_SECONDS = 600

# KEYS: one person's, everybody's. ARGV: seconds, most of one, most together (0: as many as they like).
_BEGIN = """
local tried = redis.call('HINCRBY', KEYS[1], 'tried', 1)
redis.call('EXPIRE', KEYS[1], ARGV[1])
local together = tonumber(ARGV[3])
if tried > tonumber(ARGV[2]) then
    redis.call('HINCRBY', KEYS[1], 'tried', -1)
    return -1
end
if together == 0 or not redis.call('HGET', KEYS[1], 'wrong') then
    return 0
end
if redis.call('INCR', KEYS[2]) > together then
    redis.call('DECR', KEYS[2])
    redis.call('HINCRBY', KEYS[1], 'tried', -1)
    return -1
end
redis.call('EXPIRE', KEYS[2], ARGV[1])
return 1
"""
# ARGV: seconds, whether it was wrong, what is to be added to everybody's.
_END = """
redis.call('HINCRBY', KEYS[1], ARGV[2] == '1' and 'wrong' or 'tried', ARGV[2] == '1' and 1 or -1)
redis.call('EXPIRE', KEYS[1], ARGV[1])
if ARGV[3] ~= '0' then
    redis.call('INCRBY', KEYS[2], ARGV[3])
    redis.call('EXPIRE', KEYS[2], ARGV[1])
end
"""
_REFUSED, _TOGETHER = -1, 1

_Keys = tuple[str, str]

_lock = threading.Lock()
_here: Counter[str] = Counter()
"""Wrong guesses, by key."""
_here_until = 0.0
_open: Counter[str] = Counter()
"""Guesses that are being looked at, as far as Redis does not know of them."""


@dataclass(slots=True)
class Guess:
    """One guess; whoever looks at it says whether it was wrong."""

    is_wrong: bool = False


@contextmanager
def guessing(
    name: str,
    person: uuid.UUID,
    *,
    most: int,
    refusal: type[TooMany],
    at: uuid.UUID | None = None,
    most_together: int = 0,
) -> Iterator[Guess]:
    """One guess of a person, ``at`` one thing if each has its own codes. Raises ``refusal`` when they have guessed wrong
    ``most`` times in ten minutes, or at all while everybody has guessed ``most_together`` times at it."""
    # The window begins anew for all at once, so that one counter each is enough.
    window = int(time.time()) // WINDOW_SECONDS
    place = [] if at is None else [at]
    keys = tenancy.key(name, *place, person, window), tenancy.key(name, *place, window)
    tried = _begin(keys, most, most_together) or _begin_here(keys, most, most_together)
    if tried.is_refused:
        raise refusal(retry_after=WINDOW_SECONDS)
    guess = Guess()
    try:
        yield guess
    finally:
        _end(keys, tried, is_wrong=guess.is_wrong, counts_together=most_together > 0)


@dataclass(frozen=True, slots=True)
class _Tried:
    """How a guess was taken in: whether it is counted among everybody's already, and whether Redis knows of it."""

    is_refused: bool = False
    is_together: bool = False
    is_here: bool = False


def _begin(keys: _Keys, most: int, most_together: int) -> _Tried | None:
    """Nothing when Redis does not answer."""
    try:
        said = volatile.client().eval(_BEGIN, 2, *keys, WINDOW_SECONDS, most, most_together)
    except RedisError as error:
        log.warning("Wrong codes are counted in this process alone: %s", error)
        return None
    return _Tried(is_refused=said == _REFUSED, is_together=said == _TOGETHER)


def _begin_here(keys: _Keys, most: int, most_together: int) -> _Tried:
    own, everybody = keys
    with _lock:
        is_together = bool(most_together and _here[own])
        if _here[own] + _open[own] >= most or (is_together and _here[everybody] >= most_together):
            return _Tried(is_refused=True)
        _open[own] += 1
        _here[everybody] += is_together
        return _Tried(is_together=is_together, is_here=True)


def _end(keys: _Keys, tried: _Tried, *, is_wrong: bool, counts_together: bool) -> None:
    own, everybody = keys
    added = int(is_wrong and counts_together) - int(tried.is_together)
    with _lock:
        # Should Redis go away, this process knows at least its own.
        _forget_old()
        _here.update({own: int(is_wrong), everybody: added if tried.is_here else int(is_wrong and counts_together)})
        if tried.is_here:
            _open[own] -= 1
            if not _open[own]:
                del _open[own]
            return
    try:
        volatile.client().eval(_END, 2, *keys, WINDOW_SECONDS, int(is_wrong), added)
    except RedisError:
        log.warning("A wrong code was counted in this process alone.")


def _forget_old() -> None:
    global _here_until
    if time.monotonic() > _here_until:
        _here.clear()
        _here_until = time.monotonic() + WINDOW_SECONDS

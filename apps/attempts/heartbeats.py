"""Who was heard of in a room lately, in Redis, by Redis's own clock. All of it may be lost at any moment.

- ``heard``: a sorted set of attempts, score = the moment (milliseconds) of the latest sign of life.
- ``known``: attempt -> the moment of the latest save, and the addresses it was sat from, the first one first.
"""

from __future__ import annotations

import functools
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps.core import tenancy, volatile
from apps.core.tenancy import Tenant

KEPT_SECONDS = 900
MOST_PLACES = 5

_PUT = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 3, #ARGV, 4 do
  local attempt, place = ARGV[i], ARGV[i + 3]
  local known = redis.call('HGET', KEYS[2], attempt) or '0 '
  local saved, places = known:match('^(%d+) (.*)$')
  if ARGV[i + 2] ~= '' then saved = string.format('%.0f', math.max(tonumber(saved), now - ARGV[i + 2])) end
  if place ~= '' and not (' ' .. places .. ' '):find(' ' .. place .. ' ', 1, true) then
    local _, count = places:gsub('%S+', '')
    if count < tonumber(ARGV[2]) then places = places == '' and place or places .. ' ' .. place end
  end
  redis.call('ZADD', KEYS[1], now - ARGV[i + 1], attempt)
  redis.call('HSET', KEYS[2], attempt, saved .. ' ' .. places)
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[1])
"""

_READ = """
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local found = {now}
local heard = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES')
for i = 1, #heard, 2 do
  found[#found + 1] = heard[i]
  found[#found + 1] = heard[i + 1]
  found[#found + 1] = redis.call('HGET', KEYS[2], heard[i]) or '0 '
end
return found
"""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of life on its way to Redis: so many milliseconds ago."""

    attempt_id: str
    heard_ago: int
    saved_ago: int | None
    place: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of one attempt; moments are milliseconds of Redis's clock, 0 is never."""

    heard: int
    saved: int
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was heard, and when it was asked for."""

    now: int
    heard: dict[uuid.UUID, Heard]


@functools.cache
def _scripts(process: int) -> tuple[Any, Any]:
    """One pair per process, as there is one client."""
    client = volatile.client()
    return client.register_script(_PUT), client.register_script(_READ)


def _keys(tenant: Tenant, assignment_id: uuid.UUID) -> list[str]:
    return [tenancy.key("seats", assignment_id, part, tenant=tenant) for part in ("heard", "known")]


def put(tenant: Tenant, assignment_id: uuid.UUID, signs: Iterable[Sign]) -> None:
    """Remember signs of life in one room; raises what Redis raises."""
    words: list[object] = [KEPT_SECONDS, MOST_PLACES]
    for sign in signs:
        saved = "" if sign.saved_ago is None else sign.saved_ago
        words += [sign.attempt_id, sign.heard_ago, saved, sign.place]
    _scripts(os.getpid())[0](keys=_keys(tenant, assignment_id), args=words)


def read(assignment_id: uuid.UUID, *, since: int = 0) -> Hearing:
    """Who was heard in a room of the present center after this moment; raises what Redis raises."""
    now, *rows = _scripts(os.getpid())[1](keys=_keys(tenancy.current(), assignment_id), args=[since])
    heard = {}
    for place in range(0, len(rows), 3):
        saved, _, places = rows[place + 2].partition(" ")
        heard[uuid.UUID(rows[place])] = Heard(int(float(rows[place + 1])), int(saved), tuple(places.split()))
    return Hearing(int(now), heard)

"""Signs of life on their way to Redis; ``queries.heartbeats`` says what is kept there."""

from __future__ import annotations

import functools
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps.attempts.queries.heartbeats import keys_of
from apps.core import volatile
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


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign of life on its way to Redis: so many milliseconds ago."""

    attempt_id: str
    heard_ago: int
    saved_ago: int | None
    place: str


@functools.cache
def _script(process: int) -> Any:
    """One per process, as there is one client."""
    return volatile.client().register_script(_PUT)


def put(*, tenant: Tenant, assignment_id: uuid.UUID, signs: Iterable[Sign]) -> None:
    """Remember signs of life in one room; raises what Redis raises."""
    words: list[object] = [KEPT_SECONDS, MOST_PLACES]
    for sign in signs:
        saved = "" if sign.saved_ago is None else sign.saved_ago
        words += [sign.attempt_id, sign.heard_ago, saved, sign.place]
    _script(os.getpid())(keys=keys_of(tenant, assignment_id), args=words)

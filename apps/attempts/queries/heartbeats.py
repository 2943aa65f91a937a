"""Who was heard of in a room lately, in Redis, by Redis's own clock. All of it may be lost at any moment.

- ``heard``: a sorted set of attempts, score = the moment (milliseconds) of the latest sign of life.
- ``known``: attempt -> the moment of the latest save, and the addresses it was sat from, the first one first.
"""

from __future__ import annotations

import functools
import os
import uuid
from dataclasses import dataclass
from typing import Any

from apps.core import tenancy, volatile
from apps.core.tenancy import Tenant

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
def _script(process: int) -> Any:
    """One per process, as there is one client."""
    return volatile.client().register_script(_READ)


def keys_of(tenant: Tenant, assignment_id: uuid.UUID) -> list[str]:
    """Those of a room: ``heard`` and ``known``."""
    return [tenancy.key("seats", assignment_id, part, tenant=tenant) for part in ("heard", "known")]


def read(assignment_id: uuid.UUID, *, since: int = 0) -> Hearing:
    """Who was heard in a room of the present center after this moment; raises what Redis raises."""
    now, *rows = _script(os.getpid())(keys=keys_of(tenancy.current(), assignment_id), args=[since])
    heard = {}
    for place in range(0, len(rows), 3):
        saved, _, places = rows[place + 2].partition(" ")
        heard[uuid.UUID(rows[place])] = Heard(int(float(rows[place + 1])), int(saved), tuple(places.split()))
    return Hearing(int(now), heard)

"""The live board in Redis: a sorted set of places, a hash of who stands there, a version.

Everything here may be lost at any moment; ``queries`` puts it back from PostgreSQL. Only this file knows the keys:

- ``places``: member = tie-break + student, score = thousandths of marks, negative, so that the best come first and
  those who share a rank stand in the order of the tie-break.
- ``people``: student -> stamp, score, member and name. The field ``""`` tells that the board is whole; if the two do
  not have the same size, something was lost and the board counts as missing.
- ``version``: grows with every change, also while the board is missing. A board that was built from an older state of
  the database than the version tells is not taken.

Stamps and versions are microseconds of the database's clock: later ones are greater, also after Redis lost them all.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
import uuid
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import redis.asyncio
from django.conf import settings
from redis.exceptions import NoScriptError, RedisError

from apps.core import tenancy, volatile
from apps.core.tenancy import Tenant
from apps.leaderboards import rules
from apps.leaderboards.rules import Board, Row

log = logging.getLogger(__name__)

KEPT_SECONDS = 3 * 86_400
BUILDING_SECONDS = 20
SOON_SECONDS = 0.5
_WHOLE = ""

_PUT = """
local stamp = tonumber(ARGV[2])
local version = tonumber(redis.call('GET', KEYS[3]) or '0')
redis.call('SET', KEYS[3], string.format('%.0f', math.max(version + 1, stamp)), 'EX', ARGV[6])
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known then
  local since, member = known:match('^(%d+) %S+ (%S+)')
  if tonumber(since) > stamp then return 0 end
  redis.call('ZREM', KEYS[1], member)
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4])
redis.call('HSET', KEYS[2], ARGV[1], table.concat({ARGV[2], ARGV[3], ARGV[4], ARGV[5]}, ' '))
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[6])
return 1
"""

_READ = """
local people = redis.call('ZCARD', KEYS[1])
if redis.call('HLEN', KEYS[2]) ~= people + 1 then return false end
local places, seen = {}, {}
local function found(students)
  if #students == 0 then return {} end
  local rows = redis.call('HMGET', KEYS[2], unpack(students))
  for i, known in ipairs(rows) do
    if known then
      local milli, name = known:match('^%d+ (%S+) %S+ (.*)$')
      if not seen[milli] then
        seen[milli] = true
        places[#places + 1] = milli
        places[#places + 1] = redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. milli)
        places[#places + 1] = redis.call('ZCOUNT', KEYS[1], milli, '+inf')
      end
      rows[i] = milli .. ' ' .. name
    end
  end
  return rows
end
local first = {}
if tonumber(ARGV[1]) > 0 then
  for i, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1)) do first[i] = member:sub(-32) end
end
local top, asked = found(first), {}
for i = 2, #ARGV, 4000 do
  local some = {}
  for j = i, math.min(i + 3999, #ARGV) do some[#some + 1] = ARGV[j] end
  for _, row in ipairs(found(some)) do asked[#asked + 1] = row end
end
return {redis.call('GET', KEYS[3]) or '0', people, places, first, top, asked}
"""

_TAKE = """
local version = redis.call('GET', KEYS[3]) or ''
if version ~= ARGV[1] then
  redis.call('DEL', KEYS[4], KEYS[5])
  return 0
end
redis.call('DEL', KEYS[1])
if redis.call('EXISTS', KEYS[4]) == 1 then redis.call('RENAME', KEYS[4], KEYS[1]) end
redis.call('RENAME', KEYS[5], KEYS[2])
redis.call('SET', KEYS[3], string.format('%.0f', math.max(tonumber(version) or 0, tonumber(ARGV[2]))), 'EX', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the board keeps of one student."""

    student_id: uuid.UUID
    name: str
    score: Decimal
    tie_break: str
    recorded_at: datetime

    @property
    def member(self) -> str:
        return self.tie_break + self.student_id.hex

    @property
    def milli(self) -> int:
        return -int(self.score * 1000)

    @property
    def known(self) -> str:
        return f"{stamp(self.recorded_at)} {self.milli} {self.member} {self.name}"


def stamp(moment: datetime) -> int:
    """Microseconds since 1970."""
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one board, taken while its center is the current one and good wherever they are carried."""

    places: str
    people: str
    version: str
    building: str

    @classmethod
    def of(cls, assignment_id: uuid.UUID, *, tenant: Tenant | None = None) -> Keys:
        """Of the current center, unless another one is given."""
        board = tenancy.key("board", assignment_id, tenant=tenant)
        return cls(board, f"{board}:people", f"{board}:version", f"{board}:building")


@functools.cache
def _script(text: str) -> Any:
    return volatile.client().register_script(text)


def put(keys: Keys, entry: Entry) -> None:
    """Enter or move one student, unless what the board has of them is newer. Failure is logged; others repair it."""
    known = [entry.student_id.hex, stamp(entry.recorded_at), entry.milli, entry.member, entry.name, KEPT_SECONDS]
    try:
        _script(_PUT)([keys.places, keys.people, keys.version], known, client=volatile.client())
    except RedisError as error:
        log.warning("A live board missed a result: %s", error)


def read(keys: Keys, *, top: int, students: Iterable[uuid.UUID]) -> Board | None:
    """The board, or nothing when it is missing. Raises ``RedisError`` when Redis does not answer."""
    asked = list(students)
    words = [top, *(student.hex for student in asked)]
    found = _script(_READ)([keys.places, keys.people, keys.version], words, client=volatile.client())
    return _board(found, asked) if found else None


async def read_soon(keys: Keys, *, top: int, students: Iterable[uuid.UUID]) -> Board | None:
    """The same for code on an event loop: neither a thread nor a wait for one."""
    asked = list(students)
    words = [keys.places, keys.people, keys.version, str(top), *(student.hex for student in asked)]
    client = _client()
    async with asyncio.timeout(SOON_SECONDS):
        try:
            found = await client.evalsha(_script(_READ).sha, 3, *words)
        except NoScriptError:
            found = await client.eval(_READ, 3, *words)
    return _board(found, asked) if found else None


def _client() -> redis.asyncio.Redis:
    """One per event loop: its connections belong to that loop."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = redis.asyncio.Redis.from_url(
            settings.SHIKEN_REDIS_URL, socket_connect_timeout=SOON_SECONDS, decode_responses=True
        )
    return _clients[loop]


_clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, redis.asyncio.Redis] = weakref.WeakKeyDictionary()


def _board(found: list[Any], asked: list[uuid.UUID]) -> Board:
    version, people, flat, first, top_rows, asked_rows = found
    places = {
        milli: (Decimal(-int(milli)).scaleb(-3), better + 1, rules.percentile(at_or_below, people))
        for milli, better, at_or_below in zip(flat[::3], flat[1::3], flat[2::3], strict=True)
    }
    best = _rows(map(uuid.UUID, first), top_rows, places)
    return Board(int(version), people, tuple(best), {row.student_id: row for row in _rows(asked, asked_rows, places)})


def _rows(
    students: Iterable[uuid.UUID], found: list[str | None], places: Mapping[str, tuple[Decimal, int, Decimal]]
) -> Iterator[Row]:
    for student_id, known in zip(students, found, strict=True):
        if known is not None:
            milli, _, name = known.partition(" ")
            yield Row(student_id, name, *places[milli])


def version(keys: Keys) -> str:
    """What to hand to ``replace``; read it before the database. Empty when there is none."""
    return str(volatile.client().get(keys.version) or "")


def may_build(keys: Keys) -> bool:
    """True for one caller at a time; others answer from SQL meanwhile."""
    return bool(volatile.client().set(keys.building, "1", nx=True, ex=BUILDING_SECONDS))


def replace(keys: Keys, entries: Iterable[Entry], *, since: str, at: datetime) -> bool:
    """Put a whole board in place at once, unless it has changed since version ``since``."""
    fresh = [f"{key}:{secrets.token_hex(8)}" for key in (keys.places, keys.people)]
    client = volatile.client()
    client.hset(fresh[1], _WHOLE, "1")
    client.expire(fresh[1], BUILDING_SECONDS)
    rest = iter(entries)
    while some := list(islice(rest, 2000)):
        pipe = client.pipeline(transaction=False)
        pipe.zadd(fresh[0], {entry.member: entry.milli for entry in some})
        pipe.hset(fresh[1], mapping={entry.student_id.hex: entry.known for entry in some})
        for key in fresh:
            pipe.expire(key, BUILDING_SECONDS)
        pipe.execute()
    names = [keys.places, keys.people, keys.version, *fresh]
    return bool(_script(_TAKE)(names, [since, stamp(at), KEPT_SECONDS], client=client))


def done_building(keys: Keys) -> None:
    """Let the next one build."""
    volatile.client().delete(keys.building)

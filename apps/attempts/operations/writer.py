"""Group commit: one writer per kind of journal, process and event loop; one batch at a time, no timer.

A batch is what came in while the commit before it was in flight, for all centers together: a statement each, sent in one
pipeline, sharing one commit and its fsync. Nobody waits for a row that somebody else holds; such answers simply go with
one of the next batches. A center whose statement fails or hangs moves to a lane of its own, with its own connection,
and the others go on. Saves are told what became of them after the commit, never before.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import time
import weakref
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import psycopg
from django.db import connections
from psycopg import AsyncConnection, AsyncCursor
from psycopg.conninfo import make_conninfo

from apps.attempts.operations import statement

log = logging.getLogger(__name__)


class Saves(Protocol):
    """Some rows of one caller, and what became of them, as far as the writer knows: `statement.Save`, for one."""

    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def arrived(self) -> float: ...
    @property
    def schema_name(self) -> str: ...
    def keys(self) -> Iterable[Any]: ...
    def refuse_all(self, code: str) -> None: ...
    def only(self, row: Any) -> Any:
        """The same with one of its rows."""

    def add(self, one: Any) -> None:
        """Take over what became of a part."""


class Form(Protocol):
    """How the saves of one center become one statement, and its answer theirs: `statement`, for one. What ``settle``
    returns is to be tried again."""

    def compose(self, *, schema_name: str, saves: Sequence[Any]) -> tuple[str, Any]: ...
    def settle(self, *, saves: Sequence[Any], outcome: tuple[Any, ...]) -> Sequence[Any]: ...


Told = Callable[[list[Any]], None]

BATCH_ROWS = 512
MOST_ROWS = 20_000
MOST_ROWS_OF_A_CENTER = 10_000
PATIENCE_SECONDS = 4.0
"""How long a save may be tried again before it is refused as unavailable."""

_IDLE_SECONDS = 10
_CONNECTION_SECONDS = 900  # a backend never gives back the memory that it took for a center
_TRIES_BETWEEN = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
_SHARED_LIMITS = {"lock_timeout": 100, "statement_timeout": 500}
_OWN_LIMITS = {"lock_timeout": 500, "statement_timeout": 3000}
_PLANNER = {
    "synchronous_commit": "on",
    "plan_cache_mode": "force_generic_plan",  # planning takes longer than running
    "enable_seqscan": "off",  # a plan made while tables were empty must do when they are full
    "jit": "off",
    "timezone": "UTC",
    "application_name": "shiken-answers",
}
# The server is gone or going, as opposed to a statement that it refused.
_LOST = (psycopg.OperationalError, psycopg.InterfaceError, OSError, TimeoutError)
_OF_THE_STATEMENT = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.DiskFull,
)


class Full(Exception):
    """Too much is waiting already."""


class Writer:
    """The lanes of one event loop and what waits in them."""

    def __init__(self, form: Form = statement) -> None:
        self.form = form
        self._shared = _Lane(self, _SHARED_LIMITS)
        self._own: dict[str, _Lane] = {}
        self._waiting: Counter[str] = Counter()
        self._total = 0

    def append(self, save: Saves, told: Told) -> None:
        """Have a save written; ``told`` gets it back afterwards, with others of its own if they went together.

        Refuses with `Full` when the database is far behind.
        """
        count = len(save.rows)
        center = save.schema_name
        if self._total + count > MOST_ROWS or self._waiting[center] + count > MOST_ROWS_OF_A_CENTER:
            raise Full
        self._total += count
        self._waiting[center] += count
        self._put(_Entry(save, told, count))

    async def drain(self) -> None:
        """Wait until everything that came in is written or refused."""
        while self._total:
            await asyncio.sleep(0.005)

    def finish(self, entries: Iterable[_Entry]) -> None:
        """Tell everybody, each one once for all of their saves."""
        told: dict[Told, list[Saves]] = defaultdict(list)
        for entry in entries:
            self._total -= entry.count
            self._waiting[entry.center] -= entry.count
            told[entry.told].append(entry.save)
        for tell, saves in told.items():
            try:
                tell(saves)
            except Exception:
                log.exception("Somebody could not be told of %s saves.", len(saves))

    def try_again(self, entries: Iterable[_Entry]) -> None:
        """Put entries back for a later batch, or give up if that was done for too long."""
        loop = asyncio.get_running_loop()
        tired = []
        for entry in entries:
            if time.monotonic() - entry.save.arrived > PATIENCE_SECONDS:
                entry.save.refuse_all("unavailable")
                tired.append(entry)
            else:
                pause = _TRIES_BETWEEN[min(entry.tries, len(_TRIES_BETWEEN) - 1)]
                entry.tries += 1
                loop.call_later(pause, self._put, entry)
        self.finish(tired)

    def _put(self, entry: _Entry) -> None:
        self._own.get(entry.center, self._shared).put(entry)

    def divert(self, center: str, entries: Iterable[_Entry]) -> None:
        """Give a center in trouble a lane of its own, until a batch of its went through there."""
        lane = self._own.get(center)
        if lane is None:
            log.warning("Answers of %s go their own way for a while.", center)
            lane = self._own[center] = _Lane(self, _OWN_LIMITS, center)
        for entry in entries:
            lane.put(entry)

    def restore(self, center: str) -> None:
        """The center is well again."""
        self._own.pop(center, None)


class _Entry:
    """A save that waits."""

    __slots__ = ("center", "count", "save", "told", "tries")

    def __init__(self, save: Saves, told: Told, count: int) -> None:
        self.save = save
        self.told = told
        self.count = count
        self.center = save.schema_name
        self.tries = 0


class _Lane:
    """A queue, a connection, and the task that moves batches from the one over the other."""

    def __init__(self, writer: Writer, limits: dict[str, int], center: str = "") -> None:
        self._writer = writer
        self._limits = limits
        self._center = center  # empty: shared by all
        self._queue: deque[_Entry] = deque()
        self._wake: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._connection: AsyncConnection[Any] | None = None
        self._renew_at = 0.0
        self._down_until = 0.0
        self._failures = 0
        self._is_well = not center

    def put(self, entry: _Entry) -> None:
        self._queue.append(entry)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="answers")
        elif self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def _run(self) -> None:
        try:
            while True:
                while self._queue:
                    await self._write(self._take())
                if self._center and self._is_well:
                    return
                self._wake = asyncio.get_running_loop().create_future()
                async with asyncio.timeout(_IDLE_SECONDS if self._center else None):
                    await self._wake
        except TimeoutError:
            log.debug("Nothing came for %s.", self._center)
        finally:
            if self._center:
                self._writer.restore(self._center)
                await self._disconnect()

    def _take(self) -> dict[str, list[_Entry]]:
        """The next batch by center. Of two rows with one number, the second waits for the batch after."""
        batch: dict[str, list[_Entry]] = defaultdict(list)
        keys: set[Any] = set()
        later = []
        count = 0
        while self._queue and count < BATCH_ROWS:
            entry = self._queue.popleft()
            own = list(entry.save.keys())
            if keys.isdisjoint(own):
                keys.update(own)
                count += len(own)
                batch[entry.center].append(entry)
            else:
                later.append(entry)
        self._queue.extendleft(reversed(later))
        return batch

    async def _write(self, batch: dict[str, list[_Entry]]) -> None:
        entries = list(itertools.chain.from_iterable(batch.values()))
        if time.monotonic() < self._down_until:
            return self._give_up(entries)
        try:
            async with asyncio.timeout(10):
                await self._write_all(batch)
            self._failures = 0
            self._is_well = True
        except _Trouble as trouble:
            await self._sort_out(batch, trouble)
        except asyncio.CancelledError:
            self._give_up(entries)
            raise
        except Exception as error:
            if not isinstance(error, _LOST):
                log.exception("Answers could not be written.")
            await self._lost(batch, error)

    async def _write_all(self, batch: dict[str, list[_Entry]]) -> None:
        connection = await self._connect()
        if len(batch) == 1:
            ((center, entries),) = batch.items()
            try:
                outcomes = {center: await self._ask(connection, center, entries)}
            except psycopg.Error as error:
                if _is_lost(connection, error):
                    raise
                raise _Trouble(center, error) from error
        else:
            outcomes = await self._write_together(connection, batch)
        done: list[_Entry] = []
        again: list[_Entry] = []
        for center, entries in batch.items():
            left = self._writer.form.settle(saves=[entry.save for entry in entries], outcome=outcomes[center])
            if left:
                busy = set(map(id, left))
                again += [entry for entry in entries if id(entry.save) in busy]
                done += [entry for entry in entries if id(entry.save) not in busy]
            else:
                done += entries
        # Only when the next batch is on its way: then the acknowledgements go out while the database works.
        asyncio.get_running_loop().call_soon(self._writer.finish, done)
        self._writer.try_again(again)

    async def _write_together(self, connection: AsyncConnection[Any], batch: dict[str, list[_Entry]]) -> dict[str, Any]:
        """Several centers in one transaction and one round trip."""
        cursors = {center: connection.cursor() for center in sorted(batch)}
        try:
            async with connection.pipeline():
                await connection.execute("BEGIN")
                for center, cursor in cursors.items():
                    await self._execute(cursor, center, batch[center])
                await connection.execute("COMMIT")
        except psycopg.Error as error:
            if _is_lost(connection, error):
                raise
            await connection.rollback()
            guilty = next((center for center, cursor in cursors.items() if cursor.pgresult is None), "")
            raise _Trouble(guilty or next(iter(cursors)), error) from error
        return {center: await cursor.fetchone() for center, cursor in cursors.items()}

    async def _ask(self, connection: AsyncConnection[Any], center: str, entries: Sequence[_Entry]) -> Any:
        """One center in one round trip, committed when the answer is here."""
        cursor = connection.cursor()
        await self._execute(cursor, center, entries)
        return await cursor.fetchone()

    async def _execute(self, cursor: AsyncCursor[Any], center: str, entries: Sequence[_Entry]) -> None:
        saves = [entry.save for entry in entries]
        text, values = self._writer.form.compose(schema_name=center, saves=saves)
        await cursor.execute(text, values, prepare=True)

    # -- trouble ---------------------------------------------------------------------------------------------------

    async def _sort_out(self, batch: dict[str, list[_Entry]], trouble: _Trouble) -> None:
        """One center's statement failed and nothing was committed: that center alone pays for it."""
        entries = batch.pop(trouble.center)
        log.warning("Answers of %s: %s", trouble.center, trouble.error)
        if not self._center:
            self._writer.divert(trouble.center, entries)
            for others in batch.values():
                self._queue.extendleft(reversed(others))
        elif isinstance(trouble.error, psycopg.DataError):
            for entry in entries:
                await self._write_singly(entry)
        else:
            await asyncio.sleep(0.1)
            self._writer.try_again(entries)

    async def _write_singly(self, entry: _Entry) -> None:
        """Row by row, so that a value that the database does not take refuses only itself."""
        save = entry.save
        for row in save.rows:
            one = save.only(row)
            try:
                outcome = await self._ask(await self._connect(), entry.center, [_Entry(one, entry.told, 1)])
                for left in self._writer.form.settle(saves=[one], outcome=outcome):
                    left.refuse_all("unavailable")
            except psycopg.DataError:
                one.refuse_all("bad_answer")
            except _LOST:
                one.refuse_all("unavailable")
            save.add(one)
        self._writer.finish([entry])

    async def _lost(self, batch: dict[str, list[_Entry]], error: Exception) -> None:
        """The connection is gone. Once, at once, another is tried with the same batch, for appending twice harms not;
        after that everybody is sent away for a moment and keeps their answers."""
        await self._disconnect()
        self._failures += 1
        entries = list(itertools.chain.from_iterable(batch.values()))
        if self._failures == 1:
            self._queue.extendleft(reversed(entries))
            return
        pause = min(2.0, 0.05 * 2**self._failures) * random.uniform(0.5, 1)  # noqa: S311
        self._down_until = time.monotonic() + pause
        log.error("The database does not take answers (%s); next try in %.1f s.", error, pause)
        self._give_up(entries)

    def _give_up(self, entries: Iterable[_Entry]) -> None:
        entries = list(entries)
        for entry in entries:
            entry.save.refuse_all("unavailable")
        self._writer.finish(entries)

    # -- the connection --------------------------------------------------------------------------------------------

    async def _connect(self) -> AsyncConnection[Any]:
        if self._connection is not None and time.monotonic() < self._renew_at:
            return self._connection
        await self._disconnect()
        self._connection = await AsyncConnection.connect(self._place(), autocommit=True, prepare_threshold=0)
        self._connection.prepared_max = 500
        self._renew_at = time.monotonic() + _CONNECTION_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                await connection.close()

    def _place(self) -> str:
        """Where Django's connections go too, with options of our own."""
        settings = connections["default"].settings_dict
        given = {key: value for key, value in settings["OPTIONS"].items() if key != "pool"}
        options = " ".join(f"-c {key}={value}" for key, value in {**_PLANNER, **self._limits}.items())
        given["options"] = f"{given.get('options', '')} {options}".strip()
        parts = {
            "host": settings["HOST"],
            "port": settings["PORT"],
            "user": settings["USER"],
            "password": settings["PASSWORD"],
            "dbname": settings["NAME"],
        }
        return make_conninfo(**{key: value for key, value in parts.items() if value}, **given)


class _Trouble(Exception):
    """The statement of one center failed; the connection lives."""

    def __init__(self, center: str, error: psycopg.Error) -> None:
        super().__init__(center)
        self.center = center
        self.error = error


def _is_lost(connection: AsyncConnection[Any], error: psycopg.Error) -> bool:
    if isinstance(error, _OF_THE_STATEMENT):
        return False
    return connection.broken or isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)


_writers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Writer] = weakref.WeakKeyDictionary()


def writer() -> Writer:
    """The writer of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _writers.get(loop)
    if found is None:
        found = _writers[loop] = Writer()
    return found

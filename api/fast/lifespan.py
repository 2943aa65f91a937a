"""Start and end of a server process, for servers that tell of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from apps.attempts.operations import journal

Application = Callable[[dict[str, Any], Any, Any], Coroutine[Any, Any, None]]

_SECONDS = 5
_FRAMES_SECONDS = 0.3


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Nothing to begin with; at the end, what was taken in is written first."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await _finish()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def _finish() -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(journal.drain(), _SECONDS)


def with_farewell(sockets: Application) -> Application:
    """For Daphne, which does not tell: it cancels everything and hangs up, or, if a socket was opened within the last
    second, fails to cancel and hangs up on all. Its reactor is held until the answers are written, every socket was
    cancelled, and everybody has heard."""
    reactor: Any = sys.modules.get("twisted.internet.reactor")
    if reactor is None:
        return sockets
    under_way: set[asyncio.Task[Any]] = set()

    async def counted(scope: dict[str, Any], receive: Any, send: Any) -> None:
        task: Any = asyncio.current_task()
        under_way.add(task)
        try:
            await sockets(scope, receive, send)
        finally:
            under_way.discard(task)

    reactor.addSystemEventTrigger("before", "shutdown", _hold, under_way)
    return counted


def _hold(under_way: set[asyncio.Task[Any]]) -> Any:
    from twisted.internet.defer import Deferred

    return Deferred.fromFuture(asyncio.ensure_future(_farewell(under_way)))


async def _farewell(under_way: set[asyncio.Task[Any]]) -> None:
    leaving = [task for task in under_way if not task.done()]
    for task in leaving:
        if not task.cancelling():
            task.cancel()
    await _finish()
    if leaving:
        await asyncio.wait(leaving, timeout=_SECONDS)
    await asyncio.sleep(_FRAMES_SECONDS)

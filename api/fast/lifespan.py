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
    farewell = _Farewell(sockets)
    reactor.addSystemEventTrigger("before", "shutdown", farewell.hold)
    return farewell


class _Farewell:
    """Knows who is there, and lets nobody in once it has begun."""

    def __init__(self, sockets: Application) -> None:
        self._sockets = sockets
        self._under_way: set[asyncio.Task[Any]] = set()
        self._has_begun = False

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if self._has_begun:
            await receive()
            return await send({"type": "websocket.close"})
        task: Any = asyncio.current_task()
        self._under_way.add(task)
        try:
            await self._sockets(scope, receive, send)
        finally:
            self._under_way.discard(task)

    def hold(self) -> Any:
        from twisted.internet.defer import Deferred

        self._has_begun = True
        return Deferred.fromFuture(asyncio.ensure_future(self._wait()))

    async def _wait(self) -> None:
        leaving = set(self._under_way)
        for task in leaving:
            if not task.cancelling():
                task.cancel()
        await _finish()
        if leaving:
            await asyncio.wait(leaving, timeout=_SECONDS)
        await asyncio.sleep(_FRAMES_SECONDS)

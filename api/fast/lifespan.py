"""Start and end of a server process, for servers that tell of them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from apps.attempts.operations import journal

_SECONDS = 5


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Nothing to begin with; at the end, what was taken in is written first."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            with suppress(TimeoutError):
                await asyncio.wait_for(journal.drain(), _SECONDS)
            await send({"type": "lifespan.shutdown.complete"})
            return

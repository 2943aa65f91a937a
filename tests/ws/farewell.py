"""A small application for a real Daphne: its sockets say 1012 as ours do, its requests never answer."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import django

django.setup()

from api.fast.lifespan import with_farewell  # noqa: E402


async def sockets(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    try:
        await receive()
    except asyncio.CancelledError:
        send.args[0].sendCloseFrame(code=1012)
        await asyncio.sleep(0.1)  # leaving rooms
        raise


_sockets = with_farewell(sockets) if os.environ["SHIKEN_FAREWELL"] == "1" else sockets


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await _sockets(scope, receive, send)
    else:
        await asyncio.sleep(60)

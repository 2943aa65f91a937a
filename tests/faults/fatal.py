"""The application that kills itself at one moment of a save: of the first one with a number from ``FATAL`` on. Which
moment, ``FAIL_POINT`` says; ``early_ack`` is none of the product's, but what the checker must be able to find out."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from typing import Any

from apps.attempts.operations import writer
from config.asgi import application as product

__all__ = ["application"]

FATAL = 1000
POINTS = ("before_commit", "after_commit", "after_write", "early_ack")
_point = os.environ.get("FAIL_POINT", "")
_ask = writer._Lane._ask


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _ask_and_die(self: Any, connection: Any, center: str, entries: Sequence[Any]) -> Any:
    if not any(row[0] >= FATAL for entry in entries for row in entry.save.rows):
        return await _ask(self, connection, center, entries)
    if _point != "after_commit":
        await connection.execute("BEGIN")
    outcome = await _ask(self, connection, center, entries)
    if _point == "early_ack":
        self._writer.form.settle(saves=[entry.save for entry in entries], outcome=outcome)
        self._writer.finish(entries)
        await asyncio.sleep(0.3)
    return _die()


async def application(scope: Any, receive: Any, send: Any) -> None:
    async def sent(message: Any) -> None:
        await send(message)
        text = message.get("text") or message.get("body") or b"{}"
        if message["type"] in ("websocket.send", "http.response.body") and _acks(text):
            asyncio.get_running_loop().call_later(0.2, _die)  # when it has left

    await product(scope, receive, sent if _point == "after_write" else send)


def _acks(text: str | bytes) -> bool:
    return any(seq >= FATAL for seq in json.loads(text).get("acked", []))


if _point in ("before_commit", "after_commit", "early_ack"):
    writer._Lane._ask = _ask_and_die  # type: ignore[method-assign]

"""Running a coroutine without a task for as long as it does not wait, which a frame to an open socket rarely does."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any


def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Run ``work`` here and now up to its first wait. What is left goes on as a task; nothing, if it is done."""
    try:
        waited = work.send(None)
    except StopIteration:
        return None
    return asyncio.get_running_loop().create_task(_rest(work, waited))


async def _rest(work: Coroutine[Any, Any, None], waited: Any) -> None:
    await _go_on(work, waited)


@types.coroutine
def _go_on(work: Coroutine[Any, Any, None], waited: Any) -> Generator[Any, Any, None]:
    """Hands on what ``work`` waits for, and back to it what comes."""
    while True:
        trouble: BaseException | None = None
        answer = None
        try:
            answer = yield waited
        except BaseException as error:
            trouble = error
        try:
            waited = work.send(answer) if trouble is None else work.throw(trouble)
        except StopIteration:
            return

"""The way between a browser and the web server, to be cut and mended: what goes over it is passed on byte for byte."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator

HOST = "127.0.0.1"


class Cable:
    """Listens on a port of its own. While it is cut, connections hang: nothing arrives and nothing is refused, as when a
    wireless network is gone."""

    port = 0

    def __init__(self, to: int) -> None:
        self._to = to
        self._loop = asyncio.new_event_loop()
        self._open: asyncio.Event | None = None

    @contextlib.contextmanager
    def plugged_in(self) -> Iterator[Cable]:
        thread = threading.Thread(target=self._loop.run_forever, name="cable", daemon=True)
        thread.start()
        self._do(self._listen)
        try:
            yield self
        finally:
            self._do(self._unplug)
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def cut(self) -> None:
        self._do(self._close_gate)

    def mend(self) -> None:
        self._do(self._open_gate)

    def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await work()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    async def _listen(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        server = await asyncio.start_server(self._connect, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _close_gate(self) -> None:
        assert self._open is not None
        self._open.clear()

    async def _open_gate(self) -> None:
        assert self._open is not None
        self._open.set()

    async def _unplug(self) -> None:
        ends = asyncio.all_tasks() - {asyncio.current_task()}
        for task in ends:
            task.cancel()
        await asyncio.gather(*ends, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, self._to)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(self._pass(reader, back), self._pass(there, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._open is not None
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()

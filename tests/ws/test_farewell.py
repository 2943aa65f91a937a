"""What clients hear when a real Daphne is asked to go while requests are under way."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

import pytest
from websockets.asyncio.client import ClientConnection, connect

SOCKETS = 5


async def goodbyes(*, farewell: bool, pause: float) -> set[int | None]:
    """The close codes of some sockets after SIGTERM, ``pause`` seconds after the last one was opened."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    daphne = subprocess.Popen(
        [sys.executable, "-m", "daphne", "--port", str(port), "tests.ws.farewell:application"],
        env={**os.environ, "SHIKEN_FAREWELL": str(int(farewell))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        sockets = [await _open(port, daphne)]
        sockets += [await _open(port, daphne) for _ in range(SOCKETS - 1)]
        _, request = await asyncio.open_connection("127.0.0.1", port)
        request.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await asyncio.sleep(pause)
        daphne.terminate()
        await asyncio.gather(*[asyncio.wait_for(one.wait_closed(), 10) for one in sockets])
        request.close()
        return {one.close_code for one in sockets}
    finally:
        daphne.kill()
        daphne.wait()


async def _open(port: int, daphne: subprocess.Popen[bytes]) -> ClientConnection:
    for _ in range(400):
        try:
            return await connect(f"ws://127.0.0.1:{port}/")
        except OSError:
            assert daphne.poll() is None, "Daphne did not start"
            await asyncio.sleep(0.05)
    raise AssertionError("Daphne does not listen")


@pytest.mark.parametrize("pause", [0.1, 1.5])
async def test_every_socket_is_told_of_the_restart(pause):
    assert await goodbyes(farewell=True, pause=pause) == {1012}


async def test_control_daphne_alone_hangs_up_unheard_on_a_class_that_has_just_come():
    assert await goodbyes(farewell=False, pause=0.1) == {1006}

"""The cache when its server is gone."""

from __future__ import annotations

import socket
import threading

import pytest

from apps.core import cache


@pytest.fixture
def door():
    """A server that hangs up on everybody, and counts them."""
    server = socket.create_server(("127.0.0.1", 0))
    callers = []

    def answer() -> None:
        while True:
            try:
                caller, address = server.accept()
            except OSError:
                return
            callers.append(address)
            caller.close()

    threading.Thread(target=answer, daemon=True).start()
    yield f"redis://127.0.0.1:{server.getsockname()[1]}/0", callers
    server.close()


def test_what_one_instance_learned_of_a_dead_server_all_know(door):
    url, callers = door
    first, second = (cache.TolerantRedisCache(url, {}) for _ in range(2))
    first.set("a", 1)
    tried = len(callers)
    assert tried > 0
    assert second.get("a") == 1
    assert first.get("a") == 1
    assert len(callers) == tried, "an instance of its own asked again"


def test_the_server_is_tried_again_after_a_while(door, monkeypatch):
    url, callers = door
    monkeypatch.setattr(cache, "QUIET_SECONDS", 0.0)
    found = cache.TolerantRedisCache(url, {})
    found.set("a", 1)
    tried = len(callers)
    found.get("a")
    assert len(callers) > tried

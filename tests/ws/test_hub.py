"""The hub against a real Redis that goes away and comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from channels.layers import channel_layers
from django.conf import settings

from apps.core import realtime
from deployment.local.servers import Redis


class Ear:
    def __init__(self, blocks: bool = False) -> None:
        self.heard: list[int] = []
        self.blocks = blocks

    async def hear(self, room: str, kind: str, text: str) -> None:
        if self.blocks:
            await asyncio.sleep(3600)
        self.heard.append(json.loads(text)["n"])

    async def until(self, n: int, seconds: float = 8) -> None:
        async with asyncio.timeout(seconds):
            while n not in self.heard:
                await asyncio.sleep(0.02)


@pytest.fixture
def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """A Redis of this test's own, behind the channel layer."""
    server = Redis(tmp_path, tmp_path / "redis.log", durable=False)
    server.start()
    layers = {"default": {**settings.CHANNEL_LAYERS["default"], "CONFIG": {"hosts": [server.url]}}}
    monkeypatch.setattr(settings, "CHANNEL_LAYERS", layers)
    monkeypatch.setattr(realtime, "_postmen", {})
    monkeypatch.setattr(channel_layers, "backends", {})
    yield server
    server.stop()


async def tell(room: str, n: int) -> None:
    """What an operation does, from another thread."""
    await asyncio.to_thread(realtime._send, [{"type": "news", "room": room, "kind": "k", "text": f'{{"n":{n}}}'}])


async def tell_until(ear: Ear, room: str, n: int, seconds: float = 8) -> None:
    """News may be lost while Redis comes back; then it flows again."""
    async with asyncio.timeout(seconds):
        while n not in ear.heard:
            await tell(room, n)
            await asyncio.sleep(0.1)


async def test_one_subscription_per_room_however_many_listen(redis, monkeypatch):
    added: list[str] = []
    layer: Any = channel_layers["default"]
    inner = layer.group_add
    hub = realtime.Hub()

    async def group_add(room: str, channel: str) -> None:
        added.append(room)
        await inner(room, channel)

    monkeypatch.setattr(layer, "group_add", group_add, raising=False)
    ears = [Ear() for _ in range(50)]
    for ear in ears:
        await hub.join("r", ear)
    await tell("r", 1)
    for ear in ears:
        await ear.until(1)
    assert added == ["r"]
    for ear in ears:
        await hub.leave("r", ear)
    await tell("r", 2)
    await asyncio.sleep(0.3)
    assert all(ear.heard == [1] for ear in ears)


async def test_a_listener_that_hangs_or_fails_holds_up_nobody(redis):
    hub = realtime.Hub()

    class Failing(Ear):
        async def hear(self, room: str, kind: str, text: str) -> None:
            raise ValueError

    good = Ear()
    for ear in (Ear(blocks=True), Failing(), good):
        await hub.join("r", ear)
    for n in range(3):
        await tell("r", n)
    await good.until(2, seconds=2)
    assert good.heard == [0, 1, 2]


async def test_news_flows_again_after_redis_was_restarted(redis):
    hub = realtime.Hub()
    old, new = Ear(), Ear()
    await hub.join("old", old)
    await tell("old", 1)
    await old.until(1)
    redis.kill()
    redis.stop()
    await hub.join("new", new)  # a socket that opens meanwhile
    await tell("old", 2)  # lost, and nobody is harmed
    redis.start()
    await tell_until(old, "old", 3)
    await tell_until(new, "new", 4)


async def test_sockets_open_without_redis_and_get_news_later(redis):
    redis.kill()
    redis.stop()
    hub = realtime.Hub()
    ear = Ear()
    async with asyncio.timeout(2):
        await hub.join("r", ear)
        await hub.join("s", ear)
    redis.start()
    await tell_until(ear, "r", 1)
    await tell_until(ear, "s", 2)

"""A server process of the project's own, and a plain WebSocket client for it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import connection
from websockets.asyncio.client import ClientConnection, connect

from api.common import tokens
from apps.authentication.operations import tickets
from apps.core import tenancy
from tests.client import access_token

ROOT = Path(__file__).resolve().parents[2]
SERVERS = {
    "daphne": [
        *["-m", "daphne", "--bind", "127.0.0.1", "--port", "{port}"],
        *["--websocket-max-message-size", "65536", "{app}"],
    ],
    "uvicorn": ["-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--log-level", "warning", "{app}"],
}


class Server:
    """``with Server("daphne") as server: …`` on the tests' database."""

    def __init__(self, kind: str = "daphne", app: str = "config.asgi:application", **environment: str) -> None:
        self.kind = kind
        self.app = app
        database = connection.settings_dict
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._environment = {
            **os.environ,
            "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database),
            "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
            "DB_POOL": "1",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        words = [word.format(port=self.port, app=self.app) for word in SERVERS[self.kind]]
        self._process = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=self._environment)
        for _ in range(400):
            with contextlib.suppress(OSError):
                caller = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                caller.request("GET", "/livez")
                if caller.getresponse().status == 200:
                    return self
            assert self._process.poll() is None, "the server ended at once"
            time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def end(self, how: int = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
            self._process.kill()
            self._process.wait()
            self._process = None

    __enter__ = start

    def __exit__(self, *_: object) -> None:
        self.end()

    def socket(self, path: str, *, ticket: str = "", host: str = "north.localhost", **options: Any) -> Any:
        """``async with server.socket("/ws/…", ticket=…) as ws: …``"""
        protocols = {"subprotocols": [f"ticket.{ticket}"]} if ticket else {}
        address = ("127.0.0.1", self.port)
        return connect(f"ws://{host}:{self.port}{path}", host=address[0], port=address[1], **protocols, **options)


def ticket_for(person: Any, purpose: str = "", session_id: Any = None) -> str:
    """What ``auth/ws-ticket/`` would hand to this person."""
    access = tokens.read_access(tenant=person.tenant, token=access_token(person))
    entry = tickets.Entry(person.pk, session_id or access.session_id, access.version, person.role)
    with tenancy.enter(person.tenant):
        return tickets.issue_ticket(entry=entry, purpose=purpose)


async def hear(ws: ClientConnection, kind: str = "") -> dict[str, Any]:
    """The next message, or the next of one kind."""
    while True:
        message = json.loads(await ws.recv())
        if not kind or message["type"] == kind:
            return message

"""A small client of the API. Names under ``.localhost`` need not resolve: it connects to the loopback address."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

PATIENCE = httpx.Timeout(20)
NETWORK = (OSError, httpx.TransportError, WebSocketException, TimeoutError)


class Answered(Exception):
    """The server refused: its problem document."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        try:
            self.problem: dict[str, Any] = response.json()
        except ValueError:
            self.problem = {"code": "unreadable", "detail": response.text[:200]}
        super().__init__(f"{response.request.method} {response.request.url.path}: {self.status} {self.code}")

    @property
    def code(self) -> str:
        return str(self.problem.get("code", ""))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a center is served: connect to ``address``, ask for ``host``."""

    host: str
    port: int
    address: str = "127.0.0.1"

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


class Client:
    """One signed-in person. Renews the access token by itself when it has run out."""

    def __init__(self, place: Place, pool: httpx.AsyncClient) -> None:
        self.place = place
        self._pool = pool
        self._access = ""
        self._refresh = ""
        self.user: dict[str, Any] = {}

    async def sign_in(self, email: str, password: str) -> None:
        body = await self.insist("POST", "auth/login/", {"email": email, "password": password})
        self._access, self._refresh, self.user = body["access"], body["refresh"], body["user"]

    async def ticket(self, purpose: str) -> str:
        return str((await self.call("POST", "auth/ws-ticket/", {"purpose": purpose}))["ticket"])

    async def call(self, method: str, path: str, body: Any = None, *, renew: bool = True) -> Any:
        """The decoded answer; raises ``Answered`` for a refusal."""
        response = await self._send(method, path, body)
        if response.status_code == 401 and renew and self._refresh:
            pair = await self.call("POST", "auth/refresh/", {"refresh": self._refresh}, renew=False)
            self._access, self._refresh = pair["access"], pair["refresh"]
            response = await self._send(method, path, body)
        if response.status_code >= 400:
            raise Answered(response)
        return response.json() if response.content else None

    async def insist(self, method: str, path: str, body: Any = None) -> Any:
        """For what is safe to repeat: repeated until the server answers."""
        for wait in (0.2, 0.5, 1, 2, 4, 4, 4):
            try:
                return await self.call(method, path, body)
            except Answered as refusal:
                if refusal.status < 500 and refusal.status != 429:
                    raise
            except NETWORK:
                pass
            await asyncio.sleep(wait * (0.5 + random.random()))
        return await self.call(method, path, body)

    async def _send(self, method: str, path: str, body: Any) -> httpx.Response:
        headers = {"Host": self.place.name}
        if self._access:
            headers["Authorization"] = f"Bearer {self._access}"
        url = f"http://{self.place.address}:{self.place.port}/api/v1/{path}"
        return await self._pool.request(method, url, json=body, headers=headers)


def pool(size: int) -> httpx.AsyncClient:
    """Connections shared by a class."""
    limits = httpx.Limits(max_connections=size, max_keepalive_connections=size)
    return httpx.AsyncClient(timeout=PATIENCE, limits=limits)

"""The product's application with one more socket, for tests of what all sockets share."""

from __future__ import annotations

from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from config.asgi import application as product  # it must come first: it sets Django up

from api import policies  # isort: skip
from api.ws.base import Socket  # isort: skip
from apps.core import errors, tenancy  # isort: skip


class Echo(Socket):
    """Says everything back, joins the room it is told to."""

    purpose = "rooms"
    rule = policies.may(members=policies.OWN)

    async def entered(self) -> None:
        await self.tell("hello", {"center": self.tenant.slug, "role": self.entry.role})

    async def received(self, message: dict[str, Any]) -> None:
        if message["type"] == "join":
            await self.join(tenancy.room("echo", message["room"], tenant=self.tenant))
        elif message["type"] == "refuse":
            raise errors.Conflict
        elif message["type"] == "break":
            raise ZeroDivisionError
        await self.tell("echo", {"of": message})


class StaffOnly(Echo):
    rule = policies.may(staff=policies.OWN)


class Loose(Echo):
    takes_token_in_url = True


application = ProtocolTypeRouter(
    {
        "http": product,
        "websocket": URLRouter(
            [
                path("ws/echo/", Echo.as_asgi()),
                path("ws/staff/", StaffOnly.as_asgi()),
                path("ws/loose/", Loose.as_asgi()),
            ]
        ),
    }
)

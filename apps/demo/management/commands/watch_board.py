from __future__ import annotations

import asyncio
import json
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.live import Live
from rich.text import Text
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from apps.core import tenancy
from apps.demo import content, screen
from apps.demo.simulation import http
from apps.demo.simulation.http import NETWORK, Answered, Client, Place

LOOK_SECONDS = 3.0


class Command(BaseCommand):
    help = "Shows the live board of a room as it moves, over the same socket that any client uses. Ctrl-C ends it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--center", default="sakura")
        parser.add_argument("--room", default="", help="Id of the room; default: the newest one, and its successors.")
        parser.add_argument("--email", default="", help="Default: the center's demo teacher.")
        parser.add_argument("--password", default=content.PASSWORD)
        parser.add_argument("--port", type=int, default=settings.SHIKEN_PORT)
        parser.add_argument("--frames", type=int, default=0, help="Stop after so many boards; 0: never.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant = tenancy.get_by_slug(options["center"])
        except tenancy.UnknownTenant:
            raise CommandError(f"There is no center {options['center']!r}.") from None
        place = Place(content.host(tenant.slug), options["port"])
        email = options["email"] or content.teacher_email(tenant.slug)
        try:
            asyncio.run(self._watch(place, email, options))
        except KeyboardInterrupt:
            return
        except Answered as refusal:
            raise CommandError(str(refusal.problem.get("detail", refusal))) from None
        except NETWORK:
            raise CommandError(f"Nothing answers at {place.name}; start it first: make run") from None

    async def _watch(self, place: Place, email: str, options: dict[str, Any]) -> None:
        async with http.pool(4) as connections:
            client = Client(place, connections)
            await client.sign_in(email, options["password"])
            left = options["frames"] or float("inf")
            with Live(console=Console(), refresh_per_second=8) as live:
                while True:
                    try:
                        room = options["room"] or await self._newest(client)
                        async for board in self._boards(client, room, follow=not options["room"]):
                            title = f"{board['title']} · {place.host} · {time.strftime('%H:%M:%S')}"
                            live.update(screen.standings(board["top"], title, board.get("me")))
                            left -= 1
                            if left <= 0:
                                return
                    except NETWORK:
                        live.update(Text(f"The connection to {place.name} is lost; trying again…", style="yellow"))
                        await asyncio.sleep(1)

    async def _newest(self, client: Client) -> str:
        rooms = await client.call("GET", "exam-assignments/?page_size=50")
        live = [room for room in rooms["results"] if room["status"] != "SCHEDULED"]
        if not live:
            raise CommandError("No room has been opened yet.")
        return str(live[0]["id"])

    async def _boards(self, client: Client, room: str, *, follow: bool) -> Any:
        """What the socket pushes, until a newer room is opened."""
        title = (await client.call("GET", f"exam-assignments/{room}/"))["title"]
        ticket = await client.ticket("leaderboards")
        async with connect(
            f"ws://{client.place.name}/ws/leaderboards/{room}/",
            host=client.place.address,
            port=client.place.port,
            subprotocols=[f"ticket.{ticket}"],  # type: ignore[list-item]
        ) as socket:
            looked = time.monotonic()
            while True:
                try:
                    message = json.loads(await asyncio.wait_for(socket.recv(), LOOK_SECONDS))
                except TimeoutError:
                    message = {}
                except ConnectionClosed as closed:
                    if closed.rcvd and closed.rcvd.code in {4403, 4404}:
                        raise CommandError("The board of this room is not shown to this person.") from None
                    raise
                if message.get("type") == "board":
                    yield {"title": title, **message}
                if follow and time.monotonic() - looked > LOOK_SECONDS:
                    if await self._newest(client) != room:
                        return
                    looked = time.monotonic()

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.live import Live
from websockets.asyncio.client import connect

from apps.core import tenancy
from apps.demo import content, screen
from apps.demo.simulation import http
from apps.demo.simulation.http import Answered, Client, Place
from apps.demo.simulation.student import NETWORK


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
        tenant = tenancy.get_by_slug(options["center"])
        place = Place(content.host(tenant.slug), options["port"])
        email = options["email"] or content.teacher_email(tenant.slug)
        try:
            asyncio.run(self._watch(place, email, **options))
        except KeyboardInterrupt:
            self.stdout.write("")
        except Answered as refusal:
            raise CommandError(str(refusal.problem.get("detail", refusal))) from None
        except NETWORK as error:
            raise CommandError(f"Nothing answers at {place.name}: {error}") from None

    async def _watch(self, place: Place, email: str, **options: Any) -> None:
        async with http.pool(4) as connections:
            client = Client(place, connections)
            await client.sign_in(email, options["password"])
            frames = 0
            with Live(console=Console(), refresh_per_second=8) as live:
                while True:
                    room = options["room"] or await self._newest(client)
                    async for board in self._boards(client, room):
                        title = f"{board['title']} · {place.host} · version {board['version']}"
                        live.update(screen.standings(board["top"], title, board.get("me")))
                        frames += 1
                        if options["frames"] and frames >= options["frames"]:
                            return
                        if not options["room"] and await self._newest(client) != room:
                            break

    async def _newest(self, client: Client) -> str:
        rooms = await client.call("GET", "exam-assignments/?page_size=50")
        live = [room for room in rooms["results"] if room["status"] != "SCHEDULED"]
        if not live:
            raise CommandError("No room has been opened yet.")
        return str(live[0]["id"])

    async def _boards(self, client: Client, room: str) -> Any:
        ticket = await client.ticket("leaderboards")
        title = (await client.call("GET", f"exam-assignments/{room}/"))["title"]
        async with connect(
            f"ws://{client.place.name}/ws/leaderboards/{room}/",
            host=client.place.address,
            port=client.place.port,
            subprotocols=[f"ticket.{ticket}"],  # type: ignore[list-item]
        ) as socket:
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "board":
                    yield {"title": title, **message}

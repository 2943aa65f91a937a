from __future__ import annotations

import asyncio
import sys
import time
import uuid
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from rich.console import Console
from rich.live import Live

from apps.attempts import queries as attempts
from apps.core import tenancy
from apps.demo import content, queries, screen
from apps.demo.simulation import klass
from apps.demo.simulation.http import NETWORK, Answered, Place


class Command(BaseCommand):
    help = "Lets a class sit an exam against the running server, over real HTTP and WebSocket connections."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--center", default="sakura")
        parser.add_argument("--students", type=int, default=25)
        parser.add_argument("--minutes", type=float, default=2.0)
        parser.add_argument("--port", type=int, default=settings.SHIKEN_PORT)
        parser.add_argument("--seed", type=int, default=0, help="Run the same class again.")
        parser.add_argument("--demo", action="store_true", help="One class after the other until stopped.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SHIKEN_DEMO:
            raise CommandError("Simulated people exist in development only.")
        if options["students"] < 1 or options["minutes"] < 0.1:
            raise CommandError("A class needs a student and six seconds at least.")
        console = Console()
        try:
            lost = self._one_class(console, **options)
            while options["demo"] and not lost:
                time.sleep(15)
                lost = self._one_class(console, **options)
        except Answered as refusal:
            raise CommandError(str(refusal.problem.get("detail", refusal))) from None
        except NETWORK:
            where = Place(content.host(options["center"]), options["port"])
            raise CommandError(f"Nothing answers at {where.name}; start it first: make run") from None
        except KeyboardInterrupt:
            raise CommandError("Stopped in the middle; the room stays open until its teacher closes it.") from None
        if lost:
            raise CommandError(f"{lost} acknowledged answers were not found.")

    def _one_class(self, console: Console, **options: Any) -> int:
        try:
            tenant = tenancy.get_by_slug(options["center"])
        except tenancy.UnknownTenant:
            raise CommandError(f"There is no center {options['center']!r}.") from None
        with tenancy.enter(tenant):
            test = queries.get_demo_test()
            keys = queries.get_keys(test_id=test)
            people = queries.count_demo_students(slug=tenant.slug)
        # A class outlives a restart of the database; a connection kept meanwhile would not.
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL has one
        if options["students"] > people:
            raise CommandError(f"{tenant.name} has {people} demo students.")
        sitting = klass.Class(
            place=Place(content.host(tenant.slug), options["port"]),
            slug=tenant.slug,
            students=options["students"],
            seconds=int(options["minutes"] * 60),
            # The first ones stay free for people who want to try an exam themselves.
            first_student=people - options["students"] + 1,
            seed=options["seed"],
            title=f"Live class {time.strftime('%H:%M')}",
        )
        asyncio.run(self._watch(console, sitting, str(test), keys))
        for problem in sitting.problems:
            console.print(problem, style="red")
        with tenancy.enter(tenant):
            closed = attempts.closed_by_the_clock(assignment_id=uuid.UUID(sitting.room))
            books = klass.reckon(
                sitting.tallies, lambda ids: attempts.journal_keys(attempt_ids=ids), closed, len(sitting.board)
            )
        console.print(screen.reckoning(sitting, books))
        return books.lost

    async def _watch(self, console: Console, sitting: klass.Class, test: str, keys: Any) -> None:
        work = asyncio.create_task(klass.run(sitting, test, keys))
        if sys.stdout.isatty():
            with Live(console=console, refresh_per_second=4) as live:
                while not work.done():
                    live.update(screen.progress(sitting))
                    await asyncio.wait([work], timeout=0.25)
                live.update(screen.progress(sitting))
        else:
            while not work.done():
                await asyncio.wait([work], timeout=10)
                self.stdout.write(screen.line(sitting))
                self.stdout.flush()
        await work

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.centers.operations import migrating, stock
from apps.core.errors import Refusal


class Command(BaseCommand):
    help = "Bring every center's schema to the migrations of this code; safe to repeat and to start everywhere at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--shared", action="store_true", help="migrate the public schema first")
        parser.add_argument("--threads", type=int, default=4, help="centers at the same time (default: 4)")
        parser.add_argument("--check", action="store_true", help="change nothing; list what is behind, exit 1 if any")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
            return
        try:
            with stock.alone(waiting=lambda: self.stdout.write("Another process is migrating; waiting for it.")):
                if options["shared"]:
                    call_command("migrate_schemas", shared=True, verbosity=0, interactive=False)
                outcome = migrating.migrate_tenants(tell=self.stdout.write, threads=max(1, options["threads"]))
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        if outcome.failed:
            raise CommandError(f"{len(outcome.failed)} centers failed and answer 503: {', '.join(outcome.failed)}.")
        if outcome.migrated:
            self.stdout.write("All centers are up to date.")

    def _check(self) -> None:
        behind = migrating.list_behind()
        for schema_name, lacking in behind.items():
            self.stdout.write(f"{schema_name}: {len(lacking)} behind")
        if behind:
            raise CommandError(f"{len(behind)} centers are behind.")

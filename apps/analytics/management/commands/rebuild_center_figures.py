from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.analytics import operations
from apps.core.tenancy import UnknownTenant


class Command(BaseCommand):
    help = "Let centers count themselves anew for the owners' dashboard."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--center", default="", help="Slug of one center; all by default.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = operations.rebuild_figures(slug=options["center"])
        except UnknownTenant:
            raise CommandError("There is no such center.") from None
        self.stdout.write(f"Counted anew: {count}.")

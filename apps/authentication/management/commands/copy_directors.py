from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.authentication.operations import directors
from apps.core import tenancy


class Command(BaseCommand):
    help = "Copy the directors of centers anew for the owners' lists."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--center", default="", help="Slug of one center; all that are ready by default.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            centers = [tenancy.get_by_slug(options["center"])] if options["center"] else tenancy.list_ready()
        except tenancy.UnknownTenant:
            raise CommandError("There is no such center.") from None
        for center in centers:
            with tenancy.enter(center):
                count = directors.copy_directors()
            self.stdout.write(f"{center.slug}: {count}")

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.centers.operations import deleting
from apps.centers.queries import centers
from apps.core import tenancy
from apps.core.errors import Refusal


class Command(BaseCommand):
    help = "Have a center deleted: closed now, exported and dropped by a worker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--confirm", required=True, help="the slug once more")
        parser.add_argument("--reason", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        with tenancy.enter(tenancy.PUBLIC):
            center = centers.find_by_slug(slug=options["slug"])
            if center is None:
                raise CommandError(f"There is no center {options['slug']}.")
            try:
                job = deleting.ask_delete(center_id=center.pk, slug=options["confirm"], reason=options["reason"])
            except Refusal as refusal:
                raise CommandError(str(refusal)) from None
        self.stdout.write(f"{center.name} is closed; task {job.pk} exports it, then deletes it.")

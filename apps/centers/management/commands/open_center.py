from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.centers.models import Center
from apps.centers.operations import centers, template
from apps.core.errors import Refusal


class Command(BaseCommand):
    help = "Open a center: its row, its host and its schema, in about a second."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--slug", required=True, help="a-z, 0-9 and _; part of the schema's name for good")
        parser.add_argument("--name", required=True)
        parser.add_argument("--plan", choices=Center.Plan.values, default=Center.Plan.FREE)
        parser.add_argument("--host", default="", help=f"default: the slug under {settings.SHIKEN_CENTER_DOMAIN}")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            template.record()
            center = centers.open_center(**{key: options[key] for key in ("slug", "name", "plan", "host")})
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        if center.state != Center.State.READY:
            raise CommandError(f"{center.slug} is {center.state}: {center.state_reason}")
        self.stdout.write(f"{center.name} is open at {center.domains.all()[0].domain}.")

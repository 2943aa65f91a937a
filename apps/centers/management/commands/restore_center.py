from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.centers.operations import restoring, template
from apps.core.errors import Invalid, Refusal


class Command(BaseCommand):
    help = "Make a center from its export: the original again where that is gone, else a copy with a slug of its own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--slug", default="", help="default: the original's")
        parser.add_argument("--name", default="", help="default: the original's")
        parser.add_argument("--host", default="", help="default: the original's hosts, or one made from the slug")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            template.record()
            center = restoring.restore_center(
                path=path, slug=options["slug"], name=options["name"], host=options["host"], tell=self._tell
            )
        except Refusal as refusal:
            more = [problem.detail for problem in refusal.problems] if isinstance(refusal, Invalid) else []
            raise CommandError(" ".join(dict.fromkeys([str(refusal), *more]))) from None
        self.stdout.write(f"{center.name} is open at {', '.join(domain.domain for domain in center.domains.all())}.")

    def _tell(self, *, message: str = "", now: bool = False, **_: Any) -> None:
        if now:
            self.stdout.write(message)

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Writes docs/permissions.md from the table of policies."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, required=True)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        from api.common.permissions_page import page

        file.write_text(page())

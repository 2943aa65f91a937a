from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import Refusal
from apps.demo import operations


class Command(BaseCommand):
    help = "Makes the demo's owner, centers, people, tests and rooms; what exists is left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            operations.seed_demo(say=self._say)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

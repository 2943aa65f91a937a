from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrates the public schema and every center, then seeds the demo: one process, for a quick start."

    def handle(self, *args: Any, **options: Any) -> None:
        self._say("public schema")
        call_command("migrate_schemas", shared=True, verbosity=0, stdout=self.stdout)
        self._say("centers")
        call_command("migrate_tenants", stdout=self.stdout)
        self._say("demo people, tests and rooms")
        call_command("seed_demo", stdout=self.stdout)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

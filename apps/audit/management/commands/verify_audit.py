"""Check the audit trails; fails when one was tampered with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.operations import keeping
from apps.core import tenancy


class Command(BaseCommand):
    help = "Check every entry of the audit trails and the chain over them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--center", default="", help="The slug of one center; otherwise the platform and all centers."
        )

    def handle(self, *args: Any, center: str, **options: Any) -> None:
        try:
            tenants = [tenancy.get_by_slug(center)] if center else [tenancy.PUBLIC, *tenancy.list_ready()]
        except tenancy.UnknownTenant:
            raise CommandError(f"There is no center {center!r}.") from None
        unsound = []
        for tenant in tenants:
            with tenancy.enter(tenant):
                verdict = keeping.verify()
            told = (
                f"{tenant.slug}: {verdict.entries} entries, {verdict.flaw_count} flaws, head {verdict.head[:16] or '-'}"
            )
            if verdict.unknown_key:
                told += f", {verdict.unknown_key} sealed with an unknown secret"
            self.stdout.write(told)
            for flaw in verdict.flaws:
                self.stdout.write(f"  entry {flaw['entry']}: {flaw['flaw']}")
            if not verdict.is_sound:
                unsound.append(tenant.slug)
        if unsound:
            raise CommandError(f"Tampered with: {', '.join(unsound)}.")

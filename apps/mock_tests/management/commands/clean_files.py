"""The daily clean-up of files by hand, or a look at what it would do."""

from __future__ import annotations

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core import tenancy
from apps.mock_tests.operations.files import cleaning

log = logging.getLogger(__name__)
MOST_NAMED = 20


class Command(BaseCommand):
    help = "Remove files that no row names, and pictures and recordings that nothing has used for some weeks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--center", default="", help="The slug of one center; otherwise all.")
        parser.add_argument("--dry-run", action="store_true", help="Only tell what would go.")

    def handle(self, *args: Any, center: str, dry_run: bool, **options: Any) -> None:
        try:
            tenants = [tenancy.get_by_slug(center)] if center else tenancy.list_ready()
        except tenancy.UnknownTenant:
            raise CommandError(f"There is no center {center!r}.") from None
        failed = []
        for tenant in tenants:
            try:
                with tenancy.enter(tenant):
                    self._tell(tenant.slug, cleaning.clean_files(dry_run=dry_run), dry_run=dry_run)
            except Exception:
                log.exception("The files of %s could not be cleaned up.", tenant.slug)
                failed.append(tenant.slug)
        if failed:
            raise CommandError(f"Not cleaned up: {', '.join(failed)}.")

    def _tell(self, slug: str, cleaned: cleaning.Cleaned, *, dry_run: bool) -> None:
        would = "would go" if dry_run else "gone"
        self.stdout.write(
            f"{slug}: {len(cleaned.unused)} unused and {len(cleaned.orphans)} without a row"
            f" ({cleaned.orphan_bytes:,} bytes) {would}"
        )
        for name in [*cleaned.unused, *(kept.name for kept in cleaned.orphans)][:MOST_NAMED]:
            self.stdout.write(f"  {name}")

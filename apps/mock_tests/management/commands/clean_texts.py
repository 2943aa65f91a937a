"""After an update that changed the rules for rich text: cleans what was written under earlier ones."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.core import tenancy
from apps.mock_tests.operations.files import texts
from apps.mock_tests.rules.texts import richtext


class Command(BaseCommand):
    help = "Clean the texts of all centers that were cleaned under earlier rules."

    def handle(self, *args: Any, **options: Any) -> None:
        for tenant in tenancy.list_ready():
            with tenancy.enter(tenant):
                count = texts.clean_old_texts()
            self.stdout.write(f"{tenant.slug}: {count} rows are now as version {richtext.POLICY_VERSION} wants them")

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.authentication.operations import second_factor, single_sign_on_providers
from apps.core import tenancy


class Command(BaseCommand):
    help = "Seal all secrets at rest with the first of VAULT_KEYS; after that the old keys can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        total = 0
        for tenant in [tenancy.PUBLIC, *tenancy.list_ready()]:
            with tenancy.enter(tenant):
                total += second_factor.seal_anew() + single_sign_on_providers.seal_anew()
        self.stdout.write(f"{total} sealed anew.")

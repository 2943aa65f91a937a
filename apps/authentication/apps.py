from typing import ClassVar

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    name = "apps.authentication"
    verbose_name = "People"

    passing_tables: ClassVar[frozenset[str]] = frozenset(
        f"authentication_{name}" for name in ("session", "refreshtoken", "handle", "acting")
    )
    """Rows that stay behind when a center is exported."""

    def restored(self) -> None:
        """The present center was made from an export."""
        from apps.authentication.operations import settling

        settling.settle_in()

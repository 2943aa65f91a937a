from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, register


class ApiConfig(AppConfig):
    """The front door has no tables; it is an app so that its table of policies is checked at every start."""

    name = "api"

    def ready(self) -> None:
        register(_policies)


def _policies(app_configs: Any, **_: Any) -> list[CheckMessage]:
    # The views can be imported only once all apps are ready.
    from api.common.inventory import findings

    return findings()

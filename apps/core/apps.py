from importlib import import_module
from importlib.util import find_spec

from django.apps import AppConfig, apps


class CoreConfig(AppConfig):
    name = "apps.core"
    verbose_name = "Bus"

    def ready(self) -> None:
        from apps.core import checks  # noqa: F401

        # Ears must be known in every process that may publish, so they are registered here once for all apps.
        for config in apps.get_app_configs():
            if config.name.startswith("apps.") and find_spec(f"{config.name}.subscribers"):
                import_module(f"{config.name}.subscribers")

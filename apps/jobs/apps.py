from typing import ClassVar

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "apps.jobs"
    verbose_name = "Long work"

    passing_tables: ClassVar[frozenset[str]] = frozenset({"jobs_job"})
    """Rows that stay behind when a center is exported."""

    def ready(self) -> None:
        # Whoever asks for work must know its kinds, not only the worker that does it.
        autodiscover_modules("tasks")

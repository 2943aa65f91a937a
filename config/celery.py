"""The Celery app; every task knows the center that it was sent for."""

import os

from tenant_schemas_celery.app import CeleryApp

from apps.core.sweeping import Sweeping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")

app = CeleryApp("shiken", task_cls="apps.core.worker:CenterTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add(Sweeping)

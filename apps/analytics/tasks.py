from typing import Any

from celery import shared_task

from apps.analytics import operations


@shared_task(name="look_after_figures")
def look_after_figures(**_: Any) -> int:
    return operations.look_after_figures()

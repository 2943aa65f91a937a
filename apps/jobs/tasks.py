import uuid
from typing import Any

from celery import shared_task

from apps.jobs import operations


# Shorter than the broker's visibility timeout, longer than anything that is meant to come to an end.
@shared_task(name="run_job", soft_time_limit=3300, time_limit=3400)
def run_job(*, job_id: str, **_: Any) -> bool:
    return operations.run(job_id=uuid.UUID(job_id))

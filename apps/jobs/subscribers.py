from __future__ import annotations

from apps.core import bus
from apps.jobs import operations
from apps.jobs.events import JobDue


@bus.subscribe(JobDue)
def look_after(event: JobDue) -> None:
    operations.look_after(job_id=event.job_id)

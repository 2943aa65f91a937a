from __future__ import annotations

import logging
from typing import Any

from celery import shared_task

from apps.core import tenancy
from apps.jobs import operations as jobs
from apps.mock_tests.operations.exchange import export_jobs as exporting_jobs
from apps.mock_tests.operations.exchange import import_jobs as importing_jobs
from apps.mock_tests.operations.files import cleaning

log = logging.getLogger(__name__)


@shared_task(name="clean_files")
def clean_files(**_: Any) -> int:
    """One task for each center, so that one that fails stops no other."""
    sent = 0
    for tenant in tenancy.list_ready():
        try:
            clean_files_of_center.apply_async(headers={"_schema_name": tenant.schema_name}, queue="bulk")
            sent += 1
        except Exception:
            log.exception("The files of %s wait for the next round.", tenant.schema_name)
    return sent


@shared_task(name="clean_files_of_center")
def clean_files_of_center(**_: Any) -> int:
    """Clean up in the center this was sent for."""
    cleaned = cleaning.clean_files()
    return len(cleaned.unused) + len(cleaned.orphans)


@jobs.works(kind=importing_jobs.KIND, undo=lambda params: importing_jobs.forget(params=params), can_stop=True)
def import_questions(running: jobs.Running) -> dict[str, Any]:
    return importing_jobs.import_as_job(running=running, params=running.params)


@jobs.works(kind=exporting_jobs.KIND, can_stop=True)
def export_questions(running: jobs.Running) -> dict[str, Any]:
    return exporting_jobs.export_as_job(running=running, params=running.params)

from typing import Any

from apps.jobs import operations as jobs
from apps.mock_tests.operations import exporting_jobs, importing_jobs


@jobs.works(kind=importing_jobs.KIND, undo=lambda params: importing_jobs.forget(params=params), can_stop=True)
def import_questions(running: jobs.Running) -> dict[str, Any]:
    return importing_jobs.import_as_job(running=running, params=running.params)


@jobs.works(kind=exporting_jobs.KIND, can_stop=True)
def export_questions(running: jobs.Running) -> dict[str, Any]:
    return exporting_jobs.export_as_job(running=running, params=running.params)

import uuid
from typing import Any

from celery import shared_task

from apps.centers.operations import deleting, domains, exporting, restoring, subscriptions
from apps.jobs import operations as jobs


@shared_task(name="check_domains")
def check_domains(**_: Any) -> int:
    return domains.check_due()


@shared_task(name="watch_plan_ends")
def watch_plan_ends(**_: Any) -> int:
    return sum(subscriptions.watch_ends())


@jobs.works(kind=exporting.KIND)
def export_center(running: jobs.Running) -> dict[str, Any]:
    return exporting.export_as_job(running=running, center_id=uuid.UUID(running.params["center_id"]))


@jobs.works(kind=restoring.KIND, undo=lambda params: restoring.give_up(params=params))
def restore_center(running: jobs.Running) -> dict[str, Any]:
    return restoring.restore_as_job(running=running, params=running.params)


@jobs.works(kind=deleting.KIND, undo=lambda params: deleting.take_back(params=params))
def delete_center(running: jobs.Running) -> dict[str, Any]:
    return deleting.delete_as_job(running=running, params=running.params)

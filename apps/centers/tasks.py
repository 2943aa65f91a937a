from typing import Any

from celery import shared_task

from apps.centers.operations import domains, subscriptions


@shared_task(name="check_domains")
def check_domains(**_: Any) -> int:
    return domains.check_due()


@shared_task(name="watch_plan_ends")
def watch_plan_ends(**_: Any) -> int:
    return sum(subscriptions.watch_ends())

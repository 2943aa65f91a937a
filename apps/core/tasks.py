from typing import Any

from celery import shared_task

from apps.core import bus, sweeping


@shared_task(name="deliver")
def deliver(*, ids: list[int], **_: Any) -> int:
    return bus.deliver(ids=ids)


@shared_task(name="sweep_deliveries")
def sweep_deliveries(**_: Any) -> int:
    return bus.deliver_due_short()


@shared_task(name="sweep_long_deliveries")
def sweep_long_deliveries(**_: Any) -> int:
    return bus.deliver_due_long()


@shared_task(name=sweeping.NAME)
def sweep_without_beat(**_: Any) -> int:
    return bus.deliver_due_short()


@shared_task(name="prune_deliveries")
def prune_deliveries(**_: Any) -> int:
    return bus.prune()

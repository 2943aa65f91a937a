from __future__ import annotations

import logging
from typing import Any

from celery import shared_task

from apps.attempts.events import AttemptTimeUp
from apps.attempts.operations import item_figures, keyed, sitting
from apps.core import bus, tenancy

log = logging.getLogger(__name__)


@shared_task(name="auto_submit_expired_attempts")
def auto_submit_expired_attempts(**_: Any) -> int:
    """One task for each center that has overdue alarms; the cost grows with what is due, not with the centers."""
    sent = 0
    for schema_name in bus.schemas_due(AttemptTimeUp):
        try:
            if tenancy.get_by_schema(schema_name).is_ready:
                close_expired_attempts.apply_async(headers={"_schema_name": schema_name}, queue="deadline")
                sent += 1
        except Exception:
            log.exception("Overdue attempts of %s wait for the next round.", schema_name)
    return sent


@shared_task(name="close_expired_attempts")
def close_expired_attempts(**_: Any) -> int:
    """Close what is overdue in the center this was sent for, a thousand at a time."""
    count = 0
    while closed := sitting.close_expired():
        count += closed
    return count


@shared_task(name="recount_items")
def recount_items(**_: Any) -> int:
    """One task for each center: how its takers did with the questions of its bank."""
    return _in_each_center(recount_items_of_center)


@shared_task(name="recount_items_of_center")
def recount_items_of_center(**_: Any) -> int:
    return item_figures.recount()


@shared_task(name="forget_keys")
def forget_keys(**_: Any) -> int:
    """One task for each center: answers that were kept for whoever asks again."""
    return _in_each_center(forget_keys_of_center)


@shared_task(name="forget_keys_of_center")
def forget_keys_of_center(**_: Any) -> int:
    return keyed.forget_keys()


def _in_each_center(task: Any) -> int:
    sent = 0
    for tenant in tenancy.list_ready():
        try:
            task.apply_async(headers={"_schema_name": tenant.schema_name}, queue="bulk")
            sent += 1
        except Exception:
            log.exception("%s of %s waits for the next round.", task.name, tenant.schema_name)
    return sent

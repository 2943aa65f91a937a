from __future__ import annotations

import logging
from typing import Any

from celery import shared_task

from apps.core import tenancy
from apps.leaderboards import operations, queries

log = logging.getLogger(__name__)


@shared_task(name="sync_leaderboard_to_db")
def sync_leaderboard_to_db(**_: Any) -> int:
    """One task for each center with new results; the cost grows with what has come in, not with the centers."""
    sent = 0
    for schema_name in queries.centers_to_sync():
        try:
            if tenancy.get_by_schema(schema_name).is_ready:
                sync_center_boards.apply_async(headers={"_schema_name": schema_name}, queue="bulk")
                sent += 1
        except Exception:
            log.exception("The boards of %s wait for the next round.", schema_name)
    return sent


@shared_task(name="sync_center_boards")
def sync_center_boards(**_: Any) -> int:
    """The boards of the center this was sent for."""
    return operations.sync_boards()

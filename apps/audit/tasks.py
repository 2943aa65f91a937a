from __future__ import annotations

import logging
from typing import Any

from celery import shared_task

from apps.audit.operations import keeping
from apps.core import tenancy

log = logging.getLogger(__name__)


@shared_task(name="keep_audits")
def keep_audits(**_: Any) -> int:
    """The platform's trail, and one task for each center's."""
    keeping.keep()
    sent = 0
    for tenant in tenancy.list_ready():
        try:
            keep_audit.apply_async(headers={"_schema_name": tenant.schema_name}, queue="bulk")
            sent += 1
        except Exception:
            log.exception("The audit trail of %s waits for the next round.", tenant.schema_name)
    return sent


@shared_task(name="keep_audit")
def keep_audit(**_: Any) -> int:
    return keeping.keep()

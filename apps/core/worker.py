"""What every background task runs in: the center that it was sent for, and no other.

The name of the center's schema travels in the message's headers, put there when the task is sent. A message without one,
with one that cannot be, or of a center that is not there or not ready is rejected before the task and before any table
of a center is touched. The switching of tenant-schemas-celery is not used: it lives in signals, where a failure is
logged and the task runs on in the public schema.
"""

from __future__ import annotations

import logging
import re
import time
from typing import Any

from celery.exceptions import Reject
from celery.signals import task_prerun
from django.conf import settings
from redis.exceptions import RedisError
from tenant_schemas_celery.app import get_schema_name_from_task
from tenant_schemas_celery.task import TenantTask

from apps.core import tenancy, trace, volatile
from apps.core.events import LONG
from apps.core.tenancy import Tenant
from apps.core.trace import Trace

log = logging.getLogger(__name__)

task_prerun.disconnect(dispatch_uid="tenant_schemas_switch_schema")

PULSE_SECONDS = 60
_POSSIBLE = re.compile(r"public|c_[a-z][a-z0-9_]{2,40}")
_next_pulse: dict[str, float] = {}


class CenterTask(TenantTask):
    """Base of all tasks."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        tenant = self._sent_for()
        token = tenancy.log_schema.set(tenant.schema_name)
        try:
            with tenancy.enter(tenant), trace.at(Trace(trace.SYSTEM, actor_name=self.name)):
                if (self.request.delivery_info or {}).get("routing_key") != LONG:  # those have a worker of their own
                    _beat("worker")
                if any(entry["task"] == self.name for entry in settings.CELERY_BEAT_SCHEDULE.values()):
                    _beat("beat")
                return self.run(*args, **kwargs)
        finally:
            tenancy.log_schema.reset(token)

    def _sent_for(self) -> Tenant:
        schema_name = get_schema_name_from_task(self, {})
        if not isinstance(schema_name, str) or not _POSSIBLE.fullmatch(schema_name):
            raise self._rejection("it names no center")
        try:
            tenant = tenancy.get_by_schema(schema_name)
        except tenancy.UnknownTenant:
            raise self._rejection("its center is unknown") from None
        if not tenant.is_ready:
            raise self._rejection("its center is not ready")
        return tenant

    def _rejection(self, reason: str) -> Reject:
        log.error("Task %s (%s) was rejected: %s.", self.name, self.request.id, reason)
        return Reject(reason, requeue=False)


def pulse(part: str) -> int | None:
    """Seconds since ``worker`` ran a task, or ran one that ``beat`` had sent; nothing if that is long ago."""
    left = int(volatile.client().ttl(f"g:pulse:{part}"))
    return PULSE_SECONDS - left if left >= 0 else None


def _beat(part: str) -> None:
    """Note a sign of life, every few seconds at most; with Redis down there is none, and no harm."""
    if time.monotonic() < _next_pulse.get(part, 0):
        return
    _next_pulse[part] = time.monotonic() + 5
    try:
        volatile.client().set(f"g:pulse:{part}", 1, ex=PULSE_SECONDS)
    except RedisError as error:
        log.warning("No sign of life was left: %s", error)

"""Links to the files of tasks: whoever holds one may fetch the file until it expires, at the host it was signed for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid

from django.conf import settings
from django.http import HttpRequest

from api.common.requests import Request
from apps.core import clock
from apps.core.tenancy import Tenant
from apps.jobs.errors import JobNotFound, LinkExpired

SECONDS = 900
_BYTES = 18


def sign(request: Request | HttpRequest, job_id: uuid.UUID) -> str:
    """The absolute address of a task's file, good for a quarter of an hour."""
    tenant: Tenant = request.tenant  # type: ignore[union-attr]
    expires = int(clock.now().timestamp()) + SECONDS
    place = request.build_absolute_uri(f"/api/v1/tasks/{job_id}/file/")
    return f"{place}?expires={expires}&sig={_signature(tenant, job_id, expires)}"


def check(*, tenant: Tenant, job_id: uuid.UUID, expires: str, signature: str) -> None:
    """Refuse a link that was not made here (as if nothing were there), or that has expired."""
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
        raise JobNotFound
    if not hmac.compare_digest(_signature(tenant, job_id, int(expires)).encode(), signature.encode()):
        raise JobNotFound
    if int(expires) <= clock.now().timestamp():
        raise LinkExpired


def _signature(tenant: Tenant, job_id: uuid.UUID, expires: int) -> str:
    message = f"task:{tenant.id}:{job_id}:{expires}".encode()
    digest = hmac.new(settings.SHIKEN_LINK_KEY.encode(), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_BYTES]).decode()

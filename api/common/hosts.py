"""Which center a connection belongs to, for code on the event loop, which must not wait for the database."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from apps.core import tenancy
from apps.core.tenancy import Tenant

Headers = Iterable[tuple[bytes, bytes]]

_asking: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Task[Tenant | None]]]
_asking = weakref.WeakKeyDictionary()


def url_of(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> str:
    """The whole address that a request asks for, as Django would say it. Of what proxies tell, only the scheme is believed,
    and only where the settings say so."""
    scheme = scope.get("scheme", "http")
    if settings.SECURE_PROXY_SSL_HEADER:
        name, value = settings.SECURE_PROXY_SSL_HEADER
        told = headers.get(name.removeprefix("HTTP_").replace("_", "-").lower().encode(), b"").decode("latin-1")
        scheme = "https" if told.split(",")[0].strip() == value else "http"
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{scheme}://{headers.get(b'host', b'').decode('latin-1')}{scope['path']}{'?' + query if query else ''}"


def header(headers: Headers, name: bytes) -> str:
    """The first header of this (lower-case) name, or nothing."""
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


async def tenant_at(host: str) -> Tenant | None:
    """The center at this host. What is remembered is answered at once; else one thread asks for all who wait."""
    try:
        return tenancy.recall_by_host(host)
    except LookupError:
        asking = _asking.setdefault(asyncio.get_running_loop(), {})
        if host not in asking:
            asking[host] = asyncio.create_task(tenancy.run(tenancy.PUBLIC, tenancy.find_by_host, host))
            asking[host].add_done_callback(lambda _: asking.pop(host, None))
        return await asyncio.shield(asking[host])


def is_same_origin(origin: str, host: str) -> bool:
    """Whether a page of this very host sent the request. Programs that are no browsers send no origin."""
    if not origin:
        return True
    scheme, found, place = origin.lower().partition("://")
    standard = {"http": ":80", "https": ":443"}.get(scheme, "")
    return bool(found and standard) and place.removesuffix(standard) == host.lower().removesuffix(standard)

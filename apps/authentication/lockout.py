"""Who guessed too often, counted by person and address in the cache of each center; also how to lift it again."""

from __future__ import annotations

import hashlib
from typing import Any

from axes.handlers.cache import AxesCacheHandler
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.http import HttpRequest
from redis.exceptions import RedisError

from apps.audit import operations as audit
from apps.core import tenancy, trace, volatile

_NOWHERE = "-"


class Handler(AxesCacheHandler):
    """As the library's, but it remembers from which addresses a person's password was guessed, and until when each is
    locked: the library finds a counter only by both."""

    def user_login_failed(self, sender: Any, credentials: Any, request: Any = None, **kwargs: Any) -> None:
        was_locked = bool(getattr(request, "axes_locked_out", False))
        super().user_login_failed(sender, credentials, request, **kwargs)
        email = (credentials or {}).get("username")
        if request is None or not email or was_locked:
            return
        action = "sign_in.locked" if request.axes_locked_out else "sign_in.failed"
        audit.record(action=action, subject="address", subject_id="", name=email)
        life = cooloff_seconds()
        try:
            line = volatile.client().pipeline()
            line.sadd(_key(email), request.axes_ip_address or _NOWHERE)
            line.expire(_key(email), life)
            if request.axes_locked_out:
                line.set(_lock_key(email, request.axes_ip_address), "1", ex=life)
            line.execute()
        except RedisError:
            return


def address_of(request: HttpRequest) -> str | None:
    """From where somebody asks, as the audit trail and the rates have it. The library's own reading takes the first of
    several forwarded addresses, which is whatever a stranger wrote there."""
    remote, forwarded = (str(request.META.get(name) or "") for name in ("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR"))
    return trace.address_of(remote=remote, forwarded=forwarded) or None


def cooloff_seconds() -> int:
    """For how long an address is locked."""
    return int(settings.AXES_COOLOFF_TIME * 3600)


def seconds_left(request: HttpRequest, email: str) -> int:
    """How long this person is locked from this address, as well as that is known."""
    try:
        left = int(volatile.client().ttl(_lock_key(email, getattr(request, "axes_ip_address", None))))
    except RedisError:
        left = 0
    return left if left > 0 else cooloff_seconds()


def locked_addresses(email: str) -> list[str]:
    """From where this person is locked at the moment; nothing if that is not known."""
    try:
        known = sorted(map(str, volatile.client().smembers(_key(email))))
        return [address for address in known if volatile.client().exists(_lock_key(email, address))]
    except RedisError:
        return []


def lift(email: str) -> int:
    """Forget every failure of this person, from wherever. Returns from how many addresses they were locked."""
    locked = locked_addresses(email)
    try:
        known = set(map(str, volatile.client().smembers(_key(email))))
        volatile.client().delete(_key(email), *(_lock_key(email, address) for address in known))
    except RedisError:
        return 0
    for address in known:
        AxesProxyHandler.reset_attempts(ip_address=None if address == _NOWHERE else address, username=email)
    return len(locked)


def forgive(request: HttpRequest, email: str) -> None:
    """A right password: what was wrong before it, from the same address, counts no more."""
    address = getattr(request, "axes_ip_address", None)
    AxesProxyHandler.reset_attempts(ip_address=address, username=email)
    try:
        volatile.client().srem(_key(email), address or _NOWHERE)
    except RedisError:
        return


def _key(email: str) -> str:
    return tenancy.key("failures", _digest(email))


def _lock_key(email: str, address: str | None) -> str:
    return tenancy.key("locked", _digest(email), address or _NOWHERE)


def _digest(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:40]

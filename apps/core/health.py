"""How the parts are, for the health page of the main host. Figures and words only: no addresses, names or versions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import DatabaseError
from django_tenants.utils import get_tenant_model
from redis.exceptions import RedisError

from apps.core import bus, clock, tenancy, volatile, worker

MOST_SKEW_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Health:
    """``status`` is ok, degraded (slower or later, nothing lost) or down."""

    status: str
    parts: Mapping[str, Mapping[str, object]]


def why_not_ready() -> str:
    """The one word for why this process cannot serve yet; empty if it can. Fails when the database does not answer."""
    with tenancy.enter(tenancy.PUBLIC):
        if _clock_skew() > MOST_SKEW_SECONDS:
            return "clock"
        return "migrations" if tenancy.missing_in(["public"], tenancy.expected_migrations("SHARED_APPS")) else ""


def report() -> Health:
    """Ask every part."""
    parts = {
        "database": _asked(_database),
        "redis": _asked(_redis),
        "worker": _asked(lambda: _pulse("worker")),
        "beat": _asked(lambda: _pulse("beat")),
        "deliveries": _asked(_deliveries),
    }
    if all(part["status"] == "ok" for part in parts.values()):
        return Health("ok", parts)
    return Health("down" if parts["database"]["status"] == "down" else "degraded", parts)


def _asked(ask: Callable[[], dict[str, object]]) -> dict[str, object]:
    started = time.perf_counter()
    try:
        found = ask()
    except (DatabaseError, RedisError):
        return {"status": "down"}
    return {"status": "ok", **found, "milliseconds": round((time.perf_counter() - started) * 1000, 1)}


def _clock_skew() -> float:
    """Seconds between this host and the database."""
    return abs(clock.now().timestamp() - time.time())


def _database() -> dict[str, object]:
    with tenancy.enter(tenancy.PUBLIC):
        skew = _clock_skew()
        centers = get_tenant_model().objects
        return {
            "status": "skewed" if skew > MOST_SKEW_SECONDS else "ok",
            "clock_skew_seconds": round(skew, 3),
            "centers": centers.count(),
            "centers_not_ready": centers.exclude(state="READY").count(),
        }


def _redis() -> dict[str, object]:
    volatile.client().ping()
    return {}


def _pulse(part: str) -> dict[str, object]:
    seconds = worker.pulse(part)
    return {"status": "silent" if seconds is None else "ok", "seconds_ago": seconds}


def _deliveries() -> dict[str, object]:
    waiting = bus.waiting()
    return {"status": "late" if waiting["overdue"] or waiting["dead"] else "ok", **waiting}

"""Signs of life from those who sit. Noting one touches memory alone; a thread brings them to Redis once a second.

Nothing waits for it and nothing fails with it: without Redis they are dropped, and whoever watches a room sees what
PostgreSQL knows.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections import defaultdict

from redis.exceptions import RedisError

from apps.attempts.operations import heartbeats
from apps.core.tenancy import Tenant

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
QUIET_SECONDS = 5.0

_Key = tuple[uuid.UUID, uuid.UUID, str]
"""Center, room, attempt: quicker to look up than with the center as a whole."""


class _Carrier:
    """One per process: what was noted since the last round, and the thread that goes round."""

    def __init__(self) -> None:
        self._heard: dict[_Key, float] = {}
        self._saved: dict[_Key, float] = {}
        self._places: dict[_Key, str] = {}
        self._tenants: dict[uuid.UUID, Tenant] = {}
        self._wake = threading.Event()
        threading.Thread(target=self._go_round, name="presence", daemon=True).start()

    def note(self, tenant: Tenant, assignment_id: uuid.UUID, attempt_id: str, *, is_saved: bool, place: str) -> None:
        now = time.monotonic()
        key = tenant.id, assignment_id, attempt_id
        self._tenants[tenant.id] = tenant
        if is_saved:
            self._saved[key] = now
        if place:
            self._places[key] = place
        self._heard[key] = now
        self._wake.set()

    def _go_round(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(EVERY_SECONDS)
            self._wake.clear()
            heard, self._heard = self._heard, {}
            saved, self._saved = self._saved, {}
            places, self._places = self._places, {}
            try:
                self._bring(heard, saved, places)
            except RedisError as error:
                log.warning("%s signs of life were dropped: %s", len(heard), error)
                time.sleep(QUIET_SECONDS)
            except Exception:
                log.exception("Signs of life were dropped.")

    def _bring(self, heard: dict[_Key, float], saved: dict[_Key, float], places: dict[_Key, str]) -> None:
        now = time.monotonic()
        by_room: dict[tuple[uuid.UUID, uuid.UUID], list[heartbeats.Sign]] = defaultdict(list)
        # A thread may still be writing into what was just put aside.
        for key, moment in list(heard.items()):
            tenant_id, assignment_id, attempt_id = key
            wrote = saved.get(key)
            saved_ago = None if wrote is None else _ago(now, wrote)
            sign = heartbeats.Sign(attempt_id, _ago(now, moment), saved_ago, places.get(key, ""))
            by_room[tenant_id, assignment_id].append(sign)
        for (tenant_id, assignment_id), signs in by_room.items():
            heartbeats.put(tenant=self._tenants[tenant_id], assignment_id=assignment_id, signs=signs)


def _ago(now: float, moment: float) -> int:
    return max(0, round((now - moment) * 1000))


_carriers: dict[int, _Carrier] = {}


def note(*, tenant: Tenant, assignment_id: uuid.UUID, attempt_id: str, is_saved: bool = False, place: str = "") -> None:
    """Somebody who sits was heard of just now; ``is_saved`` if an answer of theirs was committed, ``place`` is the address
    they connected from."""
    carrier = _carriers.get(os.getpid())
    if carrier is None:
        carrier = _carriers.setdefault(os.getpid(), _Carrier())
    carrier.note(tenant, assignment_id, attempt_id, is_saved=is_saved, place=place.replace(" ", ""))

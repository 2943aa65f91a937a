"""Keeping what screens noticed and what the server saw: advice for people, apart from everything that decides about an
attempt."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Now

from apps.attempts import errors, queries
from apps.attempts.models import IntegrityEvent, Whereabouts
from apps.attempts.rules import integrity as rules
from apps.core import trace

if TYPE_CHECKING:
    from apps.authentication.models import User


def report_events(*, actor: User, attempt_id: uuid.UUID, events: Iterable[Mapping[str, object]]) -> int:
    """Keep events of the actor's own attempt, whatever its status; returns how many. Refuses any other attempt."""
    if not queries.attempts_for(actor).filter(pk=attempt_id, student=actor).exists():
        raise errors.AttemptNotFound
    return keep_events(attempt_id=attempt_id, events=events)


def keep_events(*, attempt_id: uuid.UUID, events: Iterable[Mapping[str, object]]) -> int:
    """The same where it is known whose attempt it is. Touches no attempt, so it is in nobody's way.

    What goes beyond the share of its kind is dropped: who floods has said enough, and everything else is still heard.
    """
    noticed = rules.read_events(events)
    with transaction.atomic():
        told = IntegrityEvent.objects.filter(attempt_id=attempt_id, is_observed=False).order_by()
        counts = dict(told.values_list("kind").annotate(count=Count("pk")))
        kept = [
            IntegrityEvent(attempt_id=attempt_id, kind=event.kind, at=event.at, details=dict(event.details))
            for event in rules.within_shares(noticed, counts)
        ]
        IntegrityEvent.objects.bulk_create(kept)
    return len(kept)


def remember(*, attempt_id: uuid.UUID) -> None:
    """Keep from where somebody has begun just now: what comes later is compared with it."""
    asked = trace.current()
    Whereabouts.objects.create(attempt_id=attempt_id, address=asked.address, agent=asked.agent)


def see(*, attempt_id: uuid.UUID, way: str) -> int:
    """Somebody goes on, takes over or connects (``rules.STARTED``, ``TAKEN_OVER``, ``SOCKET``): compare where they come from
    with the last time, keep it, and note what is different; returns how many things were. Touches no attempt."""
    asked = trace.current()
    now = rules.Place(asked.address, asked.agent)
    here = Whereabouts.objects.filter(attempt_id=attempt_id, address=now.address, agent=now.agent)
    if way == rules.STARTED and here.exists():
        return 0
    with transaction.atomic():
        known, is_new = Whereabouts.objects.select_for_update().get_or_create(
            attempt_id=attempt_id, defaults={"address": now.address, "agent": now.agent}
        )
        before = None if is_new else rules.Place(known.address, known.agent)
        noticed = rules.observe(way=way, before=before, now=now, sockets=known.entries)
        known.address, known.agent = now.address or known.address, now.agent or known.agent
        known.entries += way == rules.SOCKET
        known.seen_at = Now()
        known.save()
        if noticed:
            seen = IntegrityEvent.objects.filter(attempt_id=attempt_id, is_observed=True).count()
            noticed = noticed[: max(rules.MOST_OBSERVED - seen, 0)]
            IntegrityEvent.objects.bulk_create(
                IntegrityEvent(attempt_id=attempt_id, kind=event.kind, details=dict(event.details), is_observed=True)
                for event in noticed
            )
    return len(noticed)

"""Keeping what screens noticed: advice for people, apart from everything that decides about an attempt."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from apps.attempts import errors, queries
from apps.attempts.models import IntegrityEvent
from apps.attempts.rules import integrity as rules

if TYPE_CHECKING:
    from apps.authentication.models import User


def report_events(*, actor: User, attempt_id: uuid.UUID, events: Iterable[Mapping[str, object]]) -> int:
    """Keep events of the actor's own attempt, whatever its status; returns how many. Refuses any other attempt."""
    if not queries.attempts_for(actor).filter(pk=attempt_id, student=actor).exists():
        raise errors.AttemptNotFound
    return keep_events(attempt_id=attempt_id, events=events)


def keep_events(*, attempt_id: uuid.UUID, events: Iterable[Mapping[str, object]]) -> int:
    """The same where it is known whose attempt it is. Touches no attempt, so it is in nobody's way.

    What goes beyond ``rules.MOST_OF_AN_ATTEMPT`` is dropped: who floods has said enough.
    """
    noticed = rules.read_events(events)
    with transaction.atomic():
        room = rules.MOST_OF_AN_ATTEMPT - IntegrityEvent.objects.filter(attempt_id=attempt_id).count()
        kept = [
            IntegrityEvent(attempt_id=attempt_id, kind=event.kind, at=event.at, details=dict(event.details))
            for event in noticed[: max(room, 0)]
        ]
        IntegrityEvent.objects.bulk_create(kept)
    return len(kept)

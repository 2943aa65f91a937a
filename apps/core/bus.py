"""The bus: one table in the public schema, written in the transaction of the change it tells of.

``publish`` inserts one ``Delivery`` per listener; after the commit a worker is nudged; a sweep picks up what a nudge
lost. A worker locks a delivery (skipping locked ones), enters its center, calls the listener and marks it done, all in
one transaction: a listener's effect on the database happens once. Failures back off; after the last try the delivery
is dead and waits, visibly, for a person.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from celery import current_app
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.core import clock, tenancy
from apps.core.events import LONG, Event
from apps.core.models import Delivery

log = logging.getLogger(__name__)

E = TypeVar("E", bound=Event)
Listener = Callable[[Any], object]

MOST_TRIES = 8
SHARE = 25
MANY = 50
_listeners: dict[str, list[str]] = defaultdict(list)
_by_path: dict[str, tuple[type[Event], Listener]] = {}
_quiet_until = 0.0
_ADOPTED = ("event", "payload", "subscriber", "queue", "due_at", "tries")


def subscribe(event: type[E]) -> Callable[[Callable[[E], object]], Callable[[E], object]]:
    """Register a listener; used in ``subscribers.py`` only. The listener touches the database and nothing else."""

    def register(listener: Callable[[E], object]) -> Callable[[E], object]:
        path = f"{listener.__module__}.{listener.__qualname__}"
        if path not in _by_path:
            _listeners[event.name].append(path)
        _by_path[path] = (event, listener)
        return listener

    return register


def publish(event: Event, *, due_at: datetime | None = None) -> None:
    """Announce ``event`` to its listeners, at once or when ``due_at`` comes. Refuses to run outside a transaction."""
    publish_many([event], due_at=due_at)


def publish_many(events: Iterable[Event], *, due_at: datetime | None = None) -> None:
    """Announce several events with one insert."""
    if not connection.in_atomic_block:
        raise RuntimeError("An announcement belongs to the transaction of the change it tells of.")
    schema = tenancy.schema_name()
    events = list(events)
    # One moment for all as a value: rows of values alone go in as arrays, which for many is several times faster.
    at: Any = clock.now() if len(events) > MANY else Now()
    rows = [
        Delivery(
            schema_name=schema,
            event=event.name,
            payload=event.payload(),
            subscriber=path,
            queue=event.queue,
            created_at=at,
            due_at=due_at or at,
        )
        for event in events
        for path in _listeners[event.name]
    ]
    made = Delivery.objects.bulk_create(rows)
    if made and due_at is None:
        by_queue: dict[str, list[int]] = defaultdict(list)
        for row in made:
            by_queue[row.queue].append(row.pk)
        transaction.on_commit(lambda: _nudge(by_queue), robust=True)


def _nudge(by_queue: dict[str, list[int]]) -> None:
    """Hurry a worker. With the broker down nothing is lost: the sweep finds the rows; we stay quiet for a while."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    # In shares, so that a whole class that hands in at once is spread over the workers.
    shares = [(queue, ids[at : at + SHARE]) for queue, ids in by_queue.items() for at in range(0, len(ids), SHARE)]
    for queue, ids in shares:
        try:
            current_app.send_task(
                "deliver",
                kwargs={"ids": ids},
                queue=queue,
                headers={"_schema_name": "public"},
                retry=False,
                ignore_result=True,  # else Celery subscribes to it, and retries that for long
            )
        except Exception as error:
            _quiet_until = time.monotonic() + 5
            log.warning("The broker does not answer (%s); deliveries wait for the sweep.", error)
            return


def deliver(*, ids: Iterable[int]) -> int:
    """Deliver these, if they are still pending and due. Returns how many were handed over."""
    return sum(_deliver_next(Q(pk=pk)) for pk in ids)


def deliver_due(*, most: int = 500, only: Q | None = None) -> int:
    """Deliver what is due, oldest first, ``most`` at a time; what another worker holds is skipped."""
    count = 0
    while count < most and _deliver_next(only or Q()):
        count += 1
    return count


def deliver_due_short(*, most: int = 500) -> int:
    """The same without what may take minutes, for whoever looks after deadlines."""
    return deliver_due(most=most, only=~Q(queue=LONG))


def deliver_due_long(*, most: int = 500) -> int:
    """What may take minutes, and nothing else."""
    return deliver_due(most=most, only=Q(queue=LONG))


def _deliver_next(which: Q) -> bool:
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        row = (
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(which, done_at=None, dead_at=None, due_at__lte=Now())
            .order_by("due_at", "pk")
            .first()
        )
        if row is None:
            return False
        error = _call(row)
        if error is None:
            Delivery.objects.filter(pk=row.pk).update(done_at=Now(), tries=row.tries + 1, last_error="")
        else:
            _put_back(row, error)
        return True


def _call(row: Delivery) -> Exception | None:
    try:
        event_type, listener = _by_path[row.subscriber]
        with tenancy.enter(tenancy.get_by_schema(row.schema_name)), transaction.atomic():
            listener(event_type.from_payload(row.payload))
    except Exception as error:
        log.exception("Delivery %s of %s to %s failed.", row.pk, row.event, row.subscriber)
        return error
    return None


def _put_back(row: Delivery, error: Exception) -> None:
    tries = row.tries + 1
    changes: dict[str, object] = {"tries": tries, "last_error": f"{type(error).__name__}: {error}"[:2000]}
    if tries >= MOST_TRIES:
        changes["dead_at"] = Now()
    else:
        changes["due_at"] = Now() + timedelta(seconds=min(2**tries, 300))
    Delivery.objects.filter(pk=row.pk).update(**changes)


def schemas_due(event: type[Event]) -> list[str]:
    """The centers that have overdue deliveries of ``event``, dead ones included: one query, whatever their number."""
    with tenancy.enter(tenancy.PUBLIC):
        due = Delivery.objects.filter(
            Q(dead_at=None) | Q(dead_at__isnull=False), event=event.name, done_at=None, due_at__lte=Now()
        )
        return sorted(due.values_list("schema_name", flat=True).distinct())


def schemas_reached(event: type[Event], *, within: timedelta) -> list[str]:
    """The centers whose listeners were told of ``event`` lately: one query, whatever their number."""
    with tenancy.enter(tenancy.PUBLIC):
        told = Delivery.objects.filter(event=event.name, done_at__gt=Now() - within)
        return sorted(told.values_list("schema_name", flat=True).distinct())


def adopt(*, schema_name: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Take over what was pending for a center elsewhere, or before; what no listener here is known for is left out.
    Returns how many rows that are."""
    with tenancy.enter(tenancy.PUBLIC):
        made = [
            Delivery(schema_name=schema_name, **{name: row[name] for name in _ADOPTED})
            for row in rows
            if row["subscriber"] in _listeners.get(row["event"], ())
        ]
        return len(Delivery.objects.bulk_create(made, batch_size=1000))


def waiting() -> dict[str, int]:
    """What is pending, overdue and dead, for health pages and dashboards."""
    with tenancy.enter(tenancy.PUBLIC):
        pending = Delivery.objects.filter(done_at=None, dead_at=None)
        return {
            "pending": pending.count(),
            "overdue": pending.filter(due_at__lt=Now() - timedelta(minutes=1)).count(),
            "dead": Delivery.objects.filter(dead_at__isnull=False).count(),
        }


def revive(*, ids: Iterable[int]) -> int:
    """Give dead deliveries another round of tries."""
    with tenancy.enter(tenancy.PUBLIC):
        return Delivery.objects.filter(pk__in=list(ids), dead_at__isnull=False).update(
            dead_at=None, tries=0, due_at=Now(), last_error=F("last_error")
        )


def prune(*, older_than: timedelta = timedelta(days=7), most: int = 10_000) -> int:
    """Forget deliveries done long ago."""
    with tenancy.enter(tenancy.PUBLIC):
        old = Delivery.objects.filter(done_at__lt=Now() - older_than).order_by("pk")[:most]
        count, _ = Delivery.objects.filter(pk__in=old.values("pk")).delete()
    return count

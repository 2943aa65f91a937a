from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import close_old_connections, connection
from django.db.models import Q, QuerySet

from apps.audit.errors import EntryNotFound
from apps.audit.models import Entry
from apps.core import tenancy
from apps.core.tenancy import Tenant

if TYPE_CHECKING:
    from apps.core.trace import Person

READERS = frozenset({"CENTER_ADMIN", "OWNER"})
_BATCH = 1000


def entries_for(
    actor: Person,
    *,
    person: uuid.UUID | None = None,
    action: str = "",
    subject: str = "",
    subject_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    search: str = "",
    only_owners: bool = False,
) -> QuerySet[Entry]:
    """The trail of the present schema, newest first: for the admins of a center theirs, for owners the platform's, for
    everybody else nothing. ``person`` is whoever acted, also in somebody's place; ``action`` one act or, with a dot at its
    end, all of a kind; ``search`` words in names and reasons; ``only_owners`` what owners of the platform did."""
    entries = Entry.objects.all() if actor.role in READERS else Entry.objects.none()
    if person:
        entries = entries.filter(Q(actor_id=person) | Q(owner_id=person))
    if action:
        entries = entries.filter(action__startswith=action) if action.endswith(".") else entries.filter(action=action)
    if subject:
        entries = entries.filter(subject=subject)
    if subject_id:
        entries = entries.filter(subject_id=subject_id)
    if since:
        entries = entries.filter(at__gte=since)
    if until:
        entries = entries.filter(at__lt=until)
    if only_owners:
        entries = entries.filter(Q(actor_role="OWNER") | Q(owner_id__isnull=False))
    for word in search.split():
        entries = entries.filter(
            Q(name__icontains=word)
            | Q(reason__icontains=word)
            | Q(actor_name__icontains=word)
            | Q(owner_name__icontains=word)
            | Q(action__icontains=word)
        )
    return entries.order_by("-id")


def acts_of(*, person_id: uuid.UUID, most: int = 10_000) -> list[dict[str, Any]]:
    """What one person did here, newest first, and from where: for that person. What was done to others is not named."""
    acts = Entry.objects.filter(actor_id=person_id, owner_id=None).order_by("-id")[:most]
    return [dict(act) for act in acts.values("at", "action", "subject", "address", "agent")]


def get_entry_for(actor: Person, entry_id: uuid.UUID) -> Entry:
    """One entry; refuses what this person cannot read."""
    entry = entries_for(actor).filter(uid=entry_id).first()
    if entry is None:
        raise EntryNotFound
    return entry


def stream(entries: QuerySet[Entry], *, tenant: Tenant) -> Iterator[list[Entry]]:
    """The same rows in batches, each in a query of its own, from whatever thread asks for it: flat memory, no cursor and
    no connection held while a slow reader takes its time."""
    last: int | None = None
    while batch := _batch(entries, tenant, last):
        yield batch
        last = batch[-1].pk


def _batch(entries: QuerySet[Entry], tenant: Tenant, last: int | None) -> list[Entry]:
    try:
        with tenancy.enter(tenant):
            return list((entries if last is None else entries.filter(pk__lt=last))[:_BATCH])
    finally:
        # Inside a transaction the connection is somebody else's to close.
        if not connection.in_atomic_block:
            close_old_connections()

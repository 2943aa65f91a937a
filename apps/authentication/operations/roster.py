"""Many people at once, from a list. Inserts are set-based: the cost hardly grows with the number of people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password

from apps.authentication import rules
from apps.authentication.events import GuestTimeOver, UserChanged, UserRegistered
from apps.authentication.models import User
from apps.authentication.operations import seats, welcome
from apps.authentication.rules.roster import Entry, Flaw
from apps.core import bus

BATCH = 2_000
_FIELDS = {"first_name": "first_name", "last_name": "last_name", "locale": "language", "phone": "phone"}


@dataclass(slots=True)
class Sorted:
    """A list beside what the center has: who is new, who is here, whose columns differ, and what cannot be."""

    new: list[Entry] = field(default_factory=list)
    known: list[tuple[Entry, User]] = field(default_factory=list)
    changed: list[tuple[Entry, User]] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)


def sort_entries(*, entries: Sequence[Entry], update_existing: bool) -> Sorted:
    """Compare a list with the center, with one query for each two thousand people. People who are here keep what they
    have, unless ``update_existing``: then filled cells of the list count. An address that is here in another role, or of
    somebody who is shut out, is a flaw; nobody's role or state is changed by a list."""
    found = Sorted()
    here = _people_with(entry.email for entry in entries)
    for entry in entries:
        person = here.get(entry.email)
        if person is None:
            found.new.append(entry)
        elif flaw := _clash(entry, person):
            found.flaws.append(flaw)
        elif update_existing and _differences(entry, person):
            found.changed.append((entry, person))
        else:
            found.known.append((entry, person))
    return found


def add_people(*, entries: Sequence[Entry], at: datetime, send_letters: bool) -> dict[str, uuid.UUID]:
    """Add these people, approved and without a password, and write to each how to choose one. Returns ids by address;
    somebody who came in by another way at the same moment is left out. Refuses more people than the plan allows. Inside
    a transaction."""
    ends_at = at + timedelta(days=rules.GUEST_DAYS)
    rows = [
        User(
            email=entry.email,
            password=make_password(None),
            first_name=entry.first_name,
            last_name=entry.last_name,
            role=entry.role or User.Role.STUDENT,
            locale=entry.language,
            phone=entry.phone,
            is_approved=True,
            access_ends_at=ends_at if entry.role == User.Role.GUEST else None,
            # As a value, like all others: then the rows go in as arrays.
            created_at=at,
        )
        for entry in entries
    ]
    User.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    kept = _existing(row.pk for row in rows)
    rows = [row for row in rows if row.pk in kept]
    bus.publish_many(UserRegistered(user_id=row.pk) for row in rows)
    bus.publish_many((GuestTimeOver(user_id=row.pk) for row in rows if row.access_ends_at), due_at=ends_at)
    if send_letters:
        for start in range(0, len(rows), BATCH):
            welcome.post_welcome(people=rows[start : start + BATCH], at=at)
    seats.take_seats(adding=len(rows))
    return {row.email: row.pk for row in rows}


def change_people(*, changed: Sequence[tuple[Entry, User]]) -> None:
    """Write the filled cells of a list over what these people have. Inside a transaction."""
    for entry, person in changed:
        for name, value in _differences(entry, person).items():
            setattr(person, name, value)
    User.objects.bulk_update([person for _, person in changed], list(_FIELDS), batch_size=500)
    bus.publish_many(UserChanged(user_id=person.pk) for _, person in changed)


def _people_with(emails: Iterable[str]) -> dict[str, User]:
    wanted = list(emails)
    found: dict[str, User] = {}
    for start in range(0, len(wanted), BATCH):
        share = wanted[start : start + BATCH]
        rows = User.objects.filter(email__in=share, deleted_at=None)
        found |= {row.email.lower(): row for row in rows}
    return found


def _existing(ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    wanted = list(ids)
    found: set[uuid.UUID] = set()
    for start in range(0, len(wanted), BATCH):
        found |= set(User.objects.filter(pk__in=wanted[start : start + BATCH]).values_list("pk", flat=True))
    return found


def _differences(entry: Entry, person: User) -> dict[str, str]:
    given = {name: getattr(entry, column) for name, column in _FIELDS.items()}
    return {name: value for name, value in given.items() if value and value != getattr(person, name)}


def _clash(entry: Entry, person: User) -> Flaw | None:
    if entry.role and entry.role != person.role:
        text = f"Somebody here has this address as {person.role.lower()}; roles are not changed by a list."
        return Flaw(entry.row, "role", "role_differs", text)
    if not person.is_active:
        return Flaw(entry.row, "email", "shut_out", "The person with this address was shut out; let them in first.")
    if not person.is_approved:
        return Flaw(
            entry.row, "email", "waits", "The person with this address waits for approval; decide on that first."
        )
    return None

"""The owners' list of directors: a copy in the public schema, so that no list has to ask every center."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.centers.models import Center, CenterAdmin
from apps.core import tenancy

_COPIED = ("email", "first_name", "last_name", "avatar", "is_active", "is_approved", "created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class Director:
    """A center admin as the owners may see them."""

    id: uuid.UUID
    email: str
    first_name: str
    last_name: str
    avatar: str
    is_active: bool
    is_approved: bool
    created_at: datetime
    updated_at: datetime


def keep_admin(*, director: Director) -> None:
    """Copy a director of the present center as they are now. Repeating it changes nothing."""
    row = _row(tenancy.current().id, director)
    values = {name: getattr(row, name) for name in _COPIED}
    where = {"center_id": row.center_id, "person_id": row.person_id}
    CenterAdmin.objects.update_or_create(**where, defaults=values, create_defaults={**values, "id": row.pk})


def forget_admin(*, person_id: uuid.UUID) -> None:
    """Somebody of the present center is no director, or not any more."""
    CenterAdmin.objects.filter(person_id=person_id, center=tenancy.current().id).delete()


def replace_admins(*, directors: Iterable[Director]) -> int:
    """Copy all directors of the present center anew; returns how many there are."""
    center_id = tenancy.current().id
    rows = [_row(center_id, director) for director in directors]
    with transaction.atomic():
        Center.objects.select_for_update(no_key=True).get(pk=center_id)
        CenterAdmin.objects.filter(center=center_id).delete()
        CenterAdmin.objects.bulk_create(rows)
    return len(rows)


def id_of(*, center_id: uuid.UUID, person_id: uuid.UUID) -> uuid.UUID:
    """The id of a director's copy. Two centers, one restored from the other, have people with the same ids."""
    return uuid.uuid5(center_id, str(person_id))


def _row(center_id: uuid.UUID, director: Director) -> CenterAdmin:
    values = {name: getattr(director, name) for name in _COPIED}
    return CenterAdmin(
        id=id_of(center_id=center_id, person_id=director.id), center_id=center_id, person_id=director.id, **values
    )

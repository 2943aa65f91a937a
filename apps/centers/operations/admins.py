"""The owners' list of directors: a copy in the public schema, so that no list has to ask every center."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from apps.centers.models import Center, CenterAdmin
from apps.core import tenancy


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
    center_id = tenancy.current().id
    values = {**asdict(director), "center_id": center_id}
    if CenterAdmin.objects.filter(pk=director.id).exclude(center=center_id).exists():
        return  # of the center that the present one is a copy of
    CenterAdmin.objects.update_or_create(id=values.pop("id"), defaults=values)


def forget_admin(*, person_id: uuid.UUID) -> None:
    """Somebody of the present center is no director, or not any more."""
    CenterAdmin.objects.filter(pk=person_id, center=tenancy.current().id).delete()


def replace_admins(*, directors: Iterable[Director]) -> int:
    """Copy all directors of the present center anew; returns how many there are."""
    center_id = tenancy.current().id
    rows = [CenterAdmin(center_id=center_id, **asdict(director)) for director in directors]
    with transaction.atomic():
        Center.objects.select_for_update(no_key=True).get(pk=center_id)
        CenterAdmin.objects.filter(center=center_id).delete()
        # The people of a restored copy have the ids of the original's, whose rows stay.
        CenterAdmin.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)

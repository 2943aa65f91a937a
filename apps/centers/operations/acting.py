"""Whether a center lets owners of the platform work in it. Its own admins decide; owners cannot."""

from __future__ import annotations

from django.db import transaction

from apps.audit import operations as audit
from apps.centers.models import Center
from apps.core import tenancy


def allow_acting(*, allowed: bool) -> bool:
    """Allow owners to act in the present center, or forbid it. Returns whether that changed anything."""
    with transaction.atomic():
        center_id = tenancy.current().id
        changed = Center.objects.filter(pk=center_id, allows_acting=not allowed).update(allows_acting=allowed)
        if changed:
            audit.record(
                action="acting.allowed" if allowed else "acting.forbidden",
                subject="center",
                subject_id=center_id,
                name=tenancy.current().name,
                before={"is_allowed": not allowed},
                after={"is_allowed": allowed},
                also_in="public",
            )
    return bool(changed)

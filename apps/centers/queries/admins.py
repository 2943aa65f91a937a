from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet

from apps.centers.errors import AdminNotFound
from apps.centers.models import CenterAdmin


def list_admins(
    *,
    search: str = "",
    center: uuid.UUID | None = None,
    is_active: bool | None = None,
    is_approved: bool | None = None,
    ordering: str = "-created_at",
) -> QuerySet[CenterAdmin]:
    """The directors of all centers, as last copied from there; names, e-mail or center hold each word of ``search``."""
    admins = CenterAdmin.objects.select_related("center")
    for word in search.split():
        admins = admins.filter(
            Q(email__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(center__name__icontains=word)
        )
    wanted = {"center": center, "is_active": is_active, "is_approved": is_approved}
    admins = admins.filter(**{name: value for name, value in wanted.items() if value is not None})
    return admins.order_by(ordering, "email", "id")


def get_admin(*, admin_id: uuid.UUID) -> CenterAdmin:
    """One of them; refuses an unknown id."""
    admin = CenterAdmin.objects.select_related("center").filter(pk=admin_id).first()
    if admin is None:
        raise AdminNotFound
    return admin

from __future__ import annotations

import uuid

from django.db.models import Prefetch, Q, QuerySet

from apps.centers.errors import CenterNotFound, CenterSuspended
from apps.centers.models import Center, Domain
from apps.core import tenancy
from apps.core.tenancy import Tenant

ORDERINGS = ("name", "-name", "created_at", "-created_at", "status", "-status")


def list_centers(*, search: str = "", status: str = "", ordering: str = "-created_at") -> QuerySet[Center]:
    """Every center, newest first unless asked otherwise; ``search`` looks at name, slug, e-mail and hosts."""
    centers = _with_hosts()
    if search:
        centers = centers.filter(
            Q(name__icontains=search)
            | Q(slug__icontains=search)
            | Q(email__icontains=search)
            | Q(pk__in=Domain.objects.filter(domain__icontains=search).values("tenant_id"))
        )
    if status:
        centers = centers.filter(status=status)
    return centers.order_by(ordering, "slug")


def get_center(*, center_id: uuid.UUID) -> Center:
    """One center; refuses an unknown id."""
    center = _with_hosts().filter(pk=center_id).first()
    if center is None:
        raise CenterNotFound
    return center


def find_by_slug(*, slug: str) -> Center | None:
    """The center with this slug, if there is one, whatever its state."""
    return _with_hosts().filter(slug=slug).first()


def check_not_suspended(*, tenant: Tenant | None = None) -> None:
    """Refuse a sign-in or a start in a suspended center (the present one by default); what runs goes on."""
    if (tenant or tenancy.current()).status == Center.Status.SUSPENDED:
        raise CenterSuspended


def _with_hosts() -> QuerySet[Center]:
    return Center.objects.prefetch_related(Prefetch("domains", Domain.objects.order_by("-is_primary", "domain")))

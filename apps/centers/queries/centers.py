from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, Prefetch, Q, QuerySet

from apps.centers.errors import CenterNotFound, CenterSuspended
from apps.centers.models import Center, CenterAdmin, Domain
from apps.centers.queries import catalog
from apps.centers.rules import plans
from apps.core import tenancy
from apps.core.tenancy import Tenant

_ADMINS = Prefetch("admins", CenterAdmin.objects.filter(is_active=True).order_by("created_at", "email"))
ORDERINGS = ("name", "-name", "created_at", "-created_at", "status", "-status")


@dataclass(frozen=True, slots=True)
class Face:
    """How a center shows itself to people, and the host where they find it."""

    name: str
    color: str
    locale: str
    time_zone: str
    host: str
    logo: str = ""


def list_centers(*, search: str = "", status: str = "", ordering: str = "-created_at") -> QuerySet[Center]:
    """Every center, newest first unless asked otherwise; ``search`` looks at name, slug, e-mail and hosts."""
    centers = _with_hosts().prefetch_related(_ADMINS)
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


def count_centers(*, since: datetime) -> dict[str, int]:
    """How many centers there are, archived ones left out of ``total``, by status, and how many of them came since."""
    living = ~Q(status=Center.Status.ARCHIVED)
    return Center.objects.order_by().aggregate(
        total=Count("pk", living),
        new=Count("pk", living & Q(created_at__gt=since)),
        failed=Count("pk", Q(state=Center.State.FAILED)),
        **{status.lower(): Count("pk", Q(status=status)) for status in Center.Status.values},
    )


def get_center(*, center_id: uuid.UUID) -> Center:
    """One center; refuses an unknown id."""
    center = _with_hosts().prefetch_related(_ADMINS).filter(pk=center_id).first()
    if center is None:
        raise CenterNotFound
    return center


def get_own_center(*, center_id: uuid.UUID) -> Center:
    """The center of the present host, if this is its id; refuses every other one."""
    if center_id != tenancy.current().id:
        raise CenterNotFound
    return get_center(center_id=center_id)


def host_of(center: Center) -> str:
    """The host to which links lead; ``get_center`` and the lists have it at hand."""
    return next((domain.domain for domain in center.domains.all()), settings.SHIKEN_MAIN_HOSTS[0])


def address_at(center: Center, path: str) -> str:
    """An absolute address on a center's primary host, as the platform knows it, never as a request says."""
    base = urlsplit(settings.SHIKEN_FRONTEND_URL)
    port = f":{base.port}" if base.port else ""
    return f"{base.scheme}://{host_of(center)}{port}{path}"


def find_by_slug(*, slug: str) -> Center | None:
    """The center with this slug, if there is one, whatever its state."""
    return _with_hosts().filter(slug=slug).first()


def hold_tenant(*, center_id: uuid.UUID) -> Tenant | None:
    """The center, open or closed, as work in its schema needs it, which nobody drops before the end of the transaction;
    nothing where there is no such schema: its tables would mean those of the public one."""
    center = Center.objects.select_for_update(no_key=True).filter(pk=center_id).first()
    if center is None:
        return None
    with connection.cursor() as cursor:
        if not catalog.has_schema(cursor, center.schema_name):
            return None
    return catalog.value_of(center)


def get_face(*, tenant: Tenant | None = None) -> Face:
    """Of the present center by default; of the platform itself in the public schema."""
    tenant = tenant or tenancy.current()
    if tenant.is_public:
        return Face(tenant.name, "", settings.LANGUAGE_CODE, settings.TIME_ZONE, settings.SHIKEN_MAIN_HOSTS[0])
    center = _with_hosts().filter(pk=tenant.id).first()
    if center is None:
        raise CenterNotFound
    return Face(center.name, center.primary_color, center.locale, center.time_zone, host_of(center), center.logo)


def local_day(*, at: datetime) -> date:
    """The day that it is in the present center at this moment, by its own clock."""
    return at.astimezone(time_zone()).date()


def time_zone() -> ZoneInfo:
    """Of the present center; UTC where it names none that is known."""
    name = Center.objects.filter(pk=tenancy.current().id).values_list("time_zone", flat=True).first()
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def registration_mode() -> str:
    """Who may register in the present center: one of ``Center.Registration``."""
    mode = Center.objects.filter(pk=tenancy.current().id).values_list("registration", flat=True).first()
    return mode or Center.Registration.INVITATION


def staff_second_factor() -> Exists:
    """For a query: whether the present center demands a second factor of its staff."""
    return Exists(Center.objects.filter(pk=tenancy.current().id, staff_second_factor=True))


def question_review() -> str:
    """What a question of the present center's bank has to pass before tests may take it."""
    review = Center.objects.filter(pk=tenancy.current().id).values_list("question_review", flat=True).first()
    return review or Center.QuestionReview.OFF


def check_not_suspended(*, tenant: Tenant | None = None, role: str = "") -> None:
    """Refuse a sign-in or a start in a suspended center (the present one by default); what runs goes on. The admins of one
    whose trial or plan is over may sign in: to see that, to take their data with them, or to go on with a plan."""
    tenant = tenant or tenancy.current()
    # What a process remembers of a center may be some seconds old: whoever signs in is told what is so now, whoever begins
    # a moment after the suspension may sit.
    if tenant.status != Center.Status.SUSPENDED and not role:
        return
    found = Center.objects.filter(pk=tenant.id).values_list("status", "suspended_because").first()
    if found is None or found[0] != Center.Status.SUSPENDED:
        return
    if not (found[1] and role == "CENTER_ADMIN"):
        raise CenterSuspended(plans.why_suspended(found[1]))


def _with_hosts() -> QuerySet[Center]:
    return Center.objects.prefetch_related(Prefetch("domains", Domain.objects.order_by("-is_primary", "domain")))

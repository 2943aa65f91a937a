"""Plans of centers: what one allows, what it costs, when it ends, and how it came to be so."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from apps.centers.errors import CenterNotFound, CenterSuspended, PlanLimitReached
from apps.centers.models import Center, PlanChange
from apps.centers.rules import plans
from apps.core import clock, tenancy
from apps.core.files import usage

ORDERINGS = {"created_at": "created_at", "center_name": "name", "plan": "plan", "ends_at": "ends_at"}


@dataclass(frozen=True, slots=True)
class Subscription:
    """A center's plan at one moment."""

    center: Center
    terms: plans.Terms
    limits: dict[str, int | None]
    ends_at: datetime | None
    next_billing_date: datetime | None
    is_active: bool
    is_expired: bool
    days_remaining: int | None

    @property
    def price(self) -> Decimal:
        return self.terms.price(self.center.billing_cycle)

    @property
    def auto_renew(self) -> bool:
        return self.center.plan != plans.FREE and self.center.plan_ends_at is None


def get_subscription(*, center_id: uuid.UUID | None = None) -> Subscription:
    """The plan of one center, the present one by default; refuses an unknown id."""
    wanted = center_id or tenancy.current().id
    center = _with_moment(Center.objects.filter(pk=wanted)).first()
    if center is None:
        raise CenterNotFound
    return describe(center)


def list_subscriptions(
    *, plan: str = "", is_active: bool | None = None, search: str = "", ordering: str = "-created_at"
) -> QuerySet[Center]:
    """The centers whose plans are asked for, each to be given to ``describe``; archived ones have none any more."""
    centers = _with_moment(Center.objects.exclude(status=Center.Status.ARCHIVED))
    if plan:
        centers = centers.filter(plan=plan)
    if is_active is not None:
        running = Q(status__in=[Center.Status.TRIAL, Center.Status.ACTIVE])
        centers = centers.filter(running if is_active else ~running)
    if search:
        centers = centers.filter(Q(name__icontains=search) | Q(slug__icontains=search) | Q(email__icontains=search))
    column = F(ORDERINGS[ordering.lstrip("-")])
    order = column.desc(nulls_last=True) if ordering.startswith("-") else column.asc(nulls_last=True)
    return centers.order_by(order, "slug")


def describe(center: Center) -> Subscription:
    """The plan of a center that one of these lists gave."""
    at: datetime = center.at
    ends_at: datetime | None = center.ends_at
    is_paid = center.plan != plans.FREE and center.plan_ends_at is None
    return Subscription(
        center=center,
        terms=plans.terms(center.plan, center.plan_since.date()),
        limits=center.limits,
        ends_at=ends_at,
        next_billing_date=plans.cycle_end(center.plan_since, center.billing_cycle, at) if is_paid else None,
        is_active=center.status in {Center.Status.TRIAL, Center.Status.ACTIVE},
        is_expired=bool(center.suspended_because) or (ends_at is not None and ends_at <= at),
        days_remaining=plans.days_left(ends_at, at),
    )


def history_of(*, center_id: uuid.UUID) -> QuerySet[PlanChange]:
    """Every change of a center's plan, newest first; refuses an unknown id."""
    if not Center.objects.filter(pk=center_id).exists():
        raise CenterNotFound
    return PlanChange.objects.filter(center_id=center_id)


def price_list() -> list[plans.Terms]:
    """What each plan allows and costs today, the smallest first."""
    today = clock.now().date()
    return [plans.terms(plan, today) for plan in Center.Plan.values]


def ending_soon(*, within_days: int = plans.REMINDER_DAYS[0]) -> QuerySet[Center]:
    """Centers whose trial or plan ends so soon, the first one first, and those for which it has."""
    ending = Q(ends_at__lte=Now() + timedelta(days=within_days), status__in=[Center.Status.TRIAL, Center.Status.ACTIVE])
    over = Q(status=Center.Status.SUSPENDED) & ~Q(suspended_because="")
    return _with_moment(Center.objects.all()).filter(ending | over).order_by("ends_at", "slug")


# -- limits --------------------------------------------------------------------------------------------------------


def check_limit(*, limit: str, used: int, adding: int = 1, center: Center | None = None) -> None:
    """Refuse so much more of one thing than the plan of a center (the present one by default) allows, or anything more
    while it is suspended. What is there already stays, also above a limit that shrank. The platform itself has no
    limits."""
    center = center or _present()
    if center is None:
        return
    if center.status == Center.Status.SUSPENDED:
        raise CenterSuspended(plans.why_suspended(center.suspended_because))
    allowed = center.limits[limit]
    if allowed is not None and not plans.has_room(allowed, used, adding):
        raise PlanLimitReached(
            plans.sentence(center.plan, limit, allowed, used),
            limit=limit,
            allowed=allowed,
            used=used,
            adding=adding,
            plan=center.plan,
        )


def check_room(*, adding: int, files: int = 1) -> None:
    """Refuse so many files of so many bytes together that the plan of the present center has no room for. The platform has
    no limits."""
    center = _present()
    if center is not None:
        used = usage.stored()
        check_limit(limit=plans.STORAGE, used=used.bytes, adding=adding, center=center)
        check_limit(limit=plans.FILES, used=used.files, adding=files, center=center)


@usage.kept
def kept_logo() -> usage.Sizes:
    """The logo of the present center."""
    of_this = Center.objects.filter(pk=tenancy.current().id).exclude(logo="")
    return usage.sized(of_this, usage.size_in_name("logo"))


def get_limit(*, limit: str) -> int | None:
    """What the plan of the present center allows now; nothing where there is no limit."""
    center = _present()
    return center.limits[limit] if center else None


def _present() -> Center | None:
    tenant = tenancy.current()
    if tenant.is_public:
        return None
    found = Center.objects.filter(pk=tenant.id)
    return found.only("plan", "plan_since", "limit_overrides", "status", "suspended_because").first()


def _with_moment(centers: QuerySet[Center]) -> QuerySet[Center]:
    return centers.annotate(
        at=Now(), ends_at=Coalesce("trial_ends_at", "plan_ends_at"), domain_count=Count("claims", distinct=True)
    )

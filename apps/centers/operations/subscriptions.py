"""Changing a center's plan, what the clock does to it, and the lock under which its limits are counted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from django.db import connection, transaction
from django.db.models import Case, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce

from apps.audit import operations as audit
from apps.centers.errors import CenterArchived, CenterNotFound, PlanRefused
from apps.centers.events import CenterSuspended, PlanChanged, PlanEnded, PlanEnding
from apps.centers.models import Center, EndReminder, PlanChange
from apps.centers.queries import subscriptions as queries
from apps.centers.queries.subscriptions import Subscription
from apps.centers.rules import plans
from apps.core import bus, clock, tenancy
from apps.core.errors import Problem

if TYPE_CHECKING:
    from apps.authentication.models import User

LONGEST_TRIAL = timedelta(days=366)


class PlanChanges(TypedDict, total=False):
    """What owners may change; what is absent stays. ``limits`` replaces what was said instead of the plan's own."""

    plan: str
    billing_cycle: str
    auto_renew: bool
    limits: Mapping[str, int | None]
    trial_ends_at: datetime


def change_plan(
    *, actor: User | None, center_id: uuid.UUID, reason: str = "", **changes: Unpack[PlanChanges]
) -> Subscription:
    """Give a center another plan, cycle or limits, or move the end of its trial.

    With a plan that is paid for the center becomes active at once, whatever had suspended it; with FREE it gets a trial,
    from now on unless another end is named. A new plan begins now, with today's price list; its limits hold for what is
    added from now on. Without ``auto_renew`` the plan ends with its running cycle. Refuses an archived center, unknown
    limits and numbers that are none, and an end of a trial that is past, far away, or of a plan that is no trial.
    """
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        center = Center.objects.select_for_update().filter(pk=center_id).first()
        if center is None:
            raise CenterNotFound
        if center.status == Center.Status.ARCHIVED:
            raise CenterArchived
        at = clock.now()
        before = _state(center)
        _check(center, at, changes)
        _apply(center, at, changes)
        after = _state(center)
        if after != before:
            center.save(update_fields=[*_COLUMNS, "updated_at"])
            _remember(center, actor, before, after, reason)
            bus.publish(PlanChanged(center_id=center.pk))
        transaction.on_commit(tenancy.forget)
        return queries.get_subscription(center_id=center_id)


_COLUMNS = (
    "plan",
    "plan_since",
    "plan_ends_at",
    "billing_cycle",
    "limit_overrides",
    "trial_ends_at",
    "status",
    "suspended_because",
)


def _state(center: Center) -> dict[str, Any]:
    """What the history keeps of a moment."""
    return {
        "plan": center.plan,
        "status": center.status,
        "billing_cycle": center.billing_cycle,
        "limits": dict(center.limit_overrides),
        "ends_at": _text(center.trial_ends_at or center.plan_ends_at),
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _check(center: Center, at: datetime, changes: PlanChanges) -> None:
    problems = []
    plan = changes.get("plan", center.plan)
    if plan not in Center.Plan.values:
        problems.append(Problem("/plan", "invalid_choice", "There is no such plan."))
    if changes.get("billing_cycle", center.billing_cycle) not in Center.Cycle.values:
        problems.append(Problem("/billing_cycle", "invalid_choice", "Monthly or yearly."))
    for name, value in changes.get("limits", {}).items():
        if name not in plans.LIMITS:
            problems.append(Problem(f"/limits/{name}", "unknown_field", "There is no such limit."))
        elif value is not None and not 0 <= value <= plans.MOST:
            problems.append(Problem(f"/limits/{name}", "out_of_bounds", "From 0 on, or null for no limit."))
    if "trial_ends_at" in changes:
        if plan != plans.FREE:
            problems.append(Problem("/trial_ends_at", "invalid", "Only FREE is a trial."))
        elif not at < changes["trial_ends_at"] <= at + LONGEST_TRIAL:
            problems.append(Problem("/trial_ends_at", "out_of_bounds", "A trial ends from now on, within a year."))
    if problems:
        raise PlanRefused(problems=problems)


def _apply(center: Center, at: datetime, changes: PlanChanges) -> None:
    is_new = changes.get("plan", center.plan) != center.plan
    is_renewed = "plan" in changes and bool(center.suspended_because)
    if is_new or is_renewed:
        center.plan, center.plan_since = changes["plan"], at
    center.billing_cycle = changes.get("billing_cycle", center.billing_cycle)
    if "limits" in changes:
        center.limit_overrides = dict(changes["limits"])
    if center.plan == plans.FREE:
        center.plan_ends_at = None
        if is_new or is_renewed or "trial_ends_at" in changes:
            ends_at = changes.get("trial_ends_at", at + timedelta(days=plans.TRIAL_DAYS))
            center.status, center.trial_ends_at = Center.Status.TRIAL, ends_at
            center.suspended_because = ""
        return
    if is_new or is_renewed:
        center.trial_ends_at, center.plan_ends_at = None, None
    if "plan" in changes:
        center.status, center.trial_ends_at, center.suspended_because = Center.Status.ACTIVE, None, ""
    if "auto_renew" in changes:
        end = plans.cycle_end(center.plan_since, center.billing_cycle, at)
        center.plan_ends_at = None if changes["auto_renew"] else end


def _remember(
    center: Center, actor: User | None, before: dict[str, Any] | None, after: dict[str, Any], reason: str
) -> None:
    PlanChange.objects.create(
        center=center,
        before=before,
        after=after,
        actor_id=actor.pk if actor else None,
        actor_name=str(actor)[:254] if actor else "",
        reason=reason[:300],
    )
    audit.record(
        action="center.plan_changed",
        subject="center",
        subject_id=center.pk,
        name=center.name,
        before=before,
        after=after,
        reason=reason,
        also_in=center.schema_name,
    )


# -- the clock -----------------------------------------------------------------------------------------------------


def watch_ends() -> tuple[int, int]:
    """Suspend what is over, and remind of what will be soon: rows of the public schema only, each reminder and each end
    once however often this runs. Returns how many were suspended and how many reminded."""
    with tenancy.enter(tenancy.PUBLIC):
        return end_overdue(), remind_of_ends()


def end_overdue(*, at: datetime | None = None) -> int:
    """Suspend centers whose trial, or whose plan without renewal, is over. Running attempts finish. Returns how many."""
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        at = at or clock.now()
        trials = Q(status=Center.Status.TRIAL, trial_ends_at__lte=at)
        ended = Q(status=Center.Status.ACTIVE, plan_ends_at__lte=at)
        centers = list(Center.objects.select_for_update(skip_locked=True).filter(trials | ended).order_by("pk"))
        changes = []
        for center in centers:
            before = _state(center)
            is_trial = center.status == Center.Status.TRIAL
            because = Center.SuspendedBecause.TRIAL_OVER if is_trial else Center.SuspendedBecause.PLAN_OVER
            center.status, center.suspended_because = Center.Status.SUSPENDED, because
            changes.append(PlanChange(center=center, before=before, after=_state(center), reason=because.label))
        Center.objects.bulk_update(centers, ["status", "suspended_because"])
        PlanChange.objects.bulk_create(changes)
        bus.publish_many([CenterSuspended(center_id=center.pk) for center in centers])
        bus.publish_many([PlanEnded(center_id=center.pk) for center in centers])
    if centers:
        tenancy.forget()
    return len(centers)


def remind_of_ends(*, at: datetime | None = None) -> int:
    """Announce which trials and plans end soon, each step once; when several are due, only the nearest. Returns how
    many."""
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        at = at or clock.now()
        due = _reminders_due(at)
        told = EndReminder.objects.filter(center__in=[row.center_id for row in due])
        known = set(told.values_list("center_id", "ends_at", "days"))
        # A step that is past is told by a nearer one; two rounds at once are sorted out by the constraint.
        fresh = [row for row in due if (row.center_id, row.ends_at, row.days) not in known]
        won = _insert(fresh)
        bus.publish_many([PlanEnding(center_id=row.center_id, days=row.days) for row in won])
    return len(won)


def _reminders_due(at: datetime) -> list[EndReminder]:
    steps = [When(ends_at__lte=at + timedelta(days=days), then=Value(days)) for days in sorted(plans.REMINDER_DAYS)]
    running = Center.objects.filter(status__in=[Center.Status.TRIAL, Center.Status.ACTIVE])
    ending = running.annotate(ends_at=Coalesce("trial_ends_at", "plan_ends_at")).filter(ends_at__gt=at)
    due = ending.annotate(step=Case(*steps, output_field=IntegerField())).exclude(step=None)
    return [
        EndReminder(center_id=pk, ends_at=end, days=days) for pk, end, days in due.values_list("pk", "ends_at", "step")
    ]


def _insert(rows: list[EndReminder]) -> list[EndReminder]:
    """Those of these rows that nobody else had inserted."""
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {EndReminder._meta.db_table} (center_id, ends_at, days)"  # noqa: S608
            " SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::smallint[]) ON CONFLICT DO NOTHING"
            " RETURNING center_id",
            [[row.center_id for row in rows], [row.ends_at for row in rows], [row.days for row in rows]],
        )
        won = {fetched[0] for fetched in cursor.fetchall()}
    return [row for row in rows if row.center_id in won]


# -- counting ------------------------------------------------------------------------------------------------------


def hold(*, limit: str) -> None:
    """Let one transaction after the other count what this limit of the present center counts; until the end of this
    one. Take it last, after all rows that the change needs: then it is held for a moment, and nobody waits in a ring."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [tenancy.key("limit", limit)])

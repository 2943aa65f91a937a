from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet, Sum

from apps.analytics import rules
from apps.analytics.models import CenterDay, CenterFigures
from apps.assignments import queries as rooms
from apps.attempts.queries import display_name
from apps.attempts.queries import figures as attempts
from apps.authentication import queries as people
from apps.centers.queries import centers, contacts, subscriptions
from apps.centers.queries.subscriptions import Subscription
from apps.centers.rules import plans
from apps.core import bus, clock, tenancy
from apps.core.files import usage
from apps.groups import queries as groups
from apps.mock_tests import queries as tests

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment
    from apps.attempts.models import Attempt
    from apps.authentication.models import User
    from apps.centers.models import Center, ContactRequest

UPCOMING = 20
RECENT_REQUESTS = 10


# -- centers, for owners -------------------------------------------------------------------------------------------


def center_figures(center_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, CenterFigures]:
    """What these centers pushed last, in one query; who has pushed nothing yet is left out."""
    with tenancy.enter(tenancy.PUBLIC):
        return {row.pk: row for row in CenterFigures.objects.filter(pk__in=set(center_ids))}


def use_of(subscription: Subscription, figures: CenterFigures | None) -> dict[str, dict[str, Any]]:
    """Each limit of a center beside what was used of it when it counted itself last."""
    used = (
        {} if figures is None else _used(figures.seats, figures.storage_bytes, figures.running_attempts, figures.files)
    )
    domains = getattr(subscription.center, "domain_count", 0)
    return rules.use(subscription.limits, {**used, plans.DOMAINS: domains})


@dataclass(frozen=True, slots=True)
class OwnSubscription:
    """The present center's plan beside what it uses now."""

    subscription: Subscription
    use: dict[str, dict[str, Any]]


def own_subscription() -> OwnSubscription:
    """The present center's plan, each limit with what is used of it at this moment."""
    subscription = subscriptions.get_subscription()
    domains = getattr(subscription.center, "domain_count", 0)
    kept = usage.stored()
    used = _used(people.count_seats(), kept.bytes, attempts.count_running(), kept.files)
    return OwnSubscription(subscription, rules.use(subscription.limits, {**used, plans.DOMAINS: domains}))


def _used(seats: int, storage: int, running: int, files: int) -> dict[str, int]:
    return {plans.SEATS: seats, plans.STORAGE: storage, plans.CONCURRENT: running, plans.FILES: files}


@dataclass(frozen=True, slots=True)
class Day:
    """The sums over all centers at the end of a day."""

    day: date
    centers: int
    people: int
    students: int
    attempts: int
    storage_bytes: int


@dataclass(frozen=True, slots=True)
class OwnerFigures:
    """The platform at a glance."""

    centers: dict[str, int]
    growth_centers_pct: float | None
    people: dict[str, int]
    attempts: dict[str, int]
    storage_bytes: int
    days: list[Day]
    ending: list[Subscription]
    near_limits: list[NearLimit]
    requests: list[ContactRequest]
    health: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NearLimit:
    """A center that uses most of what its plan allows, or more."""

    center_id: uuid.UUID
    name: str
    plan: str
    limit: str
    used: int
    allowed: int
    percent: float


def owner_figures() -> OwnerFigures:
    """What owners see first: sums over what centers pushed, in a number of statements that does not know how many centers
    there are. No center's schema is asked."""
    with tenancy.enter(tenancy.PUBLIC):
        at = clock.now()
        counted = centers.count_centers(since=at - timedelta(days=rules.GROWTH_DAYS))
        living = CenterFigures.objects.exclude(center__status="ARCHIVED").order_by()
        sums = living.aggregate(**{name: Sum(name, default=0) for name in _SUMMED})
        persons = {name: sums[name] for name in ("admins", "teachers", "students", "guests", "waiting")}
        return OwnerFigures(
            centers=counted,
            growth_centers_pct=rules.growth(counted["total"], counted["total"] - counted["new"]),
            people={**persons, "total": sums["seats"]},
            attempts={
                "total": sums["attempts"],
                "running": sums["running_attempts"],
                "graded": sums["graded_attempts"],
            },
            storage_bytes=sums["storage_bytes"],
            days=growth_by_day(until=at.date()),
            ending=[subscriptions.describe(center) for center in subscriptions.ending_soon()[:RECENT_REQUESTS]],
            near_limits=near_limits(),
            requests=list(contacts.list_requests()[:RECENT_REQUESTS]),
            health=_health(at, counted),
        )


_SUMMED = (
    *("admins", "teachers", "students", "guests", "waiting", "seats"),
    *("attempts", "running_attempts", "graded_attempts", "storage_bytes"),
)


def growth_by_day(*, until: date, days: int = rules.GROWTH_DAYS) -> list[Day]:
    """The sums of the last days, the oldest first; a day on which nothing was noted is like the one before."""
    wanted = rules.every_day(until - timedelta(days=days - 1), until)
    rows = CenterDay.objects.filter(day__gte=wanted[0], day__lte=until).order_by().values("day")
    sums = rows.annotate(**{name: Sum(name) for name in _DAY_SUMS}, centers=Count("center_id"))
    noted: dict[date, Any] = {row["day"]: row for row in sums}
    told, last = [], Day(wanted[0], 0, 0, 0, 0, 0)
    for day in wanted:
        row = noted.get(day)
        if row:
            persons = row["admins"] + row["teachers"] + row["students"] + row["guests"]
            last = Day(day, row["centers"], persons, row["students"], row["attempts"], row["storage_bytes"])
        told.append(Day(day, last.centers, last.people, last.students, last.attempts, last.storage_bytes))
    return told


_DAY_SUMS = ("admins", "teachers", "students", "guests", "attempts", "storage_bytes")


def list_figures(*, search: str = "", status: str = "", ordering: str = "name") -> QuerySet[CenterFigures]:
    """The centers with what each pushed last, by name unless asked otherwise; rows for a page of the owners' table."""
    rows = CenterFigures.objects.select_related("center")
    if search:
        rows = rows.filter(Q(center__name__icontains=search) | Q(center__slug__icontains=search))
    rows = rows.filter(center__status=status) if status else rows.exclude(center__status="ARCHIVED")
    column = ordering.lstrip("-")
    order = {"name": "center__name", "created_at": "center__created_at", "people": "seats"}.get(column, column)
    return rows.order_by(f"-{order}" if ordering.startswith("-") else order, "pk")


def near_limits(*, most: int = RECENT_REQUESTS) -> list[NearLimit]:
    """Centers that use four fifths of a limit or more, the fullest first. Limits are worked out from the price list, so
    this looks at each living center's row once, in one query."""
    rows = CenterFigures.objects.select_related("center").filter(center__status__in=["TRIAL", "ACTIVE"])
    found = []
    for row in rows.iterator(chunk_size=2000):
        used = _used(row.seats, row.storage_bytes, row.running_attempts, row.files)
        for name, share in rules.use(row.center.limits, used).items():
            if share["is_near"] and share["limit"]:
                center: Center = row.center
                percent = float(share["percent"] or 0)
                found.append(
                    NearLimit(row.pk, center.name, center.plan, name, used.get(name, 0), int(share["limit"]), percent)
                )
    return sorted(found, key=lambda near: (-near.percent, near.name))[:most]


def _health(at: datetime, counted: dict[str, int]) -> dict[str, Any]:
    news = bus.waiting()
    oldest = CenterFigures.objects.exclude(center__status="ARCHIVED").order_by("refreshed_at")
    return {
        "not_made": counted["failed"],
        "dead_deliveries": news["dead"],
        "overdue_deliveries": news["overdue"],
        "oldest_figures_at": oldest.values_list("refreshed_at", flat=True).first(),
        "is_well": not (counted["failed"] or news["dead"] or news["overdue"]),
    }


# -- a center's own people -----------------------------------------------------------------------------------------


def center_admin_figures() -> dict[str, Any]:
    """The center at a glance, for its admins."""
    persons, sat = people.count_people(), attempts.count_attempts()
    now, then = people.student_growth(days=rules.GROWTH_DAYS)
    return {
        "total_students": persons.students,
        "total_teachers": persons.teachers,
        "total_guests": persons.guests,
        "total_groups": groups.count_groups(),
        "waiting_count": persons.waiting,
        "growth_students_pct": rules.growth(now, then),
        "active_exams_count": rooms.count_open(),
        "published_tests_count": tests.count_tests(),
        "running_attempts_count": sat.running,
        "attempts_count": sat.all,
    }


def teacher_figures(actor: User) -> dict[str, Any]:
    """A teacher's own groups at a glance: their students, and what those handed in."""
    group_ids = groups.taught_group_ids(actor.pk)
    student_ids = groups.student_ids(group_ids)
    theirs = attempts.of_students(actor, student_ids)
    return {
        "my_groups_count": len(group_ids),
        "total_students": len(student_ids),
        "pending_grading_count": theirs.waiting,
        "growth_pct": rules.growth(theirs.last_week, theirs.week_before),
        "submission_trend_count": theirs.last_week,
        "recent_submissions": [_submission(attempt) for attempt in theirs.recent],
    }


def _submission(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.pk,
        "student_name": display_name(attempt.student),
        "assignment_title": attempt.assignment.title,
        "score": attempt.score,
        "submitted_at": attempt.finished_at,
    }


def student_figures(actor: User) -> dict[str, Any]:
    """A student's own work at a glance. Marks count from their release on, and not a moment earlier."""
    own = attempts.own_figures(actor)
    month, before = own.last_month, own.month_before
    return {
        "average_score": None if own.average is None else round(max(float(own.average), 0.0), 2),
        "completed_exams_count": own.completed,
        "submission_trend_count": own.last_week,
        "growth_pct": None if month is None or before is None else rules.growth(month, before),
        "upcoming_deadlines": [_deadline(room) for room in _upcoming(actor)],
        "skill_performance": [
            {"skill_name": skill, "average_score": rules.percent(marks, whole)}
            for skill, marks, whole in attempts.own_skills(actor)
            if whole
        ],
        "recent_results": [_result(attempt) for attempt in attempts.own_results(actor)],
    }


def _upcoming(actor: User) -> list[ExamAssignment]:
    """Rooms with an end that is still to come, where the student sits or may begin, the next one first."""
    found = list(rooms.ending_for(actor)[: 5 * UPCOMING])
    done = attempts.done_with(actor, found)
    return [room for room in found if room.pk not in done][:UPCOMING]


def _deadline(room: ExamAssignment) -> dict[str, Any]:
    return {"id": room.pk, "title": room.title, "deadline": room.closes_at, "type": "exam"}


def _result(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.pk,
        "assignment_title": attempt.assignment.title,
        "score": attempt.score,
        "max_score": attempt.max_score,
        "status": attempt.status,
        "completed_at": attempt.finished_at,
    }

"""What the admins show that belongs to no single app: the overview, the clock's table, the names."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.formats import date_format
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from unfold.decorators import display

from apps.assignments import queries as rooms
from apps.attempts import queries as attempts
from apps.authentication import queries as people
from apps.centers.queries import centers
from apps.core import tenancy
from apps.core.adminsite import RowAdmin, main_site
from apps.groups import queries as groups
from apps.mock_tests import queries as tests
from config import overview
from config.overview import card, link_to

MOMENT = "j M H:i"


@admin.register(PeriodicTask, site=main_site)
class PeriodicTaskAdmin(RowAdmin):
    """The schedule is code in the settings; this is what beat has made of it."""

    icon = "schedule"
    list_display = ["name", "task", "every", "enabled", "last_run_at", "total_run_count"]
    list_filter = ["enabled", "queue"]
    search_fields = ["name", "task"]
    list_select_related = ["interval", "crontab"]
    fields = ["name", "task", "every", "queue", "expires", "expire_seconds", "enabled", "last_run_at"]
    fields += ["total_run_count", "date_changed", "description"]

    @display(description="every")
    def every(self, row: PeriodicTask) -> str:
        return str(row.interval or row.crontab or "-")


@admin.register(IntervalSchedule, site=main_site)
class IntervalAdmin(RowAdmin):
    icon = "update"
    list_display = ["__str__", "every", "period"]


@admin.register(CrontabSchedule, site=main_site)
class CrontabAdmin(RowAdmin):
    icon = "calendar_clock"
    list_display = ["__str__", "timezone"]


def header(request: HttpRequest) -> str:
    """The name beside the sign."""
    return tenancy.current().name


def subheader(request: HttpRequest) -> str:
    """Whose admin this is."""
    return "Platform" if tenancy.current().is_public else "Center"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Numbers at a glance, each a way to its rows, and what is going on."""
    if tenancy.current().is_public:
        found = overview.of_platform()
        return {**context, **found, "tables": [*found["tables"], _newest_centers()]}
    return {**context, "cards": _of_center(request.user), "tables": [_open_rooms(request.user), overview.use_of_plan()]}


def _newest_centers() -> dict[str, Any]:
    rows = [
        [
            link_to(row.name, "centers_center", row.pk),
            ", ".join(domain.domain for domain in row.domains.all()),
            row.plan,
            row.status,
            row.state,
            date_format(row.created_at, MOMENT),
        ]
        for row in centers.list_centers()[:10]
    ]
    headers = ["Center", "Hosts", "Plan", "Status", "State", "Opened"]
    return {"title": "Newest centers", "table": {"headers": headers, "rows": rows}}


def _of_center(user: Any) -> list[dict[str, Any]]:
    persons = people.list_people().aggregate(
        all=Count("pk", Q(is_active=True)),
        students=Count("pk", Q(role="STUDENT", is_active=True)),
        unapproved=Count("pk", Q(is_approved=False, is_active=True)),
    )
    written = tests.tests_for(user).aggregate(all=Count("pk"), published=Count("pk", Q(status="PUBLISHED")))
    given = rooms.assignments_for(user).aggregate(
        open=Count("pk", Q(status="OPEN")), scheduled=Count("pk", Q(status="SCHEDULED"))
    )
    sat = attempts.attempts_for(user).aggregate(
        sitting=Count("pk", Q(status="IN_PROGRESS")), graded=Count("pk", Q(status="GRADED"))
    )
    return [
        card(
            "People",
            "person",
            persons["all"],
            f"students: {persons['students']}, to approve: {persons['unapproved']}",
            "authentication_user",
            "is_active__exact=1",
        ),
        card("Groups", "groups", groups.groups_for(user).count(), "classes", "groups_group"),
        card("Tests", "quiz", written["all"], f"published: {written['published']}", "mock_tests_mocktest"),
        card(
            "Open rooms",
            "meeting_room",
            given["open"],
            f"scheduled: {given['scheduled']}",
            "assignments_examassignment",
            "status__exact=OPEN",
        ),
        card(
            "Sitting now",
            "edit_note",
            sat["sitting"],
            f"graded so far: {sat['graded']}",
            "attempts_attempt",
            "status__exact=IN_PROGRESS",
        ),
    ]


def _open_rooms(user: Any) -> dict[str, Any]:
    """The open rooms with how many sit and how many are done, in two queries."""
    found = list(rooms.assignments_for(user).filter(status="OPEN").order_by("-opened_at")[:10])
    counted = (
        attempts.attempts_for(user)
        .filter(assignment__in=[room.pk for room in found])
        .order_by()
        .values("assignment")
        .annotate(sitting=Count("pk", Q(status="IN_PROGRESS")), done=Count("pk", ~Q(status="IN_PROGRESS")))
    )
    sums: dict[Any, Any] = {row["assignment"]: row for row in counted}
    rows = [
        [
            link_to(room.title, "assignments_examassignment", room.pk),
            date_format(room.opened_at, MOMENT) if room.opened_at else "-",
            date_format(room.closes_at, MOMENT) if room.closes_at else "by hand",
            sums.get(room.pk, {}).get("sitting", 0),
            sums.get(room.pk, {}).get("done", 0),
        ]
        for room in found
    ]
    headers = ["Room", "Opened", "Closes", "Sitting", "Done"]
    return {"title": "Open rooms", "table": {"headers": headers, "rows": rows}}

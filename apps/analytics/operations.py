from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.analytics import rules
from apps.analytics.events import FiguresDue
from apps.analytics.models import CenterDay, CenterFigures
from apps.assignments import queries as rooms
from apps.attempts.queries import figures as attempts
from apps.authentication import queries as people
from apps.centers.errors import CenterNotFound
from apps.centers.queries import centers
from apps.core import bus, tenancy
from apps.core.files import usage
from apps.groups import queries as groups
from apps.mock_tests import queries as tests

_DAY = ("admins", "teachers", "students", "guests", "attempts", "storage_bytes")


def note_change() -> bool:
    """Something that the present center counts has changed: let it count itself soon, once for all that changes until
    then. Returns whether that was not planned yet."""
    if tenancy.current().is_public:  # owners are people too
        return False
    center_id = tenancy.current().id
    # Whoever finds a moment that is still to come relies on it: that refresh sees what is committed now.
    due = Q(refresh_at=None) | Q(refresh_at__lte=Now())
    soon = Now() + timedelta(seconds=rules.WAIT_SECONDS)
    with transaction.atomic():
        rows = CenterFigures.objects.filter(pk=center_id)
        if not rows.filter(due).update(refresh_at=soon):
            if rows.exists():
                return False
            CenterFigures.objects.bulk_create([CenterFigures(pk=center_id, refresh_at=soon)], ignore_conflicts=True)
        planned = rows.values_list("refresh_at", flat=True).get()
        bus.publish(FiguresDue(), due_at=planned)
    return True


def refresh_figures() -> CenterFigures:
    """Let the present center count itself, now: its row, and the row of today."""
    with transaction.atomic():
        center_id = tenancy.current().id
        CenterFigures.objects.bulk_create([CenterFigures(pk=center_id)], ignore_conflicts=True)
        row = CenterFigures.objects.select_for_update(no_key=True).get(pk=center_id)
        persons, sat = people.count_people(), attempts.count_attempts()
        row.admins, row.teachers = persons.admins, persons.teachers
        row.students, row.guests = persons.students, persons.guests
        row.waiting, row.seats = persons.waiting, persons.seats
        row.groups, row.published_tests, row.open_rooms = groups.count_groups(), tests.count_tests(), rooms.count_open()
        row.attempts, row.running_attempts, row.graded_attempts = sat.all, sat.running, sat.graded
        row.last_attempt_at = sat.last_at
        kept = usage.stored()
        row.storage_bytes, row.files = kept.bytes, kept.files
        row.refreshed_at = Now()
        row.save(update_fields=_COUNTED)
        note_days(center_ids=[center_id], afresh=True)
    row.refresh_from_db()
    return row


_COUNTED = [
    *_DAY,
    *("waiting", "seats", "groups", "published_tests", "open_rooms"),
    *("running_attempts", "graded_attempts", "files", "last_attempt_at", "refreshed_at"),
]


def open_figures(*, center_id: uuid.UUID) -> None:
    """A center has been made: it gets its rows, and counts itself. Nothing if it is gone by now."""
    try:
        center = centers.get_center(center_id=center_id)
    except CenterNotFound:
        return
    with tenancy.enter(tenancy.get_by_schema(center.schema_name)):
        refresh_figures()


def rebuild_figures(*, slug: str = "") -> int:
    """Let every center that can be worked for count itself anew, or the one with this slug. Returns how many did."""
    found = [tenancy.get_by_slug(slug)] if slug else tenancy.list_ready()
    for tenant in found:
        with tenancy.enter(tenant):
            refresh_figures()
    return len(found)


def note_days(*, center_ids: list[uuid.UUID] | None = None, afresh: bool = False) -> int:
    """Write today's row of these centers, of all by default, from the figures that they pushed last; one statement.
    A row that is there stays unless ``afresh``. Returns how many were written."""
    columns = ", ".join(_DAY)
    changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in (*_DAY, "noted_at"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {CenterDay._meta.db_table} (center_id, day, noted_at, {columns})"  # noqa: S608
            f" SELECT center_id, (statement_timestamp() AT TIME ZONE 'UTC')::date, statement_timestamp(), {columns}"
            f" FROM {CenterFigures._meta.db_table} WHERE %s::uuid[] IS NULL OR center_id = ANY(%s)"
            f" ON CONFLICT (center_id, day) DO {f'UPDATE SET {changes}' if afresh else 'NOTHING'}",
            [center_ids, center_ids],
        )
        return int(cursor.rowcount)


def look_after_figures() -> int:
    """What no event says: the days of quiet centers get their rows, centers with open rooms count who sits, and those
    that have never counted do. Rows of the public schema only. Returns how many centers were asked to count."""
    with tenancy.enter(tenancy.PUBLIC):
        with transaction.atomic():
            note_days()
            asked = CenterFigures.objects.filter(Q(open_rooms__gt=0) | Q(refreshed_at=None))
            schemas = list(asked.values_list("center__schema_name", flat=True))
        known = CenterFigures.objects.values("center_id")
        missing = centers.list_centers().filter(state="READY").exclude(pk__in=known).exclude(status="ARCHIVED")
        schemas += missing.values_list("schema_name", flat=True)
    for schema in schemas:
        with tenancy.enter(tenancy.get_by_schema(schema)), transaction.atomic():
            note_change()
    return len(schemas)

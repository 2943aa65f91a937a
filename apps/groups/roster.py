"""A center's list of people comes in: people, their groups and their places in them, in one transaction.

Run again with the same file, it changes nothing and says so.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Count, Q
from django.db.models.functions import Lower

from apps.audit import operations as audit
from apps.authentication.errors import RosterRefused, RosterUnreadable
from apps.authentication.operations import roster as accounts
from apps.authentication.operations import seats
from apps.authentication.rules import roster as rules
from apps.authentication.rules.roster import Entry, Flaw
from apps.authentication.rules.roster_text import Unreadable
from apps.core import clock, tenancy
from apps.core.errors import Problem, Refusal
from apps.groups import operations
from apps.groups.models import Group, Membership

if TYPE_CHECKING:
    from apps.authentication.models import User

ALL_OR_NOTHING, SKIP_BAD_ROWS = "all_or_nothing", "skip_bad_rows"
STUDENT, TEACHER, GUEST = "STUDENT", "TEACHER", "GUEST"
DEFAULT_PLACES = 30
SHOWN = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of a preview: what would become of one person."""

    entry: Entry
    what: str
    """``create``, ``update`` or ``keep``."""


@dataclass(slots=True)
class Report:
    """What came of a list, or would come of it."""

    preview: bool
    mode: str
    format: str
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    ignored_columns: tuple[str, ...]
    total: int
    created: int = 0
    updated: int = 0
    kept: int = 0
    joined: int = 0
    groups_created: tuple[str, ...] = ()
    flaws: list[Flaw] = field(default_factory=list)
    rows: list[Outcome] = field(default_factory=list)
    refusal: Refusal | None = None
    """Why the whole would be refused, whatever its rows are like."""

    @property
    def is_unchanged(self) -> bool:
        """Whether the center has all of it already."""
        return not (self.created or self.updated or self.joined or self.groups_created or self.flaws)


@dataclass(slots=True)
class _Classes:
    """The groups that a list names, as they are: by lower-case name."""

    groups: dict[str, Group]
    free: dict[str, int]
    members: set[tuple[uuid.UUID, uuid.UUID]]
    fresh: dict[str, str] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)


def import_roster(
    *,
    actor: User,
    data: bytes,
    preview: bool = False,
    mode: str = ALL_OR_NOTHING,
    create_groups: bool = False,
    send_letters: bool = True,
    update_existing: bool = False,
) -> Report:
    """Add the people of a CSV or XLSX file to the center and to the groups that their rows name.

    ``preview`` stores nothing and tells everything. With ``all_or_nothing`` one bad row refuses the whole, with
    ``skip_bad_rows`` the others come in. Groups that are not there are opened if ``create_groups`` says so. People who
    are here already are only put into the groups; ``update_existing`` writes filled cells over what they have. Refuses a
    file that is no list, more than ten thousand people, and more than the plan has seats for.
    """
    try:
        read = rules.read(data)
    except Unreadable as why:
        raise RosterUnreadable(problems=[Problem("/file", why.code, str(why))]) from None
    report = Report(preview, mode, read.format, read.encoding, read.delimiter, read.columns, read.ignored, read.total)
    with transaction.atomic():
        if not preview:
            _one_at_a_time()
        found = accounts.sort_entries(entries=read.entries, update_existing=update_existing)
        classes = _classes(found, create_groups=create_groups, lock=not preview)
        report.flaws = sorted([*read.flaws, *found.flaws, *classes.flaws], key=lambda flaw: flaw.row)
        found = _without({flaw.row for flaw in report.flaws}, found)
        if preview:
            return _foreseen(report, found, classes)
        if report.flaws and mode == ALL_OR_NOTHING:
            raise _refused(report)
        return _done(report, found, classes, send_letters=send_letters)


def _one_at_a_time() -> None:
    """Of two imports of the same list at once the second finds that everything is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"roster:{tenancy.schema_name()}"])


# -- groups ----------------------------------------------------------------------------------------------------------


def _classes(found: accounts.Sorted, *, create_groups: bool, lock: bool) -> _Classes:
    """Look at every group that is named, and at everybody who would join it, in the order of the list."""
    people: list[tuple[Entry, User | None]] = [(entry, None) for entry in found.new]
    people = sorted([*people, *found.known, *found.changed], key=lambda pair: pair[0].row)
    classes = _known_classes({name.lower() for entry, _ in people for name in entry.groups}, people, lock=lock)
    for entry, person in people:
        role = person.role if person else entry.role or STUDENT
        flaws = [_flaw_of(classes, entry, person, role, name, create_groups=create_groups) for name in entry.groups]
        if any(flaws):
            classes.flaws += [flaw for flaw in flaws if flaw]
        elif role == STUDENT:
            _take_places(classes, entry, person)
    return classes


def _take_places(classes: _Classes, entry: Entry, person: User | None) -> None:
    for name in entry.groups:
        group = classes.groups.get(name.lower())
        if group and not (person and (group.pk, person.pk) in classes.members):
            classes.free[name.lower()] -= 1


def _known_classes(names: Collection[str], people: Sequence[tuple[Entry, User | None]], *, lock: bool) -> _Classes:
    rows = Group.objects.filter(deleted_at=None).annotate(lower=Lower("name")).filter(lower__in=names).order_by("pk")
    groups: dict[str, Group] = {row.lower: row for row in (rows.select_for_update(no_key=True) if lock else rows)}
    students = Count("memberships", filter=Q(memberships__role_in_group=STUDENT, memberships__left_at=None))
    ids = [group.pk for group in groups.values()]
    taken = dict(Group.objects.filter(pk__in=ids).annotate(students=students).values_list("pk", "students"))
    free = {name: group.max_students - taken[group.pk] for name, group in groups.items()}
    present = Membership.objects.filter(
        group__in=ids, left_at=None, user__in=[person.pk for _, person in people if person]
    )
    return _Classes(groups, free, set(present.values_list("group_id", "user_id")))


def _flaw_of(
    classes: _Classes, entry: Entry, person: User | None, role: str, name: str, *, create_groups: bool
) -> Flaw | None:
    if role not in (STUDENT, TEACHER):
        return Flaw(entry.row, "groups", "no_member_role", "Only students and teachers are in groups.")
    key = name.lower()
    group = classes.groups.get(key)
    if group is None:
        if not create_groups:
            return Flaw(entry.row, "groups", "unknown_group", f"There is no group {name!r}.")
        classes.fresh.setdefault(key, name)
        return None
    if person and (group.pk, person.pk) in classes.members:
        return None
    if role == STUDENT:
        if not group.is_active:
            return Flaw(entry.row, "groups", "group_archived", f"The group {group.name!r} is archived.")
        if classes.free[key] < 1:
            return Flaw(entry.row, "groups", "group_full", f"The group {group.name!r} has no place left.")
    return None


# -- what comes of it ------------------------------------------------------------------------------------------------


def _without(rows: Collection[int], found: accounts.Sorted) -> accounts.Sorted:
    return accounts.Sorted(
        new=[entry for entry in found.new if entry.row not in rows],
        known=[pair for pair in found.known if pair[0].row not in rows],
        changed=[pair for pair in found.changed if pair[0].row not in rows],
    )


def _wanted(found: accounts.Sorted, classes: _Classes, ids: dict[str, uuid.UUID]) -> dict[str, list[tuple[str, str]]]:
    """By lower-case name of a group: who joins it, by address, and as what. Who is in it already is left out."""
    joining: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for entry in found.new:
        for name in entry.groups:
            joining[name.lower()].append((entry.email, entry.role or STUDENT))
    for entry, person in found.known + found.changed:
        ids[entry.email] = person.pk
        for name in entry.groups:
            group = classes.groups.get(name.lower())
            if group is None or (group.pk, person.pk) not in classes.members:
                joining[name.lower()].append((entry.email, person.role))
    return joining


def _foreseen(report: Report, found: accounts.Sorted, classes: _Classes) -> Report:
    joining = _wanted(found, classes, {})
    _count(report, found, joining, classes)
    rows = [Outcome(entry, "create") for entry in found.new]
    rows += [Outcome(entry, "update") for entry, _ in found.changed]
    rows += [Outcome(entry, "keep") for entry, _ in found.known]
    report.rows = sorted(rows, key=lambda row: row.entry.row)[:SHOWN]
    try:
        seats.check_seats(adding=len(found.new))
    except Refusal as refusal:
        report.refusal = refusal
    return report


def _done(report: Report, found: accounts.Sorted, classes: _Classes, *, send_letters: bool) -> Report:
    at = clock.now()
    ids = accounts.add_people(entries=found.new, at=at, send_letters=send_letters)
    late = [entry for entry in found.new if entry.email not in ids]
    if late:
        report.flaws += [
            Flaw(entry.row, "email", "email_taken", "Somebody has just got this address.") for entry in late
        ]
        if report.mode == ALL_OR_NOTHING:
            raise _refused(report)
        found = _without({entry.row for entry in late}, found)
    accounts.change_people(changed=found.changed)
    joining = _wanted(found, classes, ids)
    for key, members in joining.items():
        group = classes.groups.get(key)
        if group is None:
            students = sum(role == STUDENT for _, role in members)
            group = operations.create_group(name=classes.fresh[key], max_students=max(DEFAULT_PLACES, students))
        operations.add_members(group_id=group.pk, members=[(ids[email], role) for email, role in members])
    _count(report, found, joining, classes)
    if not report.is_unchanged:
        facts = {name: getattr(report, name) for name in ("total", "created", "updated", "kept", "joined")}
        audit.record(action="roster.imported", subject="roster", subject_id="", name=report.format, after=facts)
    return report


def _count(
    report: Report, found: accounts.Sorted, joining: dict[str, list[tuple[str, str]]], classes: _Classes
) -> None:
    report.created, report.updated, report.kept = len(found.new), len(found.changed), len(found.known)
    report.joined = sum(map(len, joining.values()))
    report.groups_created = tuple(classes.fresh[key] for key in joining if key not in classes.groups)


def _refused(report: Report) -> RosterRefused:
    told = report.flaws[: rules.MOST_FLAWS]
    problems = [Problem(f"/rows/{flaw.row}/{flaw.column}".rstrip("/"), flaw.code, flaw.detail) for flaw in told]
    return RosterRefused(problems=problems, flaws=len(report.flaws), total=report.total)

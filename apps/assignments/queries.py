from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Now

from apps.assignments import rules
from apps.assignments.errors import AccommodationNotFound, AssignmentNotFound, HomeworkNotFound
from apps.assignments.models import (
    Accommodation,
    Announcement,
    ExamAssignment,
    HomeworkAssignment,
    HomeworkItem,
    RoomPause,
)
from apps.authentication import queries as people
from apps.centers.queries import centers
from apps.groups import queries as groups
from apps.groups.errors import GroupNotFound
from apps.mock_tests.errors import TestNotFound
from apps.mock_tests.queries import quizzes

if TYPE_CHECKING:
    from apps.authentication.models import User
    from apps.mock_tests.models import MockTest, Paper


def assignments_for(actor: User) -> QuerySet[ExamAssignment]:
    """The exam rooms ``actor`` may see: those of ``rooms_for`` that are no part of something else."""
    return rooms_for(actor).filter(kind=ExamAssignment.Kind.EXAM)


def rooms_for(actor: User) -> QuerySet[ExamAssignment]:
    """The rooms of every kind ``actor`` may see: admins all, teachers those of groups they teach and their own, students
    those they are assigned to, guests those that name them."""
    rooms = ExamAssignment.objects.all()
    if actor.role == actor.Role.CENTER_ADMIN:
        return rooms
    if actor.role == actor.Role.TEACHER:
        return rooms.filter(_of_groups(groups.taught_group_ids(actor.pk)) | Q(created_by=actor.pk))
    if actor.role == actor.Role.STUDENT:
        return rooms.filter(_of_groups(groups.student_group_ids(actor.pk)) | _naming(actor.pk))
    if actor.role == actor.Role.GUEST:
        return rooms.filter(_naming(actor.pk))
    return rooms.none()


def managed_by(actor: User) -> QuerySet[ExamAssignment]:
    """The rooms ``actor`` may change: for staff all they see, for others none."""
    return assignments_for(actor) if actor.is_center_staff else ExamAssignment.objects.none()


def rooms_managed_by(actor: User) -> QuerySet[ExamAssignment]:
    """The same of every kind, with those behind the items of homework."""
    return rooms_for(actor) if actor.is_center_staff else ExamAssignment.objects.none()


def list_assignments_for(
    actor: User, *, search: str = "", status: str = "", group_id: uuid.UUID | None = None
) -> QuerySet[ExamAssignment]:
    """``assignments_for`` with test, author, groups and people, newest first, and whether they are paused: since when the
    whole room is (``paused_at``), and which of its groups are (``paused_group_ids``)."""
    rooms = assignments_for(actor)
    if search:
        rooms = rooms.filter(title__icontains=search)
    if status:
        rooms = rooms.filter(status=status)
    if group_id:
        rooms = rooms.filter(_of_groups({group_id}))
    pauses = RoomPause.objects.filter(assignment=OuterRef("pk"), ended_at=None)
    return (
        rooms.select_related("mock_test", "created_by", "paper")
        .defer("paper__content")
        .annotate(
            paused_at=Subquery(pauses.filter(group=None).values("began_at")),
            paused_group_ids=ArraySubquery(pauses.exclude(group=None).order_by("group").values("group")),
        )
        .prefetch_related("groups", Prefetch("people", queryset=people.list_people().only("pk").order_by("pk")))
    )


def get_assignment_for(actor: User, assignment_id: uuid.UUID) -> ExamAssignment:
    """One of the rooms ``actor`` may see, as ``list_assignments_for`` gives it; refuses any other id."""
    room = list_assignments_for(actor).filter(pk=assignment_id).first()
    if room is None:
        raise AssignmentNotFound
    return room


def get_assigned_paper_for(actor: User, test_id: uuid.UUID) -> Paper:
    """The edition of a test that the newest room gives which ``actor`` may see; refuses a test that none gives."""
    rooms = rooms_for(actor).filter(mock_test=test_id).select_related("paper__test").order_by("-created_at", "pk")
    room = rooms.first()
    if room is None:
        raise TestNotFound
    return room.paper


def list_assigned_quizzes_for(actor: User, *, search: str = "") -> QuerySet[MockTest]:
    """The published quizzes that a room gives which ``actor`` may see, newest first."""
    found = quizzes.published_quizzes(among=rooms_for(actor).order_by().values_list("mock_test", flat=True))
    return found.filter(title__icontains=search) if search else found


def get_assigned_quiz_for(actor: User, quiz_id: uuid.UUID) -> MockTest:
    """One of them; refuses any other id."""
    quiz = list_assigned_quizzes_for(actor).filter(pk=quiz_id).first()
    if quiz is None:
        raise TestNotFound
    return quiz


def get_assignment(*, assignment_id: uuid.UUID, lock: Literal["", "share", "update"] = "") -> ExamAssignment:
    """A room, whoever asks. ``share`` holds it still until the transaction ends (many at once may), ``update`` is for
    who will change it."""
    rooms = ExamAssignment.objects.filter(pk=assignment_id)
    if lock == "share":
        table = ExamAssignment._meta.db_table
        found = next(
            iter(ExamAssignment.objects.raw(f"SELECT * FROM {table} WHERE id = %s FOR SHARE", [assignment_id])),  # noqa: S608
            None,
        )
    elif lock == "update":
        found = rooms.select_for_update(no_key=True).first()
    else:
        found = rooms.first()
    if found is None:
        raise AssignmentNotFound
    return found


def is_assigned(*, assignment: ExamAssignment, student_id: uuid.UUID) -> bool:
    """Whether the room is for this student now, through a group or by name."""
    mine = _of_groups(groups.student_group_ids(student_id)) | _naming(student_id)
    return ExamAssignment.objects.filter(mine, pk=assignment.pk).exists()


def who_may_see(*, assignment_id: uuid.UUID, user_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Those of these people for whom a room is among ``assignments_for``, with their roles. However many they are, so many
    queries."""
    room = ExamAssignment.objects.filter(pk=assignment_id, kind=ExamAssignment.Kind.EXAM).first()
    if room is None:
        return {}
    roles = people.find_roles(user_ids=user_ids)
    named = set(room.people.filter(pk__in=roles).values_list("pk", flat=True))
    # As for ``_of_groups``: a group that was deleted shows its rooms to nobody.
    group_ids = set(room.groups.filter(deleted_at=None).values_list("pk", flat=True))
    teaching = groups.teacher_ids(group_ids) | ({room.created_by_id} if room.created_by_id else set())
    seeing = {"TEACHER": teaching, "STUDENT": groups.student_ids(group_ids) | named, "GUEST": named}
    return {pk: role for pk, role in roles.items() if role == "CENTER_ADMIN" or pk in seeing.get(role, ())}


def managers_among(*, assignment_id: uuid.UUID, user_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of them who may change it, as ``managed_by`` says."""
    seeing = who_may_see(assignment_id=assignment_id, user_ids=user_ids)
    return {pk for pk, role in seeing.items() if role in ("CENTER_ADMIN", "TEACHER")}


def audience_ids(*, assignment_id: uuid.UUID) -> set[uuid.UUID]:
    """Whom the room is for now: the students of its groups and the people it names."""
    room = get_assignment(assignment_id=assignment_id)
    named = set(room.people.values_list("pk", flat=True))
    return named | groups.student_ids(room.groups.values_list("pk", flat=True))


def check_groups(*, assignment_id: uuid.UUID, group_ids: Iterable[uuid.UUID]) -> None:
    """Refuses groups that a room is not for."""
    wanted = set(group_ids)
    through = ExamAssignment.groups.through.objects.filter(examassignment=assignment_id, group__in=wanted)
    if wanted and through.count() < len(wanted):
        raise GroupNotFound


@dataclass(frozen=True, slots=True)
class Wait:
    """Whether a student has to wait before they can begin, since the room or their group is paused, and how many seconds
    they would have had to since it was opened."""

    is_paused: bool = False
    seconds: float = 0


def waits_of(*, student_id: uuid.UUID, rooms: Iterable[ExamAssignment], at: datetime) -> dict[uuid.UUID, Wait]:
    """How it is about waiting for a student in those of these rooms that are or were paused, by their ids."""
    begun = {room.pk: room.opened_at or room.opens_at or at for room in rooms}
    rows = list(
        RoomPause.objects.filter(assignment__in=begun)
        .order_by()
        .values_list("assignment_id", "group_id", "began_at", "ended_at")
    )
    theirs = groups.student_group_ids(student_id) if any(group_id for _, group_id, *_ in rows) else set()
    pauses: dict[uuid.UUID, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for room_id, group_id, began_at, ended_at in rows:
        if group_id is None or group_id in theirs:
            pauses[room_id].append((began_at, ended_at))
    return {
        room_id: Wait(
            any(ended_at is None for _, ended_at in spans),
            rules.seconds_waited(((began_at, ended_at or at) for began_at, ended_at in spans), begun[room_id]),
        )
        for room_id, spans in pauses.items()
    }


def marker_ids(*, assignment_id: uuid.UUID) -> set[uuid.UUID]:
    """Who is to mark what is handed in in a room: the teachers of its groups, and who made it while they are staff."""
    room = get_assignment(assignment_id=assignment_id)
    author = {room.created_by.pk} if room.created_by and room.created_by.is_center_staff else set()
    groups_of_room = room.groups.filter(deleted_at=None).values_list("pk", flat=True)
    found = people.list_people(is_active=True, is_approved=True)
    return set(found.filter(pk__in=author | groups.teacher_ids(groups_of_room)).values_list("pk", flat=True))


def count_holding_rooms(*, test_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many rooms that are not closed yet give each of these tests, by which it cannot be unpublished; tests without
    one are left out."""
    rooms = _holding().filter(mock_test__in=list(test_ids)).order_by()
    return dict(rooms.values_list("mock_test").annotate(count=Count("pk")))


def is_test_in_use(*, test_id: uuid.UUID) -> bool:
    """Whether a room that is not closed yet gives this test."""
    return _holding().filter(mock_test=test_id).exists()


def _holding() -> QuerySet[ExamAssignment]:
    """Rooms that are not closed yet. Those for practice never are, and hold nothing."""
    waiting = [ExamAssignment.Status.SCHEDULED, ExamAssignment.Status.OPEN]
    return ExamAssignment.objects.filter(status__in=waiting).exclude(kind=ExamAssignment.Kind.PRACTICE)


def ending_for(actor: User) -> QuerySet[ExamAssignment]:
    """The rooms ``actor`` may see that are open or will be, and have an end that is still to come, the next one first."""
    waiting = [ExamAssignment.Status.SCHEDULED, ExamAssignment.Status.OPEN]
    return assignments_for(actor).filter(status__in=waiting, closes_at__gt=Now()).order_by("closes_at", "pk")


def count_open() -> int:
    """How many exam rooms are open."""
    rooms = ExamAssignment.objects.filter(status=ExamAssignment.Status.OPEN, kind=ExamAssignment.Kind.EXAM)
    return rooms.order_by().count()


def announcements_for(actor: User, assignment_id: uuid.UUID) -> QuerySet[Announcement]:
    """What was said in a room ``actor`` may see, the latest first; refuses any other id."""
    if not assignments_for(actor).filter(pk=assignment_id).exists():
        raise AssignmentNotFound
    return Announcement.objects.filter(assignment=assignment_id)


def accommodations_for(actor: User) -> QuerySet[Accommodation]:
    """The accommodations ``actor`` may see, the latest first: admins all, teachers those of students they teach and what
    they asked for themselves, students their own."""
    found = Accommodation.objects.select_related("student", "asked_by", "decided_by")
    if actor.role == actor.Role.CENTER_ADMIN:
        return found
    if actor.role == actor.Role.TEACHER:
        return found.filter(Q(student__in=groups.people_for(actor).order_by().values("pk")) | Q(asked_by=actor.pk))
    return found.filter(student=actor.pk)


def list_accommodations_for(
    actor: User, *, student_id: uuid.UUID | None = None, status: str = ""
) -> QuerySet[Accommodation]:
    """``accommodations_for``, those of one student or of one status."""
    found = accommodations_for(actor)
    if student_id:
        found = found.filter(student=student_id)
    return found.filter(status=status) if status else found


def get_accommodation_for(actor: User, accommodation_id: uuid.UUID) -> Accommodation:
    """One of the accommodations ``actor`` may see; refuses any other id."""
    found = accommodations_for(actor).filter(pk=accommodation_id).first()
    if found is None:
        raise AccommodationNotFound
    return found


def factors_of(*, student_id: uuid.UUID, at: datetime) -> dict[str, Decimal]:
    """How much of its time each type of section gets by the accommodation that is in force for a student that day, by the
    center's clock."""
    return factors_at(student_id=student_id, moments=[at])[0]


def factors_at(*, student_id: uuid.UUID, moments: Sequence[datetime]) -> list[dict[str, Decimal]]:
    """The same at several moments, looked up once."""
    approved = Accommodation.objects.filter(student=student_id, status=Accommodation.Status.APPROVED)
    periods = list(approved.values_list("valid_from", "valid_until", "factors"))
    if not periods:
        return [{} for _ in moments]
    zone = centers.time_zone()
    days = [at.astimezone(zone).date() for at in moments]
    found: list[dict[str, str]] = [
        next((given for first, last, given in periods if rules.holds_on(first, last, day)), {}) for day in days
    ]
    return [{section_type: Decimal(factor) for section_type, factor in given.items()} for given in found]


def largest_factor(*, student_ids: Iterable[uuid.UUID], at: datetime) -> Decimal:
    """The most that any of these students gets, by what is in force for them that day, of the time of sections that have no
    factor of their own; 1, where nobody gets more. One query, however many they are."""
    approved = Accommodation.objects.filter(student__in=student_ids, status=Accommodation.Status.APPROVED)
    periods = list(approved.values_list("valid_from", "valid_until", "factors"))
    if not periods:
        return Decimal(1)
    day = centers.local_day(at=at)
    found = (given.get(rules.ALL_TYPES, "1") for first, last, given in periods if rules.holds_on(first, last, day))
    return max(map(Decimal, found), default=Decimal(1))


def approver_of(*, student_id: uuid.UUID, at: datetime) -> uuid.UUID | None:
    """Who has approved the accommodation that is in force for a student that day; nobody where there is none."""
    approved = Accommodation.objects.filter(student=student_id, status=Accommodation.Status.APPROVED)
    day = centers.local_day(at=at)
    rows = approved.values_list("valid_from", "valid_until", "decided_by")
    return next((by for first, last, by in rows if rules.holds_on(first, last, day)), None)


# -- homework ------------------------------------------------------------------------------------------------------


def homework_for(actor: User) -> QuerySet[HomeworkAssignment]:
    """The homework ``actor`` may see: admins all, teachers that of groups they teach and their own, students what they are
    assigned to, guests what names them."""
    found = HomeworkAssignment.objects.all()
    if actor.role == actor.Role.CENTER_ADMIN:
        return found
    if actor.role == actor.Role.TEACHER:
        return found.filter(_homework_of_groups(groups.taught_group_ids(actor.pk)) | Q(created_by=actor.pk))
    if actor.role == actor.Role.STUDENT:
        return found.filter(_homework_of_groups(groups.student_group_ids(actor.pk)) | _homework_naming(actor.pk))
    if actor.role == actor.Role.GUEST:
        return found.filter(_homework_naming(actor.pk))
    return found.none()


def managed_homework(actor: User) -> QuerySet[HomeworkAssignment]:
    """The homework ``actor`` may change: for staff all they see, for others none."""
    return homework_for(actor) if actor.is_center_staff else HomeworkAssignment.objects.none()


def list_homework_for(
    actor: User, *, search: str = "", group_id: uuid.UUID | None = None
) -> QuerySet[HomeworkAssignment]:
    """``homework_for`` with items, author, groups and people, newest first."""
    found = homework_for(actor)
    if search:
        found = found.filter(title__icontains=search)
    if group_id:
        found = found.filter(_homework_of_groups({group_id}))
    named = people.list_people().only("pk").order_by("pk")
    items = HomeworkItem.objects.select_related("mock_test", "room__paper").defer("room__paper__content")
    return found.select_related("created_by").prefetch_related(
        "groups", Prefetch("people", queryset=named), Prefetch("items", queryset=items)
    )


def get_homework_for(actor: User, homework_id: uuid.UUID) -> HomeworkAssignment:
    """One homework ``actor`` may see, as ``list_homework_for`` gives it; refuses any other id."""
    homework = list_homework_for(actor).filter(pk=homework_id).first()
    if homework is None:
        raise HomeworkNotFound
    return homework


def find_homework(*, homework_id: uuid.UUID) -> HomeworkAssignment | None:
    """A homework, whoever asks, if it is still there."""
    return HomeworkAssignment.objects.filter(pk=homework_id).first()


def get_item_for(actor: User, homework_id: uuid.UUID, item_id: uuid.UUID, *, kind: str = "") -> HomeworkItem:
    """An item of a homework ``actor`` may see, by its own id or by that of its test, with both; refuses anything else."""
    items = HomeworkItem.objects.filter(Q(pk=item_id) | Q(mock_test=item_id), homework=homework_id)
    if kind:
        items = items.filter(mock_test__kind=kind)
    item = items.filter(homework__in=homework_for(actor)).select_related("homework", "mock_test").first()
    if item is None:
        raise HomeworkNotFound
    return item


def homework_audience_ids(*, homework: HomeworkAssignment) -> set[uuid.UUID]:
    """Whom a homework is for now: the students of its groups and the people it names."""
    named = set(homework.people.values_list("pk", flat=True))
    return named | groups.student_ids(homework.groups.values_list("pk", flat=True))


def _homework_of_groups(group_ids: set[uuid.UUID]) -> Q:
    through = HomeworkAssignment.groups.through.objects.filter(group__in=group_ids)
    return Q(pk__in=through.values("homeworkassignment"))


def _homework_naming(user_id: uuid.UUID) -> Q:
    return Q(pk__in=HomeworkAssignment.people.through.objects.filter(user=user_id).values("homeworkassignment"))


def _of_groups(group_ids: set[uuid.UUID]) -> Q:
    return Q(pk__in=ExamAssignment.groups.through.objects.filter(group__in=group_ids).values("examassignment"))


def _naming(user_id: uuid.UUID) -> Q:
    return Q(pk__in=ExamAssignment.people.through.objects.filter(user=user_id).values("examassignment"))

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Prefetch, Q, QuerySet

from apps.authentication import queries as people
from apps.authentication.errors import UserNotFound
from apps.core.files import usage
from apps.groups.errors import GroupNotFound, MembershipNotFound
from apps.groups.models import Group, Membership

if TYPE_CHECKING:
    from apps.authentication.models import User


def groups_for(actor: User) -> QuerySet[Group]:
    """The groups ``actor`` may see: admins all, teachers those they teach, students their own, guests none."""
    groups = Group.objects.filter(deleted_at=None)
    if actor.role == actor.Role.CENTER_ADMIN:
        return groups
    return groups.filter(pk__in=_own(actor).values("group_id"))


def get_group_for(actor: User, group_id: uuid.UUID) -> Group:
    """One of the groups ``actor`` may see, as ``list_groups_for`` gives it; refuses any other id."""
    group = list_groups_for(actor).filter(pk=group_id).first()
    if group is None:
        raise GroupNotFound
    return group


def list_groups_for(
    actor: User, *, search: str = "", is_active: bool | None = None, teacher_id: uuid.UUID | None = None
) -> QuerySet[Group]:
    """``groups_for`` with ``student_count`` and ``teacher_rows`` (memberships with their ``user``). Each word of
    ``search`` is in the name or the description."""
    teachers = Membership.objects.filter(role_in_group=Membership.Role.TEACHER, left_at=None).select_related("user")
    active_students = Q(memberships__role_in_group=Membership.Role.STUDENT, memberships__left_at=None)
    groups = groups_for(actor).annotate(student_count=Count("memberships", filter=active_students))
    for word in search.split():
        groups = groups.filter(Q(name__icontains=word) | Q(description__icontains=word))
    if is_active is not None:
        groups = groups.filter(is_active=is_active)
    if teacher_id is not None:
        groups = groups.filter(pk__in=teachers.filter(user=teacher_id).values("group_id"))
    ordered = teachers.order_by("user__last_name", "user__first_name", "pk")
    return groups.prefetch_related(Prefetch("memberships", queryset=ordered, to_attr="teacher_rows"))


def memberships_for(actor: User) -> QuerySet[Membership]:
    """The present memberships ``actor`` may see: admins all, teachers those of groups they teach, others their own."""
    rows = Membership.objects.filter(left_at=None, group__deleted_at=None)
    if actor.role == actor.Role.CENTER_ADMIN:
        return rows
    if actor.role == actor.Role.TEACHER:
        return rows.filter(group__in=_own(actor).values("group_id"))
    return rows.filter(pk__in=_own(actor).values("pk"))


def get_membership(*, membership_id: uuid.UUID) -> Membership:
    """A present membership; refuses an unknown or ended one."""
    row = Membership.objects.filter(pk=membership_id, left_at=None).first()
    if row is None:
        raise MembershipNotFound
    return row


def members_for(actor: User, group_id: uuid.UUID, *, search: str = "", role_in_group: str = "") -> QuerySet[Membership]:
    """Who is in a group that ``actor`` may see: teachers first, then by name, each with its ``user``. Each word of
    ``search`` is in a name, for staff also in the e-mail address."""
    group = get_group_for(actor, group_id)
    members = Membership.objects.filter(group=group, left_at=None)
    if role_in_group:
        members = members.filter(role_in_group=role_in_group)
    for word in search.split():
        by_name = Q(user__first_name__icontains=word) | Q(user__last_name__icontains=word)
        members = members.filter(by_name | Q(user__email__icontains=word) if actor.is_center_staff else by_name)
    return members.select_related("user").order_by("-role_in_group", "user__last_name", "user__first_name", "pk")


def history_for(
    actor: User, *, group_id: uuid.UUID | None = None, user_id: uuid.UUID | None = None
) -> QuerySet[Membership]:
    """Every membership there is and was, the newest first, with the people and groups it names: for admins all, for
    teachers those of groups they teach. Refuses a group that ``actor`` may not see, and everybody else."""
    if not actor.is_center_staff:
        raise GroupNotFound
    rows = Membership.objects.all()
    if group_id is not None:
        rows = rows.filter(group=get_group_for(actor, group_id))
    elif actor.role != actor.Role.CENTER_ADMIN:
        rows = rows.filter(group__in=groups_for(actor))
    if user_id is not None:
        rows = rows.filter(user=user_id)
    named = rows.select_related("user", "group", "joined_by", "left_by", "came_from", "went_to")
    return named.order_by("-joined_at", "-pk")


def memberships_of(user_id: uuid.UUID) -> QuerySet[Membership]:
    """A person's present memberships, each with its ``group``."""
    return (
        Membership.objects.filter(user_id=user_id, left_at=None, group__deleted_at=None)
        .select_related("group")
        .order_by("group__name")
    )


def count_groups() -> int:
    """How many groups there are at present."""
    return Group.objects.filter(deleted_at=None, is_active=True).order_by().count()


@usage.kept
def kept_pictures() -> usage.Sizes:
    """The pictures of groups."""
    return usage.sized(Group.objects.exclude(avatar=""), usage.size_in_name("avatar"))


def taught_group_ids(user_id: uuid.UUID) -> set[uuid.UUID]:
    """The groups this person teaches."""
    return _group_ids(user_id, Membership.Role.TEACHER)


def student_group_ids(user_id: uuid.UUID) -> set[uuid.UUID]:
    """The groups this person studies in."""
    return _group_ids(user_id, Membership.Role.STUDENT)


def student_ids(group_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Who studies in at least one of these groups."""
    return _member_ids(group_ids, Membership.Role.STUDENT)


def teacher_ids(group_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Who teaches at least one of these groups."""
    return _member_ids(group_ids, Membership.Role.TEACHER)


def people_for(
    actor: User,
    *,
    role: str = "",
    search: str = "",
    group: uuid.UUID | None = None,
    is_active: bool | None = None,
    is_approved: bool | None = None,
    wants_erasure: bool | None = None,
) -> QuerySet[User]:
    """The people ``actor`` may look up: admins everybody, teachers the students of the groups they teach. ``group`` keeps
    who is in that group; in one that ``actor`` may not see there is nobody."""
    found = people.list_people(
        role=role, search=search, is_active=is_active, is_approved=is_approved, wants_erasure=wants_erasure
    )
    if group is not None:
        seen = Membership.objects.filter(group=group, left_at=None, group__in=groups_for(actor).values("pk"))
        found = found.filter(pk__in=seen.values("user_id"))
    if actor.role == actor.Role.CENTER_ADMIN:
        return found
    if actor.role != actor.Role.TEACHER:
        return found.none()
    students = Membership.objects.filter(
        role_in_group=Membership.Role.STUDENT, left_at=None, group__in=_own(actor).values("group_id")
    )
    return found.filter(pk__in=students.values("user_id"))


def get_person_for(actor: User, user_id: uuid.UUID) -> User:
    """One of the people ``actor`` may look up; refuses any other id."""
    person = people_for(actor).filter(pk=user_id).first()
    if person is None:
        raise UserNotFound
    return person


def _own(actor: User) -> QuerySet[Membership]:
    """The memberships that count for ``actor``: a role that the person no longer has gives nothing."""
    role = {actor.Role.TEACHER: Membership.Role.TEACHER, actor.Role.STUDENT: Membership.Role.STUDENT}.get(
        actor.Role(actor.role)
    )
    return Membership.objects.filter(user_id=actor.pk, role_in_group=role, left_at=None, group__deleted_at=None)


def _member_ids(group_ids: Iterable[uuid.UUID], role: str) -> set[uuid.UUID]:
    rows = Membership.objects.filter(role_in_group=role, user__role=F("role_in_group"), left_at=None)
    return set(rows.filter(group__in=set(group_ids)).values_list("user_id", flat=True))


def _group_ids(user_id: uuid.UUID, role: str) -> set[uuid.UUID]:
    rows = Membership.objects.filter(user_id=user_id, role_in_group=role, user__role=F("role_in_group"), left_at=None)
    return set(rows.filter(group__deleted_at=None).values_list("group_id", flat=True))


def data_about(*, user_id: uuid.UUID) -> list[dict[str, Any]]:
    """Every group that a person is or was in, oldest first."""
    rows = Membership.objects.filter(user_id=user_id).select_related("group").order_by("joined_at", "pk")
    return [
        {"group": row.group.name, "role": row.role_in_group, "joined_at": row.joined_at, "left_at": row.left_at}
        for row in rows
    ]

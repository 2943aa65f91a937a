from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Count, F, Prefetch, Q, QuerySet

from apps.authentication import queries as people
from apps.authentication.errors import UserNotFound
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


def list_groups_for(actor: User, *, search: str = "") -> QuerySet[Group]:
    """``groups_for`` with ``student_count`` and ``teacher_rows`` (memberships with their ``user``)."""
    teachers = Membership.objects.filter(role_in_group=Membership.Role.TEACHER, left_at=None).select_related("user")
    active_students = Q(memberships__role_in_group=Membership.Role.STUDENT, memberships__left_at=None)
    groups = groups_for(actor).annotate(student_count=Count("memberships", filter=active_students))
    if search:
        groups = groups.filter(name__icontains=search)
    return groups.prefetch_related(Prefetch("memberships", queryset=teachers, to_attr="teacher_rows"))


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


def members_for(actor: User, group_id: uuid.UUID) -> QuerySet[Membership]:
    """Who is in a group that ``actor`` may see: teachers first, then by name, each with its ``user``."""
    group = get_group_for(actor, group_id)
    return (
        Membership.objects.filter(group=group, left_at=None)
        .select_related("user")
        .order_by("-role_in_group", "user__last_name", "user__first_name", "pk")
    )


def memberships_of(user_id: uuid.UUID) -> QuerySet[Membership]:
    """A person's present memberships, each with its ``group``."""
    return (
        Membership.objects.filter(user_id=user_id, left_at=None, group__deleted_at=None)
        .select_related("group")
        .order_by("group__name")
    )


def taught_group_ids(user_id: uuid.UUID) -> set[uuid.UUID]:
    """The groups this person teaches."""
    return _group_ids(user_id, Membership.Role.TEACHER)


def student_group_ids(user_id: uuid.UUID) -> set[uuid.UUID]:
    """The groups this person studies in."""
    return _group_ids(user_id, Membership.Role.STUDENT)


def student_ids(group_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Who studies in at least one of these groups."""
    return set(
        Membership.objects.filter(
            group__in=set(group_ids),
            role_in_group=Membership.Role.STUDENT,
            left_at=None,
            user__role=F("role_in_group"),
        ).values_list("user_id", flat=True)
    )


def people_for(
    actor: User, *, role: str = "", search: str = "", is_active: bool | None = None, is_approved: bool | None = None
) -> QuerySet[User]:
    """The people ``actor`` may look up: admins everybody, teachers the students of the groups they teach."""
    found = people.list_people(role=role, search=search, is_active=is_active, is_approved=is_approved)
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


def _group_ids(user_id: uuid.UUID, role: str) -> set[uuid.UUID]:
    rows = Membership.objects.filter(user_id=user_id, role_in_group=role, user__role=F("role_in_group"), left_at=None)
    return set(rows.filter(group__deleted_at=None).values_list("group_id", flat=True))

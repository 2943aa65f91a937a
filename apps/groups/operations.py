from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.authentication import queries as people
from apps.core import bus
from apps.core.errors import Forbidden, Problem
from apps.groups import queries
from apps.groups.errors import AlreadyMember, GroupExists, GroupFull, GroupNotFound, MembershipNotFound, UnknownMember
from apps.groups.events import MemberJoined, MemberLeft
from apps.groups.models import Group, Membership

if TYPE_CHECKING:
    from apps.authentication.models import User

Member = tuple[uuid.UUID, str]
"""A person and their role in the group."""


class GroupFields(TypedDict, total=False):
    """What describes a group; what is absent stays, or takes its default."""

    name: str
    description: str
    max_students: int
    is_active: bool
    teacher_ids: Sequence[uuid.UUID]


@dataclass(frozen=True, slots=True)
class AddOutcome:
    """Who came in, and who was in already."""

    created: tuple[Membership, ...]
    skipped: tuple[uuid.UUID, ...]


def create_group(**fields: Unpack[GroupFields]) -> Group:
    """Open a group with its teachers; refuses a name that another group has, and people who are no teachers."""
    teacher_ids = fields.pop("teacher_ids", ())
    with transaction.atomic():
        group = Group(**fields)
        _save(group, force_insert=True)
        _join(group, [(user_id, Membership.Role.TEACHER) for user_id in teacher_ids], place="/teacher_ids/{}")
    return group


def update_group(*, actor: User, group_id: uuid.UUID, **changes: Unpack[GroupFields]) -> Group:
    """Change a group that ``actor`` may see. Its teachers may rename and describe it; the rest is for admins.
    ``teacher_ids`` says who teaches from now on: others leave, new ones join."""
    teacher_ids = changes.pop("teacher_ids", None)
    with transaction.atomic():
        group = _lock(queries.get_group_for(actor, group_id).pk)
        _may_change(actor, group, changes, teacher_ids)
        for name, value in changes.items():
            setattr(group, name, value)
        _save(group)
        if teacher_ids is not None:
            _set_teachers(group, teacher_ids)
    return group


def delete_group(*, group_id: uuid.UUID) -> None:
    """Close a group for good: everybody leaves it, nobody sees it. Rooms that were assigned to it keep its name."""
    with transaction.atomic():
        group = _lock(group_id)
        _leave(group.memberships.all())
        group.deleted_at = Now()
        group.save(update_fields=["deleted_at", "updated_at"])


def add_members(*, group_id: uuid.UUID, members: Iterable[Member]) -> AddOutcome:
    """Let people in, all or nobody. Who is in already is skipped; refuses people whose role in the center differs from
    the one in the group, and more students than the group has places."""
    with transaction.atomic():
        return _join(_lock(group_id), list(members), place="/members/{}/user_id")


def add_member(*, group_id: uuid.UUID, user_id: uuid.UUID, role: str) -> Membership:
    """Let one person in; refuses somebody who is in already."""
    with transaction.atomic():
        outcome = _join(_lock(group_id), [(user_id, role)], place="/user_id")
        if not outcome.created:
            raise AlreadyMember
    return outcome.created[0]


def remove_member(*, membership_id: uuid.UUID) -> None:
    """End a membership. The row stays as history; the person can join again."""
    with transaction.atomic():
        if not _leave(Membership.objects.filter(pk=membership_id)):
            raise MembershipNotFound


def _lock(group_id: uuid.UUID) -> Group:
    """Whoever changes who is in a group holds its row, so that two of them cannot both take the last place."""
    group = Group.objects.select_for_update(no_key=True).filter(pk=group_id, deleted_at=None).first()
    if group is None:
        raise GroupNotFound
    return group


def _may_change(actor: User, group: Group, changes: GroupFields, teacher_ids: Sequence[uuid.UUID] | None) -> None:
    if actor.role == actor.Role.CENTER_ADMIN:
        return
    for_admins = {"max_students", "is_active"} & set(changes)
    moved = any(changes[name] != getattr(group, name) for name in for_admins)  # type: ignore[literal-required]
    if moved or (teacher_ids is not None and set(teacher_ids) != set(_teachers(group))):
        raise Forbidden("Only an admin of the center may change places, state and teachers of a group.")


def _save(group: Group, *, force_insert: bool = False) -> None:
    try:
        with transaction.atomic():
            group.save(force_insert=force_insert)
    except IntegrityError as error:
        if "one_group_per_name" in str(error):
            raise GroupExists from None
        raise


def _teachers(group: Group) -> dict[uuid.UUID, uuid.UUID]:
    """Who teaches the group, with the membership of each."""
    rows = group.memberships.filter(role_in_group=Membership.Role.TEACHER, left_at=None)
    return dict(rows.values_list("user_id", "pk"))


def _set_teachers(group: Group, teacher_ids: Sequence[uuid.UUID]) -> None:
    wanted = dict.fromkeys(teacher_ids)
    present = _teachers(group)
    _join(group, [(user_id, Membership.Role.TEACHER) for user_id in wanted], place="/teacher_ids/{}")
    _leave(Membership.objects.filter(pk__in=[pk for user_id, pk in present.items() if user_id not in wanted]))


def _join(group: Group, members: Sequence[Member], *, place: str) -> AddOutcome:
    wanted = dict(members)
    present = {row.user_id: row for row in group.memberships.filter(left_at=None, user__in=wanted)}
    # Who is in with another role had another role in the center then; that membership ends.
    changed = [row.pk for user_id, row in present.items() if row.role_in_group != wanted[user_id]]
    new = {
        user_id: role for user_id, role in wanted.items() if user_id not in present or present[user_id].pk in changed
    }
    _check_roles(members, new, place)
    _leave(Membership.objects.filter(pk__in=changed))
    _check_places(group, new)
    rows = Membership.objects.bulk_create(
        [Membership(group=group, user_id=user_id, role_in_group=role) for user_id, role in new.items()]
    )
    bus.publish_many(MemberJoined(group_id=group.pk, user_id=row.user_id) for row in rows)
    return AddOutcome(tuple(rows), tuple(user_id for user_id in wanted if user_id not in new))


def _check_roles(members: Sequence[Member], new: dict[uuid.UUID, str], place: str) -> None:
    roles = people.find_roles(user_ids=new)
    problems = [
        Problem(place.format(index), "unknown_member", f"Nobody with this id can join as {role.lower()}.")
        for index, (user_id, role) in enumerate(members)
        if user_id in new and roles.get(user_id) != role
    ]
    if problems:
        raise UnknownMember(problems=problems)


def _check_places(group: Group, new: dict[uuid.UUID, str]) -> None:
    coming = Counter(new.values())[Membership.Role.STUDENT]
    if not coming:
        return
    present = group.memberships.filter(role_in_group=Membership.Role.STUDENT, left_at=None).count()
    if present + coming > group.max_students:
        raise GroupFull(places=max(group.max_students - present, 0))


def _leave(rows: QuerySet[Membership]) -> int:
    left = list(rows.filter(left_at=None).select_for_update(no_key=True))
    Membership.objects.filter(pk__in=[row.pk for row in left]).update(left_at=Now())
    bus.publish_many(MemberLeft(group_id=row.group_id, user_id=row.user_id) for row in left)
    return len(left)

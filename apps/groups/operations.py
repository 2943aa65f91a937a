from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.authentication import queries as people
from apps.authentication.errors import UserNotFound
from apps.centers.queries import subscriptions as limits
from apps.core import bus, images, trace
from apps.core.errors import Forbidden, Problem
from apps.groups import queries
from apps.groups.errors import (
    AlreadyMember,
    GroupArchived,
    GroupExists,
    GroupFull,
    GroupNotFound,
    MembershipNotFound,
    NotInGroup,
    SameGroup,
    TooFewPlaces,
    UnknownMember,
)
from apps.groups.events import MemberJoined, MemberLeft
from apps.groups.models import Group, Membership

if TYPE_CHECKING:
    from apps.authentication.models import User

Member = tuple[uuid.UUID, str]
"""A person and their role in the group."""
STUDENT, TEACHER = Membership.Role.STUDENT, Membership.Role.TEACHER
DESCRIBED = ("name", "description", "max_students", "is_active")


class GroupFields(TypedDict, total=False):
    """What describes a group; what is absent stays, or takes its default. ``avatar`` is a picture file, or nothing to
    remove it."""

    name: str
    description: str
    max_students: int
    is_active: bool
    avatar: bytes | None
    teacher_ids: Sequence[uuid.UUID]


@dataclass(frozen=True, slots=True)
class AddOutcome:
    """Who came in, and who was in already."""

    created: tuple[Membership, ...]
    skipped: tuple[uuid.UUID, ...]


# -- groups ----------------------------------------------------------------------------------------------------------


def create_group(**fields: Unpack[GroupFields]) -> Group:
    """Open a group with its teachers; refuses a name that another group has, people who are no teachers, and a file that
    is no picture."""
    teacher_ids = fields.pop("teacher_ids", ())
    with _picture(fields) as kept, transaction.atomic():
        group = Group(**kept)
        _save(group, force_insert=True)
        _join(group, [(user_id, TEACHER) for user_id in teacher_ids], place="/teacher_ids/{}")
        _record("group.created", group, after=_state(group))
    return group


def update_group(*, actor: User, group_id: uuid.UUID, **changes: Unpack[GroupFields]) -> Group:
    """Change a group that ``actor`` may see. Its teachers may rename, describe and picture it; the rest is for admins.
    ``teacher_ids`` says who teaches from now on: others leave, new ones join. ``is_active`` archives it or takes it up
    again. Refuses fewer places than students, and whatever ``create_group`` would."""
    teacher_ids = changes.pop("teacher_ids", None)
    group_id = queries.get_group_for(actor, group_id).pk
    with _picture(changes) as kept, transaction.atomic():
        group = _lock(queries.get_group_for(actor, group_id).pk)
        _may_change(actor, group, kept, teacher_ids)
        before = _state(group)
        if "avatar" in kept:
            images.drop_pictures([group.avatar])
        for name, value in kept.items():
            setattr(group, name, value)
        if group.max_students < before["max_students"]:
            _check_room(group)
        _save(group)
        if teacher_ids is not None:
            _set_teachers(group, teacher_ids)
        _record("group.changed", group, before=before, after=_state(group))
    return group


def archive_group(*, group_id: uuid.UUID) -> Group:
    """Let a group rest: who is in stays in and keeps what was assigned, nobody joins, and no new room is given it. Again
    without effect."""
    return _set_active(group_id, is_active=False)


def reactivate_group(*, group_id: uuid.UUID) -> Group:
    """Take an archived group up again, as it was. Again without effect."""
    return _set_active(group_id, is_active=True)


def delete_group(*, group_id: uuid.UUID) -> None:
    """Close a group for good: everybody leaves it, nobody sees it. Rooms that were assigned to it keep its name."""
    with transaction.atomic():
        group = _lock(group_id)
        _leave(group.memberships.all(), Membership.Ending.DISSOLVED)
        images.drop_pictures([group.avatar])
        group.deleted_at = Now()
        group.avatar = ""
        group.save(update_fields=["deleted_at", "avatar", "updated_at"])
        _record("group.deleted", group, before=_state(group))


# -- who is in -------------------------------------------------------------------------------------------------------


def add_members(*, group_id: uuid.UUID, members: Iterable[Member]) -> AddOutcome:
    """Let people in, all or nobody. Who is in already is skipped; refuses people whose role in the center differs from
    the one in the group, more students than the group has places, and an archived group."""
    with transaction.atomic():
        group = _lock(group_id)
        outcome = _join(group, list(members), place="/members/{}/user_id")
        if outcome.created:
            _record_joined(group, outcome)
    return outcome


def add_member(*, group_id: uuid.UUID, user_id: uuid.UUID, role: str) -> Membership:
    """Let one person in; refuses somebody who is in already."""
    with transaction.atomic():
        group = _lock(group_id)
        outcome = _join(group, [(user_id, role)], place="/user_id")
        if not outcome.created:
            raise AlreadyMember
        _record_joined(group, outcome)
    return outcome.created[0]


def move_members(*, from_group_id: uuid.UUID, to_group_id: uuid.UUID, user_ids: Sequence[uuid.UUID]) -> AddOutcome:
    """Move people from one group to another in their roles, all or nobody; who is in the other already only leaves the
    first. What they answered, and the marks for it, stay as they are; rooms of the group that they left, where they have
    not begun, are not theirs any more. Refuses people who are not in the first group, and whatever ``add_members`` would.
    """
    if from_group_id == to_group_id:
        raise SameGroup(problems=[Problem("/to_group_id", "same_group", SameGroup.message)])
    with transaction.atomic():
        # In one order, so that two who move people to and fro do not wait for each other.
        groups = {group_id: _lock(group_id) for group_id in sorted({from_group_id, to_group_id})}
        old, new = groups[from_group_id], groups[to_group_id]
        present = {row.user_id: row for row in old.memberships.filter(left_at=None, user__in=user_ids)}
        problems = [
            Problem(f"/members/{index}/user_id", "not_in_group", NotInGroup.message)
            for index, user_id in enumerate(user_ids)
            if user_id not in present
        ]
        if problems:
            raise NotInGroup(problems=problems)
        members = [(user_id, present[user_id].role_in_group) for user_id in user_ids]
        outcome = _join(new, members, place="/members/{}/user_id", came_from=old)
        rows = Membership.objects.filter(pk__in=[row.pk for row in present.values()])
        _leave(rows, Membership.Ending.MOVED, went_to=new)
        moved = {"members": sorted(map(str, present)), "group": str(old.pk)}
        _record("group.members_moved", new, before=moved, after={**moved, "group": str(new.pk)})
    return outcome


def remove_member(*, membership_id: uuid.UUID) -> None:
    """End a membership. The row stays as history; the person can join again."""
    with transaction.atomic():
        row = Membership.objects.filter(pk=membership_id, left_at=None).select_related("group").first()
        if row is None or not _leave(Membership.objects.filter(pk=row.pk), Membership.Ending.REMOVED):
            raise MembershipNotFound
        _record("group.member_removed", row.group, before={"user_id": str(row.user_id), "role": row.role_in_group})


def follow_person(*, user_id: uuid.UUID) -> None:
    """End what a person was in in a role that is theirs no more; of somebody who is gone, everything."""
    with transaction.atomic():
        rows = Membership.objects.filter(user_id=user_id)
        try:
            role = people.get_user(user_id=user_id).role
        except UserNotFound:
            role = ""
        _leave(rows.exclude(role_in_group=role), Membership.Ending.ROLE_CHANGED)


def leave_all(*, user_id: uuid.UUID) -> None:
    """End every membership of a person who was deleted or erased."""
    with transaction.atomic():
        _leave(Membership.objects.filter(user_id=user_id), Membership.Ending.REMOVED)


def _lock(group_id: uuid.UUID) -> Group:
    """Whoever changes who is in a group holds its row, so that two of them cannot both take the last place."""
    group = Group.objects.select_for_update(no_key=True).filter(pk=group_id, deleted_at=None).first()
    if group is None:
        raise GroupNotFound
    return group


def _set_active(group_id: uuid.UUID, *, is_active: bool) -> Group:
    with transaction.atomic():
        group = _lock(group_id)
        if group.is_active != is_active:
            group.is_active = is_active
            group.save(update_fields=["is_active", "updated_at"])
            _record("group.reactivated" if is_active else "group.archived", group)
    return group


def _may_change(actor: User, group: Group, changes: Mapping[str, Any], teacher_ids: Sequence[uuid.UUID] | None) -> None:
    if actor.role == actor.Role.CENTER_ADMIN:
        return
    for_admins = {"max_students", "is_active"} & set(changes)
    moved = any(changes[name] != getattr(group, name) for name in for_admins)
    if moved or (teacher_ids is not None and set(teacher_ids) != set(_teachers(group))):
        raise Forbidden("Only an admin of the center may change places, state and teachers of a group.")


@contextmanager
def _picture(fields: GroupFields) -> Iterator[dict[str, Any]]:
    """The fields with the storage name of a picture in its place: it is stored before any row is locked, since that is
    slow, and removed if the change does not come about."""
    kept: dict[str, Any] = dict(fields)
    if kept.get("avatar") is None:
        yield kept | ({"avatar": ""} if "avatar" in kept else {})
        return
    content, suffix = images.clean_image(kept["avatar"], pointer="/avatar")
    limits.check_room(adding=len(content))
    kept["avatar"] = images.write_picture(kind="groups", content=content, suffix=suffix)
    try:
        yield kept
    except BaseException:
        images.remove_now([kept["avatar"]])
        raise


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
    rows = group.memberships.filter(role_in_group=TEACHER, left_at=None)
    return dict(rows.values_list("user_id", "pk"))


def _set_teachers(group: Group, teacher_ids: Sequence[uuid.UUID]) -> None:
    wanted = dict.fromkeys(teacher_ids)
    present = _teachers(group)
    _join(group, [(user_id, TEACHER) for user_id in wanted], place="/teacher_ids/{}")
    gone = [pk for user_id, pk in present.items() if user_id not in wanted]
    _leave(Membership.objects.filter(pk__in=gone), Membership.Ending.REMOVED)


def _join(group: Group, members: Sequence[Member], *, place: str, came_from: Group | None = None) -> AddOutcome:
    wanted = dict(members)
    present = {row.user_id: row for row in group.memberships.filter(left_at=None, user__in=wanted)}
    # Who is in with another role had another role in the center then; that membership ends.
    changed = [row.pk for user_id, row in present.items() if row.role_in_group != wanted[user_id]]
    new = {
        user_id: role for user_id, role in wanted.items() if user_id not in present or present[user_id].pk in changed
    }
    if new and not group.is_active and STUDENT in new.values():
        raise GroupArchived
    _check_roles(members, new, place)
    _leave(Membership.objects.filter(pk__in=changed), Membership.Ending.ROLE_CHANGED)
    _check_places(group, new)
    who = _who() if new else None
    rows = Membership.objects.bulk_create(
        [
            Membership(group=group, user_id=user_id, role_in_group=role, joined_by_id=who, came_from=came_from)
            for user_id, role in new.items()
        ]
    )
    bus.publish_many(MemberJoined(group_id=group.pk, user_id=row.user_id) for row in rows)
    return AddOutcome(tuple(rows), tuple(user_id for user_id in wanted if user_id not in new))


def _check_roles(members: Sequence[Member], new: Mapping[uuid.UUID, str], place: str) -> None:
    roles = people.find_roles(user_ids=new)
    problems = [
        Problem(place.format(index), "unknown_member", f"Nobody with this id can join as {role.lower()}.")
        for index, (user_id, role) in enumerate(members)
        if user_id in new and roles.get(user_id) != role
    ]
    if problems:
        raise UnknownMember(problems=problems)


def _check_places(group: Group, new: Mapping[uuid.UUID, str]) -> None:
    coming = Counter(new.values())[STUDENT]
    if not coming:
        return
    present = _count_students(group)
    if present + coming > group.max_students:
        raise GroupFull(places=max(group.max_students - present, 0))


def _check_room(group: Group) -> None:
    present = _count_students(group)
    if group.max_students < present:
        raise TooFewPlaces(problems=[Problem("/max_students", "too_few_places", f"{present} students are in it.")])


def _count_students(group: Group) -> int:
    return group.memberships.filter(role_in_group=STUDENT, left_at=None).count()


def _leave(rows: QuerySet[Membership], ending: str, *, went_to: Group | None = None) -> int:
    left = list(rows.filter(left_at=None).select_for_update(no_key=True))
    if left:
        open_rows = Membership.objects.filter(pk__in=[row.pk for row in left])
        open_rows.update(left_at=Now(), left_by_id=_who(), ending=ending, went_to=went_to)
        bus.publish_many(MemberLeft(group_id=row.group_id, user_id=row.user_id) for row in left)
    return len(left)


def _who() -> uuid.UUID | None:
    """Whoever asks, if that is a person of this center; others are named by the audit trail alone."""
    known = trace.current()
    if known.actor_id is None or known.is_acting:
        return None
    return known.actor_id if people.find_roles(user_ids=[known.actor_id]) else None


def _state(group: Group) -> dict[str, Any]:
    teachers = sorted(str(user_id) for user_id in _teachers(group))
    return {**{name: getattr(group, name) for name in DESCRIBED}, "teachers": teachers}


def _record_joined(group: Group, outcome: AddOutcome) -> None:
    joined = {str(row.user_id): row.role_in_group for row in outcome.created}
    _record("group.members_added", group, after={"members": joined})


def _record(action: str, group: Group, **states: Any) -> None:
    audit.record(action=action, subject="group", subject_id=group.pk, name=group.name, **states)

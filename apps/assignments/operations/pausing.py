"""Rooms that are paused: nobody begins in them, or nobody of one of their groups, until they go on."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from apps.assignments import queries, rules
from apps.assignments.models import RoomPause

if TYPE_CHECKING:
    from apps.authentication.models import User


class _NotOpen(Exception):
    """Closed meanwhile; nothing is kept locked then."""


def keep_from_beginning(
    *, actor: User, assignment_id: uuid.UUID, group_ids: Iterable[uuid.UUID] | None, reason: str, at: datetime
) -> bool:
    """Let nobody begin in an open room, or nobody of these groups of it, until ``let_begin`` or until it closes. Whoever
    is about to begin is waited for. Who manages the room, and whether these are its groups, is checked by the caller. A
    room in which nobody can begin anyway is left alone: false then."""
    if not _is_open(assignment_id, at, is_held=False):
        return False
    try:
        with transaction.atomic():
            if not _is_open(assignment_id, at, is_held=True):
                raise _NotOpen
            wanted = [None] if group_ids is None else sorted(set(group_ids))
            RoomPause.objects.bulk_create(
                (
                    RoomPause(
                        assignment_id=assignment_id, group_id=group_id, reason=reason, paused_by=actor, began_at=at
                    )
                    for group_id in wanted
                ),
                ignore_conflicts=True,
            )
    except _NotOpen:
        return False
    return True


def let_begin(*, assignment_id: uuid.UUID, group_ids: Iterable[uuid.UUID] | None = None, at: datetime) -> int:
    """Let people begin again: in the whole room, or of these groups, unless the whole room is paused. Returns how many
    pauses that ends."""
    pauses = RoomPause.objects.filter(assignment=assignment_id, ended_at=None)
    if group_ids is not None:
        pauses = pauses.filter(group__in=set(group_ids))
    return pauses.update(ended_at=at)


def _is_open(assignment_id: uuid.UUID, at: datetime, *, is_held: bool) -> bool:
    room = queries.get_assignment(assignment_id=assignment_id, lock="update" if is_held else "")
    return rules.is_open(room.status, room.opens_at, room.closes_at, at)

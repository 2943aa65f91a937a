"""Guests are here for a time. It ends by the clock: whoever asks for something afterwards is told to sign in, which they
cannot; an alarm ends what is still open."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from apps.audit import operations as audit
from apps.authentication import queries
from apps.authentication.errors import NoGuest
from apps.authentication.events import UserChanged
from apps.authentication.models import User
from apps.authentication.operations import people, seats, sessions
from apps.core import bus, clock


def extend_guest(*, actor: User, user_id: uuid.UUID, ends_at: datetime) -> User:
    """Let a guest stay longer, or less long; one whose time was over can sign in again. Refuses people who are no guests,
    and an end that is past or more than a year away."""
    at = clock.now()
    people.check_stay(ends_at=ends_at, at=at)
    with transaction.atomic():
        user = queries.lock_user(user_id=user_id)
        if user.role != User.Role.GUEST:
            raise NoGuest
        before, had_seat = {"access_ends_at": user.access_ends_at}, queries.has_seat(user_id=user.pk)
        people.let_stay(user=user, ends_at=ends_at)
        bus.publish(UserChanged(user_id=user.pk))
        after = {"access_ends_at": ends_at}
        audit.record(
            action="guest.extended", subject="user", subject_id=user.pk, name=str(user), before=before, after=after
        )
        if not had_seat and queries.has_seat(user_id=user.pk):
            seats.take_seats()
    return queries.get_guest(user_id=user_id)


def upgrade_guest(*, user_id: uuid.UUID, actor: User | None = None) -> User:
    """Make a guest a student, with all attempts and results; they sign in anew. Refuses everybody else."""
    with transaction.atomic():
        user = queries.lock_user(user_id=user_id)
        if user.role != User.Role.GUEST:
            raise NoGuest
        return people.change_role(actor=actor, user_id=user.pk, role=User.Role.STUDENT)


def end_by_clock(*, user_id: uuid.UUID) -> None:
    """End the sessions of a guest whose time is over. Somebody who may stay after all is left alone."""
    with transaction.atomic():
        user = User.objects.select_for_update().filter(pk=user_id, role=User.Role.GUEST, is_active=True).first()
        if user is None or user.access_ends_at is None or user.access_ends_at > clock.now():
            return
        sessions.end_all_sessions(user_id=user.pk, because="time as a guest is over")
        audit.record(action="guest.time_over", subject="user", subject_id=user.pk, name=str(user))

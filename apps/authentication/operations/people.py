from __future__ import annotations

import uuid
from typing import TypedDict, Unpack

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.authentication import queries
from apps.authentication.errors import EmailTaken, OwnAccount, UserNotFound, WeakPassword
from apps.authentication.events import UserApproved, UserRegistered
from apps.authentication.models import Invitation, User
from apps.authentication.operations import sessions
from apps.core import bus, trace
from apps.core.errors import Problem


def create_person(
    *,
    email: str,
    password: str | None,
    role: str,
    first_name: str = "",
    last_name: str = "",
    is_approved: bool = True,
    any_password: bool = False,
) -> User:
    """Add a person to the present center (or an owner to the public schema); refuses a taken address, and a password
    that is easy to guess unless ``any_password`` says that it may be known."""
    user = User(
        email=email.strip().lower(), role=role, first_name=first_name, last_name=last_name, is_approved=is_approved
    )
    if password is not None and not any_password:
        check_password(password=password, user=user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            bus.publish(UserRegistered(user_id=user.pk))
    except IntegrityError as error:
        if "one_person_per_email" in str(error):
            raise EmailTaken from None
        raise
    return user


def change_password(*, user_id: uuid.UUID, password: str, pointer: str = "/password") -> None:
    """Set a new password and end every session of the person."""
    with transaction.atomic():
        set_password(user=queries.get_user(user_id=user_id), password=password, pointer=pointer)
        sessions.end_all_sessions(user_id=user_id, because="password changed")


def set_password(*, user: User, password: str, pointer: str = "/password") -> None:
    """Set a new password; refuses one that is easy to guess. The sessions are the caller's to end."""
    check_password(password=password, user=user, pointer=pointer)
    trace.check_not_acting()
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    # Who comes by a link from a letter is nobody yet to the door.
    who = user if trace.current().actor_id is None and trace.current().via == trace.API else None
    audit.record(action="password.changed", subject="user", subject_id=user.pk, name=str(user), actor=who)


def note_verified(*, user: User) -> None:
    """The person has shown that the address is theirs. Who registered at an open center is approved by that."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk, email_verified_at=None).update(email_verified_at=Now())
        opened = User.objects.filter(pk=user.pk, opens_by_email=True, is_approved=False, is_active=True)
        if opened.update(is_approved=True, opens_by_email=False):
            bus.publish(UserApproved(user_id=user.pk))


def change_role(*, user_id: uuid.UUID, role: str) -> None:
    """Give a person another role; their tokens and sockets end at once."""
    with transaction.atomic():
        User.objects.filter(pk=user_id).update(role=role)
        sessions.end_all_sessions(user_id=user_id, because="role changed")


def deactivate(*, user_id: uuid.UUID) -> None:
    """Shut a person out, now."""
    with transaction.atomic():
        User.objects.filter(pk=user_id).update(is_active=False, session_version=F("session_version") + 1)
        sessions.end_all_sessions(user_id=user_id, because="deactivated")


class ProfileChanges(TypedDict, total=False):
    """What people may change of themselves; what is absent stays."""

    first_name: str
    last_name: str
    locale: str
    time_zone: str


def update_profile(*, actor: User, **changes: Unpack[ProfileChanges]) -> User:
    """Change one's own name, language or time zone."""
    for name, value in changes.items():
        setattr(actor, name, value)
    actor.save(update_fields=[*changes, "updated_at"])
    return actor


class PersonChanges(TypedDict, total=False):
    """What an admin may change of a person; what is absent stays."""

    first_name: str
    last_name: str
    is_active: bool
    is_approved: bool


def update_person(*, actor: User, user_id: uuid.UUID, **changes: Unpack[PersonChanges]) -> User:
    """Change a person's name or state. Shutting somebody out ends their sessions; nobody can shut themselves out."""
    with transaction.atomic():
        user = User.objects.select_for_update().filter(pk=user_id).first()
        if user is None:
            raise UserNotFound
        was_in = user.is_active and user.is_approved
        was_approved = user.is_approved
        for name, value in changes.items():
            setattr(user, name, value)
        is_in = user.is_active and user.is_approved
        if was_in and not is_in and user.pk == actor.pk:
            raise OwnAccount
        if "is_approved" in changes:
            # From now on this is what an admin says, not what a confirmed address does.
            user.opens_by_email = False
        user.save(update_fields=[*changes, "opens_by_email", "updated_at"])
        if was_in and not is_in:
            sessions.end_all_sessions(user_id=user.pk, because="deactivated")
        if user.is_approved and not was_approved:
            Invitation.objects.filter(target_user=user).update(status=Invitation.Status.APPROVED)
            bus.publish(UserApproved(user_id=user.pk))
    return user


def check_password(*, password: str, user: User, pointer: str = "/password") -> None:
    """Refuse a password that is easy to guess."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems = [Problem(pointer, "weak_password", text) for text in error.messages]
        raise WeakPassword(problems=problems) from None

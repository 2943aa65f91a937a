from __future__ import annotations

import uuid

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from apps.authentication import queries
from apps.authentication.errors import EmailTaken, WeakPassword
from apps.authentication.events import UserRegistered
from apps.authentication.models import User
from apps.authentication.operations import sessions
from apps.core import bus
from apps.core.errors import Problem


def create_person(
    *,
    email: str,
    password: str | None,
    role: str,
    first_name: str = "",
    last_name: str = "",
    is_approved: bool = True,
) -> User:
    """Add a person to the present center (or an owner to the public schema); refuses a taken address."""
    user = User(
        email=email.strip().lower(), role=role, first_name=first_name, last_name=last_name, is_approved=is_approved
    )
    if password is not None:
        _check_password(password, user)
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


def change_password(*, user_id: uuid.UUID, password: str) -> None:
    """Set a new password and end every session of the person."""
    with transaction.atomic():
        user = queries.get_user(user_id=user_id)
        _check_password(password, user)
        user.set_password(password)
        user.save(update_fields=["password", "updated_at"])
        sessions.end_all_sessions(user_id=user_id, because="password changed")


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


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        problems = [Problem("/password", "weak_password", text) for text in error.messages]
        raise WeakPassword(problems=problems) from None

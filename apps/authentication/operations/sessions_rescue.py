"""What an admin does for somebody who cannot get in, and an owner for somebody of a center."""

from __future__ import annotations

import uuid

from django.db import transaction

from apps.audit import operations as audit
from apps.authentication import lockout, queries
from apps.authentication.errors import UserNotFound
from apps.authentication.models import SecondFactor
from apps.authentication.operations import second_factor
from apps.centers.queries import centers
from apps.core import tenancy


def lift_lock(*, user_id: uuid.UUID, reason: str = "") -> int:
    """Let a person try again at once who is locked after wrong passwords or codes. Returns from how many addresses they
    were locked. Refuses an unknown person."""
    with transaction.atomic():
        user = queries.get_user(user_id=user_id)
        SecondFactor.objects.filter(user=user).update(failures=0, locked_until=None)
        lifted = lockout.lift(user.email)
        audit.record(action="lock.lifted", subject="user", subject_id=user.pk, name=str(user), reason=reason)
    return lifted


def lift_lock_in(*, center_id: uuid.UUID, email: str, reason: str) -> None:
    """The same by an owner, for somebody of a center. Refuses an unknown center or address."""
    with tenancy.enter(_tenant(center_id)):
        lift_lock(user_id=_person(email), reason=reason)


def reset_second_factor_in(*, center_id: uuid.UUID, email: str, reason: str) -> None:
    """Take the second factor of somebody of a center away, by an owner; their sessions end. Refuses an unknown center or
    address, and who has none."""
    with tenancy.enter(_tenant(center_id)):
        second_factor.reset(user_id=_person(email), reason=reason)


def _tenant(center_id: uuid.UUID) -> tenancy.Tenant:
    return tenancy.get_by_schema(centers.get_center(center_id=center_id).schema_name)


def _person(email: str) -> uuid.UUID:
    user = queries.find_by_email(email=email)
    if user is None:
        raise UserNotFound
    return user.pk

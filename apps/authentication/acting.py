"""Reads of who acts in an admin's place."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.db.models.functions import Now

from apps.authentication.errors import ActingNotFound, SignInFailed
from apps.authentication.models import Acting, User
from apps.authentication.rules import acting as rules
from apps.core import tenancy

if TYPE_CHECKING:
    from apps.core.trace import Person


def check_running(*, acting_id: uuid.UUID, session_id: uuid.UUID) -> Acting:
    """What stands behind the token of somebody who acts: not ended, in time, allowed by the center still, and its owner
    still one; otherwise not signed in. Asked of the database each time, so that an end holds at once."""
    found = (
        Acting.objects.filter(pk=acting_id, session_id=session_id, ended_at=None, ends_at__gt=Now())
        .select_related("session")
        .first()
    )
    if found is None or not is_owner(user_id=found.owner_id):
        raise SignInFailed
    return found


def is_owner(*, user_id: uuid.UUID) -> bool:
    """Whether this is an owner of the platform who may sign in."""
    with tenancy.enter(tenancy.PUBLIC):
        return User.objects.filter(pk=user_id, role=User.Role.OWNER, is_active=True, is_approved=True).exists()


def list_acting() -> QuerySet[Acting]:
    """Who acted and acts in the present center, newest first, each with its ``state``. For the center's admins, and for
    owners who have entered it."""
    over = Q(ended_at__isnull=False) | Q(ends_at__lte=Now()) | Q(session__revoked_at__isnull=False)
    unused = Q(began_at=None) & (Q(ended_at__isnull=False) | Q(code_expires_at__lte=Now()))
    state = Case(
        When(unused, then=Value(rules.UNUSED)),
        When(began_at=None, then=Value(rules.WAITING)),
        When(over, then=Value(rules.OVER)),
        default=Value(rules.RUNNING),
        output_field=CharField(),
    )
    return Acting.objects.select_related("admin").annotate(state=state)


def acting_for(actor: Person) -> QuerySet[Acting]:
    """The same for a person of the center: nothing but to its admins."""
    return list_acting() if actor.role == User.Role.CENTER_ADMIN else Acting.objects.none()


def get_acting(*, acting_id: uuid.UUID) -> Acting:
    """One of them; refuses an unknown id."""
    found = list_acting().filter(pk=acting_id).first()
    if found is None:
        raise ActingNotFound
    return found

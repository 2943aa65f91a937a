"""The directors of centers, as owners add, change and remove them; and the copy of them that the owners' lists read."""

from __future__ import annotations

import uuid
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction

from apps.audit import operations as audit
from apps.authentication import queries
from apps.authentication.errors import EmailTaken
from apps.authentication.events import UserChanged
from apps.authentication.models import User
from apps.authentication.operations import people, sessions
from apps.centers.errors import AdminNotFound, CenterFixed, CenterUnready
from apps.centers.operations import admins
from apps.centers.operations.admins import Director
from apps.centers.queries import admins as copies
from apps.centers.queries import centers
from apps.core import bus, tenancy
from apps.core.errors import Problem
from apps.core.tenancy import Tenant


class DirectorChanges(TypedDict, total=False):
    """What owners may change of a director; what is absent stays."""

    first_name: str
    last_name: str
    email: str
    is_active: bool
    is_approved: bool
    center_id: uuid.UUID


def add_director(*, center_id: uuid.UUID, email: str, password: str, first_name: str, last_name: str = "") -> uuid.UUID:
    """Make an admin of a center, who can sign in there at once; returns the id of their copy. Refuses a center whose
    schema is not ready, a taken address and a password that is easy to guess."""
    with tenancy.enter(_tenant_of(center_id)), transaction.atomic():
        user = people.create_person(
            email=email,
            password=password,
            role=User.Role.CENTER_ADMIN,
            first_name=first_name,
            last_name=last_name,
        )
        user.refresh_from_db()
        copy_director(user_id=user.pk)
    return admins.id_of(center_id=center_id, person_id=user.pk)


def change_director(*, actor: User, admin_id: uuid.UUID, **changes: Unpack[DirectorChanges]) -> None:
    """Change a director's name, address or state. Who is shut out, or signs in by another address now, is signed out
    everywhere. Refuses to move anybody to another center: people belong to one."""
    copy = copies.get_admin(admin_id=admin_id)
    if changes.pop("center_id", copy.center_id) != copy.center_id:
        raise CenterFixed(problems=[Problem("/center_id", CenterFixed.code, CenterFixed.message)])
    email = changes.pop("email", "")
    with tenancy.enter(_tenant_of(copy.center_id)), transaction.atomic():
        _check_director(copy.person_id)
        people.update_person(actor=actor, user_id=copy.person_id, **changes)  # type: ignore[misc]
        if email:
            _readdress(copy.person_id, email.strip().lower())
        copy_director(user_id=copy.person_id)


def remove_director(*, actor: User, admin_id: uuid.UUID) -> None:
    """Take a director out of their center, also the last one: owners can name another."""
    copy = copies.get_admin(admin_id=admin_id)
    with tenancy.enter(_tenant_of(copy.center_id)), transaction.atomic():
        _check_director(copy.person_id)
        people.delete_person(actor=actor, user_id=copy.person_id)
        copy_director(user_id=copy.person_id)


def copy_director(*, user_id: uuid.UUID) -> None:
    """Bring the owners' copy of somebody of the present center up to date: made, changed, or gone with the role."""
    if tenancy.current().is_public:
        return
    user = queries.find_director(user_id=user_id)
    if user is None:
        admins.forget_admin(person_id=user_id)
    else:
        admins.keep_admin(director=_director(user))


def copy_directors() -> int:
    """The same for all of the present center, anew. Returns how many there are."""
    return admins.replace_admins(directors=[_director(user) for user in queries.list_directors()])


def _tenant_of(center_id: uuid.UUID) -> Tenant:
    center = centers.get_center(center_id=center_id)
    tenant = tenancy.get_by_schema(center.schema_name)
    if not tenant.is_ready:
        raise CenterUnready
    return tenant


def _check_director(person_id: uuid.UUID) -> None:
    """The copy may be behind; the center's own row decides."""
    if queries.find_director(user_id=person_id) is None:
        raise AdminNotFound


def _readdress(person_id: uuid.UUID, email: str) -> None:
    user = queries.lock_user(user_id=person_id)
    if user.email == email:
        return
    before, user.email, user.email_verified_at = user.email, email, None
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "email_verified_at", "updated_at"])
    except IntegrityError:
        raise EmailTaken from None
    sessions.end_all_sessions(user_id=user.pk, because="e-mail changed")
    bus.publish(UserChanged(user_id=user.pk))
    audit.record(
        action="person.email_changed",
        subject="user",
        subject_id=user.pk,
        name=str(user),
        before={"email": before},
        after={"email": email},
    )


def _director(user: User) -> Director:
    return Director(
        id=user.pk,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        avatar=user.avatar,
        is_active=user.is_active,
        is_approved=user.is_approved,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )

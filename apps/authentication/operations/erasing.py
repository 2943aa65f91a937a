"""Forgetting a person. What they answered and scored stays, as somebody's, so that ranks and statistics stand."""

from __future__ import annotations

import uuid

from django.contrib.admin.models import LogEntry
from django.db import transaction

from apps.audit import operations as audit
from apps.audit.operations import keeping
from apps.authentication import queries
from apps.authentication.errors import NoErasureAsked, UserNotFound, WrongPassword
from apps.authentication.events import ErasureAsked, UserErased
from apps.authentication.models import Handle, Identity, Invitation, SecondFactor, Session, User
from apps.authentication.operations import people, sessions
from apps.core import bus, clock, images
from apps.core.errors import Problem
from apps.mail import operations as mail

NAME = "Erased person"
_TEXTS = ("last_name", "time_zone", "locale", "bio", "address", "city", "phone", "emergency_contact_phone", "new_email")


def ask_erasure(*, actor: User, password: str) -> User:
    """Ask to be forgotten; the center's admins are told, and one of them has to do it. Again without effect. Refuses a
    wrong password."""
    if not actor.check_password(password):
        raise WrongPassword(problems=[Problem("/password", "wrong_password", WrongPassword.message)])
    with transaction.atomic():
        user = queries.lock_user(user_id=actor.pk)
        if user.erasure_asked_at is None:
            user.erasure_asked_at = clock.now()
            user.save(update_fields=["erasure_asked_at", "updated_at"])
            bus.publish(ErasureAsked(user_id=user.pk))
            audit.record(action="person.erasure_asked", subject="user", subject_id=user.pk, name=str(user))
    return user


def withdraw_erasure(*, actor: User) -> User:
    """Want to be remembered after all. Refuses who has not asked for the other."""
    with transaction.atomic():
        user = queries.lock_user(user_id=actor.pk)
        if user.erasure_asked_at is None:
            raise NoErasureAsked
        user.erasure_asked_at = None
        user.save(update_fields=["erasure_asked_at", "updated_at"])
        audit.record(action="person.erasure_withdrawn", subject="user", subject_id=user.pk, name=str(user))
    return user


def erase_person(*, actor: User, user_id: uuid.UUID, reason: str) -> User:
    """Take everything away that tells who somebody was: name, address, picture, profile, sessions with their addresses,
    second factor, letters, names in the trail. The account cannot be used again and the act cannot be undone; again it
    has no effect. Other apps follow by ``UserErased``. Refuses oneself and the last admin; deleted people can be erased."""
    with transaction.atomic():
        user = _lock(user_id)
        if user.erased_at:
            return user
        if user.deleted_at is None:
            people.spare(actor=actor, user=user)
        sessions.end_all_sessions(user_id=user.pk, because="erased")
        _forget_letters(user)
        _forget_traces(user)
        images.drop_pictures([user.avatar])
        keeping.forget_person(person_id=user.pk, email=user.email)
        _blank(user)
        bus.publish(UserErased(user_id=user.pk))
        audit.record(action="person.erased", subject="user", subject_id=user.pk, name=NAME, reason=reason)
    return user


def _lock(user_id: uuid.UUID) -> User:
    people.lock_admins(user_id=user_id)
    user = User.objects.select_for_update().filter(pk=user_id).exclude(role=User.Role.OWNER).first()
    if user is None:
        raise UserNotFound
    return user


def _forget_letters(user: User) -> None:
    own = Invitation.objects.filter(target_user=user)
    addresses = {user.email, user.new_email, *own.values_list("email", flat=True)} - {""}
    for address in addresses:
        mail.forget(address=address)
    # An open invitation to the address would tell it, and could still be used.
    Invitation.objects.filter(email__in=addresses, target_user=None).delete()
    own.update(email="", reason="")


def _forget_traces(user: User) -> None:
    Session.objects.filter(user=user).delete()
    SecondFactor.objects.filter(user=user).delete()
    Handle.objects.filter(user=user).delete()
    Identity.objects.filter(user=user).delete()
    LogEntry.objects.filter(object_id=str(user.pk)).update(object_repr=NAME, change_message="")


def _blank(user: User) -> None:
    at = clock.now()
    user.email = f"erased-{user.pk.hex}@erased.invalid"
    user.first_name = NAME
    for name in _TEXTS:
        setattr(user, name, "")
    user.avatar = ""
    user.last_login = user.email_verified_at = user.invited_at = user.access_ends_at = None
    user.is_active, user.is_approved, user.erasure_asked_at = False, False, None
    user.deleted_at, user.erased_at = user.deleted_at or at, at
    user.set_unusable_password()
    user.save()

"""What people change of themselves."""

from __future__ import annotations

import uuid
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.authentication import queries, rules
from apps.authentication.errors import EmailTaken, LinkRefused, WrongPassword
from apps.authentication.events import UserChanged
from apps.authentication.models import User
from apps.authentication.operations import links, passwords, sessions
from apps.centers.queries import subscriptions as limits
from apps.core import bus, clock, images
from apps.core.errors import Problem
from apps.mail import operations as mail


class ProfileChanges(TypedDict, total=False):
    """What people may change of themselves; what is absent stays."""

    first_name: str
    last_name: str
    locale: str
    time_zone: str
    bio: str
    address: str
    city: str
    phone: str
    emergency_contact_phone: str


def update_profile(*, actor: User, **changes: Unpack[ProfileChanges]) -> User:
    """Change one's own name, language, time zone and what else one tells of oneself."""
    with transaction.atomic():
        user = queries.lock_user(user_id=actor.pk)
        for name, value in changes.items():
            setattr(user, name, value)
        user.save(update_fields=[*changes, "updated_at"])
        if {"first_name", "last_name"} & set(changes):
            bus.publish(UserChanged(user_id=user.pk))
    return user


# -- the picture -----------------------------------------------------------------------------------------------------


def set_avatar(*, actor: User, data: bytes) -> User:
    """Show oneself by this picture from now on; the one before is removed. Refuses what is no picture of sensible size,
    and what the plan has no room for."""
    content, suffix = images.clean_image(data, pointer="/avatar")
    limits.check_room(adding=len(content))
    name = images.write_picture(kind="avatars", content=content, suffix=suffix)
    try:
        return _swap_avatar(actor, name)
    except BaseException:
        images.remove_now([name])
        raise


def remove_avatar(*, actor: User) -> User:
    """Show no picture of oneself any more; without one, nothing happens."""
    return _swap_avatar(actor, "")


def _swap_avatar(actor: User, name: str) -> User:
    with transaction.atomic():
        user = queries.lock_user(user_id=actor.pk)
        images.drop_pictures([user.avatar])
        user.avatar = name
        user.save(update_fields=["avatar", "updated_at"])
        bus.publish(UserChanged(user_id=user.pk))
    return user


# -- the address -----------------------------------------------------------------------------------------------------


def ask_new_email(*, actor: User, email: str, password: str) -> None:
    """Have a letter sent to a new address; it counts when the link in it is used. Refuses a wrong password. Whether the
    address is somebody's already is not told: then no letter goes out."""
    email = email.strip().lower()
    if not actor.check_password(password):
        raise WrongPassword(problems=[Problem("/password", "wrong_password", WrongPassword.message)])
    at = clock.now()
    with transaction.atomic():
        user = queries.lock_user(user_id=actor.pk)
        user.new_email = "" if email == user.email else email
        user.save(update_fields=["new_email", "updated_at"])
        if user.new_email:
            about = {"user_id": str(user.pk), "at": at.isoformat()}
            what = rules.token_hash(f"{user.pk}:{email}")[:40]
            key = f"email_change:{what}:{int(at.timestamp()) // rules.LETTER_PAUSE_SECONDS}"
            mail.post(drafts=[mail.Draft("email_change", email, key, about, user.locale)])


def confirm_address(*, user_id: uuid.UUID, token: str) -> User:
    """Confirm an address by the link from a letter to it: the one that somebody registered with, or a new one."""
    try:
        return passwords.verify(user_id=user_id, token=token)
    except LinkRefused:
        return confirm_new_email(user_id=user_id, token=token)


def confirm_new_email(*, user_id: uuid.UUID, token: str) -> User:
    """Use the new address from now on, by the link from the letter to it; the old address is told, and every session
    ends. Refuses a link that was used, outlived or overtaken, and an address that somebody else took meanwhile."""
    with transaction.atomic():
        user = links.lock_person(purpose=rules.NEW_EMAIL, user_id=user_id, token=token)
        old = user.email
        user.email, user.new_email = user.new_email, ""
        try:
            with transaction.atomic():
                user.save(update_fields=["email", "new_email", "updated_at"])
        except IntegrityError:
            raise EmailTaken from None
        User.objects.filter(pk=user.pk).update(email_verified_at=Now())
        sessions.end_all_sessions(user_id=user.pk, because="e-mail address changed")
        mail.send(
            letter="email_changed",
            to=[old],
            key=f"email_changed:{user.pk}:{user.session_version}",
            values={"name": user.get_full_name(), "new": user.email},
            language=user.locale,
        )
        bus.publish(UserChanged(user_id=user.pk))
        audit.record(
            action="person.new_address",
            subject="user",
            subject_id=user.pk,
            name=str(user),
            before={"email": old},
            after={"email": user.email},
        )
    return queries.get_user(user_id=user_id)

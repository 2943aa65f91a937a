from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.authentication import queries, rules
from apps.authentication.errors import (
    EmailTaken,
    GuestTimeInvalid,
    LastAdmin,
    OwnAccount,
    PersonErased,
    RoleInvalid,
    UserNotFound,
    WeakPassword,
)
from apps.authentication.events import GuestTimeOver, UserApproved, UserChanged, UserRegistered, UserRemoved
from apps.authentication.models import Invitation, User
from apps.authentication.operations import seats, sessions, welcome
from apps.core import bus, clock, tenancy, trace
from apps.core.errors import Problem


def create_person(
    *,
    email: str,
    password: str | None,
    role: str,
    first_name: str = "",
    last_name: str = "",
    locale: str = "",
    phone: str = "",
    access_ends_at: datetime | None = None,
    is_approved: bool = True,
    any_password: bool = False,
    welcome_at: datetime | None = None,
) -> User:
    """Add a person to the present center (or an owner to the public schema); refuses a taken address, and a password
    that is easy to guess unless ``any_password`` says that it may be known. A guest stays until ``access_ends_at``, or
    for thirty days. With ``welcome_at`` somebody without a password gets a letter to choose one."""
    user = User(
        email=email.strip().lower(),
        role=role,
        first_name=first_name,
        last_name=last_name,
        locale=locale,
        phone=phone,
        is_approved=is_approved,
    )
    if role == User.Role.CENTER_ADMIN:
        # Else whoever acts for a quarter of an hour could stay for good.
        trace.check_not_acting()
    if password is not None and not any_password:
        check_password(password=password, user=user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            if role == User.Role.GUEST and is_approved:
                let_stay(user=user, ends_at=access_ends_at)
            if welcome_at:
                welcome.post_welcome(people=[user], at=welcome_at)
            bus.publish(UserRegistered(user_id=user.pk))
            if role == User.Role.CENTER_ADMIN:
                bus.publish(UserChanged(user_id=user.pk))
            _record("created", user, after=_facts(user))
            if is_approved:
                seats.take_seats()
    except IntegrityError as error:
        if "one_person_per_email" in str(error):
            raise EmailTaken from None
        raise
    return user


def add_person(
    *,
    actor: User,
    email: str,
    role: str,
    password: str | None = None,
    first_name: str = "",
    last_name: str = "",
    locale: str = "",
    phone: str = "",
    access_ends_at: datetime | None = None,
) -> User:
    """An admin adds a person who can sign in at once: with the password that is given, or else with one that they choose
    themselves by a letter. Refuses what ``create_person`` refuses, and a time for somebody who is no guest."""
    at = clock.now()
    if access_ends_at is not None:
        if role != User.Role.GUEST:
            text = "Only a guest's time ends."
            raise GuestTimeInvalid(problems=[Problem("/access_ends_at", "invalid", text)])
        check_stay(ends_at=access_ends_at, at=at)
    return create_person(
        email=email,
        password=password,
        role=role,
        first_name=first_name,
        last_name=last_name,
        locale=locale,
        phone=phone,
        access_ends_at=access_ends_at,
        welcome_at=None if password else at,
    )


def let_stay(*, user: User, ends_at: datetime | None = None, days: int = rules.GUEST_DAYS) -> None:
    """Let a guest stay until then, or for so many days, and set the alarm. Inside a transaction."""
    user.access_ends_at = ends_at or clock.now() + timedelta(days=days)
    User.objects.filter(pk=user.pk).update(access_ends_at=user.access_ends_at)
    bus.publish(GuestTimeOver(user_id=user.pk), due_at=user.access_ends_at)


def check_stay(*, ends_at: datetime, at: datetime) -> None:
    """Refuse an end that is past or far away."""
    if not timedelta(0) < ends_at - at <= timedelta(days=rules.LONGEST_GUEST_DAYS):
        text = "A guest stays from now on, for a year at most."
        raise GuestTimeInvalid(problems=[Problem("/access_ends_at", "invalid", text)])


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
        # Where the plan has no seat left, they wait for an admin like others.
        if opened.exists() and seats.is_seat_left() and opened.update(is_approved=True, opens_by_email=False):
            bus.publish(UserApproved(user_id=user.pk))


def change_role(*, user_id: uuid.UUID, role: str, actor: User | None = None, reason: str = "") -> User:
    """Give a person another role; their tokens and sockets end at once. Who becomes a guest is one for thirty days.
    Refuses an ``actor`` their own role, and to leave a center without an admin; without one it is the platform that does
    it. Nothing happens to somebody who has the role."""
    if role not in User.Role.values or (role == User.Role.OWNER) != tenancy.current().is_public:
        raise RoleInvalid(problems=[Problem("/role", "invalid_choice", "There is no such role here.")])
    with transaction.atomic():
        user = _lock_beside_admins(user_id)
        if user.role == role:
            return user
        spare(actor=actor, user=user)
        before, had_seat = _facts(user), queries.has_seat(user_id=user.pk)
        user.role, user.access_ends_at = role, None
        user.save(update_fields=["role", "access_ends_at", "updated_at"])
        if role == User.Role.GUEST:
            let_stay(user=user)
        sessions.end_all_sessions(user_id=user.pk, because="role changed")
        bus.publish(UserChanged(user_id=user.pk))
        _record("role_changed", user, before=before, after=_facts(user), reason=reason)
        if not had_seat and queries.has_seat(user_id=user.pk):
            seats.take_seats()
    return queries.get_user(user_id=user_id)


def deactivate(*, user_id: uuid.UUID) -> None:
    """Shut a person out, now, on the platform's word."""
    with transaction.atomic():
        user = queries.lock_user(user_id=user_id)
        before = _facts(user)
        user.is_active = False
        user.save(update_fields=["is_active", "updated_at"])
        sessions.end_all_sessions(user_id=user_id, because="deactivated")
        bus.publish(UserChanged(user_id=user_id))
        _record("deactivated", user, before=before, after=_facts(user))


def delete_person(*, actor: User, user_id: uuid.UUID, reason: str = "") -> None:
    """Take a person out of the center: out of lists and groups, signed out everywhere. What they answered stays, their
    address is free for a new account, and ``restore_person`` brings them back. Refuses oneself and the last admin."""
    with transaction.atomic():
        user = _lock_beside_admins(user_id)
        spare(actor=actor, user=user)
        user.is_active, user.deleted_at = False, clock.now()
        user.save(update_fields=["is_active", "deleted_at", "updated_at"])
        sessions.end_all_sessions(user_id=user.pk, because="deleted")
        bus.publish(UserRemoved(user_id=user.pk))
        _record("deleted", user, reason=reason)


def restore_person(*, actor: User, user_id: uuid.UUID) -> User:
    """Bring a deleted person back, as they were but for their groups. Refuses who was erased, and an address that
    somebody else has by now."""
    with transaction.atomic():
        user = User.objects.select_for_update().filter(pk=user_id, deleted_at__isnull=False).first()
        if user is None:
            raise UserNotFound
        if user.erased_at:
            raise PersonErased
        user.is_active, user.deleted_at = True, None
        try:
            with transaction.atomic():
                user.save(update_fields=["is_active", "deleted_at", "updated_at"])
        except IntegrityError:
            raise EmailTaken from None
        bus.publish(UserChanged(user_id=user.pk))
        _record("restored", user)
        if queries.has_seat(user_id=user.pk):
            seats.take_seats()
    return queries.get_user(user_id=user_id)


class PersonChanges(TypedDict, total=False):
    """What an admin may change of a person; what is absent stays."""

    first_name: str
    last_name: str
    phone: str
    locale: str
    is_active: bool
    is_approved: bool


def update_person(*, actor: User, user_id: uuid.UUID, **changes: Unpack[PersonChanges]) -> User:
    """Change a person's name or state. Shutting somebody out ends their sessions; nobody can shut themselves out, nor the
    last admin. Who is approved for the first time is told; a guest's time begins."""
    with transaction.atomic():
        user = _lock_beside_admins(user_id)
        before = _facts(user)
        was_in, was_approved = user.is_active and user.is_approved, user.is_approved
        for name, value in changes.items():
            setattr(user, name, value)
        is_in = user.is_active and user.is_approved
        if was_in and not is_in:
            spare(actor=actor, user=user)
        if "is_approved" in changes:
            # From now on this is what an admin says, not what a confirmed address does.
            user.opens_by_email = False
        user.save(update_fields=[*changes, "opens_by_email", "updated_at"])
        if was_in and not is_in:
            sessions.end_all_sessions(user_id=user.pk, because="deactivated")
        if user.is_approved and not was_approved:
            _let_in(user)
        if _facts(user) != before:
            bus.publish(UserChanged(user_id=user.pk))
            _record(_what(was_in, is_in), user, before=before, after=_facts(user))
        if is_in and not was_in:
            seats.take_seats()
    return user


def _facts(user: User) -> dict[str, object]:
    """What the audit trail compares of a person before and after."""
    names = (
        "email",
        "first_name",
        "last_name",
        "phone",
        "locale",
        "role",
        "is_active",
        "is_approved",
        "access_ends_at",
    )
    return {name: getattr(user, name) for name in names}


def _what(was_in: bool, is_in: bool) -> str:
    if was_in == is_in:
        return "changed"
    return "let_in" if is_in else "shut_out"


def _let_in(user: User) -> None:
    invitation = Invitation.objects.filter(target_user=user).first()
    if invitation:
        Invitation.objects.filter(pk=invitation.pk).update(status=Invitation.Status.APPROVED)
    if user.role == User.Role.GUEST:
        let_stay(user=user, days=(invitation and invitation.access_days) or rules.GUEST_DAYS)
    bus.publish(UserApproved(user_id=user.pk))


def lock_admins(*, user_id: uuid.UUID) -> None:
    """Where this is an admin, lock all of them, in one order: two admins who shut each other out at once would both
    succeed. Inside a transaction."""
    admins = User.objects.filter(role=User.Role.CENTER_ADMIN, is_active=True, is_approved=True, deleted_at=None)
    if admins.filter(pk=user_id).exists():
        list(admins.select_for_update().order_by("pk").values_list("pk"))


def _lock_beside_admins(user_id: uuid.UUID) -> User:
    lock_admins(user_id=user_id)
    return queries.lock_user(user_id=user_id)


def spare(*, actor: User | None, user: User) -> None:
    """Refuse an admin to shut out themselves or, where only one is left, that one. Under the lock of ``lock_admins``."""
    if actor is None or actor.role != User.Role.CENTER_ADMIN:
        return
    if actor.pk == user.pk:
        raise OwnAccount
    others = User.objects.filter(role=User.Role.CENTER_ADMIN, is_active=True, is_approved=True, deleted_at=None)
    if not others.exclude(pk=user.pk).exists():
        raise LastAdmin


def _record(what: str, user: User, **more: Any) -> None:
    audit.record(action=f"person.{what}", subject="user", subject_id=user.pk, name=str(user), **more)


def check_password(*, password: str, user: User, pointer: str = "/password") -> None:
    """Refuse a password that is easy to guess."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        flaws = error.error_list
        problems = [Problem(pointer, flaw.code or "weak_password", " ".join(flaw.messages)) for flaw in flaws]
        raise WeakPassword(problems=problems) from None

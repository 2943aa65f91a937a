from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from apps.audit import operations as audit
from apps.authentication import queries, rules
from apps.authentication.errors import (
    AlreadyApproved,
    InvitationDecided,
    InvitationNeeded,
    InvitationRefused,
    InvitationsInvalid,
    InvitationUnclaimed,
    NoSeatLeft,
)
from apps.authentication.events import UserRegistered
from apps.authentication.models import Invitation, User
from apps.authentication.operations import passwords, people, seats
from apps.centers.errors import PlanLimitReached
from apps.centers.queries import centers
from apps.core import bus, clock
from apps.core.errors import Problem, Refusal
from apps.mail import operations as mail

OPEN, APPROVAL = "OPEN", "APPROVAL"
EMAIL_TAKEN = "The address has an account already."


@dataclass(frozen=True, slots=True)
class Registered:
    """What is told to whoever registered: nothing that depends on whether the address was taken."""

    email: str
    role: str
    opens_by_email: bool


# -- invitations -----------------------------------------------------------------------------------------------------


def invite(
    *,
    actor: User,
    role: str,
    is_guest: bool = False,
    quantity: int | None = None,
    emails: list[str] | None = None,
    expires_at: datetime | None = None,
    access_days: int | None = None,
) -> list[Invitation]:
    """Make invitations: one for each address, which gets it by mail and alone can use it, or ``quantity`` codes to hand
    out. Without ``expires_at`` they live two weeks, those for guests a day; a guest stays for ``access_days``, thirty if
    not given, from being let in. Refuses guests who are no students, more than a hundred at once, an address that is
    named twice or has an account, a moment that is past or far away, and days for somebody who is no guest."""
    emails = [email.strip().lower() for email in emails or []]
    at = clock.now()
    life = rules.GUEST_INVITATION_LIFE if is_guest else rules.INVITATION_LIFE
    expires_at = expires_at or at + life
    problems = _problems(role, is_guest, quantity, emails, expires_at - at) + _stay_problems(is_guest, access_days)
    if problems:
        raise InvitationsInvalid(problems=problems)
    rows = [
        Invitation(
            code=rules.fresh_code(),
            role=role,
            is_guest=is_guest,
            access_days=access_days,
            email=email,
            invited_by=actor,
            created_at=at,
            expires_at=expires_at,
        )
        for email in emails or [""] * (quantity or 1)
    ]
    with transaction.atomic():
        made = Invitation.objects.bulk_create(rows)
        mail.post(
            drafts=[
                mail.Draft("invitation", row.email, f"invitation:{row.pk}", {"invitation_id": str(row.pk)})
                for row in made
                if row.email
            ]
        )
        audit.record(
            action="invitation.made",
            subject="invitation",
            subject_id=made[0].pk if len(made) == 1 else "",
            name=f"{len(made)} x {made[0].given_role}",
        )
    codes = [row.code for row in made]
    return list(queries.list_invitations().filter(code__in=codes).order_by("code"))


def approve_invitation(*, actor: User, code: str) -> Invitation:
    """Let in who registered with this code; again, if that was done before, without effect. Refuses one that nobody used
    and one that was rejected."""
    invitation = queries.get_invitation(code=code)
    if invitation.status == Invitation.Status.REJECTED:
        raise InvitationDecided
    if invitation.target_user_id is None:
        raise InvitationUnclaimed
    if invitation.status == Invitation.Status.PENDING:
        approve_person(actor=actor, user_id=invitation.target_user_id)
    return queries.get_invitation(code=code)


def reject_invitation(*, actor: User, code: str, reason: str = "") -> Invitation:
    """Shut out who registered with this code, or make it useless if nobody has. Refuses one that was approved."""
    invitation = queries.get_invitation(code=code)
    if invitation.status == Invitation.Status.APPROVED:
        raise InvitationDecided
    with transaction.atomic():
        unused = Invitation.objects.filter(code=invitation.code, target_user=None, status=Invitation.Status.PENDING)
        if unused.update(status=Invitation.Status.REJECTED, reason=rules.WITHDRAWN):
            audit.record(
                action="invitation.withdrawn",
                subject="invitation",
                subject_id=invitation.pk,
                name=invitation.given_role,
                reason=reason,
            )
        else:
            invitation = queries.get_invitation(code=code)
            if invitation.status == Invitation.Status.PENDING and invitation.target_user_id:
                reject_person(actor=actor, user_id=invitation.target_user_id, reason=reason)
    return queries.get_invitation(code=code)


# -- people who wait -------------------------------------------------------------------------------------------------


def approve_person(*, actor: User, user_id: uuid.UUID) -> User:
    """Let a person in who registered; they are told by mail."""
    return people.update_person(actor=actor, user_id=user_id, is_approved=True, is_active=True)


def reject_person(*, actor: User, user_id: uuid.UUID, reason: str = "") -> User:
    """Shut a person out who registered and was not let in yet; they are told by mail, with the reason if there is one.
    Refuses one who was let in. Who was rejected before is left alone."""
    with transaction.atomic():
        user = queries.lock_user(user_id=user_id)
        if user.is_approved:
            raise AlreadyApproved
        if not user.is_active:
            return user
        Invitation.objects.filter(target_user=user, status=Invitation.Status.PENDING).update(
            status=Invitation.Status.REJECTED
        )
        at = clock.now()
        mail.send(
            letter="rejected",
            to=[user.email],
            key=f"rejected:{user.pk}:{int(at.timestamp())}",
            values={"quote": reason},
            language=user.locale,
        )
        return people.update_person(actor=actor, user_id=user_id, is_active=False)


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of each of many: who it was done for, and why not for the others."""

    done: tuple[uuid.UUID, ...]
    refused: tuple[tuple[uuid.UUID, Refusal], ...]


def approve_many(*, actor: User, user_ids: Iterable[uuid.UUID]) -> Decided:
    """Let several people in, each as ``approve_person`` does, one independent of the other."""
    return _each(user_ids, lambda user_id: approve_person(actor=actor, user_id=user_id))


def reject_many(*, actor: User, user_ids: Iterable[uuid.UUID], reason: str = "") -> Decided:
    """Shut several people out, each as ``reject_person`` does, one independent of the other."""
    return _each(user_ids, lambda user_id: reject_person(actor=actor, user_id=user_id, reason=reason))


def _each(user_ids: Iterable[uuid.UUID], decide: Callable[[uuid.UUID], object]) -> Decided:
    done, refused = [], []
    for user_id in dict.fromkeys(user_ids):
        try:
            decide(user_id)
        except Refusal as refusal:
            refused.append((user_id, refusal))
        else:
            done.append(user_id)
    return Decided(tuple(done), tuple(refused))


def tell_approved(*, user_id: uuid.UUID) -> None:
    """Write to a person that they can sign in now."""
    user = User.objects.filter(pk=user_id, is_active=True, is_approved=True).first()
    if user is None:
        return
    with transaction.atomic():
        key = f"approved:{user.pk}:{user.session_version}"
        mail.post(drafts=[mail.Draft("approved", user.email, key, {"user_id": str(user.pk)})])


# -- registering -----------------------------------------------------------------------------------------------------


def register(
    *,
    email: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    invitation_code: str = "",
    locale: str = "",
) -> Registered:
    """Make an account that waits: for an admin, or at an open center for the e-mail address to be confirmed.

    With an invitation it has that one's role, and the invitation is used up; without, where the center allows it, it is a
    student's. Whether the address is taken makes no difference to the answer, to the invitation or to the work done here:
    then no account is made, and the letter that goes out says so to its owner alone. Refuses a code that does not work,
    with one refusal whatever is wrong, a password that is easy to guess, and everybody while no seat of the plan is left.
    """
    centers.check_not_suspended()
    try:
        seats.check_seats()
    except PlanLimitReached:
        raise NoSeatLeft from None
    email = email.strip().lower()
    code = rules.clean_code(invitation_code)
    user = User(email=email, first_name=first_name, last_name=last_name, locale=locale)
    if code:
        user.role = _usable(code, email).given_role
    else:
        mode = centers.registration_mode()
        if mode not in (OPEN, APPROVAL):
            raise InvitationNeeded(problems=[Problem("/invitation_code", "required", InvitationNeeded.message)])
        user.opens_by_email = mode == OPEN
    # The slow part, before anything is locked.
    people.check_password(password=password, user=user)
    user.set_password(password)
    with transaction.atomic():
        invitation = _usable(code, email, lock=True) if code else None
        is_new = _insert(user)
        if invitation:
            _use_up(invitation, user if is_new else None)
        if is_new:
            _post_confirmation(user)
        else:
            passwords.post_once(letter="has_account", email=email)
    return Registered(email, user.role, user.opens_by_email)


def _usable(code: str, email: str, *, lock: bool = False) -> Invitation:
    """The invitation with this code, if it can be used now, by this address."""
    rows = Invitation.objects.select_for_update() if lock else Invitation.objects.all()
    found = rows.filter(code=code).first()
    if found is None or found.claimed_at or found.status != Invitation.Status.PENDING:
        raise InvitationRefused
    if found.expires_at <= clock.now() or found.email not in ("", email):
        raise InvitationRefused
    return found


def _insert(user: User) -> bool:
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            bus.publish(UserRegistered(user_id=user.pk))
    except IntegrityError as error:
        if "one_person_per_email" in str(error):
            return False
        raise
    return True


def _use_up(invitation: Invitation, user: User | None) -> None:
    """Also where the address was taken: a code that still worked afterwards would tell."""
    invitation.claimed_at = clock.now()
    invitation.target_user = user
    if user is None:
        invitation.status = Invitation.Status.REJECTED
        invitation.reason = EMAIL_TAKEN
    invitation.save(update_fields=["claimed_at", "target_user", "status", "reason"])


def _post_confirmation(user: User) -> None:
    about = {"user_id": str(user.pk), "at": clock.now().isoformat()}
    mail.post(drafts=[mail.Draft("confirm_email", user.email, f"confirm_email:{user.pk}", about)])


def _stay_problems(is_guest: bool, access_days: int | None) -> list[Problem]:
    if access_days is None or (is_guest and 1 <= access_days <= rules.LONGEST_GUEST_DAYS):
        return []
    text = f"Guests stay for one to {rules.LONGEST_GUEST_DAYS} days; others have no end."
    return [Problem("/access_days", "invalid", text)]


def _problems(role: str, is_guest: bool, quantity: int | None, emails: list[str], life: timedelta) -> list[Problem]:
    """Everything that is wrong with invitations as they are asked for, each with its place."""
    found = []
    if role not in Invitation.Role.values:
        found.append(Problem("/role", "invalid_choice", "Teachers and students are invited."))
    if is_guest and role != Invitation.Role.STUDENT:
        found.append(Problem("/is_guest", "invalid", "A guest is invited as a student."))
    if not timedelta(0) < life <= rules.LONGEST_INVITATION:
        found.append(Problem("/expires_at", "invalid", "An invitation lives from now on, for a year at most."))
    if not 1 <= (quantity or len(emails) or 1) <= rules.MOST_INVITATIONS or len(emails) > rules.MOST_INVITATIONS:
        found.append(Problem("/quantity", "invalid", "One to a hundred at once."))
    if emails and quantity not in (None, len(emails)):
        found.append(Problem("/quantity", "invalid", "Each address gets one invitation."))
    known = queries.find_emails(emails=emails)
    for index, email in enumerate(emails):
        if email in known:
            found.append(Problem(f"/emails/{index}", "email_taken", "Somebody here has this address already."))
        elif email in emails[:index]:
            found.append(Problem(f"/emails/{index}", "duplicate", "This address is named twice."))
    return found

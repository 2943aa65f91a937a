from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Now

from apps.authentication import rules
from apps.authentication.errors import InvitationNotFound, SignInFailed, UserNotFound
from apps.authentication.models import Invitation, Session, User


def get_session_user(*, session_id: uuid.UUID, user_id: uuid.UUID, version: int) -> User:
    """The person behind a verified token, if session, version and account still stand; otherwise not signed in."""
    user = User.objects.filter(
        pk=user_id,
        is_active=True,
        is_approved=True,
        session_version=version,
        sessions__pk=session_id,
        sessions__revoked_at=None,
        sessions__expires_at__gt=Now(),
    ).first()
    if user is None:
        raise SignInFailed
    return user


def living_sessions(*, entries: Iterable[tuple[uuid.UUID, uuid.UUID, int]]) -> set[tuple[uuid.UUID, uuid.UUID, int]]:
    """Which of these (session, person, version) still stand: the same question for all open sockets at once."""
    living = Session.objects.filter(
        pk__in=[session_id for session_id, _, _ in entries],
        revoked_at=None,
        expires_at__gt=Now(),
        user__is_active=True,
        user__is_approved=True,
    )
    return set(living.values_list("pk", "user_id", "user__session_version"))


def get_user(*, user_id: uuid.UUID) -> User:
    """One person of this center; refuses an unknown id."""
    user = User.objects.filter(pk=user_id, deleted_at=None).first()
    if user is None:
        raise UserNotFound
    return user


def list_people(
    *, role: str = "", search: str = "", is_active: bool | None = None, is_approved: bool | None = None
) -> QuerySet[User]:
    """The center's people by name, of one role or state if asked; names or e-mail hold each word of ``search``."""
    people = User.objects.filter(deleted_at=None).exclude(role=User.Role.OWNER)
    if role:
        people = people.filter(role=role)
    if is_active is not None:
        people = people.filter(is_active=is_active)
    if is_approved is not None:
        people = people.filter(is_approved=is_approved)
    for word in search.split():
        people = people.filter(Q(email__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word))
    return people


def find_roles(*, user_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The roles of those among these ids who are active people of this center."""
    return dict(User.objects.filter(pk__in=set(user_ids), is_active=True).values_list("pk", "role"))


def find_by_email(*, email: str) -> User | None:
    """The person with this address, if there is one."""
    return User.objects.filter(email__iexact=email.strip(), deleted_at=None).first()


def find_emails(*, emails: Iterable[str]) -> set[str]:
    """Those of these addresses, in lower case, that somebody has."""
    return set(User.objects.filter(email__in=set(emails), deleted_at=None).values_list("email", flat=True))


def list_guests(*, search: str = "") -> QuerySet[User]:
    """The center's guests, each with ``invitation_code``, ``invitation_expires_at`` and ``is_expired`` of the invitation
    they came by, if they came by one."""
    return list_people(role=User.Role.GUEST, search=search).annotate(
        invitation_code=F("invitation__code"),
        invitation_expires_at=F("invitation__expires_at"),
        is_expired=Coalesce(Q(invitation__expires_at__lte=Now()), Value(False)),
    )


def list_invitations(
    *, role: str = "", status: str = "", is_used: bool | None = None, search: str = ""
) -> QuerySet[Invitation]:
    """The center's invitations with their ``target_user`` and a ``state``: what nobody used in time is ``EXPIRED``."""
    is_over = Q(status=Invitation.Status.PENDING, target_user=None, expires_at__lte=Now())
    found = Invitation.objects.select_related("target_user").annotate(
        state=Case(When(is_over, then=Value("EXPIRED")), default=F("status"), output_field=CharField())
    )
    if role:
        found = found.filter(role=role)
    if status:
        found = found.filter(state=status)
    if is_used is not None:
        found = found.filter(target_user__isnull=not is_used)
    if search:
        found = found.filter(Q(code__icontains=rules.clean_code(search)) | Q(email__icontains=search))
    return found


def get_invitation(*, code: str) -> Invitation:
    """One invitation as ``list_invitations`` gives it; refuses an unknown code."""
    found = list_invitations().filter(code=rules.clean_code(code)).first()
    if found is None:
        raise InvitationNotFound
    return found


def find_invitation(*, invitation_id: uuid.UUID) -> Invitation | None:
    """One that can still be used, if it is that."""
    return Invitation.objects.filter(
        pk=invitation_id, status=Invitation.Status.PENDING, target_user=None, expires_at__gt=Now()
    ).first()


def sessions_of(actor: User) -> QuerySet[Session]:
    """The person's own sign-ins that still hold, last used first."""
    return Session.objects.filter(user=actor, revoked_at=None, expires_at__gt=Now())

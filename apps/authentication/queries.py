from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.password_validation import MinimumLengthValidator, get_default_password_validators
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Now

from apps.authentication import lockout, rules
from apps.authentication.errors import (
    InvitationNotFound,
    ProviderNotFound,
    SecondFactorNeeded,
    SignInFailed,
    UserNotFound,
)
from apps.authentication.models import Identity, IdentityProvider, Invitation, SecondFactor, Session, User
from apps.centers.queries import centers
from apps.core import clock
from apps.core.files import usage

LONGEST_PASSWORD = 200
STAFF = (User.Role.CENTER_ADMIN, User.Role.TEACHER)


# A guest's time ends by the clock, whether or not anybody has swept up after them.
_IN_TIME = Q(access_ends_at=None) | Q(access_ends_at__gt=Now())
_USER_IN_TIME = Q(user__access_ends_at=None) | Q(user__access_ends_at__gt=Now())


def get_session_user(*, session_id: uuid.UUID, user_id: uuid.UUID, version: int, may_lack: bool = False) -> User:
    """The person behind a verified token, if session, version and account still stand; otherwise not signed in. Staff who
    lack the second factor that their center demands are refused unless they ``may_lack`` it; ``lacks_factor`` tells."""
    user = (
        User.objects.filter(
            _IN_TIME,
            pk=user_id,
            is_active=True,
            is_approved=True,
            session_version=version,
            sessions__pk=session_id,
            sessions__revoked_at=None,
            sessions__expires_at__gt=Now(),
        )
        .annotate(lacks_factor=lacks_second_factor())
        .first()
    )
    if user is None:
        raise SignInFailed
    if user.lacks_factor and not may_lack:
        raise SecondFactorNeeded
    return user


def is_in_time(user: User) -> bool:
    """Whether a guest's time goes on; everybody else has all the time there is."""
    return user.access_ends_at is None or user.access_ends_at > clock.now()


def living_sessions(*, entries: Iterable[tuple[uuid.UUID, uuid.UUID, int]]) -> set[tuple[uuid.UUID, uuid.UUID, int]]:
    """Which of these (session, person, version) still stand: the same question for all open sockets at once."""
    living = Session.objects.filter(
        _USER_IN_TIME,
        pk__in=[session_id for session_id, _, _ in entries],
        revoked_at=None,
        expires_at__gt=Now(),
        user__is_active=True,
        user__is_approved=True,
    ).exclude(lacks_second_factor(role="user__role", person="user_id"))
    return set(living.values_list("pk", "user_id", "user__session_version"))


def living_session(*, schema: str, session: str, person: str, version: str) -> str:
    """The same as SQL, for statements that ask it on their way: a row while the session still stands. All four are SQL, the
    schema quoted. That a second factor is demanded by now is left to ``living_sessions``, which every socket is asked by."""
    return f"""
        SELECT true AS is_alive FROM {schema}.authentication_session living
        JOIN {schema}.authentication_user holder ON holder.id = living.user_id
        WHERE living.id = {session} AND holder.id = {person}
          AND living.revoked_at IS NULL AND living.expires_at > statement_timestamp()
          AND holder.is_active AND holder.is_approved AND holder.session_version = {version}
          AND (holder.access_ends_at IS NULL OR holder.access_ends_at > statement_timestamp())
        LIMIT 1
    """  # noqa: S608


def get_user(*, user_id: uuid.UUID) -> User:
    """One person of this center; refuses an unknown id."""
    user = User.objects.filter(pk=user_id, deleted_at=None).first()
    if user is None:
        raise UserNotFound
    return user


def get_anybody(*, user_id: uuid.UUID) -> User:
    """One person who is or was here: deleted and erased ones too; refuses an unknown id."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise UserNotFound
    return user


def list_admin_ids() -> list[uuid.UUID]:
    """The center's admins who can act."""
    admins = User.objects.filter(role=User.Role.CENTER_ADMIN, is_active=True, is_approved=True, deleted_at=None)
    return list(admins.values_list("pk", flat=True))


def lock_user(*, user_id: uuid.UUID) -> User:
    """The same, locked against whoever else changes this person. Inside a transaction."""
    user = User.objects.select_for_update().filter(pk=user_id, deleted_at=None).first()
    if user is None:
        raise UserNotFound
    return user


def list_directors() -> QuerySet[User]:
    """The admins of the present center, shut out ones included."""
    return User.objects.filter(role=User.Role.CENTER_ADMIN, deleted_at=None).order_by("created_at")


def find_director(*, user_id: uuid.UUID) -> User | None:
    """One of them, if this is one."""
    return list_directors().filter(pk=user_id).first()


def active_ids(*, role: str) -> list[uuid.UUID]:
    """Everybody of this host with the role who can sign in: whom to tell what concerns them all."""
    able = User.objects.filter(role=role, is_active=True, is_approved=True, deleted_at=None)
    return list(able.order_by("pk").values_list("pk", flat=True))


def active_addresses(*, role: str) -> list[str]:
    """Their e-mail addresses."""
    able = User.objects.filter(role=role, is_active=True, is_approved=True, deleted_at=None)
    return list(able.order_by("pk").values_list("email", flat=True))


def list_people(
    *,
    role: str = "",
    search: str = "",
    is_active: bool | None = None,
    is_approved: bool | None = None,
    wants_erasure: bool | None = None,
) -> QuerySet[User]:
    """The center's people by name, of one role or state if asked; names or e-mail hold each word of ``search``."""
    people = User.objects.filter(deleted_at=None).exclude(role=User.Role.OWNER)
    if role:
        people = people.filter(role=role)
    if is_active is not None:
        people = people.filter(is_active=is_active)
    if is_approved is not None:
        people = people.filter(is_approved=is_approved)
    if wants_erasure is not None:
        people = people.filter(erasure_asked_at__isnull=not wants_erasure)
    for word in search.split():
        people = people.filter(Q(email__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word))
    return people


def find_roles(*, user_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The roles of those among these ids who are active people of this center."""
    return dict(User.objects.filter(pk__in=set(user_ids), is_active=True).values_list("pk", "role"))


def find_languages(*, user_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The languages that those among these ids have chosen, by their two letters; who has chosen none is left out."""
    chosen = User.objects.filter(pk__in=set(user_ids)).exclude(locale="").values_list("pk", "locale")
    return {pk: locale[:2] for pk, locale in chosen}


def find_by_email(*, email: str) -> User | None:
    """The person with this address, if there is one."""
    return User.objects.filter(email__iexact=email.strip(), deleted_at=None).first()


def find_emails(*, emails: Iterable[str]) -> set[str]:
    """Those of these addresses, in lower case, that somebody has."""
    return set(User.objects.filter(email__in=set(emails), deleted_at=None).values_list("email", flat=True))


def list_guests(*, search: str = "", is_expired: bool | None = None) -> QuerySet[User]:
    """The center's guests, each with ``is_expired``, whether their time here is over, and with ``invitation_code`` and
    ``invitation_expires_at`` of the invitation they came by, if they came by one."""
    guests = list_people(role=User.Role.GUEST, search=search).annotate(
        invitation_code=F("invitation__code"),
        invitation_expires_at=F("invitation__expires_at"),
        is_expired=Coalesce(Q(access_ends_at__lte=Now()), Value(False)),
    )
    return guests if is_expired is None else guests.filter(is_expired=is_expired)


def get_guest(*, user_id: uuid.UUID) -> User:
    """One of them; refuses any other id."""
    guest = list_guests().filter(pk=user_id).first()
    if guest is None:
        raise UserNotFound
    return guest


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


# -- signing in ------------------------------------------------------------------------------------------------------


def has_second_factor(*, user_id: uuid.UUID) -> bool:
    """Whether the person signs in with a code, too."""
    return SecondFactor.objects.filter(user_id=user_id, confirmed_at__isnull=False).exists()


def find_second_factor(*, user_id: uuid.UUID) -> SecondFactor | None:
    """The person's second factor with ``codes_left``, if it is on."""
    left = Count("recovery_codes", filter=Q(recovery_codes__used_at=None))
    return SecondFactor.objects.filter(user_id=user_id, confirmed_at__isnull=False).annotate(codes_left=left).first()


def is_second_factor_demanded(*, user: User) -> bool:
    """Whether the center asks for a second factor of somebody with this role."""
    return user.role in STAFF and User.objects.filter(centers.staff_second_factor(), pk=user.pk).exists()


def lacks_second_factor(*, role: str = "role", person: str = "pk") -> Q:
    """For a query on people: staff of a center that demands a second factor who have none, and may do nothing else yet."""
    has_one = Exists(SecondFactor.objects.filter(user_id=OuterRef(person), confirmed_at__isnull=False))
    return Q(**{f"{role}__in": STAFF}) & Q(centers.staff_second_factor()) & ~Q(has_one)


def list_providers() -> QuerySet[IdentityProvider]:
    """The identity providers of this center, by name."""
    return IdentityProvider.objects.all()


def get_provider(*, provider_id: uuid.UUID) -> IdentityProvider:
    """One of them; refuses an unknown id."""
    provider = IdentityProvider.objects.filter(pk=provider_id).first()
    if provider is None:
        raise ProviderNotFound
    return provider


def get_enabled_provider(*, slug: str) -> IdentityProvider:
    """One with which people can sign in now; refuses an unknown name and one that is turned off alike."""
    provider = IdentityProvider.objects.filter(slug=slug, is_enabled=True).first()
    if provider is None:
        raise ProviderNotFound
    return provider


def identities_of(actor: User) -> QuerySet[Identity]:
    """The person's own accounts at identity providers, oldest first."""
    return Identity.objects.filter(user=actor).select_related("provider")


# Whom a plan counts: who may sign in now.
_SEATED = Q(is_active=True, is_approved=True, deleted_at=None) & _IN_TIME


@dataclass(frozen=True, slots=True)
class Counts:
    """The people of a center: active ones by role, and those who wait to be let in."""

    admins: int
    teachers: int
    students: int
    guests: int
    waiting: int

    @property
    def seats(self) -> int:
        """How many may sign in, which is what plans count."""
        return self.admins + self.teachers + self.students + self.guests


def count_people() -> Counts:
    """Who is here now, in one query; a guest whose time is over is not."""

    def active(role: str) -> Count:
        return Count("pk", _SEATED & Q(role=role))

    return Counts(
        **User.objects.filter(deleted_at=None)
        .order_by()
        .aggregate(
            admins=active(User.Role.CENTER_ADMIN),
            teachers=active(User.Role.TEACHER),
            students=active(User.Role.STUDENT),
            guests=active(User.Role.GUEST),
            waiting=Count("pk", Q(is_active=True, is_approved=False)),
        )
    )


def count_seats() -> int:
    """How many people may sign in."""
    return User.objects.filter(_SEATED).exclude(role=User.Role.OWNER).order_by().count()


@usage.kept
def kept_avatars() -> usage.Sizes:
    """The pictures of people."""
    return usage.sized(User.objects.exclude(avatar=""), usage.size_in_name("avatar"))


def has_seat(*, user_id: uuid.UUID) -> bool:
    """Whether this person is one of them."""
    return User.objects.filter(_SEATED, pk=user_id).exists()


def student_growth(*, days: int) -> tuple[int, int]:
    """How many active students there are, and how many of them were here so many days ago."""
    old = Q(created_at__lte=Now() - timedelta(days=days))
    students = User.objects.filter(_SEATED, role=User.Role.STUDENT).order_by()
    counted = students.aggregate(now=Count("pk"), then=Count("pk", old))
    return counted["now"], counted["then"]


def sign_in_state(*, user_id: uuid.UUID) -> dict[str, object]:
    """What keeps a person of this center out, or lets them in; refuses an unknown id."""
    user = get_user(user_id=user_id)
    factor = find_second_factor(user_id=user.pk)
    return {
        "locked_addresses": lockout.locked_addresses(user.email),
        "is_second_step_locked": bool(factor and factor.locked_until and factor.locked_until > clock.now()),
        "has_second_factor": factor is not None,
        "recovery_codes_left": factor.codes_left if factor else 0,  # type: ignore[attr-defined]
        "open_sessions": sessions_of(user).count(),
    }


def password_policy() -> dict[str, object]:
    """What a password has to be like: its length, and all the rules in sentences."""
    validators = get_default_password_validators()
    shortest = [found.min_length for found in validators if isinstance(found, MinimumLengthValidator)]
    return {
        "min_length": max(shortest, default=1),
        "max_length": LONGEST_PASSWORD,
        "rules": [str(found.get_help_text()) for found in validators],
    }


_PROFILE = (
    *("id", "email", "first_name", "last_name", "role", "locale", "time_zone", "bio", "address", "city", "phone"),
    *("emergency_contact_phone", "new_email", "is_active", "is_approved", "email_verified_at", "access_ends_at"),
    *("invited_at", "erasure_asked_at", "last_login", "created_at", "updated_at"),
)
_SESSION = ("id", "created_at", "last_used_at", "expires_at", "revoked_at", "revoked_because", "address", "agent")
_INVITATION = ("role", "is_guest", "email", "status", "created_at", "expires_at", "claimed_at")


def data_about(*, user_id: uuid.UUID) -> dict[str, Any]:
    """What this app holds about one person: profile, sessions, the invitation they came by, how they sign in. No secrets,
    and nobody else."""
    user = get_user(user_id=user_id)
    factor = SecondFactor.objects.filter(user=user_id).values("created_at", "confirmed_at").first()
    return {
        "profile": {name: getattr(user, name) for name in _PROFILE},
        "sessions": list(Session.objects.filter(user=user_id).values(*_SESSION)),
        "invitation": Invitation.objects.filter(target_user=user_id).values(*_INVITATION).first(),
        "second_factor": factor,
        "identities": list(Identity.objects.filter(user=user_id).values("issuer", "subject", "created_at")),
    }

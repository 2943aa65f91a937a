from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.http import HttpRequest

from apps.audit import operations as audit
from apps.authentication import lockout, queries, rules
from apps.authentication.errors import (
    ChallengeOver,
    LockedOut,
    SecondStepFailed,
    SessionNotFound,
    SignInFailed,
    WrongCredentials,
    WrongPassword,
)
from apps.authentication.models import Handle, RefreshToken, Session, User
from apps.authentication.operations import handles, second_factor_codes
from apps.authentication.rules import sign_in as sign_in_rules
from apps.centers.queries import centers
from apps.core import clock, realtime, tenancy
from apps.core.errors import Problem


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with an open session and the refresh token that continues it."""

    user: User
    session_id: uuid.UUID
    refresh: str
    lacks_factor: bool = False


@dataclass(frozen=True, slots=True)
class Challenge:
    """A person who has shown one thing and has to show a second. The token is good for nothing else."""

    token: str
    seconds: int


def sign_in(*, request: HttpRequest, email: str, password: str) -> SignedIn | Challenge:
    """Open a session, or ask for the second factor of whoever has one. Wrong address, wrong password, disabled and
    unapproved people get the same refusal, after the same work; too many failures of one address from one place lock it
    for a while (running sessions go on). Nobody signs in to a suspended center."""
    email = email.strip().lower()
    if not AxesProxyHandler.is_allowed(request, {"username": email}):
        raise LockedOut(retry_after=lockout.seconds_left(request, email))
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User) or not user.is_approved:
        raise WrongCredentials
    lockout.forgive(request, email)
    return let_in(request=request, user=user)


def let_in(*, request: HttpRequest, user: User) -> SignedIn | Challenge:
    """What follows when it is sure who somebody is: a session, or first the question for their second factor. Refuses at
    a suspended center."""
    centers.check_not_suspended(role=user.role)
    if not queries.has_second_factor(user_id=user.pk):
        lacks_one = queries.is_second_factor_demanded(user=user)
        return replace(open_session(request=request, user=user), lacks_factor=lacks_one)
    life = sign_in_rules.CHALLENGE_LIFE
    with transaction.atomic():
        token = handles.issue(
            purpose=Handle.Purpose.SECOND_STEP, life=life, user_id=user.pk, data={"state": _state(user)}
        )
    return Challenge(token, int(life.total_seconds()))


def finish_sign_in(*, request: HttpRequest, challenge: str, code: str) -> SignedIn:
    """Open the session that a challenge was given for, by a code of the app or a recovery code. A wrong code leaves the
    challenge; a few of them lock this step for a while. Refuses a challenge that is over, used or overtaken."""
    handle = handles.find(purpose=Handle.Purpose.SECOND_STEP, token=challenge)
    if handle is None or handle.user is None:
        raise ChallengeOver
    user = handle.user
    if not (user.is_active and user.is_approved) or handle.data["state"] != _state(user):
        raise ChallengeOver
    centers.check_not_suspended(role=user.role)
    if not second_factor_codes.use_code(user_id=user.pk, code=code):
        raise SecondStepFailed
    with transaction.atomic():
        if not handles.use_up(handle=handle):
            raise ChallengeOver
        return open_session(request=request, user=user)


def check_own_password(*, actor: User, password: str) -> None:
    """Refuse a password that is not the person's. Who came by an identity provider and has none is not asked for one."""
    if actor.has_usable_password() and not actor.check_password(password):
        raise WrongPassword(problems=[Problem("/password", "wrong_password", WrongPassword.message)])


def open_session(*, request: HttpRequest, user: User) -> SignedIn:
    """A new session with its refresh token, for somebody who has shown all there is to show. Refuses a guest whose time is
    over like a wrong password."""
    if not queries.is_in_time(user):
        raise WrongCredentials
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(last_login=Now())
        session = Session.objects.create(
            user=user,
            expires_at=_refresh_end(),
            address=lockout.address_of(request),
            agent=request.headers.get("User-Agent", "")[:200],
        )
        refresh = rules.fresh_token()
        RefreshToken.objects.create(
            token_hash=rules.token_hash(refresh), session=session, expires_at=session.expires_at
        )
        audit.record(action="sign_in.done", subject="user", subject_id=user.pk, name=str(user), actor=user)
    return SignedIn(user, session.pk, refresh)


def rotate(*, refresh: str) -> SignedIn:
    """Use a refresh token: it dies and its successor lives. A second use within the grace gives the same successor;
    any later one means theft and revokes the session, so the thief and the owner must both sign in again."""
    stolen = False
    with transaction.atomic():
        token = (
            RefreshToken.objects.select_for_update()
            .select_related("session__user")
            .filter(token_hash=rules.token_hash(refresh))
            .first()
        )
        at = clock.now()
        if token is None or token.session.revoked_at or token.expires_at <= at:
            raise SignInFailed
        user = token.session.user
        if not (user.is_active and user.is_approved and queries.is_in_time(user)):
            raise SignInFailed
        successor = rules.successor_of(refresh, key=settings.SHIKEN_REFRESH_KEY)
        if token.used_at is None:
            RefreshToken.objects.filter(pk=token.pk).update(used_at=at)
            RefreshToken.objects.create(
                token_hash=rules.token_hash(successor), session=token.session, expires_at=_refresh_end()
            )
            Session.objects.filter(pk=token.session_id).update(last_used_at=at, expires_at=_refresh_end())
        elif at > token.used_at + timedelta(seconds=rules.GRACE_SECONDS):
            stolen = True
            end_session(session_id=token.session_id, because="refresh token used twice")
            audit.record(action="sign_in.stolen", subject="user", subject_id=user.pk, name=str(user))
    if stolen:
        raise SignInFailed
    return SignedIn(user, token.session_id, successor)


def end_session(*, session_id: uuid.UUID, because: str = "signed out") -> None:
    """Revoke one session: its access tokens, refresh tokens and sockets are dead from now on."""
    with transaction.atomic():
        Session.objects.filter(pk=session_id, revoked_at=None).update(revoked_at=Now(), revoked_because=because)
        realtime.push(tenancy.room("session", session_id), "signed_out", {})


def sign_out(*, actor: User, session_id: uuid.UUID, everywhere: bool = False) -> None:
    """End this session of the person, or all of theirs."""
    if everywhere:
        end_all_sessions(user_id=actor.pk, because="signed out everywhere")
    else:
        end_session(session_id=session_id)


def end_own_session(*, actor: User, session_id: uuid.UUID) -> None:
    """Sign oneself out on one device; refuses the id of anybody else's session, and of one that has ended."""
    if not queries.sessions_of(actor).filter(pk=session_id).exists():
        raise SessionNotFound
    end_session(session_id=session_id, because="signed out from another device")


def end_other_sessions(*, user_id: uuid.UUID, session_id: uuid.UUID, because: str) -> int:
    """Sign a person out everywhere but here. Returns on how many devices that was."""
    with transaction.atomic():
        others = Session.objects.filter(user_id=user_id, revoked_at=None).exclude(pk=session_id)
        ids = list(others.values_list("pk", flat=True))
        for other in ids:
            end_session(session_id=other, because=because)
        _record_ended(user_id, len(ids), because)
    return len(ids)


def end_all_sessions(*, user_id: uuid.UUID, because: str) -> None:
    """Revoke every session of a person, on all devices."""
    with transaction.atomic():
        User.objects.filter(pk=user_id).update(session_version=F("session_version") + 1)
        open_ones = list(Session.objects.filter(user_id=user_id, revoked_at=None).values_list("pk", flat=True))
        for session_id in open_ones:
            end_session(session_id=session_id, because=because)
        _record_ended(user_id, len(open_ones), because)


def _state(user: User) -> str:
    """What a person's credentials are at the moment; a challenge from before a new password or role is over."""
    return hashlib.sha256(f"{user.session_version}:{user.password}".encode()).hexdigest()


def record_cookie(*, user: User) -> None:
    """Write down that somebody signed in to the admin of this host."""
    audit.record(action="sign_in.admin", subject="user", subject_id=user.pk, name=str(user), actor=user)


def _record_ended(user_id: uuid.UUID, count: int, because: str) -> None:
    if count:
        after = {"count": count}
        audit.record(action="sessions.ended", subject="user", subject_id=user_id, after=after, reason=because)


def _refresh_end() -> Now:
    end: Now = Now() + timedelta(seconds=settings.SHIKEN_REFRESH_SECONDS)  # type: ignore[assignment]
    return end

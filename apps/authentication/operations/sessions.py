from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.http import HttpRequest

from apps.authentication import queries, rules
from apps.authentication.errors import LockedOut, SessionNotFound, SignInFailed, WrongCredentials
from apps.authentication.models import RefreshToken, Session, User
from apps.centers.queries import centers
from apps.core import clock, realtime, tenancy


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with an open session and the refresh token that continues it."""

    user: User
    session_id: uuid.UUID
    refresh: str


def sign_in(*, request: HttpRequest, email: str, password: str) -> SignedIn:
    """Open a session. Wrong address, wrong password, disabled and unapproved people get the same refusal, after the
    same work; too many failures of one address from one place lock it for a while (running sessions go on). Nobody signs
    in to a suspended center."""
    email = email.strip().lower()
    if not AxesProxyHandler.is_allowed(request, {"username": email}):
        raise LockedOut(retry_after=int(settings.AXES_COOLOFF_TIME * 3600))
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User) or not user.is_approved:
        raise WrongCredentials
    centers.check_not_suspended()
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(last_login=Now())
        session = Session.objects.create(
            user=user,
            expires_at=_refresh_end(),
            address=request.META.get("REMOTE_ADDR") or None,
            agent=request.headers.get("User-Agent", "")[:200],
        )
        refresh = rules.fresh_token()
        RefreshToken.objects.create(
            token_hash=rules.token_hash(refresh), session=session, expires_at=session.expires_at
        )
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
        if not (user.is_active and user.is_approved):
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
    if stolen:
        raise SignInFailed
    return SignedIn(user, token.session_id, successor)


def end_session(*, session_id: uuid.UUID, because: str = "signed out") -> None:
    """Revoke one session: its access tokens, refresh tokens and sockets are dead from now on."""
    with transaction.atomic():
        Session.objects.filter(pk=session_id, revoked_at=None).update(revoked_at=Now(), revoked_because=because)
        realtime.push(tenancy.room("session", session_id), "signed_out", {})


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
    return len(ids)


def end_all_sessions(*, user_id: uuid.UUID, because: str) -> None:
    """Revoke every session of a person, on all devices."""
    with transaction.atomic():
        User.objects.filter(pk=user_id).update(session_version=F("session_version") + 1)
        open_ones = list(Session.objects.filter(user_id=user_id, revoked_at=None).values_list("pk", flat=True))
        for session_id in open_ones:
            end_session(session_id=session_id, because=because)


def _refresh_end() -> Now:
    end: Now = Now() + timedelta(seconds=settings.SHIKEN_REFRESH_SECONDS)  # type: ignore[assignment]
    return end

"""Signing in with an account at an identity provider of the center: out with a code flow, back to this host and browser."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.http import HttpRequest

from apps.audit import operations as audit
from apps.authentication import queries
from apps.authentication.errors import (
    EmailTaken,
    IdentityNotFound,
    IdentityTaken,
    JourneyOver,
    LastWayIn,
    NotAdmitted,
    ProviderRefused,
)
from apps.authentication.models import Handle, Identity, IdentityProvider, User
from apps.authentication.operations import handles, people, sessions
from apps.authentication.operations import single_sign_on_http as provider_http
from apps.authentication.operations import single_sign_on_providers as providers
from apps.authentication.rules import sign_in as rules
from apps.centers.queries import centers
from apps.core import trace

RETURN_PATH = "/sign-in/provider/"


@dataclass(frozen=True, slots=True)
class Returned:
    """With what somebody came back from a provider, and in which browser."""

    state: str
    code: str
    issuer: str
    browser: str


def begin(
    *,
    slug: str,
    origin: str,
    browser: str,
    actor: User | None = None,
    session_id: uuid.UUID | None = None,
    password: str = "",
) -> str:
    """The address at the provider to go to. The way back leads to this very host and works once, for whoever has the
    secret of this browser. For an ``actor`` it connects an account with theirs, which takes their password. Refuses an
    unknown provider, one that does not answer, and a suspended center."""
    centers.check_not_suspended()
    if actor is not None:
        trace.check_not_acting()
        sessions.check_own_password(actor=actor, password=password)
    provider = queries.get_enabled_provider(slug=slug)
    about = provider_http.discover(issuer=provider.issuer)
    redirect_uri = f"{origin}{RETURN_PATH}"
    data = {
        "provider": str(provider.pk),
        "browser": _digest(browser),
        "redirect_uri": redirect_uri,
        "session": str(session_id or ""),
    }
    with transaction.atomic():
        state = handles.issue(
            purpose=Handle.Purpose.PROVIDER, life=rules.JOURNEY_LIFE, user_id=actor.pk if actor else None, data=data
        )
    wanted = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": provider.scopes,
        "state": state,
        "nonce": _derived(state, "nonce"),
        "code_challenge": create_s256_code_challenge(_derived(state, "verifier")),
        "code_challenge_method": "S256",
    }
    address = about["authorization_endpoint"]
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(wanted)}"


def finish(*, request: HttpRequest, returned: Returned) -> sessions.SignedIn | sessions.Challenge:
    """Sign in whoever came back from a provider, as if they had given their password: a second factor is asked for all the
    same. Refuses a way back that was not begun in this browser, here, lately and for this; an answer that cannot be
    trusted; and who is not admitted."""
    handle = _take(returned, user_id=None, session_id=None)
    claims, provider = _redeem(handle, returned)
    user = _person(provider, claims)
    if not (user.is_active and user.is_approved):
        raise NotAdmitted
    return sessions.let_in(request=request, user=user)


def connect(*, actor: User, session_id: uuid.UUID, returned: Returned) -> Identity:
    """Let somebody who is signed in use the account from now on with which they came back. Refuses what ``finish`` does,
    and an account that is connected with somebody else."""
    trace.check_not_acting()
    handle = _take(returned, user_id=actor.pk, session_id=session_id)
    claims, provider = _redeem(handle, returned)
    with transaction.atomic():
        known, is_new = Identity.objects.get_or_create(
            issuer=claims.issuer,
            subject=claims.subject,
            defaults={"user": actor, "provider": provider, "email": claims.email},
        )
        if known.user_id != actor.pk:
            raise IdentityTaken
        if is_new:
            _note("identity.connected", actor, provider)
    return known


def disconnect(*, actor: User, identity_id: uuid.UUID) -> None:
    """Use an account no more. Refuses an unknown one, and the last one of somebody without a password."""
    trace.check_not_acting()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=actor.pk)
        found = queries.identities_of(actor).filter(pk=identity_id).first()
        if found is None:
            raise IdentityNotFound
        if not actor.has_usable_password() and queries.identities_of(actor).count() == 1:
            raise LastWayIn
        found.delete()
        _note("identity.disconnected", actor, found.provider)


# -- the way back ------------------------------------------------------------------------------------------------------


def _take(returned: Returned, *, user_id: uuid.UUID | None, session_id: uuid.UUID | None) -> Handle:
    """What was begun, used up by this, whatever comes of it."""
    handle = handles.find(purpose=Handle.Purpose.PROVIDER, token=returned.state)
    if handle is None or not hmac.compare_digest(handle.data["browser"], _digest(returned.browser)):
        raise JourneyOver
    if handle.user_id != user_id or handle.data["session"] != str(session_id or ""):
        raise JourneyOver
    if not handles.use_up(handle=handle):
        raise JourneyOver
    return handle


def _redeem(handle: Handle, returned: Returned) -> tuple[rules.Claims, IdentityProvider]:
    provider = queries.list_providers().filter(pk=handle.data["provider"], is_enabled=True).first()
    if provider is None:
        raise JourneyOver
    about = provider_http.discover(issuer=provider.issuer)
    says_who = about.get("authorization_response_iss_parameter_supported") is True
    if (returned.issuer or says_who) and returned.issuer != provider.issuer:
        # Another provider's answer, slipped in to have its code sent to this one.
        raise ProviderRefused
    claims = provider_http.redeem(
        provider=provider,
        secret=providers.read_secret(provider=provider),
        code=returned.code,
        verifier=_derived(returned.state, "verifier"),
        nonce=_derived(returned.state, "nonce"),
        redirect_uri=handle.data["redirect_uri"],
    )
    if not claims.is_verified or not claims.email:
        raise NotAdmitted
    if provider.email_domains and not _answers_for(provider, claims):
        raise NotAdmitted
    return claims, provider


def _answers_for(provider: IdentityProvider, claims: rules.Claims) -> bool:
    return rules.domain_of(claims.email) in provider.email_domains


# -- who that is here --------------------------------------------------------------------------------------------------


def _person(provider: IdentityProvider, claims: rules.Claims) -> User:
    """The person with this identity; else the one with this address, where both sides have verified it and the center says
    that this provider answers for such addresses; else a new student, where the center wants that."""
    for _ in range(2):
        try:
            with transaction.atomic():
                return _known(claims) or _by_address(provider, claims) or _new(provider, claims)
        except (IntegrityError, EmailTaken):
            continue  # the same person in another tab was faster
    raise NotAdmitted


def _known(claims: rules.Claims) -> User | None:
    found = Identity.objects.filter(issuer=claims.issuer, subject=claims.subject).select_related("user").first()
    if found is None:
        return None
    Identity.objects.filter(pk=found.pk).update(email=claims.email, last_used_at=Now())
    return found.user


def _by_address(provider: IdentityProvider, claims: rules.Claims) -> User | None:
    """An address alone must not hand over an account. Whoever made one here with a stranger's address has not verified it;
    a provider that does not answer for the domain could claim any; and admins connect their accounts by hand."""
    user = queries.find_by_email(email=claims.email)
    if user is None:
        return None
    is_theirs = user.email == claims.email and user.email_verified_at is not None and _answers_for(provider, claims)
    if not is_theirs or user.role == User.Role.CENTER_ADMIN or not (user.is_active and user.is_approved):
        raise NotAdmitted
    _remember(user, provider, claims)
    return user


def _new(provider: IdentityProvider, claims: rules.Claims) -> User:
    """Approved if the center says that the provider answers for the address, else they wait for an admin."""
    if not provider.makes_people:
        raise NotAdmitted
    user = people.create_person(
        email=claims.email,
        password=None,
        role=provider.new_role,
        first_name=claims.first_name,
        last_name=claims.last_name,
        is_approved=_answers_for(provider, claims),
    )
    people.note_verified(user=user)
    _remember(user, provider, claims)
    return user


def _remember(user: User, provider: IdentityProvider, claims: rules.Claims) -> None:
    Identity.objects.create(
        user=user, provider=provider, issuer=claims.issuer, subject=claims.subject, email=claims.email
    )
    _note("identity.connected", user, provider)


def _note(action: str, user: User, provider: IdentityProvider) -> None:
    audit.record(
        action=action,
        subject="user",
        subject_id=user.pk,
        name=str(user),
        after={"provider": provider.slug},
        actor=user,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _derived(state: str, purpose: str) -> str:
    return rules.derived(state, purpose, key=settings.SHIKEN_LINK_KEY)

"""The identity providers of a center, as its admins keep them."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from apps.audit import operations as audit
from apps.authentication import queries
from apps.authentication.errors import ProviderInvalid, ProviderNotFound, ProviderTaken, ProviderUnreachable
from apps.authentication.models import IdentityProvider
from apps.authentication.operations import single_sign_on_http as provider_http
from apps.authentication.rules import sign_in as rules
from apps.core import vault
from apps.core.errors import Problem

log = logging.getLogger(__name__)

FIELDS = frozenset(
    "slug name issuer client_id client_secret scopes email_domains makes_people new_role is_enabled".split()
)
MOST_DOMAINS = 50


def add_provider(*, changes: Mapping[str, Any]) -> IdentityProvider:
    """Let people sign in with a provider from now on. It is not asked for anything yet: ``check_provider`` does. Refuses
    a taken short name and what could not work, each with its place."""
    provider = IdentityProvider()
    slug = changes.get("slug") or rules.slug_of(str(changes.get("name", ""))) or "provider"
    with transaction.atomic():
        _take(provider, {**changes, "slug": slug})
        _save(provider, is_new=True)
        audit.record(action="provider.added", subject="provider", subject_id=provider.pk, name=provider.name)
    return provider


def update_provider(*, provider_id: uuid.UUID, changes: Mapping[str, Any]) -> IdentityProvider:
    """Change a provider; what is absent stays, the secret too. Another issuer is another provider: accounts that were
    connected with the old one are not. Refuses what ``add_provider`` does."""
    with transaction.atomic():
        provider = IdentityProvider.objects.select_for_update().filter(pk=provider_id).first()
        if provider is None:
            raise ProviderNotFound
        before = _harmless(provider)
        _take(provider, changes)
        _save(provider, is_new=False)
        audit.record(
            action="provider.changed",
            subject="provider",
            subject_id=provider.pk,
            name=provider.name,
            before=before,
            after=_harmless(provider),
        )
    return provider


def remove_provider(*, provider_id: uuid.UUID) -> None:
    """Nobody signs in with it any more; what was connected is forgotten, people and sessions stay."""
    with transaction.atomic():
        provider = queries.get_provider(provider_id=provider_id)
        audit.record(action="provider.removed", subject="provider", subject_id=provider.pk, name=provider.name)
        provider.delete()


def check_provider(*, provider_id: uuid.UUID) -> dict[str, Any]:
    """Ask the provider now what it says of itself: whether it answers, where people are sent, and what it lacks."""
    provider = queries.get_provider(provider_id=provider_id)
    try:
        about = provider_http.discover(issuer=provider.issuer, is_fresh=True)
    except ProviderUnreachable as refusal:
        return {"is_ok": False, "detail": str(refusal), "authorization_endpoint": "", "lacks": []}
    lacks = []
    methods = about.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        lacks.append("code_challenge_methods_supported: S256")
    algorithms = about.get("id_token_signing_alg_values_supported")
    if isinstance(algorithms, list) and not provider_http.ALGORITHMS & set(map(str, algorithms)):
        lacks.append("id_token_signing_alg_values_supported: RS256 or another public-key algorithm")
    detail = "The provider answers." if not lacks else "The provider answers, but lacks what is needed here."
    where = about["authorization_endpoint"]
    return {"is_ok": not lacks, "detail": detail, "authorization_endpoint": where, "lacks": lacks}


def read_secret(*, provider: IdentityProvider) -> str:
    """The client secret; empty for a public client. Without the key that sealed it nobody signs in with this provider."""
    try:
        return vault.unseal(provider.client_secret, place=_place(provider)) if provider.client_secret else ""
    except vault.Unreadable:
        log.error("The secret of provider %s was sealed with a key that is not here; set it again.", provider.slug)
        raise ProviderUnreachable from None


def seal_anew() -> int:
    """Seal the secrets of this center with the key that seals now; returns how many were changed."""
    changed = 0
    for provider in IdentityProvider.objects.exclude(client_secret=""):
        if not vault.is_current(provider.client_secret):
            sealed = vault.seal(read_secret(provider=provider), place=_place(provider))
            changed += IdentityProvider.objects.filter(pk=provider.pk, client_secret=provider.client_secret).update(
                client_secret=sealed
            )
    return changed


def _take(provider: IdentityProvider, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if name not in FIELDS:
            raise ProviderInvalid(problems=[Problem(f"/{name}", "unknown_field", "This field is not known here.")])
        if name == "client_secret":
            value = vault.seal(value, place=_place(provider)) if value else ""
        elif name == "email_domains":
            value = list(dict.fromkeys(str(domain).strip().lower().removeprefix("@") for domain in value))
        elif name == "scopes":
            value = " ".join(dict.fromkeys(["openid", *str(value).split()]))
        setattr(provider, name, value)
    problems = list(_problems(provider))
    if problems:
        raise ProviderInvalid(problems=problems)


def _problems(provider: IdentityProvider) -> list[Problem]:
    found = []
    if not provider.name.strip():
        found.append(Problem("/name", "required", "The button needs a name."))
    if rules.slug_of(provider.slug) != provider.slug or not provider.slug:
        found.append(Problem("/slug", "invalid", "Lower-case letters, digits and hyphens, forty at most."))
    if not provider_http.may_ask(url=provider.issuer) or "?" in provider.issuer:
        found.append(Problem("/issuer", "invalid", "The issuer is an https address without query and fragment."))
    if not provider.client_id.strip():
        found.append(Problem("/client_id", "required", "The provider gives one to each application."))
    for place, domain in enumerate(provider.email_domains):
        if not rules.is_domain(domain):
            found.append(Problem(f"/email_domains/{place}", "invalid", "This is not the domain of an e-mail address."))
    if len(provider.email_domains) > MOST_DOMAINS:
        found.append(Problem("/email_domains", "max_length", f"{MOST_DOMAINS} domains at most."))
    if provider.new_role not in IdentityProvider.Role.values:
        found.append(Problem("/new_role", "invalid_choice", "New people are students."))
    return found


def _save(provider: IdentityProvider, *, is_new: bool) -> None:
    try:
        with transaction.atomic():
            provider.save(force_insert=is_new)
    except IntegrityError as error:
        if "slug" in str(error):
            raise ProviderTaken from None
        raise


def _harmless(provider: IdentityProvider) -> dict[str, Any]:
    names = ("name", "issuer", "client_id", "email_domains", "makes_people", "is_enabled")
    return {name: getattr(provider, name) for name in names}


def _place(provider: IdentityProvider) -> str:
    return f"provider:{provider.pk}"

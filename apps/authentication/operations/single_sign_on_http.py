"""How we speak to identity providers: to public addresses only, for seconds only, and believing nothing unchecked.

Authlib knows the protocol (the claims of an ID token, PKCE) and its sister joserfc the signatures; requests go over a
connection of our own, because no library looks at the address behind a name at the moment it connects to it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import socket
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import httpcore
import httpx
from authlib.common.encoding import to_bytes, urlsafe_b64decode
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from django.core.cache import cache
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from apps.authentication.errors import ProviderRefused, ProviderUnreachable
from apps.authentication.models import IdentityProvider
from apps.authentication.rules import sign_in as rules
from apps.core import clock

log = logging.getLogger(__name__)

REMEMBER_SECONDS = 600
KEYS_PAUSE_SECONDS = 30
"""Keys are asked for again when a token names an unknown one, but not at every made-up name."""
_DEADLINE_SECONDS = 8.0
_MOST_BYTES = 512 * 2**10
_LONGEST_TOKEN = 16_384
_LEEWAY_SECONDS = 60
# Never one with a shared secret: whoever knows our public data could sign with it.
ALGORITHMS = frozenset("RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split())


class _Guard(httpcore.SyncBackend):
    """Connects to the very address that was looked at, so that a name cannot change its mind in between."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from None
        if not settings.SHIKEN_PRIVATE_PROVIDERS and not all(rules.is_reachable(address) for address in found):
            raise httpcore.ConnectError(f"{host} is not a public address")
        return super().connect_tcp(found[0], port, timeout, local_address, socket_options)


class _Transport(httpx.HTTPTransport):
    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_trusted(), network_backend=_Guard(), max_keepalive_connections=0
        )


@functools.cache
def _trusted() -> Any:
    return httpx.create_ssl_context(trust_env=False)


def may_ask(*, url: str) -> bool:
    """Whether this is an address that a provider can have here."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        return False
    schemes = {"https", "http"} if settings.SHIKEN_PRIVATE_PROVIDERS else {"https"}
    return parsed.scheme in schemes and bool(parsed.host) and not parsed.userinfo and not parsed.fragment


# -- discovery ---------------------------------------------------------------------------------------------------------


def discover(*, issuer: str, is_fresh: bool = False) -> dict[str, Any]:
    """What a provider says of itself, remembered for some minutes. Refuses one that does not answer, that calls itself
    otherwise, or that names no addresses for us."""
    key = f"oidc:about:{hashlib.sha256(issuer.encode()).hexdigest()}"
    known: dict[str, Any] | None = None if is_fresh else cache.get(key)
    if known is not None:
        return known
    about = _ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    endpoints = [about.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    if about.get("issuer") != issuer:
        raise _unreachable(issuer, "it calls itself otherwise")
    if not all(isinstance(url, str) and may_ask(url=url) for url in endpoints):
        raise _unreachable(issuer, "it names no addresses that may be asked")
    cache.set(key, about, REMEMBER_SECONDS)
    return about


def _keys(url: str, *, is_fresh: bool = False) -> list[dict[str, Any]]:
    name = hashlib.sha256(url.encode()).hexdigest()
    known: list[dict[str, Any]] | None = cache.get(f"oidc:keys:{name}")
    if known is not None and not (is_fresh and cache.add(f"oidc:keys-pause:{name}", 1, KEYS_PAUSE_SECONDS)):
        return known
    keys = _ask("GET", url).get("keys")
    if not isinstance(keys, list):
        raise _unreachable(url, "it has no keys")
    found = [key for key in keys if isinstance(key, dict)]
    cache.set(f"oidc:keys:{name}", found, REMEMBER_SECONDS)
    return found


# -- a sign-in ---------------------------------------------------------------------------------------------------------


def redeem(
    *, provider: IdentityProvider, secret: str, code: str, verifier: str, nonce: str, redirect_uri: str
) -> rules.Claims:
    """Who somebody is, for the code that they came back with. Refuses a code that the provider refuses, and an ID token
    that is not the provider's, not for us, not of this sign-in, or not of this hour."""
    about = discover(issuer=provider.issuer)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    methods = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    basic = None
    if secret and "client_secret_basic" in methods:
        # The words are form-encoded before they are joined; most secrets look the same afterwards.
        basic = (quote(provider.client_id, safe=""), quote(secret, safe=""))
    else:
        form |= {"client_id": provider.client_id} | ({"client_secret": secret} if secret else {})
    answer = _ask("POST", about["token_endpoint"], form=form, basic=basic)
    token, access = answer.get("id_token"), answer.get("access_token")
    if not isinstance(token, str):
        raise ProviderRefused
    said = _read_id_token(token, about=about, client_id=provider.client_id, nonce=nonce, access=access)
    if "email" not in said and isinstance(access, str) and may_ask(url=str(about.get("userinfo_endpoint"))):
        more = _ask("GET", about["userinfo_endpoint"], bearer=access)
        if more.get("sub") != said["sub"]:
            raise ProviderRefused
        said = {**more, **said}
    return _claims(said)


def _read_id_token(token: str, *, about: dict[str, Any], client_id: str, nonce: str, access: Any) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    options: Any = {
        "iss": {"essential": True, "value": about["issuer"]},
        "aud": {"essential": True, "value": client_id},
    }
    try:
        decoded = _decode(token, about["jwks_uri"])
        params = {"client_id": client_id, "nonce": nonce, "access_token": access}
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)
        claims.validate(now=now, leeway=_LEEWAY_SECONDS)
        is_timely = claims["iat"] <= now + _LEEWAY_SECONDS and claims["exp"] > now - _LEEWAY_SECONDS
        if not is_timely or not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise ValueError
    except (JoseError, ValueError, TypeError, KeyError) as error:
        log.warning("An ID token of %s was refused: %s", about["issuer"], type(error).__name__)
        raise ProviderRefused from None
    return dict(claims)


def _decode(token: str, url: str) -> jwt.Token:
    """Check the signature: with a key that the provider publishes, by the algorithm of that key, and no other."""
    if len(token) > _LONGEST_TOKEN:
        raise ValueError
    head = token.split(".")[0]
    header = json.loads(urlsafe_b64decode(to_bytes(head)))
    algorithm = header["alg"]
    if algorithm not in ALGORITHMS:
        raise ValueError
    keys = [key for key in _keys(url) if _fits(key, header)]
    if not keys:
        keys = [key for key in _keys(url, is_fresh=True) if _fits(key, header)]
    if len(keys) != 1:
        raise ValueError
    public = {name: value for name, value in keys[0].items() if name in _PUBLIC_PARTS}
    return jwt.decode(token, import_key(public), algorithms=[algorithm])


_PUBLIC_PARTS = frozenset({"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"})
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


def _fits(key: dict[str, Any], header: dict[str, Any]) -> bool:
    return (
        key.get("kty") == _KINDS[header["alg"][:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and ("kid" not in header or key.get("kid") == header["kid"])
    )


def _claims(said: dict[str, Any]) -> rules.Claims:
    email = said.get("email")
    names = [said.get(name) for name in ("given_name", "family_name")]
    first, last = (name.strip()[:80] if isinstance(name, str) else "" for name in names)
    return rules.Claims(
        issuer=said["iss"],
        subject=said["sub"],
        email=email.strip().lower() if isinstance(email, str) and len(email) <= 254 else "",
        # Some providers send the word instead of the truth value.
        is_verified=said.get("email_verified") in (True, "true"),
        first_name=first,
        last_name=last,
    )


# -- one request -------------------------------------------------------------------------------------------------------


def _ask(
    method: str,
    url: str,
    *,
    form: dict[str, str] | None = None,
    basic: tuple[str, str] | None = None,
    bearer: str = "",
) -> dict[str, Any]:
    """The JSON object at an address. No redirects, no proxies of the environment, no long waits."""
    if not may_ask(url=url):
        raise _unreachable(url, "such an address may not be asked")
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
    ends = time.monotonic() + _DEADLINE_SECONDS
    body = b""
    try:
        with (
            httpx.Client(transport=_Transport(), timeout=httpx.Timeout(5.0, connect=3.0)) as client,
            client.stream(method, url, data=form, auth=basic, headers=headers) as answer,
        ):
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > _MOST_BYTES or time.monotonic() > ends:
                    raise _unreachable(url, "it says too much, or too slowly")
    except httpx.HTTPError as error:
        raise _unreachable(url, str(error)) from None
    if form is not None and answer.status_code in (400, 401, 403):
        log.warning("%s refused a code: %s", url, body[:200].decode(errors="replace"))
        raise ProviderRefused
    if answer.status_code != 200:
        raise _unreachable(url, f"status {answer.status_code}")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _unreachable(url, "no JSON object")
    return found


def _unreachable(where: str, why: str) -> ProviderUnreachable:
    log.warning("Identity provider %s: %s", where, why)
    return ProviderUnreachable()

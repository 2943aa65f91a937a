"""Access tokens: signed claims that name their center, session and session version.

The signing key is derived per center, so a forgotten comparison still fails; simplejwt encodes and decodes, the
sessions behind the tokens are ours.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import time
import uuid
from dataclasses import dataclass

from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

from apps.authentication.errors import SignInFailed
from apps.authentication.rules import acting
from apps.core.tenancy import Tenant

ALGORITHM = "HS512"
LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Access:
    """What a verified token says; whether the session still lives is asked of PostgreSQL."""

    user_id: uuid.UUID
    session_id: uuid.UUID
    version: int
    role: str
    expires_at: int
    acting_id: uuid.UUID | None = None


@functools.lru_cache(maxsize=4096)
def _backend(tenant_id: uuid.UUID) -> TokenBackend:
    key = hmac.new(settings.SHIKEN_ACCESS_KEY.encode(), tenant_id.bytes, hashlib.sha512).hexdigest()
    return TokenBackend(ALGORITHM, key, audience=str(tenant_id), issuer="shiken")


def issue_access(
    *,
    tenant: Tenant,
    user_id: uuid.UUID,
    session_id: uuid.UUID,
    version: int,
    role: str,
    acting_id: uuid.UUID | None = None,
    seconds: int = 0,
) -> str:
    """A token for ``SHIKEN_ACCESS_SECONDS`` unless told otherwise, good in this center only. ``acting_id`` marks one of an
    owner who acts in this person's place."""
    now = int(time.time())
    claims = {
        "typ": "access",
        "ten": str(tenant.id),
        "sub": str(user_id),
        "sid": str(session_id),
        "ver": version,
        "role": role,
        "iat": now,
        "exp": now + (seconds or settings.SHIKEN_ACCESS_SECONDS),
        "jti": uuid.uuid4().hex,
    }
    if acting_id:
        claims["act"] = str(acting_id)
    return _backend(tenant.id).encode(claims)


def read_access(*, tenant: Tenant, token: str) -> Access:
    """Verify signature, audience, age and kind; refuses with one and the same error whatever is wrong."""
    try:
        if len(token) > LONGEST:
            raise ValueError
        claims = _backend(tenant.id).decode(token)  # type: ignore[arg-type]
        if claims["typ"] != "access" or claims["ten"] != str(tenant.id) or claims["iat"] > time.time() + 60:
            raise ValueError
        # Nobody is ever given one for longer.
        longest = acting.MOST_MINUTES * 60 if "act" in claims else settings.SHIKEN_ACCESS_SECONDS
        if claims["exp"] - claims["iat"] > longest:
            raise ValueError
        return Access(
            uuid.UUID(claims["sub"]),
            uuid.UUID(claims["sid"]),
            int(claims["ver"]),
            str(claims["role"]),
            int(claims["exp"]),
            uuid.UUID(claims["act"]) if "act" in claims else None,
        )
    except (TokenBackendError, KeyError, ValueError, TypeError, AttributeError):
        raise SignInFailed from None

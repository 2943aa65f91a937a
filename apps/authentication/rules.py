"""How refresh tokens are made, hashed and followed by their successors."""

from __future__ import annotations

import hashlib
import hmac
import secrets

GRACE_SECONDS = 10
"""For so long a used refresh token still gives its successor: two tabs may refresh at once."""


def fresh_token() -> str:
    """256 random bits, printable."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def successor_of(token: str, *, key: str) -> str:
    """The token that follows ``token``: worked out from it with the server's key, so that it never has to be stored."""
    return hmac.new(key.encode(), token.encode(), hashlib.sha256).hexdigest()

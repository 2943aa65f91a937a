"""How refresh tokens, invitation codes and the links in letters are made and checked."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

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


CODE_LENGTH = 10
# Without I, L, O, 0, 1 and U: nothing that is misread, and no words.
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
INVITATION_LIFE = timedelta(days=14)
GUEST_INVITATION_LIFE = timedelta(hours=24)
LONGEST_INVITATION = timedelta(days=365)
MOST_INVITATIONS = 100
WITHDRAWN = "Withdrawn."
GUEST_DAYS = 30
"""How long a guest stays who was given no other time."""
LONGEST_GUEST_DAYS = 365
WELCOME_LIFE = timedelta(days=14)
"""How long the link holds by which somebody chooses a first password."""


def fresh_code() -> str:
    """An invitation code: 49 random bits, readable aloud."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(CODE_LENGTH))


def clean_code(typed: str) -> str:
    """A code as people type it: lower case, with spaces or hyphens."""
    return "".join(char for char in typed if char not in " -").upper()


RESET, VERIFY, NEW_EMAIL = "reset", "verify", "new-email"
LINK_LIFE = {RESET: timedelta(hours=1), VERIFY: timedelta(days=3), NEW_EMAIL: timedelta(days=1)}
LETTER_PAUSE_SECONDS = 120
"""For so long a second letter of the same kind to the same address is not written: nobody's mailbox is flooded."""


@dataclass(frozen=True, slots=True)
class Link:
    """What the link in a letter stands for. ``state`` is what the person is at the moment: when that changes, by the use
    of the link itself too, the link is dead."""

    purpose: str
    tenant_id: uuid.UUID
    user_id: uuid.UUID
    state: str
    expires: int


def link_token(link: Link, *, key: str) -> str:
    """The secret part of a link: nobody else can make it, and it holds for nothing but this."""
    body = "\n".join([link.purpose, str(link.tenant_id), str(link.user_id), link.state, str(link.expires)])
    return f"{link.expires}-{hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()}"


def expiry_of(token: str) -> int:
    """The moment that a token names, as seconds; zero if it is no token."""
    expires, found, _ = token.partition("-")
    return int(expires) if found and expires.isascii() and expires.isdigit() and len(expires) <= 12 else 0


def is_link_token(token: str, link: Link, *, key: str) -> bool:
    """Whether ``token`` was made for exactly this."""
    return hmac.compare_digest(link_token(link, key=key).encode(), token.encode("utf-8", "replace"))

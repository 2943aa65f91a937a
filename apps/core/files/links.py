"""Signatures of links: whoever holds one may open what it names until it expires, at the center it was signed for."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Final, Literal

from django.conf import settings

from apps.core.tenancy import Tenant

Verdict = Literal["good", "expired", "foreign"]
_BYTES: Final = 18
_DIGITS: Final = 12


def sign(tenant: Tenant, kind: str, what: str, expires: int) -> str:
    """The signature of a link of this kind to one thing, good until this moment of the clock."""
    message = f"{kind}:{tenant.id}:{what}:{expires}".encode()
    digest = hmac.new(settings.SHIKEN_LINK_KEY.encode(), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_BYTES]).decode()


def check(tenant: Tenant, kind: str, what: str, *, expires: str, signature: str, at: datetime) -> Verdict:
    """Whether a link was made here for this, and still holds. One of another kind, center or thing is foreign."""
    if not (expires.isascii() and expires.isdigit() and len(expires) <= _DIGITS):
        return "foreign"
    right = sign(tenant, kind, what, int(expires))
    if not hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace")):
        return "foreign"
    return "good" if int(expires) > at.timestamp() else "expired"

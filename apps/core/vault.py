"""Secrets that have to be read again, sealed with a key that is not in the database.

Each is bound to its place: what was sealed for one row cannot be opened for another. ``SHIKEN_VAULT_KEYS`` names the keys;
the first one seals, all of them open, and so do those made from ``SECRET_KEY``: a key is changed by putting a new one in
front, sealing everything anew, and taking the old one away.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE = 12


class Unreadable(Exception):
    """Sealed with a key that is not here, for another place, or damaged."""


def seal(text: str, *, place: str) -> str:
    """``text`` so that only we can read it again, and only for this place."""
    name, cipher = next(iter(_ciphers().items()))
    nonce = os.urandom(_NONCE)
    body = base64.urlsafe_b64encode(nonce + cipher.encrypt(nonce, text.encode(), place.encode())).decode()
    return f"{name}.{body}"


def unseal(sealed: str, *, place: str) -> str:
    """What was sealed for this place; refuses everything else."""
    name, _, body = sealed.partition(".")
    cipher = _ciphers().get(name)
    try:
        if cipher is None:
            raise ValueError
        raw = base64.urlsafe_b64decode(body)
        return cipher.decrypt(raw[:_NONCE], raw[_NONCE:], place.encode()).decode()
    except (ValueError, InvalidTag):
        raise Unreadable from None


def is_current(sealed: str) -> bool:
    """Whether it was sealed with the key that seals now."""
    return sealed.partition(".")[0] == next(iter(_ciphers()))


def _ciphers() -> dict[str, AESGCM]:
    return _make(tuple(settings.SHIKEN_VAULT_KEYS))


@functools.lru_cache(maxsize=4)
def _make(keys: tuple[str, ...]) -> dict[str, AESGCM]:
    """By name, which tells nothing of the key."""
    found = {}
    for key in keys:
        name = hashlib.blake2b(key.encode(), digest_size=4, person=b"vault-name").hexdigest()
        found[name] = AESGCM(hashlib.blake2b(key.encode(), digest_size=32, person=b"vault-key").digest())
    return found

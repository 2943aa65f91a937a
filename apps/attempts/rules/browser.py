"""The proof that a request comes from the Safe Exam Browser in a configuration that a room asks for.

The browser sends, with every request, the SHA-256 of the request's whole address, without a fragment, followed by the key
of its configuration, in hexadecimal.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable


def proof(*, url: str, key: str) -> str:
    """What the browser says at this address."""
    return hashlib.sha256((url.partition("#")[0] + key).encode()).hexdigest()


def is_proof(*, keys: Iterable[str], url: str, given: str) -> bool:
    """Whether what was said at this address is said by a browser with one of these keys."""
    said = given.strip().lower().encode()
    found = [hmac.compare_digest(proof(url=url, key=key).encode(), said) for key in keys]
    return bool(url) and any(found)

"""Refusing who does not come with the browser that a room asks for."""

from __future__ import annotations

from collections.abc import Collection

from apps.attempts import errors
from apps.attempts.rules import browser as rules
from apps.core import trace


def check_browser(*, keys: Collection[str]) -> None:
    """Refuse whatever runs now if a room has ``keys`` and none of them was shown: with the request itself, or, over a
    socket, with the request for its ticket."""
    if keys:
        shown = trace.current()
        check_proof(keys=keys, url=shown.browser_url, given=shown.browser_proof)


def check_proof(*, keys: Collection[str], url: str, given: str) -> None:
    """The same where the request is at hand."""
    if keys and not rules.is_proof(keys=keys, url=url, given=given):
        raise errors.ExamBrowserNeeded

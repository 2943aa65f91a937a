"""Refusing who does not come with the browser that a room asks for."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from apps.attempts import errors
from apps.attempts.models import Attempt
from apps.attempts.rules import browser as rules
from apps.core import trace

if TYPE_CHECKING:
    from apps.authentication.models import User


def check_browser(*, keys: Collection[str]) -> None:
    """Refuse whatever runs now if a room has ``keys`` and none of them was shown: with the request itself, or, over a
    socket, with the request for its ticket."""
    if keys:
        shown = trace.current()
        check_proof(keys=keys, url=shown.browser_url, given=shown.browser_proof)


def check_sitting(*, actor: User, attempt: Attempt) -> None:
    """The same for who sits an attempt, as long as it runs; others look at it as they like."""
    if attempt.is_running and attempt.student_id == actor.pk:
        check_browser(keys=attempt.assignment.browser_keys)


def check_proof(*, keys: Collection[str], url: str, given: str) -> None:
    """The same where the request is at hand."""
    if keys and not rules.is_proof(keys=keys, url=url, given=given):
        raise errors.ExamBrowserNeeded

"""Rates per person, address and center; the cache key function puts the center into each key."""

from __future__ import annotations

from typing import Any

from rest_framework.throttling import AnonRateThrottle, UserRateThrottle


class UserRate(UserRateThrottle):
    scope = "user"


class AnonymousRate(AnonRateThrottle):
    scope = "anon"


class SignInRate(AnonRateThrottle):
    """For sign-in and its kin, by address, signed in or not."""

    scope = "auth"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class RegisterRate(SignInRate):
    """For making accounts: a class behind one address, and not a list of guesses."""

    scope = "register"


class ResetRate(SignInRate):
    """For asking for a letter."""

    scope = "reset"


class ContactRate(SignInRate):
    """For the public form; how many requests are kept of one place is decided where they are."""

    scope = "register"


class DomainRate(UserRateThrottle):
    """For looks into the DNS, which cost others time."""

    scope = "domains"
    rate = "30/min"


class AnswerRate(UserRateThrottle):
    """A bucket of its own, so that saving answers is never starved by browsing."""

    scope = "answers"


class StartRate(UserRateThrottle):
    """For starting attempts: enough for every retry, too little for guessing access codes."""

    scope = "start"


class ReceiptRate(SignInRate):
    """For checking receipts: enough for a class behind one address, too little for guessing."""

    scope = "receipts"


class ReportRate(UserRateThrottle):
    """For what screens notice: a flood of it must cost nothing that matters."""

    scope = "reports"

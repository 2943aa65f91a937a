"""Tickets let a socket in: single use, thirty seconds, for one person, center and purpose. Redis keeps their hashes."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from django.conf import settings
from redis.exceptions import RedisError

from apps.authentication import rules
from apps.authentication.errors import SignInFailed, TicketsUnavailable
from apps.core import tenancy, trace, volatile
from apps.core.tenancy import Tenant


@dataclass(frozen=True, slots=True)
class Entry:
    """What a socket may act on: a person, their role, and the session that let them in."""

    user_id: uuid.UUID
    session_id: uuid.UUID
    version: int
    role: str
    browser_url: str = ""
    browser_proof: str = ""


def issue_ticket(*, entry: Entry, purpose: str = "") -> str:
    """A ticket for one connection; ``purpose`` binds it to one path (``attempts``, ``leaderboards`` …), empty to any. What
    the browser said of itself goes along."""
    ticket = rules.fresh_token()
    person = [str(entry.user_id), str(entry.session_id), entry.version, entry.role]
    asked = trace.current()
    body = json.dumps([*person, purpose, asked.browser_url, asked.browser_proof])
    try:
        volatile.client().set(tenancy.key("ticket", rules.token_hash(ticket)), body, ex=settings.SHIKEN_TICKET_SECONDS)
    except RedisError:
        raise TicketsUnavailable from None
    return ticket


def claim_ticket(*, tenant: Tenant, ticket: str, purpose: str) -> Entry:
    """Use a ticket up; refuses what is unknown, used, expired, of another center or for another purpose."""
    try:
        body = volatile.client().getdel(tenancy.key("ticket", rules.token_hash(ticket), tenant=tenant))
    except RedisError:
        raise TicketsUnavailable from None
    if not body:
        raise SignInFailed
    user_id, session_id, version, role, bound_to, *browser = json.loads(body)
    if bound_to not in ("", purpose):
        raise SignInFailed
    return Entry(uuid.UUID(user_id), uuid.UUID(session_id), version, role, *browser)

"""What stands in the letters of this app, worked out when they leave. A greeting has a name only where an admin has let
that person in: what a stranger types into a form must not arrive in somebody's mailbox."""

from __future__ import annotations

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apps.authentication import queries, rules
from apps.authentication.errors import UserNotFound
from apps.authentication.operations import links
from apps.centers.queries import centers
from apps.core import clock
from apps.mail.letters import Content


def invitation(*, invitation_id: uuid.UUID) -> Content | None:
    """The code, as long as it can be used."""
    found = queries.find_invitation(invitation_id=invitation_id)
    if found is None:
        return None
    values = {"code": found.code, "role": found.given_role, "expires": _moment(found.expires_at)}
    return Content(values, path=f"/join/#code={found.code}")


def confirm_email(*, user_id: uuid.UUID, at: datetime) -> Content | None:
    """A link for somebody who registered and has not confirmed the address yet."""
    try:
        user = queries.get_user(user_id=user_id)
    except UserNotFound:
        return None
    if not user.is_active or user.email_verified_at or _is_late(rules.VERIFY, at):
        return None
    waits = "" if user.is_approved or user.opens_by_email else "yes"
    path = links.path_for(purpose=rules.VERIFY, user=user, at=at)
    return Content({"waits": waits}, path=path, to=user.email, language=user.locale)


def password_reset(*, email: str, at: datetime) -> Content | None:
    """A link for who has this address, sent to it as it is kept here, not as a stranger spelt it."""
    user = queries.find_by_email(email=email)
    if user is None or not user.is_active or _is_late(rules.RESET, at):
        return None
    path = links.path_for(purpose=rules.RESET, user=user, at=at)
    return Content(path=path, to=user.email, language=user.locale)


def approved(*, user_id: uuid.UUID) -> Content | None:
    """That somebody can sign in now, if that is still so."""
    try:
        user = queries.get_user(user_id=user_id)
    except UserNotFound:
        return None
    if not (user.is_active and user.is_approved):
        return None
    return Content({"name": user.get_full_name()}, to=user.email, language=user.locale)


def welcome(*, user_id: uuid.UUID, at: datetime) -> Content | None:
    """A link with which somebody chooses a first password, as long as they have none."""
    try:
        user = queries.get_user(user_id=user_id)
    except UserNotFound:
        return None
    expires = at + rules.WELCOME_LIFE
    if not user.is_active or user.has_usable_password() or expires <= clock.now():
        return None
    path = links.path_for(purpose=rules.RESET, user=user, at=at, life=rules.WELCOME_LIFE)
    values = {"name": user.get_full_name(), "role": user.role, "expires": _moment(expires)}
    return Content(values, path=path, to=user.email, language=user.locale)


def email_change(*, user_id: uuid.UUID, to: str, at: datetime) -> Content | None:
    """A link by which a new address counts, if it is still wanted and nobody else's."""
    try:
        user = queries.get_user(user_id=user_id)
    except UserNotFound:
        return None
    if not user.is_active or user.new_email != to or queries.find_by_email(email=to) or _is_late(rules.NEW_EMAIL, at):
        return None
    path = links.path_for(purpose=rules.NEW_EMAIL, user=user, at=at)
    values = {"name": user.get_full_name(), "expires": _moment(at + rules.LINK_LIFE[rules.NEW_EMAIL])}
    return Content(values, path=path, language=user.locale)


def _is_late(purpose: str, at: datetime) -> bool:
    return at + rules.LINK_LIFE[purpose] <= clock.now()


def _moment(at: datetime) -> str:
    """In the center's time zone, as all languages write it."""
    name = centers.get_face().time_zone
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        name, zone = "UTC", ZoneInfo("UTC")
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({name})"

"""The links in letters: worked out from what the person is, so that no secret is stored and a used one is dead."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings

from apps.authentication import rules
from apps.authentication.errors import LinkRefused
from apps.authentication.models import User
from apps.core import clock, tenancy


def path_for(*, purpose: str, user: User, at: datetime, life: timedelta | None = None) -> str:
    """The path of a link that was asked for at ``at``. Behind the ``#``, so that no log and no other site gets it."""
    expires = int((at + (life or rules.LINK_LIFE[purpose])).timestamp())
    token = rules.link_token(_link(purpose, user, expires), key=settings.SHIKEN_MAIL_KEY)
    # One page confirms addresses, the first and the later ones.
    page = rules.VERIFY if purpose == rules.NEW_EMAIL else purpose
    return f"/{page}/#uid={user.pk}&token={token}"


def lock_person(*, purpose: str, user_id: uuid.UUID, token: str) -> User:
    """The person that a link is for, locked, so that of two uses at once the second finds it used. Inside a transaction.
    Refuses any other token, and a person who is shut out, all with one refusal."""
    user = User.objects.select_for_update().filter(pk=user_id, is_active=True).first()
    expires = rules.expiry_of(token)
    if user is None or expires <= clock.now().timestamp():
        raise LinkRefused
    if not rules.is_link_token(token, _link(purpose, user, expires), key=settings.SHIKEN_MAIL_KEY):
        raise LinkRefused
    return user


def _link(purpose: str, user: User, expires: int) -> rules.Link:
    facts = [user.email, user.role, str(user.session_version)]
    facts.append(
        {rules.RESET: user.password, rules.NEW_EMAIL: user.new_email}.get(purpose, str(user.email_verified_at))
    )
    return rules.Link(purpose, tenancy.current().id, user.pk, "\n".join(facts), expires)

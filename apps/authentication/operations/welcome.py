"""The first letter to somebody whose account others made: a link with which they choose their password."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.audit import operations as audit
from apps.authentication import queries, rules
from apps.authentication.errors import NothingToChoose, SentJustNow
from apps.authentication.models import User
from apps.core import clock
from apps.mail import operations as mail


def post_welcome(*, people: Sequence[User], at: datetime) -> None:
    """Write to people who have no password yet, with two statements however many they are. Inside a transaction."""
    waiting = [person for person in people if not person.has_usable_password()]
    User.objects.filter(pk__in=[person.pk for person in waiting]).update(invited_at=at)
    for person in waiting:
        person.invited_at = at
    mail.post(
        drafts=[
            mail.Draft(
                "welcome",
                person.email,
                f"welcome:{person.pk}:{int(at.timestamp() * 1000)}",
                _about(person, at),
                person.locale,
            )
            for person in waiting
        ]
    )


def resend_welcome(*, actor: User, user_id: uuid.UUID) -> User:
    """Write to a person again who never chose a password; the link in the letter before stays good for its time. Refuses
    people who have one, who are shut out, and a second letter within two minutes."""
    at = clock.now()
    with transaction.atomic():
        user = queries.lock_user(user_id=user_id)
        if user.has_usable_password() or not user.is_active:
            raise NothingToChoose
        if user.invited_at and (since := (at - user.invited_at).total_seconds()) < rules.LETTER_PAUSE_SECONDS:
            raise SentJustNow(retry_after=int(rules.LETTER_PAUSE_SECONDS - since) + 1)
        post_welcome(people=[user], at=at)
        audit.record(action="person.welcomed", subject="user", subject_id=user.pk, name=str(user))
    return queries.get_user(user_id=user_id)


def _about(person: User, at: datetime) -> dict[str, str]:
    return {"user_id": str(person.pk), "at": at.isoformat()}

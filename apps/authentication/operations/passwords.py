from __future__ import annotations

import hashlib
import uuid

from django.db import transaction

from apps.authentication import queries, rules
from apps.authentication.errors import WrongPassword
from apps.authentication.models import User
from apps.authentication.operations import links, people, sessions, warning
from apps.core import clock
from apps.core.errors import Problem
from apps.mail import operations as mail


def ask_reset(*, email: str) -> None:
    """Have a link sent to whoever has this address, if anybody does: that is looked up when the letter is composed, so
    this does the same work for every address."""
    post_once(letter="password_reset", email=email)


def reset(*, user_id: uuid.UUID, token: str, password: str) -> None:
    """Set a new password by a link from a letter, which proves the address too; ends every session. Refuses a link that
    was used, outlived or made for anything else, and a password that is easy to guess."""
    with transaction.atomic():
        user = links.lock_person(purpose=rules.RESET, user_id=user_id, token=token)
        people.change_password(user_id=user.pk, password=password, pointer="/new_password")
        people.note_verified(user=user)
        warning.warn(user=user, event="password")


def update_own(*, actor: User, session_id: uuid.UUID, old_password: str, new_password: str) -> None:
    """Change one's own password; ends every session but the present one. Refuses a wrong old password."""
    if not actor.check_password(old_password):
        raise WrongPassword(problems=[Problem("/old_password", "wrong_password", WrongPassword.message)])
    with transaction.atomic():
        people.set_password(user=actor, password=new_password, pointer="/new_password")
        sessions.end_other_sessions(user_id=actor.pk, session_id=session_id, because="password changed")
        warning.warn(user=actor, event="password")


def verify(*, user_id: uuid.UUID, token: str) -> User:
    """Confirm an e-mail address by a link from a letter. At an open center this is what approves the person."""
    with transaction.atomic():
        user = links.lock_person(purpose=rules.VERIFY, user_id=user_id, token=token)
        people.note_verified(user=user)
        return queries.get_user(user_id=user_id)


def post_once(*, letter: str, email: str) -> None:
    """Write a letter about an account to an address, one in two minutes at most, without looking whether it has one."""
    at = clock.now()
    email = email.strip().lower()
    digest = hashlib.sha256(email.encode()).hexdigest()[:40]
    key = f"{letter}:{digest}:{int(at.timestamp()) // rules.LETTER_PAUSE_SECONDS}"
    with transaction.atomic():
        mail.post(drafts=[mail.Draft(letter=letter, to=email, key=key, about={"at": at.isoformat()})])

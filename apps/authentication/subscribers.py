from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.authentication.events import UserApproved
from apps.authentication.operations import letters, registration
from apps.core import bus
from apps.mail.letters import Content, letter


@bus.subscribe(UserApproved)
def tell_approved(event: UserApproved) -> None:
    registration.tell_approved(user_id=event.user_id)


@letter("invitation")
def invitation(to: str, about: Mapping[str, Any]) -> Content | None:
    return letters.invitation(invitation_id=uuid.UUID(about["invitation_id"]))


@letter("confirm_email")
def confirm_email(to: str, about: Mapping[str, Any]) -> Content | None:
    return letters.confirm_email(user_id=uuid.UUID(about["user_id"]), at=datetime.fromisoformat(about["at"]))


@letter("has_account")
def has_account(to: str, about: Mapping[str, Any]) -> Content | None:
    return letters.password_reset(email=to, at=datetime.fromisoformat(about["at"]))


@letter("password_reset")
def password_reset(to: str, about: Mapping[str, Any]) -> Content | None:
    return letters.password_reset(email=to, at=datetime.fromisoformat(about["at"]))


@letter("approved")
def approved(to: str, about: Mapping[str, Any]) -> Content | None:
    return letters.approved(user_id=uuid.UUID(about["user_id"]))

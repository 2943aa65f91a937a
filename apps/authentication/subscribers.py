from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from apps.authentication.events import (
    ActingBegan,
    ActingEnded,
    ActingTimeOver,
    GuestTimeOver,
    UserApproved,
    UserChanged,
    UserErased,
    UserRemoved,
)
from apps.authentication.operations import (
    acting,
    directors,
    guests,
    letters,
    platform_news,
    registration,
    sessions,
    settling,
)
from apps.centers.events import CenterClosed, ContactRequested, DomainFailed
from apps.core import bus
from apps.mail.letters import Content, letter


@receiver(user_logged_in)
def record_cookie(sender: Any, user: Any, **_: Any) -> None:
    sessions.record_cookie(user=user)


@bus.subscribe(ActingBegan)
def write_of_acting(event: ActingBegan) -> None:
    acting.write_began(acting_id=event.acting_id)


@bus.subscribe(ActingEnded)
def write_of_end(event: ActingEnded) -> None:
    acting.write_ended(acting_id=event.acting_id)


@bus.subscribe(ActingTimeOver)
def end_acting(event: ActingTimeOver) -> None:
    acting.end_by_clock(acting_id=event.acting_id)


@bus.subscribe(UserApproved)
def tell_approved(event: UserApproved) -> None:
    registration.tell_approved(user_id=event.user_id)


@bus.subscribe(GuestTimeOver)
def end_guests_time(event: GuestTimeOver) -> None:
    guests.end_by_clock(user_id=event.user_id)


@bus.subscribe(UserChanged)
def copy_changed(event: UserChanged) -> None:
    directors.copy_director(user_id=event.user_id)


@bus.subscribe(UserRemoved)
def copy_removed(event: UserRemoved) -> None:
    directors.copy_director(user_id=event.user_id)


@bus.subscribe(UserErased)
def copy_erased(event: UserErased) -> None:
    directors.copy_director(user_id=event.user_id)


@bus.subscribe(CenterClosed)
def close_doors(event: CenterClosed) -> None:
    settling.close_doors(center_id=event.center_id)


@bus.subscribe(DomainFailed)
def write_of_domain(event: DomainFailed) -> None:
    platform_news.write_of_domain(claim_id=event.claim_id)


@bus.subscribe(ContactRequested)
def write_of_request(event: ContactRequested) -> None:
    platform_news.write_of_request(request_id=event.request_id)


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


@letter("welcome")
def welcome(to: str, about: Mapping[str, Any]) -> Content | None:
    return letters.welcome(user_id=uuid.UUID(about["user_id"]), at=datetime.fromisoformat(about["at"]))


@letter("email_change")
def email_change(to: str, about: Mapping[str, Any]) -> Content | None:
    return letters.email_change(user_id=uuid.UUID(about["user_id"]), to=to, at=datetime.fromisoformat(about["at"]))

from __future__ import annotations

from apps.authentication.events import UserChanged, UserErased, UserRemoved
from apps.core import bus
from apps.groups import operations


@bus.subscribe(UserChanged)
def follow_person(event: UserChanged) -> None:
    operations.follow_person(user_id=event.user_id)


@bus.subscribe(UserRemoved)
def leave_all(event: UserRemoved) -> None:
    operations.leave_all(user_id=event.user_id)


@bus.subscribe(UserErased)
def leave_all_for_good(event: UserErased) -> None:
    operations.leave_all(user_id=event.user_id)

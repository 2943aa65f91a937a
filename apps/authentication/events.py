from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class ActingBegan(Event):
    """An owner of the platform works in an admin's place from now on."""

    name: ClassVar[str] = "acting.began"

    acting_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ActingEnded(Event):
    name: ClassVar[str] = "acting.ended"

    acting_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ActingTimeOver(Event):
    """The alarm of one who acts: delivered when the time is over."""

    name: ClassVar[str] = "acting.time_over"
    queue: ClassVar[str] = "deadline"

    acting_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class UserRegistered(Event):
    name: ClassVar[str] = "user.registered"

    user_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class UserApproved(Event):
    name: ClassVar[str] = "user.approved"

    user_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class UserChanged(Event):
    """Name, address, role, state or time of a person are not what they were."""

    name: ClassVar[str] = "user.changed"

    user_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class UserRemoved(Event):
    """Deleted by an admin: out of every list and group; can come back."""

    name: ClassVar[str] = "user.removed"

    user_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class UserErased(Event):
    """Nothing may tell any more who this was; what was answered and scored stays, without a name."""

    name: ClassVar[str] = "user.erased"

    user_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ErasureAsked(Event):
    """A person asks to be erased; an admin has to do it."""

    name: ClassVar[str] = "user.erasure_asked"

    user_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class GuestTimeOver(Event):
    """The alarm of a guest: delivered when their time here ends."""

    name: ClassVar[str] = "user.time_over"
    queue: ClassVar[str] = "deadline"

    user_id: uuid.UUID

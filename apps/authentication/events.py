from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class UserRegistered(Event):
    name: ClassVar[str] = "user.registered"

    user_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class UserApproved(Event):
    name: ClassVar[str] = "user.approved"

    user_id: uuid.UUID

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class MemberJoined(Event):
    name: ClassVar[str] = "group.member_joined"

    group_id: uuid.UUID
    user_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class MemberLeft(Event):
    name: ClassVar[str] = "group.member_left"

    group_id: uuid.UUID
    user_id: uuid.UUID

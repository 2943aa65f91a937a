from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class RanksFinalised(Event):
    name: ClassVar[str] = "ranks.finalised"

    assignment_id: uuid.UUID
    ranking_id: int

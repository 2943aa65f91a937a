from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class QuestionTimeUp(Event):
    """The alarm of a question: delivered when its time is over, whether the host is there or not."""

    name: ClassVar[str] = "live.question_time_up"
    queue: ClassVar[str] = "deadline"

    session_id: uuid.UUID
    number: int

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


@dataclass(frozen=True, slots=True)
class SessionOutlived(Event):
    """The alarm of a session that its host may have left: delivered when none lasts longer."""

    name: ClassVar[str] = "live.session_outlived"

    session_id: uuid.UUID

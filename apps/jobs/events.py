from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class JobDue(Event):
    """Time to look after a job: to begin it, to find out whether its worker lives, to remove its file or its row."""

    name: ClassVar[str] = "job.due"
    queue: ClassVar[str] = "bulk"

    job_id: uuid.UUID

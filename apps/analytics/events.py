from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class FiguresDue(Event):
    """The alarm of a center whose figures have changed: delivered once for all changes of some seconds."""

    name: ClassVar[str] = "figures.due"
    queue: ClassVar[str] = "bulk"

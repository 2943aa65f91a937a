from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class TestPublished(Event):
    __test__ = False
    name: ClassVar[str] = "test.published"

    test_id: uuid.UUID
    paper_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class FilesChanged(Event):
    """The center keeps more files than before, or fewer."""

    name: ClassVar[str] = "files.changed"

"""What an announcement is: a frozen dataclass in the past tense with ids and plain values only."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import datetime
from typing import Any, ClassVar, Self, get_type_hints

LONG = "bulk"
"""The queue of what may take minutes; it has a worker of its own."""


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """Base of all events. ``name`` is the wire name, ``queue`` the Celery queue that its listeners run on."""

    name: ClassVar[str] = ""
    queue: ClassVar[str] = "default"

    def payload(self) -> dict[str, Any]:
        """JSON-able values: uuids and moments become strings."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Self:
        hints = get_type_hints(cls)
        return cls(**{key: _typed(hints[key], value) for key, value in payload.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _typed(hint: Any, value: Any) -> Any:
    if hint is uuid.UUID and value is not None:
        return uuid.UUID(value)
    if hint is datetime and value is not None:
        return datetime.fromisoformat(value)
    return value

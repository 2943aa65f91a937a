"""Where a notice leads."""

from __future__ import annotations

import uuid


def room_link(assignment_id: uuid.UUID) -> str:
    """The page of an exam room: where one starts, and where one's result is shown afterwards."""
    return f"/rooms/{assignment_id}/"

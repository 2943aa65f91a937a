"""What has to be true before results are released, and who knows: those who sit are known on a higher floor."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from apps.assignments.errors import StillSitting

Sits = Callable[[uuid.UUID], bool]

_knowing: list[Sits] = []


def knows_who_sits(is_anybody_sitting: Sits) -> Sits:
    """Says that a function tells whether somebody still sits in a room; it is asked before results are released."""
    _knowing.append(is_anybody_sitting)
    return is_anybody_sitting


def check_nobody_sits(*, assignment_id: uuid.UUID) -> None:
    """Refuses while somebody still sits, be it with extra time or because it was opened again. The caller holds the room."""
    if any(is_anybody_sitting(assignment_id) for is_anybody_sitting in _knowing):
        raise StillSitting("Somebody still sits in this room: results can be released when the last one has finished.")

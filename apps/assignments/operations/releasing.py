"""What has to be true before results are released, and who knows: those who sit are known on a higher floor."""

from __future__ import annotations

import uuid
from typing import Protocol

from apps.assignments.errors import StillSitting


class Sits(Protocol):
    """Tells whether somebody still sits in a room."""

    def __call__(self, *, assignment_id: uuid.UUID) -> bool: ...


_knowing: list[Sits] = []


def let_know(*, who_sits: Sits) -> None:
    """Have a function of a higher floor asked before results are released."""
    _knowing.append(who_sits)


def check_nobody_sits(*, assignment_id: uuid.UUID) -> None:
    """Refuses while somebody still sits, be it with extra time or because it was opened again. The caller holds the room."""
    if any(who_sits(assignment_id=assignment_id) for who_sits in _knowing):
        raise StillSitting("Somebody still sits in this room: results can be released when the last one has finished.")

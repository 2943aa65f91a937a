from __future__ import annotations

from apps.assignments.events import AssignmentOpened, ResultsReleased
from apps.core import bus
from apps.notifications import operations


@bus.subscribe(AssignmentOpened)
def tell_opened(event: AssignmentOpened) -> None:
    operations.tell_opened(assignment_id=event.assignment_id)


@bus.subscribe(ResultsReleased)
def tell_released(event: ResultsReleased) -> None:
    operations.tell_released(assignment_id=event.assignment_id)

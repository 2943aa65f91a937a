from __future__ import annotations

from apps.assignments.events import AssignmentOpened, ResultsReleased
from apps.centers.events import ContactRequested, DomainFailed
from apps.core import bus
from apps.notifications import operations


@bus.subscribe(AssignmentOpened)
def tell_opened(event: AssignmentOpened) -> None:
    operations.tell_opened(assignment_id=event.assignment_id)


@bus.subscribe(ResultsReleased)
def tell_released(event: ResultsReleased) -> None:
    operations.tell_released(assignment_id=event.assignment_id)


@bus.subscribe(DomainFailed)
def tell_domain(event: DomainFailed) -> None:
    operations.tell_domain(claim_id=event.claim_id)


@bus.subscribe(ContactRequested)
def tell_request(event: ContactRequested) -> None:
    operations.tell_request(request_id=event.request_id)

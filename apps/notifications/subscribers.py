from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from apps.assignments.events import (
    AssignmentFinalised,
    AssignmentOpened,
    HomeworkAssigned,
    HomeworkChanged,
    HomeworkEnded,
    HomeworkEnding,
    HomeworkMoved,
    ResultsReleased,
)
from apps.attempts.events import AttemptAwaitsMarking, AttemptMarkedByHand
from apps.authentication.events import ActingBegan, ActingEnded, ErasureAsked, UserErased
from apps.centers.events import ContactRequested, DomainFailed, PlanEnded, PlanEnding
from apps.core import bus
from apps.mail.letters import Content, letter
from apps.materials.events import MaterialShared
from apps.notifications import operations, queries


@bus.subscribe(AssignmentOpened)
def tell_opened(event: AssignmentOpened) -> None:
    operations.tell_opened(assignment_id=event.assignment_id)


@bus.subscribe(ResultsReleased)
def tell_released(event: ResultsReleased) -> None:
    operations.tell_released(assignment_id=event.assignment_id)


@bus.subscribe(AttemptAwaitsMarking)
def tell_waiting(event: AttemptAwaitsMarking) -> None:
    operations.tell_waiting(assignment_id=event.assignment_id)


@bus.subscribe(AttemptMarkedByHand)
def tell_marked(event: AttemptMarkedByHand) -> None:
    operations.tell_marked(attempt_id=event.attempt_id, assignment_id=event.assignment_id, student_id=event.student_id)


@bus.subscribe(HomeworkAssigned)
def tell_assigned(event: HomeworkAssigned) -> None:
    operations.tell_assigned(homework_id=event.homework_id)


@bus.subscribe(HomeworkChanged)
def tell_changed(event: HomeworkChanged) -> None:
    operations.tell_changed(homework_id=event.homework_id)


@bus.subscribe(HomeworkMoved)
def tell_moved(event: HomeworkMoved) -> None:
    operations.tell_moved(homework_id=event.homework_id)


@bus.subscribe(HomeworkEnding)
def tell_ending(event: HomeworkEnding) -> None:
    operations.tell_ending(homework_id=event.homework_id)


@bus.subscribe(HomeworkEnded)
def tell_ended(event: HomeworkEnded) -> None:
    operations.tell_ended(homework_id=event.homework_id)


@bus.subscribe(MaterialShared)
def tell_shared(event: MaterialShared) -> None:
    operations.tell_shared(material_id=event.material_id)


@bus.subscribe(ActingBegan)
def tell_acting(event: ActingBegan) -> None:
    operations.tell_acting(acting_id=event.acting_id)


@bus.subscribe(ActingEnded)
def tell_acting_ended(event: ActingEnded) -> None:
    operations.tell_acting(acting_id=event.acting_id)


@bus.subscribe(DomainFailed)
def tell_domain(event: DomainFailed) -> None:
    operations.tell_domain(claim_id=event.claim_id)


@bus.subscribe(PlanEnding)
def tell_plan_ending(event: PlanEnding) -> None:
    operations.tell_plan_ending(center_id=event.center_id, days=event.days)


@bus.subscribe(PlanEnded)
def tell_plan_ended(event: PlanEnded) -> None:
    operations.tell_plan_ended(center_id=event.center_id)


@bus.subscribe(ContactRequested)
def tell_request(event: ContactRequested) -> None:
    operations.tell_request(request_id=event.request_id)


@bus.subscribe(ResultsReleased)
def mail_released(event: ResultsReleased) -> None:
    operations.mail_results(assignment_id=event.assignment_id)


@bus.subscribe(AssignmentFinalised)
def mail_finalised(event: AssignmentFinalised) -> None:
    operations.mail_results(assignment_id=event.assignment_id)


@bus.subscribe(ErasureAsked)
def tell_erasure_asked(event: ErasureAsked) -> None:
    operations.tell_erasure_asked(user_id=event.user_id)


@bus.subscribe(UserErased)
def forget_person(event: UserErased) -> None:
    operations.forget_person(user_id=event.user_id)


@letter("results")
def results(to: str, about: Mapping[str, Any]) -> Content | None:
    return queries.result_letter(user_id=uuid.UUID(about["user_id"]), assignment_id=uuid.UUID(about["assignment_id"]))

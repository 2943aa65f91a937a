from __future__ import annotations

from apps.assignments.events import AssignmentFinalised, FinalisingWithdrawn
from apps.attempts.events import AttemptGraded, AttemptReopened, AttemptVoided, MarksWithdrawn
from apps.authentication.events import UserErased
from apps.core import bus
from apps.leaderboards import operations


@bus.subscribe(AttemptGraded)
def record_result(event: AttemptGraded) -> None:
    operations.record_result(attempt_id=event.attempt_id)


@bus.subscribe(AttemptReopened)
def withdraw_result(event: AttemptReopened) -> None:
    operations.withdraw_result(attempt_id=event.attempt_id, assignment_id=event.assignment_id)


@bus.subscribe(MarksWithdrawn)
def withdraw_marks(event: MarksWithdrawn) -> None:
    operations.withdraw_result(attempt_id=event.attempt_id, assignment_id=event.assignment_id)


@bus.subscribe(AttemptVoided)
def withdraw_void_result(event: AttemptVoided) -> None:
    operations.withdraw_void_result(attempt_id=event.attempt_id, assignment_id=event.assignment_id)


@bus.subscribe(AssignmentFinalised)
def finalise_board(event: AssignmentFinalised) -> None:
    operations.finalise_board(assignment_id=event.assignment_id)


@bus.subscribe(FinalisingWithdrawn)
def unfreeze_board(event: FinalisingWithdrawn) -> None:
    operations.unfreeze_board(assignment_id=event.assignment_id)


@bus.subscribe(UserErased)
def forget_person(event: UserErased) -> None:
    operations.forget_person(user_id=event.user_id)

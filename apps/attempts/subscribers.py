from __future__ import annotations

from apps.assignments.events import AssignmentClosed, AssignmentFinalised, WindowMoved
from apps.attempts.events import AttemptSubmitted, AttemptTimeUp, ItemsToCount
from apps.attempts.operations import forgetting, grading, granting, item_figures, sitting
from apps.authentication.events import UserErased
from apps.core import bus


@bus.subscribe(AttemptTimeUp)
def close_in_time(event: AttemptTimeUp) -> None:
    sitting.ring_time_up(attempt_id=event.attempt_id)


@bus.subscribe(AttemptSubmitted)
def grade(event: AttemptSubmitted) -> None:
    grading.grade_after_end(attempt_id=event.attempt_id)


@bus.subscribe(AssignmentClosed)
def end_sittings(event: AssignmentClosed) -> None:
    granting.close_attempts_of(assignment_id=event.assignment_id)


@bus.subscribe(AssignmentFinalised)
def ask_to_count(event: AssignmentFinalised) -> None:
    item_figures.ask_to_count(assignment_id=event.assignment_id)


@bus.subscribe(ItemsToCount)
def count_items(event: ItemsToCount) -> None:
    item_figures.note_room(assignment_id=event.assignment_id)


@bus.subscribe(WindowMoved)
def follow_the_window(event: WindowMoved) -> None:
    granting.move_windows(assignment_id=event.assignment_id)


@bus.subscribe(UserErased)
def forget_person(event: UserErased) -> None:
    forgetting.forget_person(user_id=event.user_id)

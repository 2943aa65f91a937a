from __future__ import annotations

from apps.assignments.events import AssignmentClosed
from apps.attempts.events import AttemptSubmitted, AttemptTimeUp
from apps.attempts.operations import grading, sitting
from apps.core import bus


@bus.subscribe(AttemptTimeUp)
def close_in_time(event: AttemptTimeUp) -> None:
    sitting.ring_time_up(attempt_id=event.attempt_id)


@bus.subscribe(AttemptSubmitted)
def grade(event: AttemptSubmitted) -> None:
    grading.grade_attempt(attempt_id=event.attempt_id)


@bus.subscribe(AssignmentClosed)
def end_sittings(event: AssignmentClosed) -> None:
    sitting.close_attempts_of(assignment_id=event.assignment_id)

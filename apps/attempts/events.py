from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class AttemptStarted(Event):
    name: ClassVar[str] = "attempt.started"

    attempt_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class AttemptTimeUp(Event):
    """The alarm of an attempt: delivered when its deadline and grace are over."""

    name: ClassVar[str] = "attempt.time_up"
    queue: ClassVar[str] = "deadline"

    attempt_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class AttemptSubmitted(Event):
    """Closed for good, by the student or by the clock; its sheet is frozen."""

    name: ClassVar[str] = "attempt.submitted"
    queue: ClassVar[str] = "deadline"

    attempt_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class AttemptReopened(Event):
    """Closed before, and running again: its marks do not count any more."""

    name: ClassVar[str] = "attempt.reopened"

    attempt_id: uuid.UUID
    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class AttemptVoided(Event):
    """Taken out of everything that counts: its marks are gone."""

    name: ClassVar[str] = "attempt.voided"

    attempt_id: uuid.UUID
    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class AttemptAwaitsMarking(Event):
    """Closed, and marked as far as machines can: people have to mark the rest."""

    name: ClassVar[str] = "attempt.awaits_marking"

    attempt_id: uuid.UUID
    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class MarksWithdrawn(Event):
    """Marked before, and waiting for marks again: those it had do not count any more."""

    name: ClassVar[str] = "attempt.marks_withdrawn"

    attempt_id: uuid.UUID
    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ItemsToCount(Event):
    """A room is finalised: how its takers did with questions of the bank is not counted yet."""

    name: ClassVar[str] = "items.to_count"

    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class AttemptMarkedByHand(Event):
    """Completed, or changed, by what people have marked of it; said beside its grading."""

    name: ClassVar[str] = "attempt.marked_by_hand"

    attempt_id: uuid.UUID
    assignment_id: uuid.UUID
    student_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class AttemptGraded(Event):
    name: ClassVar[str] = "attempt.graded"

    attempt_id: uuid.UUID
    assignment_id: uuid.UUID
    revision: int

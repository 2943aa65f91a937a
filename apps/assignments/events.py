from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from apps.core.events import Event


@dataclass(frozen=True, slots=True)
class TestAssigned(Event):
    __test__ = False
    name: ClassVar[str] = "assignment.created"

    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class RoomDue(Event):
    """The alarm of a room: delivered when its window begins or ends."""

    name: ClassVar[str] = "assignment.due"
    queue: ClassVar[str] = "deadline"

    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class WindowMoved(Event):
    """An open room closes at another time than it said."""

    name: ClassVar[str] = "assignment.window_moved"
    queue: ClassVar[str] = "deadline"

    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class AssignmentOpened(Event):
    name: ClassVar[str] = "assignment.opened"

    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class AssignmentClosed(Event):
    """Nobody may start any more; running attempts are being closed."""

    name: ClassVar[str] = "assignment.closed"
    queue: ClassVar[str] = "deadline"

    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class AssignmentFinalised(Event):
    """Every attempt is closed and graded; ranks may be computed and are then frozen."""

    name: ClassVar[str] = "assignment.finalised"
    queue: ClassVar[str] = "deadline"

    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class FinalisingWithdrawn(Event):
    """A finalised room is only closed again, since something in it is opened: its ranks are final no more."""

    name: ClassVar[str] = "assignment.finalising_withdrawn"
    queue: ClassVar[str] = "deadline"

    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class ResultsReleased(Event):
    name: ClassVar[str] = "assignment.results_released"

    assignment_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class HomeworkAssigned(Event):
    name: ClassVar[str] = "homework.assigned"

    homework_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class HomeworkChanged(Event):
    """Something other than its deadline."""

    name: ClassVar[str] = "homework.changed"

    homework_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class HomeworkMoved(Event):
    """It has another deadline than before."""

    name: ClassVar[str] = "homework.moved"

    homework_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class HomeworkDue(Event):
    """The alarm of a homework: delivered a day before its deadline, and at it."""

    name: ClassVar[str] = "homework.due"

    homework_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class HomeworkEnding(Event):
    """Its deadline is less than a day away."""

    name: ClassVar[str] = "homework.ending"

    homework_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class HomeworkEnded(Event):
    """Its deadline has passed."""

    name: ClassVar[str] = "homework.ended"

    homework_id: uuid.UUID

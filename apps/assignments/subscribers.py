from __future__ import annotations

from apps.assignments import operations
from apps.assignments.events import HomeworkDue, RoomDue
from apps.assignments.operations import homework
from apps.core import bus


@bus.subscribe(RoomDue)
def move_in_time(event: RoomDue) -> None:
    operations.move_room_by_clock(assignment_id=event.assignment_id)


@bus.subscribe(HomeworkDue)
def ring_homework(event: HomeworkDue) -> None:
    homework.ring_homework(homework_id=event.homework_id)

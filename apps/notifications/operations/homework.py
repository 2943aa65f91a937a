"""News of homework: given, changed, moved, ending, over."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from apps.assignments import queries as rooms
from apps.attempts.queries import homework as homework_standings
from apps.notifications import rules
from apps.notifications.models import Notice
from apps.notifications.operations.telling import notify

if TYPE_CHECKING:
    from apps.assignments.models import HomeworkAssignment


def tell_assigned(*, homework_id: uuid.UUID) -> int:
    """Tell whom a homework is for that there is one; nothing if it is gone. Returns how many were told."""
    homework = rooms.find_homework(homework_id=homework_id)
    if homework is None:
        return 0
    audience = rooms.homework_audience_ids(homework=homework)
    message = rules.say("homework_new", title=homework.title, until=rules.moment(homework.deadline))
    return _tell_of_homework(homework, audience, Notice.Type.TASK_ASSIGNED, message)


def tell_changed(*, homework_id: uuid.UUID) -> int:
    """Tell whom a homework is for that it is another than before; who was not told of it yet learns that there is one.
    Returns how many were told."""
    homework = rooms.find_homework(homework_id=homework_id)
    if homework is None:
        return 0
    audience = rooms.homework_audience_ids(homework=homework)
    about = Notice.objects.filter(related_task_id=homework_id, notification_type=Notice.Type.TASK_ASSIGNED)
    known = audience & set(about.values_list("user", flat=True))
    told = tell_assigned(homework_id=homework_id)
    message = rules.say("homework_changed", title=homework.title)
    return told + _tell_of_homework(homework, known, Notice.Type.HOMEWORK_UPDATED, message, is_news=True)


def tell_moved(*, homework_id: uuid.UUID) -> int:
    """Tell whom a homework is for until when it is now. Returns how many were told."""
    homework = rooms.find_homework(homework_id=homework_id)
    if homework is None:
        return 0
    audience = rooms.homework_audience_ids(homework=homework)
    message = rules.say("homework_moved", title=homework.title, until=rules.moment(homework.deadline))
    return _tell_of_homework(homework, audience, Notice.Type.HOMEWORK_DEADLINE_CHANGED, message, is_news=True)


def tell_ending(*, homework_id: uuid.UUID) -> int:
    """Remind those who have not handed in all of a homework that its deadline is near. Returns how many were told."""
    homework = rooms.find_homework(homework_id=homework_id)
    if homework is None:
        return 0
    message = rules.say("homework_ending", title=homework.title, until=rules.moment(homework.deadline))
    waited_for = homework_standings.list_waited_for(homework=homework)
    return _tell_of_homework(homework, waited_for, Notice.Type.DEADLINE_APPROACHING, message, is_news=True)


def tell_ended(*, homework_id: uuid.UUID) -> int:
    """Tell those who have not begun all of a homework that its deadline has passed; what runs then is handed in by the
    clock. Returns how many were told."""
    homework = rooms.find_homework(homework_id=homework_id)
    if homework is None:
        return 0
    message = rules.say("homework_ended", title=homework.title)
    missing = homework_standings.list_waited_for(homework=homework, begun_is_enough=True)
    return _tell_of_homework(homework, missing, Notice.Type.DEADLINE_MISSED, message, is_news=True)


def _tell_of_homework(
    homework: HomeworkAssignment,
    people: Iterable[uuid.UUID],
    type: str,
    message: Mapping[str, str],
    *,
    is_news: bool = False,
) -> int:
    return notify(
        user_ids=people,
        type=type,
        message=message,
        related_task_id=homework.pk,
        is_news=is_news,
    )

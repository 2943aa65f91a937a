"""News of exam rooms: opened, released, marked, waiting to be marked; and letters with results."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from django.db import transaction

from apps.assignments import queries as rooms
from apps.assignments.errors import AssignmentNotFound
from apps.attempts import queries as attempts
from apps.attempts.queries import marking, submissions, visibility
from apps.authentication import queries as people
from apps.core import clock
from apps.mail import operations as mail
from apps.notifications import rules
from apps.notifications.models import MailWish, Notice
from apps.notifications.operations.telling import notify


def tell_opened(*, assignment_id: uuid.UUID) -> int:
    """Tell whom a room is for that it is open; nothing if it is not open any more. Returns how many were told."""
    try:
        room = rooms.get_assignment(assignment_id=assignment_id)
    except AssignmentNotFound:
        return 0
    if room.status != room.Status.OPEN:
        return 0
    return _tell_audience(
        room.pk, Notice.Type.EXAM_OPENED, rules.say("room_open", title=room.title), rules.room_link(room.pk)
    )


def tell_released(*, assignment_id: uuid.UUID) -> int:
    """Tell whom a room is for that its results are out. Returns how many were told."""
    try:
        room = rooms.get_assignment(assignment_id=assignment_id)
    except AssignmentNotFound:
        return 0
    return _tell_audience(
        room.pk, Notice.Type.EXAM_PUBLISHED, rules.say("results_out", title=room.title), rules.room_link(room.pk)
    )


def tell_marked(*, attempt_id: uuid.UUID, assignment_id: uuid.UUID, student_id: uuid.UUID) -> int:
    """Tell a student, once, that people have marked what they wrote; nothing as long as the marks are not shown. Returns how
    many were told."""
    attempt = submissions.find_released_attempt(attempt_id=attempt_id)
    if attempt is None:
        return 0
    return notify(
        user_ids=[student_id],
        type=Notice.Type.EXAM_PUBLISHED,
        message=rules.say("marked", title=attempt.assignment.title),
        link=rules.result_link(attempt_id),
        related_task_id=assignment_id,
    )


def tell_waiting(*, assignment_id: uuid.UUID, at: datetime | None = None) -> int:
    """Tell the teachers of a room that answers in it wait to be marked, at most once a day (UTC) however many come; nothing
    if none waits any more. Returns how many were told."""
    try:
        room = rooms.get_assignment(assignment_id=assignment_id)
    except AssignmentNotFound:
        return 0
    if not marking.is_waiting(assignment_id=assignment_id):
        return 0
    midnight = (at or clock.now()).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    told, type = rooms.marker_ids(assignment_id=room.pk), Notice.Type.SCRIPTS_WAITING
    with transaction.atomic():
        # One of today stays, so whoever has it is not told again, also not by a call at the same moment.
        old = Notice.objects.filter(user__in=told, notification_type=type, related_task_id=room.pk)
        old.filter(created_at__lt=midnight).delete()
        return notify(
            user_ids=told,
            type=type,
            message=rules.say("scripts_waiting", title=room.title),
            link=rules.marking_link(room.pk),
            related_task_id=room.pk,
        )


def mail_results(*, assignment_id: uuid.UUID) -> int:
    """Write to everybody who has a result in a room that it is out: one letter each, however often this is called; who is
    marked later gets theirs with a later call. Nothing as long as results are not shown, nor where each student has seen
    the own one at once. Returns to how many is written."""
    try:
        room = rooms.get_assignment(assignment_id=assignment_id)
    except AssignmentNotFound:
        return 0
    at_once = room.result_policy == room.ResultPolicy.IMMEDIATELY and not room.is_published
    if at_once or not visibility.are_results_shown(room):
        return 0
    told = people.list_people(is_active=True, is_approved=True).filter(
        pk__in=attempts.graded_student_ids(assignment_id=room.pk)
    )
    told = told.exclude(pk__in=MailWish.objects.filter(results=False).values("user"))
    drafts = [
        mail.Draft(
            rules.RESULTS,
            email,
            f"results:{room.pk}:{user_id}",
            {"user_id": str(user_id), "assignment_id": str(room.pk)},
            locale,
        )
        for user_id, email, locale in told.values_list("pk", "email", "locale")
    ]
    with transaction.atomic():
        return mail.post(drafts=drafts)


def _tell_audience(assignment_id: uuid.UUID, type: str, message: Mapping[str, str], link: str) -> int:
    audience: Sequence[uuid.UUID] = list(rooms.audience_ids(assignment_id=assignment_id))
    return notify(user_ids=audience, type=type, message=message, link=link, related_task_id=assignment_id)

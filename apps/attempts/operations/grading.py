"""Marks: from the frozen sheet, the paper's key and the points that people gave, and nothing else."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from apps.assignments import operations as room_operations
from apps.assignments import queries as rooms
from apps.assignments.errors import AssignmentNotFound, StillSitting
from apps.assignments.operations import releasing
from apps.attempts import errors
from apps.attempts.events import AttemptAwaitsMarking, AttemptGraded, AttemptMarkedByHand, MarksWithdrawn
from apps.attempts.models import AnswerSheet, Attempt, ItemMark
from apps.attempts.operations import scripts
from apps.attempts.rules import marking
from apps.core import bus, clock
from apps.mock_tests import queries as papers

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment
    from apps.authentication.models import User


def grade_attempt(*, attempt_id: uuid.UUID, at: datetime | None = None) -> Attempt:
    """Mark a closed attempt, every item of it. The last one of a closed room finalises the room.

    What people mark waits for them: until then the other items have their marks, and the attempt none as a whole; what is
    practice waits for nobody. Running again changes nothing, unless the key or the points have changed: then the marks are
    replaced as a new revision. A void attempt stays without marks; refuses one that still runs.
    """
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update().filter(pk=attempt_id).first()
        if attempt is None:
            raise errors.AttemptNotFound
        if attempt.status == Attempt.Status.VOID:
            return attempt
        if attempt.is_running:
            raise StillSitting
        answers = AnswerSheet.objects.values_list("answers", flat=True).get(attempt_id=attempt_id)
        key, at = papers.get_key(paper_id=attempt.paper_id), at or clock.now()
        settled = scripts.settle(attempt=attempt, answers=answers, key=key, at=at)
        had_marks = attempt.status == Attempt.Status.GRADED or settled.has_scripts
        marked = marking.mark_sheet(answers=answers, key=key, judged=settled.judged)
        if any(mark.outcome == marking.PENDING for mark in marked) and not attempt.is_practice:
            _await_marks(attempt, marked, has_new=settled.has_new)
            return attempt
        if had_marks and not _replace_marks(attempt, marked) and attempt.status == Attempt.Status.GRADED:
            return attempt
        if not had_marks:
            _write_marks(attempt, marked)
        _record(attempt, marked, at)
        if settled.has_scripts:
            whose = {"attempt_id": attempt.pk, "assignment_id": attempt.assignment_id}
            bus.publish(AttemptMarkedByHand(**whose, student_id=attempt.student_id))
        finalise_if_done(assignment_id=attempt.assignment_id)
    return attempt


def grade_after_end(*, attempt_id: uuid.UUID) -> None:
    """Mark an attempt whose end was announced; nothing, if it was opened again before its marks came."""
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update().filter(pk=attempt_id).first()
        if attempt is None or not attempt.is_running:
            grade_attempt(attempt_id=attempt_id)


def _replace_marks(attempt: Attempt, marked: list[marking.Marked]) -> bool:
    """Whether they are others than before."""
    rows = ItemMark.objects.filter(attempt_id=attempt.pk).values_list("question_id", "marks", "outcome")
    present = {marking.Marked(*row) for row in rows}
    if present == set(marked):
        return False
    ItemMark.objects.filter(attempt_id=attempt.pk).delete()
    _write_marks(attempt, marked)
    return True


def _write_marks(attempt: Attempt, marked: list[marking.Marked]) -> None:
    ItemMark.objects.bulk_create(
        ItemMark(attempt=attempt, question_id=mark.question_id, marks=mark.marks, outcome=mark.outcome)
        for mark in marked
    )


def _await_marks(attempt: Attempt, marked: list[marking.Marked], *, has_new: bool) -> None:
    _replace_marks(attempt, [mark for mark in marked if mark.outcome != marking.PENDING])
    whose = {"attempt_id": attempt.pk, "assignment_id": attempt.assignment_id}
    if attempt.status == Attempt.Status.GRADED:
        attempt.status = Attempt.Status.EXPIRED if attempt.was_expired else Attempt.Status.SUBMITTED
        attempt.score = attempt.graded_at = None
        attempt.save(update_fields=["status", "score", "graded_at"])
        bus.publish(MarksWithdrawn(**whose))
    if has_new:
        bus.publish(AttemptAwaitsMarking(**whose))


def _record(attempt: Attempt, marked: list[marking.Marked], at: datetime) -> None:
    attempt.score = marking.total(marked)
    attempt.revision += 1
    attempt.status = Attempt.Status.GRADED
    attempt.graded_at = at
    attempt.save(update_fields=["score", "revision", "status", "graded_at"])
    bus.publish(AttemptGraded(attempt_id=attempt.pk, assignment_id=attempt.assignment_id, revision=attempt.revision))


def finalise_room(*, actor: User, assignment_id: uuid.UUID) -> ExamAssignment:
    """Finalise a closed room by hand; refuses while somebody sits or waits for marks."""
    with transaction.atomic():
        if not rooms.managed_by(actor).filter(pk=assignment_id).exists():
            raise AssignmentNotFound
        rooms.get_assignment(assignment_id=assignment_id, lock="update")
        if _is_waiting(assignment_id):
            raise StillSitting
        return room_operations.finalise_room(assignment_id=assignment_id)


def finalise_if_done(*, assignment_id: uuid.UUID) -> None:
    """Finalise a closed room once nobody has to be waited for. Runs last in a transaction: it locks the room.

    The lock comes before the count, so of two gradings that end at the same moment the second sees the first.
    """
    if not _is_closed(rooms.get_assignment(assignment_id=assignment_id)):
        return
    room = rooms.get_assignment(assignment_id=assignment_id, lock="update")
    if _is_closed(room) and not _is_waiting(assignment_id):
        room_operations.finalise_room(assignment_id=assignment_id)


def is_anybody_sitting(*, assignment_id: uuid.UUID) -> bool:
    """Whether somebody still sits in a room; whose time is over, and only waits to be closed, does not."""
    overdue = Attempt.objects.overdue(clock.now()).filter(assignment_id=assignment_id)
    running = Attempt.objects.running().filter(assignment_id=assignment_id)
    return running.exclude(pk__in=overdue.order_by().values("pk")).exists()


releasing.let_know(who_sits=is_anybody_sitting)


def _is_closed(room: ExamAssignment) -> bool:
    # A homework is never over for good: its deadline may move on.
    return room.status == room.Status.CLOSED and room.kind == room.Kind.EXAM


def _is_waiting(assignment_id: uuid.UUID) -> bool:
    return Attempt.objects.unfinished().filter(assignment_id=assignment_id).exists()

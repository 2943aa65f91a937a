"""How students stand in their homework: by item, which attempt counts, and who is still waited for."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Count, Q, QuerySet

from apps.assignments import queries as rooms
from apps.assignments import rules as room_rules
from apps.assignments.errors import HomeworkNotFound
from apps.attempts import errors, queries
from apps.attempts.models import Attempt
from apps.attempts.queries import counting, submissions, visibility
from apps.attempts.queries.submissions import Submission
from apps.attempts.rules import checking
from apps.authentication import queries as people
from apps.core import clock

if TYPE_CHECKING:
    from apps.assignments.models import HomeworkAssignment, HomeworkItem
    from apps.attempts.queries import SeenAttempt
    from apps.authentication.models import User

NOT_STARTED, IN_PROGRESS, COMPLETED = "Not Started", "In Progress", "Completed"
_ENDED = [Attempt.Status.SUBMITTED, Attempt.Status.EXPIRED, Attempt.Status.GRADED]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one student stands in one item. ``counting`` is the attempt that counts, if one has ended."""

    begun: int = 0
    ended: int = 0
    is_running: bool = False
    counting: Attempt | None = None

    @property
    def status(self) -> str:
        if self.is_running:
            return IN_PROGRESS
        return COMPLETED if self.ended else NOT_STARTED


Key = tuple[uuid.UUID, uuid.UUID]
"""A student and the room of an item."""

_COUNT = """
SELECT attempt.student_id, attempt.assignment_id, count(*),
       count(*) FILTER (WHERE attempt.status <> 'IN_PROGRESS'),
       bool_or(attempt.status = 'IN_PROGRESS' AND (attempt.paused_at IS NOT NULL OR statement_timestamp()
               <= attempt.deadline_at + attempt.grace_seconds * interval '1 second'))
FROM attempts_attempt attempt
JOIN assignments_homeworkitem item ON item.room_id = attempt.assignment_id
WHERE item.homework_id = ANY(%s) AND attempt.student_id = ANY(%s) AND attempt.status <> 'VOID'
GROUP BY 1, 2
"""


def standings(*, homework: Iterable[HomeworkAssignment], student_ids: Iterable[uuid.UUID]) -> Mapping[Key, Standing]:
    """How these students stand in every item that they have begun, in two queries."""
    by_id = {one.pk: one for one in homework}
    students = list(student_ids)
    which = _counting(by_id.values(), students)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [list(by_id), students])
        return {
            (student, room): Standing(begun, ended, is_running, which.get((student, room)))
            for student, room, begun, ended, is_running in cursor.fetchall()
        }


def _counting(homework: Iterable[HomeworkAssignment], students: list[uuid.UUID]) -> dict[Key, Attempt]:
    found: dict[Key, Attempt] = {}
    by_rule: dict[str, list[uuid.UUID]] = {}
    for one in homework:
        by_rule.setdefault(one.counting, []).append(one.pk)
    for rule, ids in by_rule.items():
        ended = Attempt.objects.filter(
            assignment__item__homework__in=ids, student__in=students, status__in=_ENDED, is_practice=False
        )
        for attempt in counting.choose(ended.select_related("assignment"), rule=rule):
            found[attempt.student_id, attempt.assignment_id] = attempt
    return found


def is_key_due(attempt: SeenAttempt) -> bool:
    """Whether a check in an attempt that runs may tell what would have been right: the answer is final there, so that is so
    once its student has no other attempt at the item that counts, nor may begin one."""
    room = attempt.assignment.practice_item.room if attempt.is_practice else attempt.assignment
    theirs = Attempt.objects.filter(assignment_id=room.pk, student_id=attempt.student_id)
    counted = (
        theirs.exclude(status=Attempt.Status.VOID)
        .order_by()
        .aggregate(begun=Count("pk"), others=Count("pk", Q(status=Attempt.Status.IN_PROGRESS) & ~Q(pk=attempt.pk)))
    )
    is_open = room_rules.is_open(room.status, room.opens_at, room.closes_at, attempt.server_time)
    return checking.is_key_due(
        counting=room.counting,
        begun=counted["begun"],
        others_run=counted["others"] > 0,
        may_begin=is_open and counted["begun"] < room.attempts_allowed,
    )


# -- all students of one homework ----------------------------------------------------------------------------------


def list_students_for(actor: User, homework_id: uuid.UUID) -> tuple[HomeworkAssignment, QuerySet[User]]:
    """A homework ``actor`` manages and its students, by name: whom it is for, and who has worked on it."""
    if not rooms.managed_homework(actor).filter(pk=homework_id).exists():
        raise HomeworkNotFound
    homework = rooms.get_homework_for(actor, homework_id)
    worked = (
        Attempt.objects.filter(assignment__item__homework=homework_id).order_by().values_list("student_id", flat=True)
    )
    students = rooms.homework_audience_ids(homework=homework) | set(worked.distinct())
    found = people.list_people().filter(pk__in=students)
    return homework, found.order_by("last_name", "first_name", "email", "pk")


@dataclass(frozen=True, slots=True)
class Row:
    """One student's standing in each item of a homework, in the order of the items."""

    student: User
    items: list[tuple[HomeworkItem, Standing]]

    @property
    def name(self) -> str:
        return queries.display_name(self.student)

    @property
    def completed(self) -> int:
        return sum(bool(standing.ended) for _, standing in self.items)


def overview(*, homework: HomeworkAssignment, students: Iterable[User]) -> list[Row]:
    """How these students stand in all of a homework."""
    students = list(students)
    found = standings(homework=[homework], student_ids=[student.pk for student in students])
    items = list(homework.items.all())
    return [
        Row(student, [(item, found.get((student.pk, item.room_id), Standing())) for item in items])
        for student in students
    ]


def list_waited_for(*, homework: HomeworkAssignment, begun_is_enough: bool = False) -> set[uuid.UUID]:
    """Whom a homework is for and who has not ended each of its items yet, or not even begun it."""
    statuses = [*_ENDED, Attempt.Status.IN_PROGRESS] if begun_is_enough else _ENDED
    done = Attempt.objects.filter(assignment__item__homework=homework.pk, status__in=statuses).order_by()
    items = homework.items.count()
    counted: dict[uuid.UUID, set[uuid.UUID]] = {}
    for student_id, room_id in done.values_list("student_id", "assignment_id").distinct():
        counted.setdefault(student_id, set()).add(room_id)
    finished = {student for student, found in counted.items() if len(found) == items}
    return rooms.homework_audience_ids(homework=homework) - finished


# -- one's own -----------------------------------------------------------------------------------------------------


def own_history(actor: User, homework_id: uuid.UUID) -> tuple[HomeworkAssignment, list[Submission]]:
    """One's own attempts of a homework that have ended, the latest first, with their marks as far as they may be seen."""
    homework = rooms.get_homework_for(actor, homework_id)
    ended = submissions.submissions_for(actor, homework_assignment_id=homework_id)
    mine = ended.filter(student=actor, status__in=_ENDED).order_by("-finished_at", "-number", "pk")
    return homework, submissions.describe(actor, mine)


def own_results(actor: User, homework_id: uuid.UUID) -> tuple[HomeworkAssignment, list[Submission]]:
    """One's own attempts that count in a homework, in the order of its items; refuses before there are marks, and marks
    that are not shown yet."""
    homework = rooms.get_homework_for(actor, homework_id)
    found = standings(homework=[homework], student_ids=[actor.pk])
    order = {item.room_id: place for place, item in enumerate(homework.items.all())}
    chosen = [standing.counting for standing in found.values() if standing.counting]
    graded = [attempt for attempt in chosen if attempt.status == Attempt.Status.GRADED]
    if not graded:
        raise errors.AttemptNotFound
    visible = visibility.marks_visible_to(actor, graded)
    if not visible:
        raise errors.ResultNotReleased
    described = submissions.describe(actor, submissions.submissions_for(actor).filter(pk__in=visible))
    return homework, sorted(described, key=lambda one: order.get(one.attempt.assignment_id, 0))


def shown_result(actor: User, attempt_id: uuid.UUID, answers: Mapping[str, object]) -> Submission:
    """One's own result of an item that was handed in. Of practice that runs and lets answers be checked: what these answers
    would earn, beside those that are saved. Refuses attempts in exams, those that run, and marks that are not shown yet."""
    found = submissions.with_paper(queries.list_attempts_for(actor)).filter(pk=attempt_id, student=actor)
    attempt = found.first()
    if attempt is None:
        raise errors.AttemptNotFound
    if attempt.assignment.kind == room_rules.EXAM:
        raise errors.NotHomework
    if not attempt.is_running:
        submission = submissions.get_submission_for(actor, attempt_id)
        if submission.outcome is None:
            raise errors.ResultNotReleased
        return submission
    if not (attempt.is_practice and attempt.may_check):
        raise errors.NotBeforeTheEnd
    return submissions.mark_meanwhile(attempt, answers, at=clock.now())

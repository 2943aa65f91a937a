"""What dashboards show of attempts: counted by SQL, in a fixed number of statements however much there is."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Count, Max, Q
from django.db.models.functions import Now

from apps.attempts import queries
from apps.attempts.models import Attempt
from apps.attempts.queries.visibility import RELEASED

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment
    from apps.authentication.models import User

_WAITING = [Attempt.Status.SUBMITTED, Attempt.Status.EXPIRED]
_SAT = [*_WAITING, Attempt.Status.GRADED]
RECENT = 10


@dataclass(frozen=True, slots=True)
class Counts:
    """All attempts of a center. Those whose time is up do not run any more."""

    all: int
    running: int
    graded: int
    last_at: datetime | None


def count_attempts() -> Counts:
    """How many attempts there are and in which state. Practice only counts while it runs, for it takes a place."""
    return Counts(
        **Attempt.objects.order_by().aggregate(
            all=Count("pk", Q(is_practice=False)),
            running=Count("pk", Q(status=Attempt.Status.IN_PROGRESS, deadline_at__gt=Now())),
            graded=Count("pk", Q(status=Attempt.Status.GRADED, is_practice=False)),
            last_at=Max("started_at"),
        )
    )


def count_running() -> int:
    """How many sit at this moment."""
    return Attempt.objects.running().filter(deadline_at__gt=Now()).order_by().count()


@dataclass(frozen=True, slots=True)
class OfStudents:
    """What some students handed in, as one of the staff sees it: the last week beside the one before."""

    waiting: int
    last_week: int
    week_before: int
    recent: list[Attempt]


def of_students(actor: User, student_ids: Iterable[uuid.UUID]) -> OfStudents:
    """The attempts of these students that ``actor`` may see."""
    theirs = queries.attempts_for(actor).filter(student__in=list(student_ids), status__in=_SAT, is_practice=False)
    counted = theirs.order_by().aggregate(
        waiting=Count("pk", Q(status__in=_WAITING)),
        last_week=Count("pk", _finished(7, 0)),
        week_before=Count("pk", _finished(14, 7)),
    )
    recent = theirs.select_related("assignment", "student").order_by("-finished_at", "pk")[:RECENT]
    return OfStudents(recent=list(recent), **counted)


_RELEASED_ROOMS = f"""
SELECT room.id FROM assignments_examassignment room
WHERE room.id IN (SELECT assignment_id FROM attempts_attempt WHERE student_id = %s) AND {RELEASED}
"""  # noqa: S608
_SHARE = "attempt.score * 100 / NULLIF(attempt.max_score, 0)"
_OWN = f"""
SELECT count(*) FILTER (WHERE attempt.status IN ('SUBMITTED', 'EXPIRED', 'GRADED') AND room.kind = 'EXAM'),
       count(*) FILTER (WHERE attempt.status IN ('SUBMITTED', 'EXPIRED', 'GRADED')
                          AND attempt.finished_at > statement_timestamp() - interval '7 days'),
       avg({_SHARE}) FILTER (WHERE is_seen),
       avg({_SHARE}) FILTER (WHERE is_seen AND attempt.finished_at > statement_timestamp() - interval '30 days'),
       avg({_SHARE}) FILTER (WHERE is_seen AND attempt.finished_at <= statement_timestamp() - interval '30 days'
                               AND attempt.finished_at > statement_timestamp() - interval '60 days')
FROM attempts_attempt attempt
JOIN assignments_examassignment room ON room.id = attempt.assignment_id
CROSS JOIN LATERAL (SELECT attempt.status = 'GRADED' AND {RELEASED} AS is_seen) seen
WHERE attempt.student_id = %s AND NOT attempt.is_practice
"""  # noqa: S608
_SKILLS = f"""
SELECT COALESCE(NULLIF(item.area, ''), NULLIF(item.topic, ''), item.section_name) AS skill,
       sum(mark.marks), sum(item.score)
FROM attempts_attempt attempt
JOIN assignments_examassignment room ON room.id = attempt.assignment_id
JOIN attempts_itemmark mark ON mark.attempt_id = attempt.id
JOIN mock_tests_paperitem item ON item.paper_id = attempt.paper_id AND item.question_id = mark.question_id
WHERE attempt.student_id = %s AND attempt.status = 'GRADED' AND NOT attempt.is_practice AND {RELEASED}
GROUP BY skill ORDER BY skill
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """What a student has done: exams that are completed, and how work went, homework too and practice never; marks count
    from their release on. Averages are shares of the full marks in per cent."""

    completed: int
    last_week: int
    average: Decimal | None
    last_month: Decimal | None
    month_before: Decimal | None


def own_figures(actor: User) -> OwnFigures:
    """The figures of one's own attempts."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN, [actor.pk])
        return OwnFigures(*cursor.fetchone())


def own_skills(actor: User) -> list[tuple[str, Decimal, Decimal]]:
    """Marks and full marks in each skill: the scored areas of an exam, or else topics, or sections."""
    with connection.cursor() as cursor:
        cursor.execute(_SKILLS, [actor.pk])
        return cursor.fetchall()


def own_results(actor: User, *, most: int = RECENT) -> list[Attempt]:
    """One's own newest attempts whose marks may be seen, each with its room."""
    with connection.cursor() as cursor:
        cursor.execute(_RELEASED_ROOMS, [actor.pk])
        rooms = [assignment_id for (assignment_id,) in cursor.fetchall()]
    mine = Attempt.objects.filter(student=actor, assignment__in=rooms, status=Attempt.Status.GRADED, is_practice=False)
    return list(mine.select_related("assignment").order_by("-finished_at", "pk")[:most])


def done_with(actor: User, rooms: Sequence[ExamAssignment]) -> set[uuid.UUID]:
    """Those of these rooms in which ``actor`` neither sits nor can begin."""
    mine = Attempt.objects.filter(student=actor, assignment__in=[room.pk for room in rooms]).order_by()
    counted = mine.values("assignment").annotate(
        begun=Count("pk", ~Q(status=Attempt.Status.VOID)), running=Count("pk", Q(status=Attempt.Status.IN_PROGRESS))
    )
    begun = {row["assignment"]: row["begun"] for row in counted if not row["running"]}
    return {room.pk for room in rooms if begun.get(room.pk, 0) >= room.attempts_allowed}


def _finished(days: int, until: int) -> Q:
    return Q(finished_at__gt=Now() - timedelta(days=days), finished_at__lte=Now() - timedelta(days=until))

"""What waits for people to mark, and what they need to mark it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Q, QuerySet

from apps.assignments import queries as rooms
from apps.assignments.errors import AssignmentNotFound
from apps.attempts import errors, queries
from apps.attempts.models import AnswerSheet, Attempt, HandMark, MarkingPlan, Script
from apps.attempts.models.marking import Scripts
from apps.attempts.rules import marking as rules
from apps.groups import queries as groups
from apps.mock_tests import queries as papers
from apps.mock_tests.rules.papers import items
from apps.mock_tests.rules.texts.length import length_of

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment
    from apps.authentication.models import User

WAITING, MARKED, DISPUTED = STATES = ("WAITING", "MARKED", "DISPUTED")
_CLOSED: Final = [Attempt.Status.SUBMITTED, Attempt.Status.EXPIRED, Attempt.Status.GRADED]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which scripts; all, where nothing is said."""

    assignment_id: uuid.UUID | None = None
    group_id: uuid.UUID | None = None
    question_id: uuid.UUID | None = None
    state: str = ""
    is_blank: bool | None = None
    is_mine: bool = False


ANY: Final = Wanted()


def marked_rooms(actor: User) -> QuerySet[ExamAssignment]:
    """The rooms, of exams and of homework, whose scripts ``actor`` may mark: for staff all they see, for others none."""
    seen = rooms.rooms_for(actor)
    return seen if actor.is_center_staff else seen.none()


def scripts_for(actor: User, wanted: Wanted = ANY) -> Scripts:
    """The scripts that ``actor`` may mark, of attempts that are closed: admins all, teachers those of rooms for their
    groups and of rooms that they made, others none. Those of a group only if it is one they may see."""
    managed = marked_rooms(actor).order_by().values("pk")
    rows = Script.objects.filter(assignment__in=managed, attempt__status__in=_CLOSED)
    if wanted.assignment_id:
        rows = rows.filter(assignment_id=wanted.assignment_id)
    if wanted.group_id:
        seen = groups.groups_for(actor).filter(pk=wanted.group_id).exists()
        rows = rows.filter(attempt__student__in=groups.student_ids([wanted.group_id]) if seen else [])
    if wanted.question_id:
        rows = rows.filter(question_id=wanted.question_id)
    if wanted.is_blank is not None:
        rows = rows.filter(is_blank=wanted.is_blank)
    if wanted.is_mine:
        rows = rows.filter(claimed_by=actor)
    by_state = {WAITING: Q(current=None), MARKED: Q(current__isnull=False), DISPUTED: Q(is_disputed=True)}
    return rows.filter(by_state.get(wanted.state, Q()))


def list_scripts_for(actor: User, wanted: Wanted = ANY) -> Scripts:
    """``scripts_for`` with everything that a list shows, those first that have waited longest."""
    rows = scripts_for(actor, wanted).select_related("assignment", "attempt__student", "current", "claimed_by")
    return rows.order_by("created_at", "number", "pk")


def is_waiting(*, assignment_id: uuid.UUID) -> bool:
    """Whether something in a room waits to be marked, whoever asks."""
    return Script.objects.filter(assignment=assignment_id, attempt__status__in=_CLOSED, current=None).exists()


def anonymous_rooms(*, assignment_ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """The rooms among these in which markers are not told who wrote a script."""
    plans = MarkingPlan.objects.filter(assignment__in=assignment_ids, is_anonymous=True)
    return set(plans.values_list("assignment_id", flat=True))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A script with what it is marked by: the question as its taker had it and what belongs to it, the rubric and the model
    answer, and every mark it was given."""

    script: Script
    is_anonymous: bool
    question: dict[str, Any]
    instruction: str
    reading_text: str
    key: dict[str, Any]
    answer: str
    marks: list[HandMark]

    @property
    def words(self) -> int:
        return length_of(self.answer, "words")

    @property
    def characters(self) -> int:
        """Without spaces."""
        return length_of(self.answer, "characters")


def get_sheet_for(actor: User, script_id: uuid.UUID, *, sign: Callable[[Attempt], queries.Sign]) -> Sheet:
    """One of the scripts that ``actor`` may mark; refuses any other id."""
    script = list_scripts_for(actor).filter(pk=script_id).first()
    if script is None:
        raise errors.ScriptNotFound
    attempt, name = script.attempt, str(script.question_id)
    signer = sign(attempt)
    paper = queries.render_paper(attempt, sign=signer)
    group, question = next(
        (group, question)
        for section in paper["sections"]
        for group in section["question_groups"]
        for question in group["questions"]
        if question["id"] == name
    )
    answers = AnswerSheet.objects.filter(attempt_id=attempt.pk).values_list("answers", flat=True).first()
    if answers is None:
        raise errors.ScriptNotFound  # reopened since it was looked at
    return Sheet(
        script=script,
        is_anonymous=bool(anonymous_rooms(assignment_ids={script.assignment_id})),
        question=question,
        instruction=group["instruction"],
        reading_text=group["reading_text"],
        key=items.whole_key(papers.get_key(paper_id=attempt.paper_id)[script.question_id], signer),
        answer=answers.get(name) or "",
        marks=list(script.hand_marks.select_related("marked_by").order_by("revision")),
    )


def judgements_of(*, attempt_id: uuid.UUID) -> dict[uuid.UUID, HandMark]:
    """The marks that people gave and that count, by question; not those of what was not answered."""
    scripts = Script.objects.filter(attempt_id=attempt_id).exclude(current=None).select_related("current")
    return {script.question_id: script.current for script in scripts if script.current and script.current.scores}


def candidate_of(script: Script) -> str:
    """What the writer of a script is called where names are not told."""
    return rules.candidate(script.attempt_id, script.attempt.seed)


@dataclass(frozen=True, slots=True)
class QuestionProgress:
    """How far the marking of one question of a room is."""

    question_id: uuid.UUID
    number: int
    waiting: int
    unanswered: int
    marked: int
    disputed: int


@dataclass(frozen=True, slots=True)
class RoomProgress:
    """How far the marking of a room is."""

    room: ExamAssignment
    questions: list[QuestionProgress]
    is_anonymous: bool
    zero_unanswered: bool

    @property
    def waiting(self) -> int:
        return sum(question.waiting for question in self.questions)

    @property
    def unanswered(self) -> int:
        """Those among the waiting on which nothing is written."""
        return sum(question.unanswered for question in self.questions)

    @property
    def marked(self) -> int:
        return sum(question.marked for question in self.questions)

    @property
    def disputed(self) -> int:
        return sum(question.disputed for question in self.questions)


def progress_for(actor: User, *, assignment_id: uuid.UUID | None = None) -> list[RoomProgress]:
    """The rooms that ``actor`` marks in which there are scripts, the ones with the most waiting first; or one of the
    rooms, whether it has any or not. Refuses another room."""
    counted = (
        scripts_for(actor, Wanted(assignment_id=assignment_id))
        .order_by()
        .values("assignment_id", "question_id", "number")
        .annotate(
            waiting=Count("pk", Q(current=None)),
            unanswered=Count("pk", Q(current=None, is_blank=True)),
            marked=Count("pk", Q(current__isnull=False)),
            disputed=Count("pk", Q(is_disputed=True)),
        )
    )
    counts: dict[uuid.UUID, list[QuestionProgress]] = {}
    for row in counted.order_by("number", "question_id"):
        told = QuestionProgress(
            question_id=row["question_id"],
            number=row["number"],
            waiting=row["waiting"],
            unanswered=row["unanswered"],
            marked=row["marked"],
            disputed=row["disputed"],
        )
        counts.setdefault(row["assignment_id"], []).append(told)
    wanted = set(counts) if assignment_id is None else {assignment_id}
    found = list(marked_rooms(actor).filter(pk__in=wanted))
    if assignment_id is not None and not found:
        raise AssignmentNotFound
    plans = {plan.pk: plan for plan in MarkingPlan.objects.filter(pk__in=wanted)}
    progress = []
    for room in found:
        plan = plans.get(room.pk)
        progress.append(
            RoomProgress(
                room,
                counts.get(room.pk, []),
                is_anonymous=plan is not None and plan.is_anonymous,
                zero_unanswered=plan is not None and plan.zero_unanswered,
            )
        )
    return sorted(progress, key=lambda one: (-one.waiting, one.room.title, one.room.pk))

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from django.db.models import Max, QuerySet
from django.db.models.functions import Now

from apps.assignments import queries as rooms
from apps.attempts import errors
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt, IntegrityEvent
from apps.attempts.rules import ledger, moments, receipts, shown, watermarks
from apps.mock_tests import queries as papers

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from apps.authentication.models import User

    class Moment(TypedDict):
        server_time: datetime

    SeenAttempt = WithAnnotations[Attempt, Moment]

Sign = Callable[[str], str]
_TOLD = ("assignment__item", "assignment__practice_item", "student")


# -- attempts ------------------------------------------------------------------------------------------------------


def attempts_for(actor: User) -> QuerySet[Attempt]:
    """The attempts ``actor`` may see: admins all, teachers those in rooms they may see, others their own."""
    if actor.role == actor.Role.CENTER_ADMIN:
        return Attempt.objects.all()
    if actor.role == actor.Role.TEACHER:
        return Attempt.objects.filter(assignment__in=rooms.rooms_for(actor).order_by().values("pk"))
    return Attempt.objects.filter(student=actor)


def list_attempts_for(
    actor: User, *, exam_assignment_id: uuid.UUID | None = None, status: str = "", watermark: str = ""
) -> QuerySet[Attempt]:
    """``attempts_for`` with room and student, newest first. By the mark on its paper only staff find an attempt."""
    attempts = attempts_for(actor).select_related(*_TOLD)
    if exam_assignment_id:
        attempts = attempts.filter(assignment_id=exam_assignment_id)
    if status:
        attempts = attempts.filter(status=status)
    if watermark:
        mark = watermarks.read(watermark)
        attempts = attempts.filter(watermark=mark) if mark and actor.is_center_staff else attempts.none()
    return attempts


def newest_statuses(actor: User, assignment_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """How the newest attempt of ``actor`` stands in each of these rooms; rooms without one are left out."""
    mine = Attempt.objects.filter(student_id=actor.pk, assignment__in=list(assignment_ids))
    newest = mine.order_by("assignment_id", "-number").distinct("assignment_id")
    return dict(newest.values_list("assignment_id", "status"))


def get_attempt_for(actor: User, attempt_id: uuid.UUID) -> SeenAttempt:
    """One of the attempts ``actor`` may see, with room, student and ``server_time``; refuses any other id."""
    found = attempts_for(actor).filter(pk=attempt_id).select_related(*_TOLD)
    attempt = found.annotate(server_time=Now()).first()
    if attempt is None:
        raise errors.AttemptNotFound
    return attempt


def is_due(attempt: Attempt, at: datetime) -> bool:
    """Whether a running attempt is past deadline and grace, and only waits to be closed."""
    lateness = ledger.lateness(at=at, deadline_at=attempt.deadline_at, grace_seconds=attempt.grace_seconds)
    return attempt.paused_at is None and lateness is ledger.Lateness.TOO_LATE


def present_step(attempt: Attempt, at: datetime) -> int | None:
    """The step of the course that runs at this moment; nothing, where the paper is open as a whole."""
    if attempt.step_ends is None:
        return None
    moment = min(at, attempt.paused_at or at)
    return max(ledger.step_at(ends=attempt.step_ends, at=moment), attempt.step_floor)


def _open_sections(attempt: Attempt, at: datetime) -> frozenset[str] | None:
    if attempt.paused_at is not None:
        return frozenset()
    step = present_step(attempt, at)
    return None if step is None else frozenset(filter(None, [attempt.course[step]["section"]]))


def _open_question(attempt: Attempt, at: datetime) -> str | None:
    """The one question that is asked at this moment, where questions are timed."""
    step = present_step(attempt, at)
    return None if step is None else attempt.course[step].get("question")


def graded_student_ids(*, assignment_id: uuid.UUID) -> QuerySet[Attempt, uuid.UUID]:
    """Who has marks in this room, for an ``IN``."""
    graded = Attempt.objects.filter(assignment_id=assignment_id, status=Attempt.Status.GRADED)
    return graded.order_by().values_list("student_id", flat=True)


def render_paper(attempt: Attempt, *, sign: Sign, at: datetime | None = None) -> dict[str, Any]:
    """The attempt's paper in its own order; ``sign`` turns the id of a media file into an address.

    With ``at``, only what its student may see at that moment: where sections are timed the present one, where questions
    are timed the present one of them, and nothing while the attempt is paused. The other sections have a name and a time,
    and no questions.
    """
    paper = papers.render_paper(
        only_sections=None if at is None else _open_sections(attempt, at),
        paper_id=attempt.paper_id,
        seed=attempt.seed,
        shuffle_questions=attempt.shuffle_questions,
        shuffle_options=attempt.shuffle_options,
        sign=sign,
    )
    question = None if at is None else _open_question(attempt, at)
    return paper if question is None else shown.with_only(paper, question)


# -- answers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerState:
    """Where the journal stands: the present answers, which entry of each question counts, cleared ones too, and the
    highest ``seq`` of each epoch."""

    answers: dict[str, Any]
    latest: dict[str, dict[str, int]]
    last_seqs: dict[int, int]


def answer_state(attempt: Attempt) -> AnswerState:
    """The answers that count now; cleared ones are left out."""
    entries = AnswerEntry.objects.filter(attempt_id=attempt.pk)
    counting = list(entries.order_by("question_id", "-epoch", "-seq").distinct("question_id"))
    answers = {str(entry.question_id): entry.response for entry in counting if entry.response is not None}
    latest = {str(entry.question_id): {"epoch": entry.epoch, "seq": entry.seq} for entry in counting}
    return AnswerState(answers, latest, last_seqs(attempt))


def last_seqs(attempt: Attempt) -> dict[int, int]:
    """The highest ``seq`` of each epoch that has any."""
    entries = AnswerEntry.objects.filter(attempt_id=attempt.pk)
    return dict(entries.values_list("epoch").annotate(last=Max("seq")).order_by("epoch"))


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A line as it was stored; ``is_falling`` flags a moment that is earlier than the one of a line before it."""

    epoch: int
    seq: int
    question_id: uuid.UUID
    response: Any
    received_at: datetime
    is_falling: bool


@dataclass(frozen=True, slots=True)
class Journal:
    """The whole journal of a closed attempt, with the receipt over it."""

    receipt: str
    frozen_at: datetime
    entries: list[JournalLine]
    is_intact: bool


def journal_of(attempt: Attempt) -> Journal:
    """The receipt, the lines it was made from, and whether they still give it; refuses an attempt that runs."""
    sheet = AnswerSheet.objects.filter(attempt_id=attempt.pk).only("receipt", "frozen_at").first()
    if sheet is None:
        raise errors.NotHandedIn
    entries = list(AnswerEntry.objects.filter(attempt_id=attempt.pk).order_by("epoch", "seq"))
    again = receipts.receipt(
        attempt_id=attempt.pk,
        entries=[receipts.Entry(entry.epoch, entry.seq, entry.question_id, entry.response) for entry in entries],
    )
    lines = [
        JournalLine(entry.epoch, entry.seq, entry.question_id, entry.response, entry.received_at, is_falling)
        for entry, is_falling in zip(entries, moments.falling(entry.received_at for entry in entries), strict=True)
    ]
    return Journal(sheet.receipt, sheet.frozen_at, lines, again == sheet.receipt)


def journal_keys(*, attempt_ids: Iterable[uuid.UUID]) -> set[tuple[uuid.UUID, int, int]]:
    """Every (attempt, epoch, seq) that the journal holds of these attempts: what an acknowledgement must be found in."""
    return set(AnswerEntry.objects.filter(attempt__in=list(attempt_ids)).values_list("attempt_id", "epoch", "seq"))


# -- integrity -----------------------------------------------------------------------------------------------------


def events_of(actor: User, attempt: Attempt) -> QuerySet[IntegrityEvent]:
    """What the student's screen noticed during an attempt ``actor`` may see, in the order it arrived; for staff."""
    events = IntegrityEvent.objects.filter(attempt_id=attempt.pk)
    return events if actor.is_center_staff else events.none()


# -- what others ask ---------------------------------------------------------------------------------------------------


def closed_by_the_clock(*, assignment_id: uuid.UUID) -> dict[uuid.UUID, bool]:
    """For each graded attempt of a room, whether the clock closed it and not the student."""
    graded = Attempt.objects.filter(assignment_id=assignment_id, status=Attempt.Status.GRADED)
    return dict(graded.values_list("pk", "was_expired"))


def seconds_taken(attempt: Attempt) -> float:
    """From start to end; nothing while it runs."""
    return (attempt.finished_at - attempt.started_at).total_seconds() if attempt.finished_at else 0.0


def display_name(person: User) -> str:
    """How a person is called in lists that others see; never their whole address."""
    return person.get_full_name() or person.email.partition("@")[0]

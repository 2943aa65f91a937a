from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict

from django.db import connection
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now

from apps.assignments import queries as rooms
from apps.assignments import rules as room_rules
from apps.attempts import errors
from apps.attempts.models import AnswerEntry, AnswerSheet, Attempt, IntegrityEvent, ItemMark
from apps.attempts.rules import ledger, receipts, results, watermarks
from apps.mock_tests import queries as papers
from apps.mock_tests.rules import profiles, richtext

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from apps.authentication.models import User

    class Moment(TypedDict):
        server_time: datetime

    SeenAttempt = WithAnnotations[Attempt, Moment]

Sign = Callable[[str], str]


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
    attempts = attempts_for(actor).select_related("assignment", "student")
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
    found = attempts_for(actor).filter(pk=attempt_id).select_related("assignment", "student")
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


def are_marks_visible(actor: User, attempt: Attempt) -> bool:
    """Whether ``actor`` may see the marks of an attempt they may see: staff always, others by the room's policy."""
    room = attempt.assignment
    return actor.is_center_staff or room_rules.results_visible(room.result_policy, room.status, room.is_published)


def graded_student_ids(*, assignment_id: uuid.UUID) -> QuerySet[Attempt, uuid.UUID]:
    """Who has marks in this room, for an ``IN``."""
    graded = Attempt.objects.filter(assignment_id=assignment_id, status=Attempt.Status.GRADED)
    return graded.order_by().values_list("student_id", flat=True)


def find_released_attempt(*, student_id: uuid.UUID, assignment_id: uuid.UUID) -> Attempt | None:
    """The newest attempt of a student in a room whose marks that student may see, with the room."""
    graded = Attempt.objects.filter(
        student_id=student_id, assignment_id=assignment_id, status=Attempt.Status.GRADED
    ).select_related("assignment")
    attempt = graded.order_by("-number").first()
    if attempt is None:
        return None
    room = attempt.assignment
    return attempt if room_rules.results_visible(room.result_policy, room.status, room.is_published) else None


def render_paper(attempt: Attempt, *, sign: Sign, at: datetime | None = None) -> dict[str, Any]:
    """The attempt's paper in its own order; ``sign`` turns the id of a media file into an address.

    With ``at``, only what its student may see at that moment: where sections are timed the present one, and nothing
    while the attempt is paused. The other sections have a name and a time, and no questions.
    """
    return papers.render_paper(
        only_sections=None if at is None else _open_sections(attempt, at),
        paper_id=attempt.paper_id,
        seed=attempt.seed,
        shuffle_questions=attempt.shuffle_questions,
        shuffle_options=attempt.shuffle_options,
        sign=sign,
    )


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
class Journal:
    """The whole journal of a closed attempt, with the receipt over it."""

    receipt: str
    frozen_at: datetime
    entries: list[AnswerEntry]
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
    return Journal(sheet.receipt, sheet.frozen_at, entries, again == sheet.receipt)


# -- integrity -----------------------------------------------------------------------------------------------------


def events_of(actor: User, attempt: Attempt) -> QuerySet[IntegrityEvent]:
    """What the student's screen noticed during an attempt ``actor`` may see, in the order it arrived; for staff."""
    events = IntegrityEvent.objects.filter(attempt_id=attempt.pk)
    return events if actor.is_center_staff else events.none()


# -- results -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ResultFacts:
    """What counts of one graded attempt, as boards and rankings take it; marks are decimal strings."""

    attempt_id: uuid.UUID
    assignment_id: uuid.UUID
    student_id: uuid.UUID
    display_name: str
    revision: int
    score: Decimal
    max_score: Decimal
    seconds_taken: float
    finished_at: datetime
    sections: dict[str, str]
    topics: dict[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """The marks of one section, topic or scored area."""

    kind: str
    id: str
    name: str
    score: Decimal
    max_score: Decimal
    items: int
    correct: int
    blank: int

    @property
    def percentage(self) -> Decimal:
        return results.percentage(self.score, self.max_score)


@dataclass(frozen=True, slots=True)
class Result:
    """One graded attempt in full."""

    attempt: Attempt
    sections: list[Part]
    topics: list[Part]
    estimate: profiles.Estimate | None

    @property
    def percentage(self) -> Decimal:
        return results.percentage(self.attempt.score or Decimal(0), self.attempt.max_score)

    @property
    def seconds_taken(self) -> float:
        return seconds_taken(self.attempt)


# One pass over the marks gives all three sums; a paper's items say where each mark belongs.
_PARTS = """
SELECT mark.attempt_id,
       CASE WHEN GROUPING(item.section_id) = 0 THEN 'section' WHEN GROUPING(item.topic) = 0 THEN 'topic' ELSE 'area' END,
       COALESCE(item.section_id::text, item.topic, item.area),
       CASE WHEN GROUPING(item.section_id) = 0 THEN min(item.section_name) ELSE COALESCE(item.topic, item.area) END,
       sum(mark.marks), sum(item.score), count(*),
       count(*) FILTER (WHERE mark.outcome = 'CORRECT'), count(*) FILTER (WHERE mark.outcome = 'BLANK')
FROM attempts_itemmark mark
JOIN attempts_attempt attempt ON attempt.id = mark.attempt_id
JOIN mock_tests_paperitem item ON item.paper_id = attempt.paper_id AND item.question_id = mark.question_id
WHERE mark.attempt_id = ANY(%s)
GROUP BY GROUPING SETS ((mark.attempt_id, item.section_id), (mark.attempt_id, item.topic), (mark.attempt_id, item.area))
ORDER BY mark.attempt_id, min(item.number)
"""


def list_parts(attempt_ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, list[Part]]:
    """The parts of each of these attempts, in one query."""
    found: dict[uuid.UUID, list[Part]] = {attempt_id: [] for attempt_id in attempt_ids}
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, [list(found)])
        for attempt_id, *fields in cursor.fetchall():
            part = Part(*fields)
            if part.id:  # items without a topic or an area belong to none
                found[attempt_id].append(part)
    return found


def get_result_facts(*, attempt_id: uuid.UUID) -> ResultFacts:
    """The facts of one graded attempt; refuses one without marks."""
    facts = list_result_facts(attempt_ids=[attempt_id])
    if not facts:
        raise errors.NotGradedYet
    return facts[0]


def list_result_facts(
    *, attempt_ids: Iterable[uuid.UUID] | None = None, assignment_id: uuid.UUID | None = None
) -> list[ResultFacts]:
    """The facts of graded attempts, of these ids or of a whole room, in two queries. Only those of exams: homework
    has no boards, and practice counts for nothing."""
    graded = Attempt.objects.filter(status=Attempt.Status.GRADED, is_practice=False, assignment__kind=room_rules.EXAM)
    graded = graded.select_related("student").order_by("pk")
    which = Q(assignment_id=assignment_id) if attempt_ids is None else Q(pk__in=list(attempt_ids))
    attempts = list(graded.filter(which))
    parts = list_parts(attempt.pk for attempt in attempts)
    return [_facts(attempt, parts[attempt.pk]) for attempt in attempts]


def _facts(attempt: Attempt, parts: list[Part]) -> ResultFacts:
    assert attempt.score is not None
    assert attempt.finished_at is not None
    return ResultFacts(
        attempt_id=attempt.pk,
        assignment_id=attempt.assignment_id,
        student_id=attempt.student_id,
        display_name=display_name(attempt.student),
        revision=attempt.revision,
        score=attempt.score,
        max_score=attempt.max_score,
        seconds_taken=seconds_taken(attempt),
        finished_at=attempt.finished_at,
        sections={part.id: str(part.score) for part in parts if part.kind == "section"},
        topics={part.id: str(part.score) for part in parts if part.kind == "topic"},
    )


def journal_keys(*, attempt_ids: Iterable[uuid.UUID]) -> set[tuple[uuid.UUID, int, int]]:
    """Every (attempt, epoch, seq) that the journal holds of these attempts: what an acknowledgement must be found in."""
    return set(AnswerEntry.objects.filter(attempt__in=list(attempt_ids)).values_list("attempt_id", "epoch", "seq"))


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


def get_result_for(actor: User, attempt_id: uuid.UUID) -> Result:
    """The result of an attempt ``actor`` may see; refuses before its release, and before there are marks."""
    attempt = get_attempt_for(actor, attempt_id)
    _check_visible(actor, attempt)
    parts = list_parts([attempt.pk])[attempt.pk]
    return Result(
        attempt,
        [part for part in parts if part.kind == "section"],
        [part for part in parts if part.kind == "topic"],
        estimate_of(papers.get_paper(paper_id=attempt.paper_id).profile, parts),
    )


def estimate_of(profile_code: str, parts: Iterable[Part]) -> profiles.Estimate | None:
    """The scaled result that these parts let expect; none for papers of no exam."""
    profile = profiles.find_profile(profile_code)
    shares = {p.id: p.score / p.max_score for p in parts if p.kind == "area" and p.max_score > 0}
    return profiles.estimate(profile, shares) if profile and profile.areas else None


def _check_visible(actor: User, attempt: Attempt) -> None:
    if not are_marks_visible(actor, attempt):
        raise errors.ResultNotReleased
    if attempt.status != Attempt.Status.GRADED:
        raise errors.NotGradedYet


@dataclass(frozen=True, slots=True)
class Review:
    """A graded attempt beside its key: ``answers`` and ``items`` by question id."""

    attempt: Attempt
    paper: dict[str, Any]
    answers: dict[str, Any]
    items: dict[str, dict[str, Any]]


def get_review_for(actor: User, attempt_id: uuid.UUID, *, sign: Callable[[SeenAttempt], Sign]) -> Review:
    """Answers, marks, key and explanations of an attempt ``actor`` may see.

    Refuses students before results are released and the review is open, and while they could still use what they see:
    as long as they sit in the room or may begin again.
    """
    attempt = get_attempt_for(actor, attempt_id)
    _check_visible(actor, attempt)
    if not is_review_open(actor, attempt):
        raise errors.ReviewClosed
    signer = sign(attempt)
    answers = AnswerSheet.objects.values_list("answers", flat=True).get(attempt_id=attempt.pk)
    marks = {mark.question_id: mark for mark in ItemMark.objects.filter(attempt_id=attempt.pk)}
    items = {
        str(question_id): {
            "response": answers.get(str(question_id)),
            "marks": marks[question_id].marks,
            "outcome": marks[question_id].outcome,
            "score": item["score"],
            "key": item["key"],
            "explanation": richtext.replace_media(item["explanation"], signer),
        }
        for question_id, item in papers.get_key(paper_id=attempt.paper_id).items()
    }
    return Review(attempt, render_paper(attempt, sign=signer), answers, items)


def is_review_open(actor: User, attempt: Attempt) -> bool:
    """Whether ``actor`` may see what was right in an attempt whose marks they may see."""
    return actor.is_center_staff or (attempt.assignment.is_review_open and not _may_sit_again(attempt))


def _may_sit_again(attempt: Attempt) -> bool:
    room = attempt.assignment
    if attempt.is_practice:
        # What it would show is worth something as long as attempts of the same item count.
        room = room.practice_item.room
    theirs = Attempt.objects.filter(assignment_id=room.pk, student_id=attempt.student_id)
    if theirs.running().exists():
        return True
    is_over = room.status in {room.Status.CLOSED, room.Status.FINALISED}
    return not is_over and theirs.exclude(status=Attempt.Status.VOID).count() < room.attempts_allowed

"""What attempts earned: results with their parts, the facts that boards are made of, and answers beside the key."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Q

from apps.assignments import rules as room_rules
from apps.attempts import errors, queries
from apps.attempts.models import AnswerSheet, Attempt, ItemMark
from apps.attempts.queries import marking, visibility
from apps.attempts.rules import results, ties
from apps.mock_tests import queries as papers
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.papers import items as item_rules
from apps.mock_tests.rules.texts import richtext

if TYPE_CHECKING:
    from apps.attempts.queries import SeenAttempt, Sign
    from apps.authentication.models import User


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
    areas: dict[str, str]
    answered: dict[str, tuple[int, int]]
    """How many right and wrong answers by area, and under no name in all."""


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
    wrong: int = 0

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
    passing_percent: Decimal | None = None

    @property
    def passed(self) -> bool | None:
        return results.is_passed(self.attempt.score or Decimal(0), self.attempt.max_score, self.passing_percent)

    @property
    def percentage(self) -> Decimal:
        return results.percentage(self.attempt.score or Decimal(0), self.attempt.max_score)

    @property
    def seconds_taken(self) -> float:
        return queries.seconds_taken(self.attempt)


# One pass over the marks gives all three sums; a paper's items say where each mark belongs.
_PARTS = """
SELECT mark.attempt_id,
       CASE WHEN GROUPING(item.section_id) = 0 THEN 'section' WHEN GROUPING(item.topic) = 0 THEN 'topic' ELSE 'area' END,
       COALESCE(item.section_id::text, item.topic, item.area),
       CASE WHEN GROUPING(item.section_id) = 0 THEN min(item.section_name) ELSE COALESCE(item.topic, item.area) END,
       sum(mark.marks), sum(item.score), count(*),
       count(*) FILTER (WHERE mark.outcome = 'CORRECT'), count(*) FILTER (WHERE mark.outcome = 'BLANK'),
       count(*) FILTER (WHERE mark.outcome = 'WRONG')
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


def find_place(*, attempt_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The room and the student of an attempt, which never change."""
    return Attempt.objects.filter(pk=attempt_id).values_list("assignment_id", "student_id").first()


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
        display_name=queries.display_name(attempt.student),
        revision=attempt.revision,
        score=attempt.score,
        max_score=attempt.max_score,
        seconds_taken=queries.seconds_taken(attempt),
        finished_at=attempt.finished_at,
        sections={part.id: str(part.score) for part in parts if part.kind == "section"},
        topics={part.id: str(part.score) for part in parts if part.kind == "topic"},
        areas={part.id: str(part.score) for part in parts if part.kind == "area"},
        answered=_answered(parts),
    )


def _answered(parts: list[Part]) -> dict[str, tuple[int, int]]:
    sections = [part for part in parts if part.kind == "section"]
    whole = sum(part.correct for part in sections), sum(part.wrong for part in sections)
    return {"": whole} | {part.id: (part.correct, part.wrong) for part in parts if part.kind == "area"}


def tie_facts(parts: Iterable[Part]) -> ties.Facts:
    """What these parts of one attempt say about its order among equal marks."""
    parts = list(parts)
    return ties.Facts(
        topics={part.id: part.score for part in parts if part.kind == "topic"},
        areas={part.id: part.score for part in parts if part.kind == "area"},
        answered=_answered(parts),
    )


def get_result_for(actor: User, attempt_id: uuid.UUID) -> Result:
    """The result of an attempt ``actor`` may see; refuses before its release, and before there are marks."""
    attempt = queries.get_attempt_for(actor, attempt_id)
    _check_visible(actor, attempt)
    parts = list_parts([attempt.pk])[attempt.pk]
    return Result(
        attempt,
        [part for part in parts if part.kind == "section"],
        [part for part in parts if part.kind == "topic"],
        estimate_of(exam_profiles.profile_of(papers.get_paper(paper_id=attempt.paper_id)), parts),
        passing_percent_of(attempt),
    )


def passing_percent_of(attempt: Attempt) -> Decimal | None:
    """Which share of the marks passes, if the attempt is one at a quiz that says so."""
    rules = papers.quiz_rules(paper_id=attempt.paper_id)
    return rules.passing_percent if rules else None


def estimate_of(profile: profiles.Profile, parts: Iterable[Part]) -> profiles.Estimate | None:
    """The scaled result that these parts let expect; none for papers of an exam that does not scale marks."""
    shares = {p.id: p.score / p.max_score for p in parts if p.kind == "area" and p.max_score > 0}
    return profiles.estimate(profile, shares) if profile.conversion == "scaled" else None


def _check_visible(actor: User, attempt: Attempt) -> None:
    if not visibility.are_marks_visible(actor, attempt):
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

    Refuses students before results are released and the review is open, and while anybody could still use what they see: as
    long as somebody sits in the room or may begin there.
    """
    attempt = queries.get_attempt_for(actor, attempt_id)
    _check_visible(actor, attempt)
    if not visibility.is_key_open(actor, attempt):
        raise errors.ReviewClosed
    signer = sign(attempt)
    answers = AnswerSheet.objects.filter(attempt_id=attempt.pk).values_list("answers", flat=True).first()
    marks = {mark.question_id: mark for mark in ItemMark.objects.filter(attempt_id=attempt.pk)}
    if answers is None or not marks:
        raise errors.NotGradedYet  # reopened since it was looked at
    judgements = marking.judgements_of(attempt_id=attempt.pk)
    items = {
        str(question_id): {
            "response": answers.get(str(question_id)),
            "marks": marks[question_id].marks,
            "outcome": marks[question_id].outcome,
            "score": item["score"],
            "key": item_rules.shown_key(item, signer),
            "explanation": richtext.replace_media(item["explanation"], signer),
            "judgement": judgements.get(question_id),
        }
        for question_id, item in papers.get_key(paper_id=attempt.paper_id).items()
    }
    return Review(attempt, queries.render_paper(attempt, sign=signer), answers, items)

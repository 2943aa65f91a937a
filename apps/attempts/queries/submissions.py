"""Reads of attempts by the main source's name for them: an attempt beside all that may be shown of its marks, a page of
them in as many queries as one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from apps.attempts import errors, queries
from apps.attempts.models import AnswerSheet, Attempt, IntegrityEvent, ItemMark
from apps.attempts.queries import counting, earned, visibility
from apps.attempts.queries.earned import Part
from apps.attempts.rules import results, shown
from apps.mock_tests import queries as papers
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.papers import items

if TYPE_CHECKING:
    from apps.authentication.models import User


@dataclass(frozen=True, slots=True)
class Answered:
    """One item of an attempt: whether it was right, where the chosen option stood (from 0), and its marks."""

    correct: bool
    selected_index: int | None
    score: Decimal


@dataclass(frozen=True, slots=True)
class SectionOutcome:
    """The marks of a section. ``questions`` is empty where the review is closed."""

    part: Part
    section_type: str
    questions: dict[str, Answered]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The marks of an attempt, as far as they may be seen."""

    sections: list[SectionOutcome]
    estimate: profiles.Estimate | None
    pass_mark: int | None
    total: Decimal

    @property
    def items(self) -> int:
        return sum(section.part.items for section in self.sections)

    @property
    def correct(self) -> int:
        return sum(section.part.correct for section in self.sections)


@dataclass(frozen=True, slots=True)
class Submission:
    """An attempt, with its outcome if there is one to be seen; ``events`` are for staff who look at one attempt."""

    attempt: Attempt
    outcome: Outcome | None
    events: Sequence[IntegrityEvent] = field(default=())

    @property
    def resource_type(self) -> str:
        return "quiz" if self.attempt.paper.test.kind == "QUIZ" else "mock_test"

    @property
    def passing_percent(self) -> Decimal | None:
        return earned.passing_percent_of(self.attempt)

    @property
    def passed(self) -> bool | None:
        attempt = self.attempt
        return results.is_passed(attempt.score or Decimal(0), attempt.max_score, self.passing_percent)

    @property
    def percentage(self) -> Decimal | None:
        attempt = self.attempt
        return results.percentage(attempt.score or Decimal(0), attempt.max_score) if self.outcome else None


def submissions_for(
    actor: User, *, exam_assignment_id: uuid.UUID | None = None, homework_assignment_id: uuid.UUID | None = None
) -> QuerySet[Attempt]:
    """The attempts ``actor`` may see, with what a submission tells of room and paper, newest first. Practice is no
    submission."""
    found = queries.list_attempts_for(actor, exam_assignment_id=exam_assignment_id).filter(is_practice=False)
    if homework_assignment_id:
        found = found.filter(assignment__item__homework=homework_assignment_id)
    return with_paper(found)


def with_paper(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """Attempts with what a submission tells of room and paper."""
    rooms = ("assignment__mock_test", "assignment__item", "assignment__practice_item")
    return attempts.select_related(*rooms, "student", "paper__test").defer("paper__content")


def describe(actor: User, attempts: Iterable[Attempt]) -> list[Submission]:
    """These attempts (``submissions_for``) with their outcomes. Staff see every item, others the parts."""
    attempts = list(attempts)
    outcomes = _outcomes(actor, attempts, with_items=actor.is_center_staff)
    return [Submission(attempt, outcomes.get(attempt.pk)) for attempt in attempts]


def get_submission_for(actor: User, attempt_id: uuid.UUID) -> Submission:
    """One of them with everything that ``actor`` may see of it; refuses any other id."""
    attempt = with_paper(queries.list_attempts_for(actor)).filter(pk=attempt_id).first()
    if attempt is None:
        raise errors.AttemptNotFound
    outcome = _outcomes(actor, [attempt], with_items=visibility.is_key_open(actor, attempt)).get(attempt.pk)
    return Submission(attempt, outcome, list(queries.events_of(actor, attempt)))


def get_own_result(actor: User, assignment_id: uuid.UUID) -> Submission:
    """The attempt of ``actor`` that counts in a room, as the room says. Refuses a room in which they have no marks, and
    marks that are not released."""
    attempt = counting.find_counting(assignment_id=assignment_id, student_id=actor.pk)
    if attempt is None:
        raise errors.AttemptNotFound
    if not visibility.are_marks_visible(actor, attempt):
        raise errors.ResultNotReleased
    return get_submission_for(actor, attempt.pk)


def find_released(*, student_id: uuid.UUID, assignment_id: uuid.UUID) -> Attempt | None:
    """The attempt of a student that counts in a room, with the room, if that student may see its marks."""
    attempt = counting.find_counting(assignment_id=assignment_id, student_id=student_id)
    return attempt if attempt and visibility.are_results_shown(attempt.assignment) else None


def find_released_attempt(*, attempt_id: uuid.UUID) -> Attempt | None:
    """A marked attempt with its room, if its student may see the marks."""
    marked = Attempt.objects.filter(pk=attempt_id, status=Attempt.Status.GRADED).select_related("assignment")
    attempt = marked.first()
    return attempt if attempt and visibility.are_results_shown(attempt.assignment) else None


def _outcomes(actor: User, attempts: Iterable[Attempt], *, with_items: bool) -> dict[uuid.UUID, Outcome]:
    graded = [attempt for attempt in attempts if attempt.status == Attempt.Status.GRADED]
    shown_marks = visibility.marks_visible_to(actor, graded)
    visible = [attempt for attempt in graded if attempt.pk in shown_marks]
    parts = earned.list_parts(attempt.pk for attempt in visible) if visible else {}
    marks = _marks(visible) if with_items else {}
    sheets = _sheets(visible) if with_items else {}
    return {
        attempt.pk: _outcome(attempt, parts[attempt.pk], marks.get(attempt.pk, {}), sheets.get(attempt.pk, {}))
        for attempt in visible
    }


def _marks(attempts: list[Attempt]) -> dict[uuid.UUID, dict[str, ItemMark]]:
    found: dict[uuid.UUID, dict[str, ItemMark]] = {attempt.pk: {} for attempt in attempts}
    for mark in ItemMark.objects.filter(attempt__in=list(found)):
        found[mark.attempt_id][str(mark.question_id)] = mark
    return found


def _sheets(attempts: list[Attempt]) -> dict[uuid.UUID, dict[str, Any]]:
    sheets = AnswerSheet.objects.filter(attempt__in=[attempt.pk for attempt in attempts])
    return dict(sheets.values_list("attempt_id", "answers"))


def _outcome(attempt: Attempt, parts: list[Part], marks: dict[str, ItemMark], answers: dict[str, Any]) -> Outcome:
    types: dict[str, str] = {}
    answered: dict[str, dict[str, Answered]] = {}
    for section, question in shown.questions_of(queries.render_paper(attempt, sign=str)):
        types[section["id"]] = section["section_type"]
        name = question["id"]
        if mark := marks.get(name):
            place = shown.place_of(question, answers.get(name))
            is_right = mark.outcome == ItemMark.Outcome.CORRECT
            answered.setdefault(section["id"], {})[name] = Answered(is_right, place, mark.marks)
    profile = exam_profiles.profile_of(attempt.paper)
    estimate = earned.estimate_of(profile, parts)
    return Outcome(
        sections=[
            SectionOutcome(part, types.get(part.id, ""), answered.get(part.id, {}))
            for part in parts
            if part.kind == "section"
        ],
        estimate=estimate,
        pass_mark=profile.pass_score,
        total=Decimal(estimate.total) if estimate else attempt.score or Decimal(0),
    )


def mark_meanwhile(attempt: Attempt, given: Mapping[str, object], *, at: datetime) -> Submission:
    """What a running attempt would earn with these answers beside those that are saved; where sections or questions are
    timed, with those to the present one. Nothing is written down."""
    paper = queries.render_paper(attempt, sign=str)
    open_now = {question["id"] for _, question in shown.questions_of(queries.render_paper(attempt, sign=str, at=at))}
    key = papers.get_key(paper_id=attempt.paper_id)
    specs = papers.item_specs(paper_id=attempt.paper_id)
    saved = queries.answer_state(attempt).answers
    sections = []
    for section in paper["sections"]:
        answered: dict[str, Answered] = {}
        outcomes = []
        for _, question in shown.questions_of({"sections": [section]}):
            name = question["id"]
            response = saved.get(name)
            if name in given and name in open_now and uuid.UUID(name) not in attempt.finals:
                with suppress(ValueError, RecursionError):  # what is no answer earns nothing more than what is saved
                    meant = shown.read_response(question, given[name])
                    response = items.check_response(specs[uuid.UUID(name)], meant)
            item = key[uuid.UUID(name)]
            mark = items.grade_item(item, response)
            outcomes.append((mark, Decimal(item["score"])))
            place = shown.place_of(question, response)
            answered[name] = Answered(mark.outcome == ItemMark.Outcome.CORRECT, place, mark.marks)
        part = Part(
            kind="section",
            id=section["id"],
            name=section["name"],
            score=sum((mark.marks for mark, _ in outcomes), Decimal(0)),
            max_score=sum((score for _, score in outcomes), Decimal(0)),
            items=len(outcomes),
            correct=sum(mark.outcome == ItemMark.Outcome.CORRECT for mark, _ in outcomes),
            blank=sum(mark.outcome == ItemMark.Outcome.BLANK for mark, _ in outcomes),
        )
        sections.append(SectionOutcome(part, section["section_type"], answered))
    attempt.score = sum((section.part.score for section in sections), Decimal(0))
    return Submission(attempt, Outcome(sections=sections, estimate=None, pass_mark=None, total=attempt.score))

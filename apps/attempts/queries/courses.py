"""The steps that a sitting in a room has, from what the room and its paper say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.assignments import rules as room_rules
from apps.attempts.rules import course, shown
from apps.mock_tests import queries as papers
from apps.mock_tests.rules.papers.quizzes import PAUSE_SECONDS

if TYPE_CHECKING:
    from apps.assignments.models import ExamAssignment


def steps_in(*, room: ExamAssignment, seed: int = 0, may_check: bool | None = None) -> list[dict[str, Any]]:
    """The steps of an attempt with this seed: the questions of a quiz, the sections of any other paper; none, where the
    paper is open as a whole. Where answers of a quiz may be checked, there is a break after each to read what was right;
    what is not said about that (``may_check``) is asked of the homework."""
    if not room.is_sectioned:
        return []
    if papers.quiz_rules(paper_id=room.paper_id) is None:
        return course.draw(parts_of(room), room.breaks)
    paper = papers.render_paper(
        paper_id=room.paper_id,
        seed=seed,
        shuffle_questions=room.shuffle_questions,
        shuffle_options=False,
        sign=str,
    )
    asked = [
        course.Asked(
            id=question["id"],
            section=section["id"],
            name=f"Question {question['question_number'] or place}",
            type=section["section_type"],
            seconds=question["seconds"],
        )
        for place, (section, question) in enumerate(shown.questions_of(paper), start=1)
    ]
    checks = _may_check(room) if may_check is None else may_check
    return course.draw_questions(asked, pause=PAUSE_SECONDS if checks else 0)


def parts_of(room: ExamAssignment) -> list[course.Part]:
    """The sections of a room's paper."""
    return [course.Part(*part) for part in papers.section_times(paper_id=room.paper_id)]


def _may_check(room: ExamAssignment) -> bool:
    item = None if room.kind == room_rules.EXAM else getattr(room, "item", None) or getattr(room, "practice_item", None)
    return item is not None and room_rules.may_check(item.homework.checking, is_quiz=True)

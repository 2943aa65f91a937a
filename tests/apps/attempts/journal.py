"""Lines of the journal, written as a save would, without its checks; and what the small test's answers are called."""

from __future__ import annotations

import itertools
import uuid
from typing import Any

from django.db.models.functions import Now

from apps.attempts.models import AnswerEntry, Attempt
from apps.mock_tests import queries as papers

_seq = itertools.count(1)


def write(attempt: Attempt, question: str, response: Any, *, epoch: int = 1, seq: int = 0) -> AnswerEntry:
    """Append a line; ``question`` by its text in the small test, options by theirs."""
    question_id, options = _questions(attempt)[question]
    return AnswerEntry.objects.create(
        attempt=attempt,
        epoch=epoch,
        seq=seq or next(_seq),
        question_id=question_id,
        response=_named(response, options),
        received_at=Now(),
    )


def question_id(attempt: Attempt, question: str) -> uuid.UUID:
    return _questions(attempt)[question][0]


def option_id(attempt: Attempt, question: str, option: str) -> str:
    return _questions(attempt)[question][1][option]


def _named(response: Any, options: dict[str, str]) -> Any:
    if isinstance(response, list):
        return [options.get(name, name) for name in response]
    return options.get(response, response) if isinstance(response, str) else response


def _questions(attempt: Attempt) -> dict[str, tuple[uuid.UUID, dict[str, str]]]:
    return questions_of(attempt.paper_id)


def questions_of(paper_id: uuid.UUID) -> dict[str, tuple[uuid.UUID, dict[str, str]]]:
    """The id of each question and those of its options, by their texts."""
    content = papers.render_paper(paper_id=paper_id, seed=0, shuffle_questions=False, shuffle_options=False, sign=str)
    return {
        question["text"]: (uuid.UUID(question["id"]), {option["text"]: option["id"] for option in question["options"]})
        for section in content["sections"]
        for group in section["question_groups"]
        for question in group["questions"]
    }

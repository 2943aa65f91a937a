"""Answers to live questions that were refused and kept: looked at by who hosts, marked by nobody."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from apps.attempts.rules import shown
from apps.live import queries
from apps.live.errors import SessionNotFound
from apps.live.models import LateAnswer, QuizSession, Round

if TYPE_CHECKING:
    from apps.authentication.models import User


@dataclass(frozen=True, slots=True)
class ToldRefusal:
    """A refused answer, in the words of the options that it chose; ``late_seconds`` after its question was over, where it
    was late."""

    refused: LateAnswer
    words: list[str]
    late_seconds: float | None


def get_hosted_session(actor: User, session_id: uuid.UUID) -> QuizSession:
    """A session that ``actor`` may host; refuses any other id."""
    session = queries.get_session_for(actor, session_id)
    if not queries.may_host(actor=actor, session=session):
        raise SessionNotFound
    return session


def refused_answers_of(session: QuizSession) -> QuerySet[LateAnswer]:
    """What was refused, with its player, in the order it arrived."""
    return LateAnswer.objects.filter(session=session.pk).select_related("player").order_by("received_at", "pk")


def explain(session: QuizSession, rows: Iterable[LateAnswer]) -> list[ToldRefusal]:
    """Refused answers of one session beside its questions."""
    rounds = {one.number: one for one in queries.list_rounds(session_id=session.pk)}
    questions = queries.questions_of(paper_id=session.paper_id)
    return [
        ToldRefusal(
            refused=row,
            words=shown.words_of(questions[str(rounds[row.number].question_id)], row.response),
            late_seconds=_late(rounds[row.number], row.received_at),
        )
        for row in rows
    ]


def _late(one: Round, at: datetime) -> float | None:
    late = (at - one.closed_at).total_seconds() if one.closed_at is not None else 0.0
    return late if late > 0 else None

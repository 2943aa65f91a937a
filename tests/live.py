"""Live quizzes for tests: Carol hosts, Alice and Bob play."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F

from apps.authentication.models import User
from apps.live import queries
from apps.live.models import Player, QuizSession, Round
from apps.live.operations import answering, hosting, joining, moves
from apps.mock_tests.models import MockTest, TestSection
from apps.mock_tests.operations import authoring
from apps.mock_tests.queries import get_key
from apps.mock_tests.rules.types.base import Given, Truth
from tests.cast import Cast
from tests.factories import RIVER, SUM, VERBS, publish

CANARY = "canary-explanation"
STATEMENT = {
    "type": "true_false",
    "text": "fish swim",
    "score": Decimal("1.5"),
    "explanation": CANARY,
    "given": Given(truth=Truth(True)),
}
QUESTIONS = [{**RIVER, "explanation": CANARY}, {**VERBS, "explanation": CANARY}, STATEMENT, SUM]


def make_quiz(cast: Cast, questions: list[dict[str, Any]] | None = None) -> MockTest:
    """A published test of Carol's: an option of three (1 mark), several of three (2), a statement (1.5), and a number,
    which cannot be asked live."""
    test = authoring.create_test(actor=cast.carol, changes={"title": "Rivers", "level": ""})
    section = authoring.create_section(actor=cast.carol, test_id=test.pk, changes={"name": "Part 1", "duration": 30})
    group = authoring.create_group(actor=cast.carol, section_id=TestSection.objects.get(pk=section.pk).pk, changes={})
    for question in QUESTIONS if questions is None else questions:
        authoring.create_question(actor=cast.carol, group_id=group.pk, changes=question)
    publish(cast, test)
    return test


def open_quiz(cast: Cast, *players: User, test: MockTest | None = None, **fields: Any) -> QuizSession:
    """A session of Carol's that these have joined."""
    session = hosting.open_session(actor=cast.carol, mock_test_id=(test or make_quiz(cast)).pk, **fields)
    for player in players:
        joining.join(actor=player, code=session.code)
    return session


def options_of(session: QuizSession, number: int) -> dict[str, str]:
    """The options of a question, by their texts."""
    one = Round.objects.get(session=session, number=number)
    question = queries.questions_of(paper_id=session.paper_id)[str(one.question_id)]
    return {option["text"]: option["id"] for option in question["options"]}


def key_of(session: QuizSession, number: int) -> dict[str, Any]:
    one = Round.objects.get(session=session, number=number)
    return dict(get_key(paper_id=session.paper_id)[one.question_id])


def answer(session: QuizSession, player: User, response: Any, *, number: int = 1, seq: int = 1) -> None:
    answering.answer(actor=player, session_id=session.pk, number=number, seq=seq, response=response)


def ask(cast: Cast, session: QuizSession) -> QuizSession:
    return moves.next_question(actor=cast.carol, session_id=session.pk)


def close(cast: Cast, session: QuizSession) -> QuizSession:
    """Lock and reveal."""
    moves.lock(actor=cast.carol, session_id=session.pk)
    return moves.reveal(actor=cast.carol, session_id=session.pk)


def pass_time(session: QuizSession, seconds: float) -> None:
    """As if the present question had been asked so much earlier."""
    earlier = timedelta(seconds=seconds)
    QuizSession.objects.filter(pk=session.pk).update(
        opened_at=F("opened_at") - earlier, closes_at=F("closes_at") - earlier
    )
    Round.objects.filter(session=session, opened_at__isnull=False).update(opened_at=F("opened_at") - earlier)


def scores(session: QuizSession) -> dict[str, Decimal]:
    return {
        player.user.first_name: player.score for player in Player.objects.filter(session=session).select_related("user")
    }


def fresh(session: QuizSession) -> QuizSession:
    return QuizSession.objects.get(pk=session.pk)


def unknown() -> uuid.UUID:
    return uuid.uuid4()

"""Opening a session: which questions, for how long, for how much, for whom."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from apps.audit import operations as audit
from apps.authentication import queries as people
from apps.centers.queries import centers
from apps.core import bus, clock, constraints
from apps.live import errors, queries, rules
from apps.live.events import SessionOutlived
from apps.live.models import QuizSession, Round
from apps.mock_tests import queries as papers

if TYPE_CHECKING:
    from apps.authentication.models import User

USUAL_SECONDS = 20
USUAL_POINTS = Decimal(1000)
_TRIES = 5
_ONE_CODE = "one_running_quiz_per_code"


def open_session(
    *,
    actor: User,
    mock_test_id: uuid.UUID,
    title: str = "",
    seconds: int | None = None,
    points: Decimal | None = USUAL_POINTS,
    guest_ids: Iterable[uuid.UUID] = (),
    **policies: object,
) -> QuizSession:
    """A session of the newest paper of a published test or quiz, in its lobby, with a code of its own.

    Asked are its questions with options and its statements; each takes ``seconds``, or its own time, and is worth
    ``points``, or, with none, its marks. ``policies`` are fields of the session: ``bonus``, ``answer_policy``,
    ``board_policy``, ``guests``, ``may_join_late``, ``gives_more_time``. It ends by itself after ``rules.LONGEST``. Refuses
    in a suspended center; an unknown test, one that is not published, one without such questions or with more than 200;
    and named guests who are none.
    """
    centers.check_not_suspended()
    paper = papers.get_published_paper(test_id=mock_test_id)
    asked = queries.questions_of(paper_id=paper.pk)
    if not asked:
        raise errors.NothingToAsk
    if len(asked) > rules.MOST_QUESTIONS:
        raise errors.TooManyQuestions
    quiz = papers.quiz_rules(paper_id=paper.pk)
    usual = quiz.default_question_seconds if quiz else USUAL_SECONDS
    planned = rules.plan(asked, seconds=seconds, points=points, usual_seconds=usual)
    named = _guests(guest_ids)
    with transaction.atomic():
        session = _make(
            paper=paper,
            title=title or paper.title,
            host=actor,
            question_count=len(planned),
            named_guests=named,
            **policies,
        )
        Round.objects.bulk_create(
            Round(session=session, number=number, question_id=one.question_id, seconds=one.seconds, points=one.points)
            for number, one in enumerate(planned, 1)
        )
        bus.publish(SessionOutlived(session_id=session.pk), due_at=clock.now() + rules.LONGEST)
        audit.record(action="quiz.opened", subject="quiz", subject_id=session.pk, name=session.title)
    return session


def _make(**fields: object) -> QuizSession:
    """With a code that no running session has; the constraint decides."""
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                return QuizSession.objects.create(code=rules.fresh_code(), **fields)
        except IntegrityError as error:
            if attempt == _TRIES - 1 or constraints.broken_by(error) != _ONE_CODE:
                raise
    raise AssertionError("The last try returns or raises.")


def _guests(guest_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    wanted = set(guest_ids)
    found = (
        set(people.list_people(role="GUEST").filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    )
    if found != wanted:
        raise errors.UnknownGuests
    return sorted(found)

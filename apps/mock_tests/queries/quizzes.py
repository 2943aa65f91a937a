"""Quizzes, as authors see them and as takers hear of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from apps.mock_tests import queries
from apps.mock_tests.errors import PartNotFound, TestNotFound
from apps.mock_tests.models import MockTest, Question

if TYPE_CHECKING:
    from apps.authentication.models import User


def quizzes_for(actor: User) -> QuerySet[MockTest]:
    """The quizzes ``actor`` may see as authors do: staff all of the center, others none."""
    return queries.written_for(actor, kind=MockTest.Kind.QUIZ)


def list_quizzes_for(
    actor: User, *, search: str = "", status: str = "", is_active: bool | None = None
) -> QuerySet[MockTest]:
    """``quizzes_for`` with settings, author, ``total_score`` and ``question_ids`` in their order, newest first."""
    found = quizzes_for(actor)
    if search:
        found = found.filter(title__icontains=search)
    if status:
        found = found.filter(status=status)
    if is_active is not None:
        found = found.filter(quiz__is_active=is_active)
    mine = Question.objects.filter(group__section__mock_test=OuterRef("pk"))
    total = mine.order_by().values("group__section__mock_test").annotate(n=Sum("score")).values("n")
    return found.select_related("quiz", "created_by").annotate(
        question_ids=ArraySubquery(mine.order_by("group__order", "order", "pk").values("pk")),
        total_score=Coalesce(Subquery(total), 0, output_field=DecimalField()),
    )


def get_quiz_for(actor: User, quiz_id: uuid.UUID) -> MockTest:
    """One of them; refuses any other id."""
    quiz = list_quizzes_for(actor).filter(pk=quiz_id).first()
    if quiz is None:
        raise TestNotFound
    return quiz


def quiz_questions_for(actor: User, *, quiz_id: uuid.UUID | None = None) -> QuerySet[Question]:
    """The questions of the quizzes ``actor`` may see, or of one of them, in their order."""
    quizzes = quizzes_for(actor)
    if quiz_id:
        quizzes = quizzes.filter(pk=quiz_id)
    questions = Question.objects.filter(group__section__mock_test__in=quizzes).select_related("group__section")
    return questions.order_by("group__section__mock_test", "group__order", "order", "pk")


def get_quiz_question_for(actor: User, question_id: uuid.UUID) -> Question:
    """One of them; refuses any other id."""
    question = quiz_questions_for(actor).filter(pk=question_id).first()
    if question is None:
        raise PartNotFound
    return question


def published_quizzes(*, among: Iterable[uuid.UUID]) -> QuerySet[MockTest]:
    """Of these the quizzes that are published and active, with their settings and present papers, newest first."""
    found = MockTest.objects.filter(
        kind=MockTest.Kind.QUIZ, deleted_at=None, current_paper__isnull=False, quiz__is_active=True, pk__in=among
    )
    return found.select_related("quiz", "current_paper").defer("current_paper__content")

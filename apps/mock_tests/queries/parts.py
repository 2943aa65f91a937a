"""Tests and their parts, for those who write them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Count, DecimalField, Model, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from apps.mock_tests.errors import PartNotFound, TestNotFound
from apps.mock_tests.models import MockTest, Paper, Question, QuestionGroup, TestSection

if TYPE_CHECKING:
    from apps.authentication.models import User

Row = TypeVar("Row", bound=Model)


def tests_for(actor: User) -> QuerySet[MockTest]:
    """The tests ``actor`` may see: staff all of the center, others none (they get papers with their attempts)."""
    return written_for(actor, kind=MockTest.Kind.MOCK_TEST)


def written_for(actor: User, *, kind: str) -> QuerySet[MockTest]:
    """``tests_for``, or the same of quizzes."""
    if not actor.is_center_staff:
        return MockTest.objects.none()
    return MockTest.objects.filter(deleted_at=None, kind=kind)


def list_tests_for(actor: User, *, search: str = "", level: str = "", status: str = "") -> QuerySet[MockTest]:
    """``tests_for`` with ``total_score``, ``question_count`` and sections that carry theirs."""
    tests = tests_for(actor)
    if search:
        tests = tests.filter(title__icontains=search)
    if level:
        tests = tests.filter(level=level)
    if status:
        tests = tests.filter(status=status)
    return (
        tests.select_related("created_by")
        .annotate(
            total_score=_sum_of_scores("group__section__mock_test"), question_count=_count("group__section__mock_test")
        )
        .prefetch_related(Prefetch("sections", queryset=_with_totals(TestSection.objects.all())))
    )


def get_test_for(actor: User, test_id: uuid.UUID) -> MockTest:
    """One of the tests ``actor`` may see, as ``list_tests_for`` gives it; refuses any other id."""
    test = list_tests_for(actor).filter(pk=test_id).first()
    if test is None:
        raise TestNotFound
    return test


def sections_for(actor: User) -> QuerySet[TestSection]:
    """Sections of the tests ``actor`` may see, with ``total_score`` and ``question_count``."""
    return _with_totals(TestSection.objects.filter(mock_test__in=tests_for(actor)))


def get_section_for(actor: User, section_id: uuid.UUID) -> TestSection:
    """One of these; refuses any other id."""
    return _one(sections_for(actor).filter(pk=section_id))


def groups_for(actor: User) -> QuerySet[QuestionGroup]:
    """Question groups of the tests ``actor`` may see, as they stand in each, with the ids and numbers of their questions."""
    questions = Question.objects.only("id", "group_id", "question_number", "order")
    groups = QuestionGroup.objects.filter(section__mock_test__in=tests_for(actor))
    return groups.order_by("section__mock_test_id", "section__order", "section_id", "order", "id").prefetch_related(
        Prefetch("questions", queryset=questions)
    )


def get_group_for(actor: User, group_id: uuid.UUID) -> QuestionGroup:
    """One of these; refuses any other id."""
    return _one(groups_for(actor).filter(pk=group_id))


def questions_for(actor: User) -> QuerySet[Question]:
    """Questions of the tests ``actor`` may see, as they stand in each."""
    questions = Question.objects.filter(group__section__mock_test__in=tests_for(actor))
    return questions.select_related("group", "bank_version").order_by(
        "group__section__mock_test_id",
        "group__section__order",
        "group__section_id",
        "group__order",
        "group_id",
        "order",
        "id",
    )


def get_question_for(actor: User, question_id: uuid.UUID) -> Question:
    """One of these; refuses any other id."""
    return _one(questions_for(actor).filter(pk=question_id))


def papers_for(actor: User, test_id: uuid.UUID) -> QuerySet[Paper]:
    """The editions of a test ``actor`` may see, newest first, without their content; refuses any other id."""
    if not tests_for(actor).filter(pk=test_id).exists():
        raise TestNotFound
    return Paper.objects.filter(test_id=test_id).defer("content").select_related("test").order_by("-number")


def count_tests() -> int:
    """How many tests are published."""
    return MockTest.objects.filter(status=MockTest.Status.PUBLISHED, deleted_at=None).order_by().count()


def _one(rows: QuerySet[Row]) -> Row:
    row = rows.first()
    if row is None:
        raise PartNotFound
    return row


def _with_totals(sections: QuerySet[TestSection]) -> QuerySet[TestSection]:
    return sections.annotate(total_score=_sum_of_scores("group__section"), question_count=_count("group__section"))


def _sum_of_scores(owner: str) -> Coalesce:
    of_owner = Question.objects.filter(**{owner: OuterRef("pk")}).order_by().values(owner)
    return Coalesce(Subquery(of_owner.annotate(n=Sum("score")).values("n")), 0, output_field=DecimalField())


def _count(owner: str) -> Coalesce:
    of_owner = Question.objects.filter(**{owner: OuterRef("pk")}).order_by().values(owner)
    return Coalesce(Subquery(of_owner.annotate(n=Count("pk")).values("n")), 0)

"""Where questions of the bank are used, and how often they were seen."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import QuerySet

from apps.mock_tests.models import PaperItem, Question
from apps.mock_tests.queries.bank import questions as bank

if TYPE_CHECKING:
    from apps.authentication.models import User


@dataclass(frozen=True, slots=True)
class Use:
    """How often one question is used: tests that have it now, papers that hold it, attempts that saw it."""

    tests: int = 0
    papers: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class InTest:
    """A test that has a copy of the question now."""

    test_id: uuid.UUID
    title: str
    status: str
    question_id: uuid.UUID
    version: int


@dataclass(frozen=True, slots=True)
class InPaper:
    """A paper that holds a version of the question, for good."""

    paper_id: uuid.UUID
    test_id: uuid.UUID
    title: str
    number: int
    published_at: datetime
    question_id: uuid.UUID
    version: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Usage:
    tests: list[InTest]
    papers: list[InPaper]

    @property
    def attempts(self) -> int:
        return sum(paper.attempts for paper in self.papers)


def usage_for(actor: User, question_id: uuid.UUID) -> Usage:
    """In which tests and papers a question is, and how many graded attempts saw it there, as they were last counted; refuses
    an unknown id."""
    bank.get_question_for(actor, question_id)
    with connection.cursor() as cursor:
        cursor.execute(_PAPERS, [question_id])
        papers = [InPaper(*row) for row in cursor.fetchall()]
    tests = [InTest(*row) for row in _in_tests(question_id)]
    return Usage(tests, papers)


def count_uses(*, question_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Use]:
    """The use of each of these questions, of all in one statement; those that nobody uses are not named."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"questions": list(question_ids)})
        return {row[0]: Use(*row[1:]) for row in cursor.fetchall()}


def papers_from_bank(*, paper_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these papers that hold questions of the bank."""
    items = PaperItem.objects.filter(paper_id__in=paper_ids, bank_version__isnull=False)
    return set(items.order_by().values_list("paper_id", flat=True).distinct())


def _in_tests(question_id: uuid.UUID) -> QuerySet[Question, tuple[uuid.UUID, str, str, uuid.UUID, int]]:
    test = "group__section__mock_test"
    copies = Question.objects.filter(bank_version__question=question_id, **{f"{test}__deleted_at": None})
    return copies.order_by(f"{test}__title", "pk").values_list(
        test, f"{test}__title", f"{test}__status", "pk", "bank_version__number"
    )


_PAPERS = """
SELECT paper.id, paper.test_id, paper.title, paper.number, paper.published_at, item.question_id, version.number,
       COALESCE(figures.seen, 0)
FROM mock_tests_bankversion version
JOIN mock_tests_paperitem item ON item.bank_version = version.id
JOIN mock_tests_paper paper ON paper.id = item.paper_id
LEFT JOIN mock_tests_bankfigures figures ON figures.paper_id = paper.id AND figures.item = item.question_id
WHERE version.question_id = %s ORDER BY paper.published_at DESC, paper.id, item.number
"""
_COUNTS = """
SELECT version.question_id,
       COALESCE(sum(tests.count), 0)::int, COALESCE(sum(papers.count), 0)::int, COALESCE(sum(papers.seen), 0)::int
FROM mock_tests_bankversion version
CROSS JOIN LATERAL (
    SELECT count(DISTINCT test.id) AS count FROM mock_tests_question copy
    JOIN mock_tests_questiongroup part ON part.id = copy.group_id
    JOIN mock_tests_testsection section ON section.id = part.section_id
    JOIN mock_tests_mocktest test ON test.id = section.mock_test_id AND test.deleted_at IS NULL
    WHERE copy.bank_version_id = version.id
) tests
CROSS JOIN LATERAL (
    SELECT count(*) AS count, sum(figures.seen) AS seen FROM mock_tests_paperitem item
    LEFT JOIN mock_tests_bankfigures figures ON figures.paper_id = item.paper_id AND figures.item = item.question_id
    WHERE item.bank_version = version.id
) papers
WHERE version.question_id = ANY(%(questions)s)
GROUP BY version.question_id HAVING sum(tests.count) + sum(papers.count) > 0
"""

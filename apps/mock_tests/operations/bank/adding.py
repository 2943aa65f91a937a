"""Questions from files into the bank: what is there already is skipped and named."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.db import connection, transaction

from apps.audit import operations as audit
from apps.centers.queries import centers
from apps.core import tenancy
from apps.mock_tests.models import BankQuestion, BankVersion
from apps.mock_tests.operations.bank import topics
from apps.mock_tests.operations.bank.questions import tidy_tags
from apps.mock_tests.operations.bank.versions import next_version, store
from apps.mock_tests.operations.exchange.rows import AT_ONCE, question_of
from apps.mock_tests.operations.files.stored import stored_files
from apps.mock_tests.queries.bank import questions as queries
from apps.mock_tests.rules.bank import questions as rules
from apps.mock_tests.rules.exchange.draft import DraftGroup, DraftQuestion, DraftSection, DraftTest
from apps.mock_tests.rules.exchange.reading import Step, no_step

if TYPE_CHECKING:
    from apps.authentication.models import User


@dataclass(frozen=True, slots=True)
class Skipped:
    """A drafted question that says what one of the bank says already, ``known``."""

    draft: DraftQuestion
    known: uuid.UUID


@dataclass(frozen=True, slots=True)
class Added:
    """What became of drafted questions, in their order."""

    created: list[BankQuestion]
    skipped: list[Skipped]


def add_questions(
    *,
    actor: User,
    drafts: Sequence[DraftQuestion],
    topic: uuid.UUID | None = None,
    difficulty: str = "",
    exam_type: str = "",
    language: str = "",
    tags: Iterable[str] = (),
    note: str = "",
    files_step: Step = no_step,
    step: Step = no_step,
) -> Added:
    """Put drafted questions into the bank with their pictures and recordings, all of them or none. What is there already,
    by content, or stands twice among them, is skipped and named. Topics that drafts name (``Grammar / Particles``) are
    found or made below ``topic``. Refuses damaged files with the place of their question, and an unknown ``topic``. The
    steps are told how many files and how many questions are done."""
    whole = DraftTest("", sections=(DraftSection("", groups=(DraftGroup(questions=tuple(drafts)),)),))
    with stored_files(draft=whole, actor=actor, step=files_step) as stored, transaction.atomic():
        _one_after_the_other()
        shelf = stored.keep()
        total = 3 * len(drafts)
        rows, hashes = [], []
        for number, draft in enumerate(drafts, 1):
            rows.append(question_of(group=cast(Any, None), draft=draft, order=0, number=number, shelf=shelf))
            hashes.append(rules.content_hash(rules.wording_of(rows[-1])))
            if number % AT_ONCE == 0:
                step(number, total)
        known = queries.known_content(hashes=hashes)
        filed_under = topics.find_or_make(actor=actor, names={draft.topic for draft in drafts}, below=topic)
        review = centers.question_review()
        created: list[tuple[BankQuestion, BankVersion]] = []
        skipped: list[Skipped] = []
        for number, (draft, row, digest) in enumerate(zip(drafts, rows, hashes, strict=True), 1):
            if number % AT_ONCE == 0:
                step(len(drafts) + number, total)
            if digest in known:
                skipped.append(Skipped(draft, known[digest]))
                continue
            question = BankQuestion(id=uuid.uuid4(), created_by_id=actor.pk, topic=filed_under[draft.topic])
            question.difficulty = draft.difficulty or difficulty
            question.exam_type, question.language = exam_type, language
            question.tags = tidy_tags(tags=[*draft.tags, *tags])
            known[digest] = question.pk
            created.append(
                (question, next_version(said=row, question=question, number=1, actor=actor, note=note, review=review))
            )
        for place in range(0, len(created), AT_ONCE):
            store(rows=created[place : place + AT_ONCE])
            step(2 * len(drafts) + place, total)
        if created:
            after = {"count": len(created)}
            audit.record(action="question.imported", subject="question", subject_id="", name=note, after=after)
    return Added([question for question, _ in created], skipped)


def _one_after_the_other() -> None:
    """Two imports into one bank at once would not know of each other's questions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [tenancy.key("bank", "import")])

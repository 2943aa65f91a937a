"""Versions of questions: what they hold of a question, and how the next one is made and stored."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps.mock_tests.models import BankQuestion, BankVersion, Question
from apps.mock_tests.rules.bank import questions as rules
from apps.mock_tests.rules.texts.richtext import without_control_characters

if TYPE_CHECKING:
    from apps.authentication.models import User

COPIED = (
    *("type", "name", "text", "content", "key", "score", "has_own_score", "wrong_share", "shuffle", "explanation"),
    *("image", "audio"),
)
HELD = (*COPIED[:-2], "image_id", "audio_id")

LONGEST_NOTE = 300
DRAFT, APPROVED = BankQuestion.State.DRAFT, BankQuestion.State.APPROVED


def copy_of(*, version: BankVersion) -> Question:
    """A question that says what a version says and knows it; of no group, not saved."""
    return Question(bank_version=version, **{name: getattr(version, name) for name in HELD})


def next_version(
    *, said: Question, question: BankQuestion, number: int, actor: User, note: str, review: str
) -> BankVersion:
    """The next version of a question, not saved; the question points to it and is searched by it."""
    wording = rules.wording_of(said)
    version = BankVersion(
        id=uuid.uuid4(),
        question=question,
        number=number,
        author_id=actor.pk,
        note=without_control_characters(note).strip()[:LONGEST_NOTE],
        content_hash=rules.content_hash(wording),
        **{name: getattr(said, name) for name in HELD},
    )
    question.current_version = version
    question.type, question.content_hash = version.type, version.content_hash
    question.search_text = without_control_characters(rules.search_text(wording))
    question.sketch = rules.sketch(rules.asked_text(wording))
    if review == "OFF":
        question.state, question.approved_version = APPROVED, version
    else:
        question.state = DRAFT
    return version


def store(*, rows: Sequence[tuple[BankQuestion, BankVersion]]) -> None:
    """Questions and versions point at each other, which PostgreSQL looks at when the transaction ends."""
    BankQuestion.objects.bulk_create([question for question, _ in rows], batch_size=500)
    BankVersion.objects.bulk_create([version for _, version in rows], batch_size=500)

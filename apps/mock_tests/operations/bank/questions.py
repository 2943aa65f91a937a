"""Questions of the bank by hand: written, changed as new versions, and put out of sight."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.centers.queries import centers
from apps.mock_tests.errors import BankQuestionNotFound, EditedMeanwhile, NotYourQuestion, QuestionRetired
from apps.mock_tests.models import BankQuestion, BankVersion, Question
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.authoring.checking import Changes
from apps.mock_tests.operations.authoring.questions import PARTS_OF_ANSWERS
from apps.mock_tests.operations.bank import topics
from apps.mock_tests.operations.bank.versions import copy_of, next_version, store
from apps.mock_tests.queries.bank import questions as queries
from apps.mock_tests.rules.bank import questions as rules
from apps.mock_tests.rules.types.base import Given

if TYPE_CHECKING:
    from apps.authentication.models import User

FILED = frozenset({"topic_id", "difficulty", "exam_type", "language", "tags"})
"""How a question is filed: of no version, so changing it makes none."""
SAID = frozenset(
    {"type", "name", "text", "score", "wrong_share", "shuffle", "explanation", "image_id", "audio_id", "given"}
)
SAID |= PARTS_OF_ANSWERS
"""What a version holds, as authors change it."""


def create_question(*, actor: User, changes: Changes, note: str = "") -> BankQuestion:
    """Write a question into the bank, its first version. Refuses answers that do not fit its type, with every reason, and a
    topic that is unknown or not active."""
    with transaction.atomic():
        said, filed = _apart(changes)
        scratch = Question(has_own_score=False)
        _set_score(scratch, said)
        given = authoring.put_together(present=Given(), changes=said)
        authoring.write_question(question=scratch, changes={"given": Given(), **given})
        question = BankQuestion(id=uuid.uuid4(), created_by_id=actor.pk)
        _file(question, filed)
        version = next_version(
            said=scratch, question=question, number=1, actor=actor, note=note, review=centers.question_review()
        )
        store(rows=[(question, version)])
        audit.record(action="question.created", subject="question", subject_id=question.pk, name=version.name)
    return question


def edit_question(
    *, actor: User, question_id: uuid.UUID, changes: Changes, note: str = "", expected: int | None = None
) -> BankQuestion:
    """Change a question. Whatever it says anew becomes its next version, with author and note; how it is filed changes in
    place. Where the center reviews, the new version waits for its own approval, and tests go on taking the approved one.

    Refuses the question of a colleague, a retired one, and answers that do not fit the type; with ``expected``, the number
    of the version that was read, also a question that has been changed since."""
    with transaction.atomic():
        question = question_to_change(actor=actor, question_id=question_id)
        present = _current(question)
        if expected is not None and expected != present.number:
            raise EditedMeanwhile(revision=present.number)
        if question.state == BankQuestion.State.RETIRED:
            raise QuestionRetired
        said, filed = _apart(changes)
        _file(question, filed)
        if said:
            scratch = copy_of(version=present)
            _set_score(scratch, said)
            authoring.rewrite_question(question=scratch, changes=said)
            if rules.wording_of(scratch) != rules.wording_of(present):
                review = centers.question_review()
                version = next_version(
                    said=scratch, question=question, number=present.number + 1, actor=actor, note=note, review=review
                )
                version.save(force_insert=True)
                after = {"version": version.number}
                audit.record(
                    action="question.edited", subject="question", subject_id=question.pk, name=version.name, after=after
                )
        question.updated_at = Now()
        question.save()
    return question


def delete_question(*, actor: User, question_id: uuid.UUID) -> None:
    """Put a question out of sight. Tests and papers that took it keep their copies. Refuses that of a colleague."""
    with transaction.atomic():
        question = question_to_change(actor=actor, question_id=question_id)
        BankQuestion.objects.filter(pk=question.pk).update(deleted_at=Now())
        name = _current(question).name
        audit.record(action="question.deleted", subject="question", subject_id=question.pk, name=name)


def question_to_change(*, actor: User, question_id: uuid.UUID) -> BankQuestion:
    """A question, its row locked. Teachers change what they wrote, administrators everything; refuses all others."""
    question = lock_question(actor=actor, question_id=question_id)
    if not may_change(actor=actor, question=question):
        raise NotYourQuestion
    return question


def lock_question(*, actor: User, question_id: uuid.UUID) -> BankQuestion:
    """A question that ``actor`` may see, its row locked; refuses any other id."""
    locked = queries.questions_for(actor).select_for_update().filter(pk=question_id)
    # Only now: what another edit has written while we waited is seen by the next statement, not by this one.
    if not locked.values_list("pk").first():
        raise BankQuestionNotFound
    return BankQuestion.objects.select_related("current_version", "approved_version").get(pk=question_id)


def may_change(*, actor: User, question: BankQuestion) -> bool:
    """Whether ``actor`` wrote the question or is an administrator."""
    return actor.role == actor.Role.CENTER_ADMIN or question.created_by_id == actor.pk


def _apart(changes: Changes) -> tuple[dict[str, Any], dict[str, Any]]:
    foreign = changes.keys() - FILED - SAID
    if foreign:
        raise TypeError(f"Questions of the bank have no fields {sorted(foreign)} that authors change.")
    said = {name: value for name, value in changes.items() if name in SAID}
    return said, {name: value for name, value in changes.items() if name in FILED}


def _set_score(scratch: Question, said: dict[str, Any]) -> None:
    """Marks that are given are the question's own; ``None`` leaves them to the exam profile of each test."""
    if "score" in said:
        scratch.has_own_score = said["score"] is not None
    if said.get("score", 1) is None:
        del said["score"]


def _file(question: BankQuestion, filed: Changes) -> None:
    for name, value in filed.items():
        setattr(question, name, tidy_tags(tags=value) if name == "tags" else value)
    if filed.get("topic_id"):
        topics.check_topic(topic_id=filed["topic_id"])


def tidy_tags(*, tags: Iterable[str]) -> list[str]:
    """Each tag once, in the order in which they were given."""
    return list(dict.fromkeys(tag for tag in (" ".join(tag.split())[:60] for tag in tags) if tag))


def _current(question: BankQuestion) -> BankVersion:
    assert question.current_version is not None
    return question.current_version

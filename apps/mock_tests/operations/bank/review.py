"""The review of questions of the bank: submit, approve, send back, retire, reopen. Each step is kept with who and why."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.centers.queries import centers
from apps.core.errors import Problem
from apps.mock_tests.errors import BadContent, EditedMeanwhile, NotYourQuestion, OwnApproval, ReviewIsOff, WrongState
from apps.mock_tests.models import BankQuestion, BankReview, BankVersion
from apps.mock_tests.operations.bank.questions import lock_question, may_change
from apps.mock_tests.rules.bank import review as rules
from apps.mock_tests.rules.texts.richtext import without_control_characters

if TYPE_CHECKING:
    from apps.authentication.models import User

LONGEST_COMMENT = 2_000


def take_step(
    *, actor: User, question_id: uuid.UUID, step: str, comment: str = "", expected: int | None = None
) -> BankQuestion:
    """Move a question one step through its review. Authors submit, retire and reopen what they wrote, and may take back what
    they submitted; colleagues approve and send back, with a comment; administrators do all of it. A reopened question
    begins anew as a draft, where nothing is reviewed it can be used at once.

    Refuses steps of review where the center has none, steps that do not lead on from the present state, the question of a
    colleague, sending back without a word, and where the center demands four eyes, approving what one wrote oneself since
    the last approval. With ``expected``, the number of the version that was read, refuses a question that has been changed
    since."""
    with transaction.atomic():
        question = lock_question(actor=actor, question_id=question_id)
        review = centers.question_review()
        own = own_words(actor=actor, questions=[question])
        check_step(
            actor=actor, question=question, step=step, review=review, own=own, comment=comment, expected=expected
        )
        before = question.state
        apply_step(actor=actor, questions=[question], step=step, comment=comment)
        question.refresh_from_db(fields=["state", "approved_version", "updated_at"])
        audit.record(
            action=f"question.{step.lower()}",
            subject="question",
            subject_id=question.pk,
            name=question.current_version.name if question.current_version else "",
            before={"state": before},
            after={"state": question.state},
            reason=comment[:500],
        )
    return question


def own_words(*, actor: User, questions: Collection[BankQuestion]) -> set[uuid.UUID]:
    """Those of the questions of which ``actor`` wrote a version since they were last approved; one statement for all."""
    ids = [question.pk for question in questions]
    since = Q(question__approved_version=None) | Q(number__gt=F("question__approved_version__number"))
    versions = BankVersion.objects.filter(since, question__in=ids, author_id=actor.pk)
    return set(versions.order_by().values_list("question_id", flat=True))


def check_step(
    *,
    actor: User,
    question: BankQuestion,
    step: str,
    review: str,
    own: Collection[uuid.UUID],
    comment: str = "",
    expected: int | None = None,
) -> None:
    """Refuse a step that ``actor`` may not take with a locked question, whose current version is loaded; ``own`` are
    questions with ``own_words``."""
    move = rules.MOVES[step]
    version = question.current_version
    assert version is not None
    if review == "OFF" and move.only_with_review:
        raise ReviewIsOff
    is_own = question.created_by_id == actor.pk
    may = may_change(actor=actor, question=question) or (move.is_judgement and not is_own)
    if not may and not (is_own and step == rules.Step.SENT_BACK):
        raise NotYourQuestion
    if expected is not None and expected != version.number:
        raise EditedMeanwhile(revision=version.number)
    if question.state not in move.states:
        raise WrongState(state=question.state, steps=rules.steps_from(question.state, review=review))
    if move.needs_comment and not comment.strip():
        raise BadContent(problems=[Problem("/comment", "blank", "Say what has to be changed.")])
    if step == rules.Step.APPROVED and review == "FOUR_EYES" and question.pk in own:
        raise OwnApproval


def apply_step(*, actor: User, questions: list[BankQuestion], step: str, comment: str = "") -> None:
    """Take a step with locked questions for which ``check_step`` found nothing against it; one statement per table."""
    state = rules.MOVES[step].leads_to
    changes: dict[str, object] = {"state": state, "updated_at": Now()}
    rows = BankQuestion.objects.filter(pk__in=[question.pk for question in questions])
    if step == rules.Step.REOPENED and centers.question_review() == "OFF":
        changes["state"] = BankQuestion.State.APPROVED
    if changes["state"] == BankQuestion.State.APPROVED:
        changes["approved_version"] = F("current_version")
    rows.update(**changes)
    said = without_control_characters(comment).strip()[:LONGEST_COMMENT]
    BankReview.objects.bulk_create(
        BankReview(question=question, version=question.current_version, step=step, by_id=actor.pk, comment=said)
        for question in questions
    )

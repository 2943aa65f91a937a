"""Questions of the bank in tests: taken into a group, and brought up to date."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.db.models import Max

from apps.centers.queries import centers
from apps.core.errors import Problem
from apps.mock_tests.errors import BadContent
from apps.mock_tests.models import BankVersion, MockTest, Question
from apps.mock_tests.operations.authoring import access, marks
from apps.mock_tests.operations.bank.versions import COPIED, HELD, copy_of
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.queries.bank import questions as queries
from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.bank import questions as rules

if TYPE_CHECKING:
    from apps.authentication.models import User

MOST_AT_ONCE = 1_000


def use_in_group(*, actor: User, group_id: uuid.UUID, question_ids: Sequence[uuid.UUID]) -> list[Question]:
    """Copy questions of the bank to the end of a group, in this order; each copy knows its version. Refuses a group that is
    no draft of theirs, questions that are unknown, that tests may not take, or that the test has already, each with its
    place."""
    with transaction.atomic():
        group = access.group_to_change(actor=actor, group_id=group_id)
        found = {row.pk: row for row in queries.questions_for(actor, ids=question_ids).select_related("topic")}
        review = centers.question_review()
        usable = {pk: queries.usable_version(row, review=review) for pk, row in found.items()}
        taken = set(
            Question.objects.filter(
                group__section__mock_test=group.section.mock_test_id, bank_version__question__in=found
            ).values_list("bank_version__question", flat=True)
        )
        if problems := _against_use(question_ids, usable, taken):
            raise BadContent(problems=problems)
        versions = BankVersion.objects.in_bulk([version for version in usable.values() if version])
        last = Question.objects.filter(group=group).aggregate(last=Max("order"))["last"] or 0
        copies = []
        for order, question_id in enumerate(question_ids, last + 1):
            original = found[question_id]
            copy = copy_of(version=versions[cast(uuid.UUID, usable[question_id])])
            copy.group, copy.order = group, order
            copy.topic = original.topic.name if original.topic else ""
            copy.tags = list(original.tags)
            copies.append(copy)
        Question.objects.bulk_create(copies)
        _follow_profile(group.section.mock_test, copies)
    return copies


def bring_up_to_date(
    *, actor: User, test_id: uuid.UUID, question_ids: Sequence[uuid.UUID] | None = None
) -> list[Question]:
    """Let questions of a draft say what the bank has for tests now: those named, or all. Their places, their numbers, and
    marks that the test gives otherwise than the bank did, stay. Refuses a test that is not a draft of theirs, and questions
    that are not of this test or have nothing newer, each with its place."""
    with transaction.atomic():
        test = access.lock_draft(actor=actor, test_id=test_id)
        behind = {row.question.pk: row for row in queries.outdated_in(actor, test_id) if row.newer}
        if question_ids is not None:
            problems = [
                Problem(
                    f"/question_ids/{place}", "nothing_newer", "The test has no such question with a newer version."
                )
                for place, question_id in enumerate(question_ids)
                if question_id not in behind
            ]
            if problems:
                raise BadContent(problems=problems)
        wanted = [row for pk, row in behind.items() if question_ids is None or pk in set(question_ids)]
        for row in wanted:
            _renew(row.question, cast(BankVersion, row.newer))
        Question.objects.bulk_update([row.question for row in wanted], [*COPIED, "bank_version"])
        _follow_profile(test, [row.question for row in wanted])
    return [row.question for row in wanted]


def _renew(question: Question, newer: BankVersion) -> None:
    """Marks and shuffling are the test's to say: what it says otherwise than the bank did stays."""
    was, old = rules.wording_of(question), rules.wording_of(cast(BankVersion, question.bank_version))
    kept: set[str] = set()
    if was.score != old.score:
        kept |= {"score", "has_own_score"}
    kept |= {name for name in ("wrong_share", "shuffle") if getattr(was, name) != getattr(old, name)}
    for name in HELD:
        if name not in kept:
            setattr(question, name, getattr(newer, name))
    question.bank_version = newer


def _follow_profile(test: MockTest, questions: Sequence[Question]) -> None:
    """Questions without marks of their own get those of the test's exam profile."""
    profile = exam_profiles.find_profile(test.profile) or profiles.CUSTOM
    marks.follow_profile(
        profile=profile, questions=Question.objects.filter(pk__in=[question.pk for question in questions])
    )


def _against_use(
    question_ids: Sequence[uuid.UUID], usable: Mapping[uuid.UUID, uuid.UUID | None], taken: set[uuid.UUID]
) -> list[Problem]:
    problems = []
    seen: set[uuid.UUID] = set()
    for place, question_id in enumerate(question_ids):
        at = f"/question_ids/{place}"
        if question_id not in usable:
            problems.append(Problem(at, "unknown_question", "The bank has no such question."))
        elif usable[question_id] is None:
            problems.append(
                Problem(at, "not_usable", "Tests may not take it: it is retired, or nobody has approved it.")
            )
        elif question_id in taken or question_id in seen:
            problems.append(Problem(at, "already_in_test", "The test has this question already."))
        seen.add(question_id)
    return problems

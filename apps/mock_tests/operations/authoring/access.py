"""The one guarded way to a test that is to be changed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model, QuerySet

from apps.mock_tests import queries
from apps.mock_tests.errors import EditedMeanwhile, NotYours, PartNotFound, TestLocked, TestNotFound
from apps.mock_tests.models import MockTest, Question, QuestionGroup, TestSection

if TYPE_CHECKING:
    from apps.authentication.models import User

Row = TypeVar("Row", bound=Model)


def lock_test(*, actor: User, test_id: uuid.UUID, kind: str = MockTest.Kind.MOCK_TEST) -> MockTest:
    """The test, its row locked. Teachers change what they wrote, administrators everything; refuses all others."""
    test = queries.written_for(actor, kind=kind).select_for_update().filter(pk=test_id).first()
    if test is None:
        raise TestNotFound
    if actor.role != actor.Role.CENTER_ADMIN and test.created_by_id != actor.pk:
        raise NotYours
    return test


def lock_draft(*, actor: User, test_id: uuid.UUID, kind: str = MockTest.Kind.MOCK_TEST) -> MockTest:
    """The same, if it may be changed now: refuses a published test."""
    test = lock_test(actor=actor, test_id=test_id, kind=kind)
    if test.status == MockTest.Status.PUBLISHED:
        raise TestLocked
    return test


def hold_tests(*, test_ids: Iterable[uuid.UUID]) -> None:
    """Lock several tests, as far as they exist, always in the same order: two who need the same ones wait for each other
    instead of both for ever."""
    list(MockTest.objects.select_for_update(of=("self",)).filter(pk__in=set(test_ids)).order_by("pk").values_list("pk"))


def section_to_change(*, actor: User, section_id: uuid.UUID) -> TestSection:
    """A section whose test is a draft of theirs, now locked."""
    return _part(actor, TestSection.objects.filter(pk=section_id), "mock_test")


def group_to_change(*, actor: User, group_id: uuid.UUID) -> QuestionGroup:
    """A question group whose test is a draft of theirs, now locked."""
    return _part(actor, QuestionGroup.objects.filter(pk=group_id), "section__mock_test")


def question_to_change(*, actor: User, question_id: uuid.UUID) -> Question:
    """A question whose test is a draft of theirs, now locked."""
    return _part(actor, Question.objects.filter(pk=question_id), "group__section__mock_test")


def check_revision(*, row: MockTest | TestSection | QuestionGroup | Question, expected: int | None) -> None:
    """Refuses a row that was changed since its reader saw the revision ``expected``; nothing expected, nothing refused. The
    row's test is locked."""
    if expected is not None and expected != row.revision:
        raise EditedMeanwhile(revision=row.revision)


def _part(actor: User, rows: QuerySet[Row], owner: str) -> Row:
    test_id = rows.values_list(owner, flat=True).first()
    if test_id is None:
        raise PartNotFound
    try:
        lock_draft(actor=actor, test_id=test_id)
    except TestNotFound:
        raise PartNotFound from None
    row = rows.first()  # only now: it may have gone while we waited
    if row is None:
        raise PartNotFound
    return row

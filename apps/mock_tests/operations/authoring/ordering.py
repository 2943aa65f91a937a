"""Where the parts of a draft stand: putting them in order, moving them elsewhere in the same test, and copying them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from django.db import transaction
from django.db.models import F, QuerySet

from apps.core.errors import Problem
from apps.mock_tests.errors import BadContent, EditedMeanwhile
from apps.mock_tests.models import MockTest, Question, QuestionGroup, TestSection
from apps.mock_tests.operations.authoring import access, parts

if TYPE_CHECKING:
    from apps.authentication.models import User

Part = TypeVar("Part", TestSection, QuestionGroup, Question)
Whole = MockTest | TestSection | QuestionGroup


def order_sections(*, actor: User, test_id: uuid.UUID, ids: Sequence[uuid.UUID], expected: int | None = None) -> None:
    """Put all sections of a draft into this order. Refuses ids that are not exactly those of its sections now, and a test
    that was changed since the revision ``expected``."""
    with transaction.atomic():
        test = access.lock_draft(actor=actor, test_id=test_id)
        _put_in_order(test, TestSection.objects.filter(mock_test=test), ids, expected)


def order_groups(*, actor: User, section_id: uuid.UUID, ids: Sequence[uuid.UUID], expected: int | None = None) -> None:
    """The same for the groups of a section."""
    with transaction.atomic():
        section = access.section_to_change(actor=actor, section_id=section_id)
        _put_in_order(section, QuestionGroup.objects.filter(section=section), ids, expected)


def order_questions(*, actor: User, group_id: uuid.UUID, ids: Sequence[uuid.UUID], expected: int | None = None) -> None:
    """The same for the questions of a group."""
    with transaction.atomic():
        group = access.group_to_change(actor=actor, group_id=group_id)
        _put_in_order(group, Question.objects.filter(group=group), ids, expected)


def move_group(
    *,
    actor: User,
    group_id: uuid.UUID,
    section_id: uuid.UUID,
    position: int | None = None,
    expected: int | None = None,
) -> None:
    """Move a group to a place (from 1, or the end) in a section of its test. Refuses sections of other tests."""
    with transaction.atomic():
        group = access.group_to_change(actor=actor, group_id=group_id)
        access.check_revision(row=group, expected=expected)
        sections = TestSection.objects.filter(mock_test__sections=group.section_id)
        if not sections.filter(pk=section_id).exists():
            raise _unknown("/section", "The test has no such section.")
        QuestionGroup.objects.filter(pk=group.pk).update(section=section_id)
        _insert(QuestionGroup.objects.filter(section=section_id), group.pk, position)
        TestSection.objects.filter(pk__in={group.section_id, section_id}).update(revision=F("revision") + 1)


def move_question(
    *,
    actor: User,
    question_id: uuid.UUID,
    group_id: uuid.UUID,
    position: int | None = None,
    expected: int | None = None,
) -> None:
    """Move a question to a place (from 1, or the end) in a group of its test. Refuses groups of other tests."""
    with transaction.atomic():
        question = access.question_to_change(actor=actor, question_id=question_id)
        access.check_revision(row=question, expected=expected)
        groups = QuestionGroup.objects.filter(section__mock_test__sections__question_groups=question.group_id)
        if not groups.filter(pk=group_id).exists():
            raise _unknown("/group", "The test has no such question group.")
        Question.objects.filter(pk=question.pk).update(group=group_id)
        _insert(Question.objects.filter(group=group_id), question.pk, position)
        QuestionGroup.objects.filter(pk__in={question.group_id, group_id}).update(revision=F("revision") + 1)


def clone_section(*, actor: User, section_id: uuid.UUID) -> TestSection:
    """Copy a section of a draft with everything in it, to the place behind it."""
    with transaction.atomic():
        section = access.section_to_change(actor=actor, section_id=section_id)
        test_id = section.mock_test_id
        copies = parts.copy_rows(
            rows=TestSection.objects.filter(pk=section.pk), owner="mock_test_id", new_owners={test_id: test_id}
        )
        _copy_groups(QuestionGroup.objects.filter(section=section), copies)
        copy = copies[section.pk]
        siblings = TestSection.objects.filter(mock_test=test_id)
        _insert(siblings, copy, _place(siblings.exclude(pk=copy), section.pk) + 1)
        MockTest.objects.filter(pk=test_id).update(revision=F("revision") + 1)
    return TestSection.objects.get(pk=copy)


def clone_group(*, actor: User, group_id: uuid.UUID) -> QuestionGroup:
    """Copy a question group of a draft with its questions, to the place behind it."""
    with transaction.atomic():
        group = access.group_to_change(actor=actor, group_id=group_id)
        section_id = group.section_id
        copy = _copy_groups(QuestionGroup.objects.filter(pk=group.pk), {section_id: section_id})[group.pk]
        siblings = QuestionGroup.objects.filter(section=section_id)
        _insert(siblings, copy, _place(siblings.exclude(pk=copy), group.pk) + 1)
        TestSection.objects.filter(pk=section_id).update(revision=F("revision") + 1)
    return QuestionGroup.objects.get(pk=copy)


def _copy_groups(rows: QuerySet[QuestionGroup], sections: dict[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    originals = list(rows.values_list("pk", flat=True))
    copies = parts.copy_rows(rows=rows, owner="section_id", new_owners=sections)
    parts.copy_rows(rows=Question.objects.filter(group__in=originals), owner="group_id", new_owners=copies)
    return copies


def _put_in_order(whole: Whole, rows: QuerySet[Part], ids: Sequence[uuid.UUID], expected: int | None) -> None:
    seen: set[uuid.UUID] = set()
    for place, part in enumerate(ids):
        if part in seen:
            raise BadContent(problems=[Problem(f"/ids/{place}", "repeated", "Each part stands in one place.")])
        seen.add(part)
    access.check_revision(row=whole, expected=expected)
    present = list(rows.values_list("pk", flat=True))
    if seen != set(present):
        raise EditedMeanwhile(present=[str(part) for part in present])
    _number(rows, ids)
    type(whole)._default_manager.filter(pk=whole.pk).update(revision=F("revision") + 1)


def _insert(rows: QuerySet[Part], part: uuid.UUID, position: int | None) -> None:
    """Give a part its place (from 1, at most the end) among its siblings."""
    ids = list(rows.exclude(pk=part).values_list("pk", flat=True))
    ids.insert(len(ids) if position is None else max(position, 1) - 1, part)
    _number(rows, ids)


def _place(rows: QuerySet[Part], part: uuid.UUID) -> int:
    return 1 + list(rows.values_list("pk", flat=True)).index(part)


def _number(rows: QuerySet[Part], ids: Sequence[uuid.UUID]) -> None:
    """One statement, whatever their number."""
    places = {part: place for place, part in enumerate(ids, 1)}
    found = list(rows.only("pk", "order"))
    for row in found:
        row.order = places[row.pk]
    rows.model._default_manager.bulk_update(found, ["order"])


def _unknown(pointer: str, detail: str) -> BadContent:
    return BadContent(problems=[Problem(pointer, "unknown_part", detail)])

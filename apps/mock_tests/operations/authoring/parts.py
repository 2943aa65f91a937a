"""Tests by hand, with their sections and groups."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from django.db import transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.core.errors import Problem
from apps.mock_tests import queries
from apps.mock_tests.errors import BadContent
from apps.mock_tests.models import MockTest, Question, QuestionGroup, TestSection
from apps.mock_tests.operations.authoring import access, marks
from apps.mock_tests.operations.authoring.checking import Changes, checked, set_fields
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.rules import profiles

if TYPE_CHECKING:
    from apps.authentication.models import User

Part = TypeVar("Part", TestSection, QuestionGroup, Question)

TEST_FIELDS = frozenset({"title", "description", "level", "profile"})
SECTION_FIELDS = frozenset({"name", "section_type", "code", "duration", "order"})
GROUP_FIELDS = frozenset(
    {"title", "mondai_number", "instruction", "reading_text", "image_id", "audio_id", "scored_area", "order"}
)


# -- tests ---------------------------------------------------------------------------------------------------------


def create_test(*, actor: User, changes: Changes) -> MockTest:
    """Begin a test. One with a level has the timed sections of its exam at once, ready for questions."""
    with transaction.atomic():
        test = MockTest(created_by_id=actor.pk)
        set_fields(row=test, changes=changes, fields=TEST_FIELDS)
        profile = _settle_profile(test, changes, before="")
        test.save(force_insert=True)
        _lay_out(test, profile)
        audit.record(action="test.created", subject="test", subject_id=test.pk, name=test.title)
    return test


def update_test(*, actor: User, test_id: uuid.UUID, changes: Changes, expected: int | None = None) -> MockTest:
    """Change title, description, level or profile of a draft. Another level brings its sections while there are no
    questions; later the sections stay as they are."""
    with transaction.atomic():
        test = access.lock_draft(actor=actor, test_id=test_id)
        access.check_revision(row=test, expected=expected)
        before = test.profile
        set_fields(row=test, changes=changes, fields=TEST_FIELDS)
        profile = _settle_profile(test, changes, before) if {"level", "profile"} & changes.keys() else None
        test.save(update_fields=[*TEST_FIELDS, "updated_at"])
        if profile and profile.code != before and not Question.objects.filter(group__section__mock_test=test).exists():
            test.sections.all().delete()
            _lay_out(test, profile)
        elif profile and profile.code != before:
            marks.follow_profile(profile=profile, questions=Question.objects.filter(group__section__mock_test=test))
    return test


def delete_test(*, actor: User, test_id: uuid.UUID, expected: int | None = None) -> None:
    """Put a draft out of sight; the papers it once had, and their results, stay."""
    with transaction.atomic():
        test = access.lock_draft(actor=actor, test_id=test_id)
        access.check_revision(row=test, expected=expected)
        MockTest.objects.filter(pk=test.pk).update(deleted_at=Now())
        audit.record(action="test.deleted", subject="test", subject_id=test.pk, name=test.title)


def clone_test(*, actor: User, test_id: uuid.UUID) -> MockTest:
    """A deep copy as a draft of ``actor``'s own. Anybody who sees a test may copy it."""
    with transaction.atomic():
        source = queries.get_test_for(actor, test_id)
        copy = MockTest.objects.create(
            kind=source.kind,
            title=f"{source.title[:190]} (copy)",
            level=source.level,
            description=source.description,
            profile=source.profile,
            created_by_id=actor.pk,
        )
        sections = copy_rows(
            rows=TestSection.objects.filter(mock_test=source), owner="mock_test_id", new_owners={source.pk: copy.pk}
        )
        groups = copy_rows(
            rows=QuestionGroup.objects.filter(section__mock_test=source), owner="section_id", new_owners=sections
        )
        copy_rows(rows=Question.objects.filter(group__section__mock_test=source), owner="group_id", new_owners=groups)
        after = {"copied_from": str(source.pk)}
        audit.record(action="test.created", subject="test", subject_id=copy.pk, name=copy.title, after=after)
    return copy


def _settle_profile(test: MockTest, changes: Changes, before: str) -> profiles.Profile:
    """The profile that was asked for, or the newest of the level. One that is not offered any more may stay."""
    code = changes.get("profile") or profiles.profile_for(test.level).code
    profile = exam_profiles.find_profile(code)
    if profile is None or profile.level not in ("", test.level):
        raise BadContent(problems=[Problem("/profile", "unknown_profile", "There is no such profile for this level.")])
    if code != before and not exam_profiles.is_offered(code):
        detail = f'"{code}" was replaced or retired; new tests follow another profile.'
        raise BadContent(problems=[Problem("/profile", "profile_not_offered", detail)])
    test.profile = profile.code
    return profile


def _lay_out(test: MockTest, profile: profiles.Profile) -> None:
    TestSection.objects.bulk_create(
        TestSection(
            mock_test=test,
            name=part.name,
            section_type=part.section_type,
            code=part.code,
            duration=part.minutes,
            order=position,
        )
        for position, part in enumerate(profiles.sections_for(profile), 1)
    )


def copy_rows(
    *, rows: QuerySet[Part], owner: str, new_owners: Mapping[uuid.UUID, uuid.UUID]
) -> dict[uuid.UUID, uuid.UUID]:
    """Copy rows under new owners; returns the new ids by the old ones."""
    new_ids: dict[uuid.UUID, uuid.UUID] = {}
    made = list(rows)
    for row in made:
        new_ids[row.pk] = uuid.uuid4()
        row.pk = new_ids[row.pk]
        setattr(row, owner, new_owners[getattr(row, owner)])
        row._state.adding = True
    rows.model._default_manager.bulk_create(made)
    return new_ids


# -- sections and groups -------------------------------------------------------------------------------------------


def create_section(*, actor: User, test_id: uuid.UUID, changes: Changes) -> TestSection:
    """Add a section to a draft, at the end unless ``order`` says otherwise."""
    with transaction.atomic():
        test = access.lock_draft(actor=actor, test_id=test_id)
        section = TestSection(mock_test=test, order=next_order(siblings=TestSection.objects.filter(mock_test=test)))
        set_fields(row=section, changes=changes, fields=SECTION_FIELDS)
        section.save(force_insert=True)
    return section


def update_section(*, actor: User, section_id: uuid.UUID, changes: Changes, expected: int | None = None) -> None:
    """Change a section of a draft."""
    with transaction.atomic():
        section = access.section_to_change(actor=actor, section_id=section_id)
        access.check_revision(row=section, expected=expected)
        set_fields(row=section, changes=changes, fields=SECTION_FIELDS)
        section.save(update_fields=list(changes))


def delete_section(*, actor: User, section_id: uuid.UUID, expected: int | None = None) -> None:
    """Remove a section of a draft with its questions."""
    with transaction.atomic():
        section = access.section_to_change(actor=actor, section_id=section_id)
        access.check_revision(row=section, expected=expected)
        section.delete()


def create_group(*, actor: User, section_id: uuid.UUID, changes: Changes) -> QuestionGroup:
    """Add a question group to a section of a draft."""
    with transaction.atomic():
        section = access.section_to_change(actor=actor, section_id=section_id)
        group = QuestionGroup(section=section, order=next_order(siblings=QuestionGroup.objects.filter(section=section)))
        set_fields(row=group, changes=checked(changes=changes), fields=GROUP_FIELDS)
        group.save(force_insert=True)
    return group


def update_group(*, actor: User, group_id: uuid.UUID, changes: Changes, expected: int | None = None) -> None:
    """Change a question group of a draft."""
    with transaction.atomic():
        group = access.group_to_change(actor=actor, group_id=group_id)
        access.check_revision(row=group, expected=expected)
        set_fields(row=group, changes=checked(changes=changes), fields=GROUP_FIELDS)
        group.save(update_fields=list(changes))


def delete_group(*, actor: User, group_id: uuid.UUID, expected: int | None = None) -> None:
    """Remove a question group of a draft with its questions."""
    with transaction.atomic():
        group = access.group_to_change(actor=actor, group_id=group_id)
        access.check_revision(row=group, expected=expected)
        group.delete()


def next_order(*, siblings: QuerySet[Part]) -> int:
    """The place behind all siblings."""
    last: int | None = siblings.aggregate(last=Max("order"))["last"]
    return 1 if last is None else last + 1

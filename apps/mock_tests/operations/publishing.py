from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max, Prefetch

from apps.core import bus
from apps.mock_tests.errors import CannotPublish
from apps.mock_tests.events import TestPublished
from apps.mock_tests.models import MockTest, Paper, PaperItem, PaperKey, Question, QuestionGroup, TestSection
from apps.mock_tests.operations import access
from apps.mock_tests.rules import publishing
from apps.mock_tests.rules.publishing import Edition, GroupSource, QuestionSource, SectionSource, TestSource

if TYPE_CHECKING:
    from apps.authentication.models import User


def publish_test(*, actor: User, test_id: uuid.UUID) -> Paper:
    """Freeze the test as a paper and close it for changes. Publishing a published test, or content that was published
    before, gives the paper there is. Refuses an incomplete test with every reason and its place."""
    with transaction.atomic():
        test = access.lock_test(actor=actor, test_id=test_id)
        if test.current_paper is not None:
            return test.current_paper
        source = _source(test)
        reasons = publishing.reasons_against(source)
        if reasons:
            raise CannotPublish(problems=reasons)
        edition = publishing.build(source)
        paper = test.papers.filter(content_hash=edition.content_hash).first() or _freeze(actor, test, edition)
        test.status, test.current_paper = MockTest.Status.PUBLISHED, paper
        test.save(update_fields=["status", "current_paper", "updated_at"])
        bus.publish(TestPublished(test_id=test.pk, paper_id=paper.pk))
    return paper


def unpublish_test(*, actor: User, test_id: uuid.UUID) -> MockTest:
    """Open the test for changes again. Its papers stay, with all attempts on them. Whether a room still needs the test
    published is for the caller to know; an unpublished test stays as it is."""
    with transaction.atomic():
        test = access.lock_test(actor=actor, test_id=test_id)
        if test.current_paper is not None:
            test.status, test.current_paper = MockTest.Status.DRAFT, None
            test.save(update_fields=["status", "current_paper", "updated_at"])
    return test


def _freeze(actor: User, test: MockTest, edition: Edition) -> Paper:
    last = test.papers.aggregate(last=Max("number"))["last"] or 0
    paper = Paper.objects.create(
        test=test,
        number=last + 1,
        content_hash=edition.content_hash,
        title=test.title,
        profile=test.profile,
        content=edition.content,
        seconds=edition.seconds,
        max_score=edition.max_score,
        item_count=len(edition.items),
        published_by_id=actor.pk,
    )
    PaperKey.objects.create(paper=paper, items=edition.key)
    PaperItem.objects.bulk_create(
        PaperItem(
            paper=paper,
            question_id=item.question_id,
            number=item.number,
            type=item.type,
            section_id=item.section_id,
            section_name=item.section_name,
            area=item.area,
            topic=item.topic,
            score=item.score,
        )
        for item in edition.items
    )
    return paper


def _source(test: MockTest) -> TestSource:
    """The whole test in four queries."""
    groups = QuestionGroup.objects.prefetch_related(Prefetch("questions", queryset=Question.objects.all()))
    sections = TestSection.objects.filter(mock_test=test).prefetch_related(Prefetch("question_groups", queryset=groups))
    return TestSource(test.title, test.level, test.profile, [_section_source(section) for section in sections])


def _section_source(section: TestSection) -> SectionSource:
    groups = [_group_source(group) for group in section.question_groups.all()]
    return SectionSource(section.pk, section.name, section.section_type, section.duration, groups)


def _group_source(group: QuestionGroup) -> GroupSource:
    return GroupSource(
        id=group.pk,
        questions=[_question_source(question) for question in group.questions.all()],
        title=group.title,
        mondai_number=group.mondai_number,
        instruction=group.instruction,
        reading_text=group.reading_text,
        image=group.image_id,
        audio=group.audio_id,
        scored_area=group.scored_area,
    )


def _question_source(question: Question) -> QuestionSource:
    return QuestionSource(
        id=question.pk,
        type=question.type,
        text=question.text,
        content=question.content,
        key=question.key,
        score=question.score,
        question_number=question.question_number,
        shuffle=question.shuffle,
        explanation=question.explanation,
        topic=question.topic,
        image=question.image_id,
        audio=question.audio_id,
    )

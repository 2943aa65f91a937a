from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from apps.audit import operations as audit
from apps.core import bus
from apps.mock_tests import queries
from apps.mock_tests.errors import CannotPublish
from apps.mock_tests.events import TestPublished
from apps.mock_tests.models import MockTest, Paper, PaperItem, PaperKey
from apps.mock_tests.operations.authoring import access
from apps.mock_tests.queries.papers import content
from apps.mock_tests.rules.papers import publishing
from apps.mock_tests.rules.papers.publishing import Edition

if TYPE_CHECKING:
    from apps.authentication.models import User


def publish_test(*, actor: User, test_id: uuid.UUID, kind: str = MockTest.Kind.MOCK_TEST) -> Paper:
    """Freeze the test as a paper and close it for changes. Publishing a published test, or content that was published
    before, gives the paper there is. Refuses an incomplete test with every reason and its place."""
    with transaction.atomic():
        test = access.lock_test(actor=actor, test_id=test_id, kind=kind)
        return freeze_test(actor=actor, test=test)


def freeze_test(*, actor: User, test: MockTest) -> Paper:
    """``publish_test`` for a test that is locked, whoever wrote it."""
    with transaction.atomic():
        if test.current_paper is not None:
            return test.current_paper
        source = queries.load_source(test)
        problems = queries.findings_about(source).problems
        if problems:
            raise CannotPublish(problems=problems)
        edition = publishing.build(source)
        paper = test.papers.filter(content_hash=edition.content_hash).first() or _freeze(actor, test, edition)
        test.status, test.current_paper = MockTest.Status.PUBLISHED, paper
        test.save(update_fields=["status", "current_paper", "updated_at"])
        bus.publish(TestPublished(test_id=test.pk, paper_id=paper.pk))
        after = {"paper": paper.number, "content_hash": paper.content_hash}
        audit.record(action="test.published", subject="test", subject_id=test.pk, name=test.title, after=after)
    return paper


def unpublish_test(*, actor: User, test_id: uuid.UUID, kind: str = MockTest.Kind.MOCK_TEST) -> MockTest:
    """Open the test for changes again. Its papers stay, with all attempts on them. Whether a room still needs the test
    published is for the caller to know; an unpublished test stays as it is."""
    with transaction.atomic():
        test = access.lock_test(actor=actor, test_id=test_id, kind=kind)
        if test.current_paper is not None:
            test.status, test.current_paper = MockTest.Status.DRAFT, None
            test.save(update_fields=["status", "current_paper", "updated_at"])
            audit.record(action="test.unpublished", subject="test", subject_id=test.pk, name=test.title)
    return test


def _freeze(actor: User, test: MockTest, edition: Edition) -> Paper:
    last = test.papers.aggregate(last=Max("number"))["last"] or 0
    paper = Paper.objects.create(
        test=test,
        number=last + 1,
        content_hash=edition.content_hash,
        title=test.title,
        profile=test.profile,
        profile_data=edition.profile,
        content=edition.content,
        seconds=edition.seconds,
        max_score=edition.max_score,
        item_count=len(edition.items),
        published_by_id=actor.pk,
    )
    content.share(paper.pk, edition.content)
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
            bank_version=item.bank_version,
        )
        for item in edition.items
    )
    return paper

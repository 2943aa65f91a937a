"""Publishing: papers are numbered, kept apart from their keys, never changed, and the same for the same content."""

from __future__ import annotations

import uuid

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction

from apps.core import tenancy
from apps.core.models import Delivery
from apps.mock_tests import queries
from apps.mock_tests.errors import CannotPublish, NotPublished, NotYours, PaperNotFound, TestNotFound
from apps.mock_tests.models import Paper, PaperItem, PaperKey, Question
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.authoring import publishing
from apps.mock_tests.queries.papers import content
from tests.factories import import_sample, make_room, make_test, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def test(cast):
    return make_test(cast)


def edit(cast, test, text):
    publishing.unpublish_test(actor=cast.carol, test_id=test.pk)
    question = Question.objects.filter(group__section__mock_test=test).first()
    authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"text": text})


def test_publishing_freezes_paper_key_and_items(cast, test):
    paper = publishing.publish_test(actor=cast.carol, test_id=test.pk)
    test.refresh_from_db()
    assert (test.status, test.current_paper) == ("PUBLISHED", paper)
    assert (paper.number, paper.item_count, paper.max_score, paper.seconds) == (1, 3, 5, 1800)
    assert (paper.published_by, paper.profile, paper.title) == (cast.carol, "custom", "Spring test")
    assert set(queries.get_key(paper_id=paper.pk)) == set(queries.item_specs(paper_id=paper.pk))
    assert [(item.number, item.type, item.score, item.topic) for item in queries.list_items(paper_id=paper.pk)] == [
        (1, "single_choice", 1, "Words"),
        (2, "multiple_choice", 2, "Grammar"),
        (3, "numeric", 2, "Numbers"),
    ]


def test_publishing_again_gives_the_same_paper(cast, test):
    first = publish(cast, test)
    assert publish(cast, test) == first
    publishing.unpublish_test(actor=cast.carol, test_id=test.pk)
    assert publish(cast, test) == first
    assert Paper.objects.count() == PaperKey.objects.count() == 1


def test_an_edit_makes_the_next_paper_and_undoing_it_finds_the_first(cast, test):
    first = publish(cast, test)
    edit(cast, test, "river?")
    second = publish(cast, test)
    assert (first.number, second.number) == (1, 2)
    assert first.content_hash != second.content_hash
    edit(cast, test, "river")
    assert publish(cast, test) == first
    assert queries.get_published_paper(test_id=test.pk) == first


def test_a_copy_has_the_same_content_but_papers_of_its_own(cast, test):
    copy = authoring.clone_test(actor=cast.carol, test_id=test.pk)
    authoring.update_test(actor=cast.carol, test_id=copy.pk, changes={"title": test.title})
    one, two = publish(cast, test), publish(cast, copy)
    assert one.content_hash == two.content_hash
    assert one != two


def test_announces_each_publication_once(cast, test, monkeypatch):
    told, _ = [], cast.dora
    monkeypatch.setattr(publishing.bus, "publish", told.append)
    paper = publish(cast, test)
    publish(cast, test)
    assert [(event.name, event.test_id, event.paper_id) for event in told] == [("test.published", test.pk, paper.pk)]


def test_refuses_an_incomplete_test_and_says_where(cast):
    test = authoring.create_test(actor=cast.carol, changes={"title": "Empty", "level": "N5"})
    with pytest.raises(CannotPublish) as refusal:
        publish(cast, test)
    assert [problem.pointer for problem in refusal.value.problems][:3] == [
        f"/sections/{n}/question_groups" for n in range(3)
    ]
    assert not Paper.objects.exists()
    assert not Delivery.objects.filter(event="test.published").exists()


def test_only_the_author_and_the_director_publish(cast, test):
    for operation in (publishing.publish_test, publishing.unpublish_test):
        with pytest.raises(NotYours):
            operation(actor=cast.other_teacher, test_id=test.pk)
        with pytest.raises(TestNotFound):
            operation(actor=cast.alice, test_id=test.pk)
        with pytest.raises(TestNotFound):
            operation(actor=cast.dora, test_id=uuid.uuid4())


def test_publishing_takes_few_queries_whatever_its_size(cast, test, count_queries):
    sample = import_sample(cast)
    with count_queries() as small:
        publishing.publish_test(actor=cast.carol, test_id=test.pk)
    with count_queries() as large:
        publishing.publish_test(actor=cast.carol, test_id=sample.pk)
    assert len(small) <= 16
    assert len(large) == len(small) + 1  # whether its files are there


def test_an_unpublished_or_deleted_test_has_no_paper_to_give(cast, test):
    with pytest.raises(NotPublished):
        queries.get_published_paper(test_id=test.pk)
    with pytest.raises(TestNotFound):
        queries.get_published_paper(test_id=uuid.uuid4())
    publish(cast, test)
    publishing.unpublish_test(actor=cast.carol, test_id=test.pk)
    authoring.delete_test(actor=cast.carol, test_id=test.pk)
    with pytest.raises(TestNotFound):
        queries.get_published_paper(test_id=test.pk)


# -- papers never change -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE mock_tests_paper SET content = '{}'",
        "UPDATE mock_tests_paper SET title = title || '!'",
        "UPDATE mock_tests_paper SET max_score = 1",
        "UPDATE mock_tests_paperkey SET items = '{}'",
        "UPDATE mock_tests_paperitem SET score = score + 1",
        "UPDATE mock_tests_paperitem SET score = score",
        "DELETE FROM mock_tests_paperitem",
        "DELETE FROM mock_tests_paperkey",
        "DELETE FROM mock_tests_paper",
    ],
)
def test_the_database_refuses_to_change_what_is_published(cast, test, statement):
    publish(cast, test)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert (Paper.objects.count(), PaperKey.objects.count(), PaperItem.objects.count()) == (1, 1, 3)


def test_django_may_forget_who_published(cast, test):
    paper = publish(cast, test)
    Paper.objects.filter(pk=paper.pk).update(published_by=None)
    paper.refresh_from_db()
    assert paper.published_by is None


# -- reading papers ------------------------------------------------------------------------------------------------


def view(paper, **options):
    plain = {"seed": 1, "shuffle_questions": False, "shuffle_options": False, "sign": str}
    return queries.render_paper(paper_id=paper.pk, **{**plain, **options})


def test_a_paper_is_read_from_the_database_once(cast, test, count_queries):
    paper = publish(cast, test)
    cache.delete(content.name_of(paper.pk))  # as if Redis had lost it
    with count_queries() as first:
        shown = view(paper)
        queries.item_specs(paper_id=paper.pk)
    with count_queries() as later:
        assert view(paper) == shown
        queries.item_specs(paper_id=paper.pk)
    assert (len(first), len(later)) == (1, 0)


def test_what_is_remembered_is_not_handed_out_to_be_changed(cast, test):
    paper = publish(cast, test)
    shown = view(paper)
    shown["sections"][0]["question_groups"][0]["questions"][0]["options"].clear()
    shown["sections"].clear()
    assert len(view(paper)["sections"][0]["question_groups"][0]["questions"][0]["options"]) == 3
    with pytest.raises(TypeError):
        queries.item_specs(paper_id=paper.pk)[uuid.uuid4()] = None


def test_the_key_is_never_remembered(cast, test, count_queries):
    paper = publish(cast, test)
    with count_queries() as asked:
        queries.get_key(paper_id=paper.pk)
        queries.get_key(paper_id=paper.pk)
    assert len(asked) == 2


def test_a_paper_of_another_center_is_not_found_even_when_remembered(cast, test):
    paper = publish(cast, test)
    view(paper), queries.item_specs(paper_id=paper.pk)
    with tenancy.enter(cast.south):
        for read in (view, lambda p: queries.item_specs(paper_id=p.pk), lambda p: queries.get_key(paper_id=p.pk)):
            with pytest.raises(PaperNotFound):
                read(paper)
        with pytest.raises(PaperNotFound):
            queries.get_paper(paper_id=paper.pk)


def test_a_room_keeps_its_paper_when_the_test_goes_on(cast, test):
    first = publish(cast, test)
    room = make_room(cast, cast.alice, test=test)
    edit(cast, test, "river?")
    publish(cast, test)
    room.refresh_from_db()
    assert room.paper_id == first.pk

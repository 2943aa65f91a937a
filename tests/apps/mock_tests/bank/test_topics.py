"""Topics of the bank: trees, in which a name stands once below each topic."""

from __future__ import annotations

import uuid

import pytest

from apps.core import tenancy
from apps.mock_tests.errors import BadContent, NotYourTopic, TopicInUse, TopicNotFound
from apps.mock_tests.models import Topic
from apps.mock_tests.operations import bank
from apps.mock_tests.operations.bank import topics as bank_topics
from apps.mock_tests.queries.bank import questions as queries
from tests.apps.mock_tests.bank.test_questions import make_question, problems_of

pytestmark = pytest.mark.django_db


def make_topic(cast, name, below=None, **changes):
    changes = {"name": name, "parent_id": below and below.pk, **changes}
    return bank_topics.create_topic(actor=cast.carol, changes=changes)


def names_of(topic) -> list[str]:
    topic.refresh_from_db()
    names = dict(Topic.objects.values_list("id", "name"))
    return [names[above] for above in topic.path]


def test_topics_lie_in_topics(cast):
    grammar = make_topic(cast, "  Grammar ")
    particles = make_topic(cast, "Particles", grammar)
    assert (grammar.name, grammar.author_id, names_of(particles)) == (
        "Grammar",
        cast.carol.pk,
        ["Grammar", "Particles"],
    )
    assert [topic.name for topic in queries.topics_for(cast.other_teacher)] == ["Grammar", "Particles"]
    assert [topic.name for topic in queries.topics_for(cast.dora, search="part")] == ["Particles"]


def test_a_name_stands_once_below_each_topic(cast):
    first, second = make_topic(cast, "N5"), make_topic(cast, "N4")
    make_topic(cast, "Kanji", first)
    make_topic(cast, "Kanji", second)
    for name, below in (("kanji", first), ("\uff2e\uff15", None), ("Kanji ", second)):
        with pytest.raises(BadContent) as refusal:
            make_topic(cast, name, below)
        assert problems_of(refusal) == [("/name", "not_unique")]
    with pytest.raises(BadContent) as refusal:
        bank_topics.update_topic(actor=cast.carol, topic_id=second.pk, changes={"name": "n5"})
    assert problems_of(refusal) == [("/name", "not_unique")]


def test_a_topic_needs_a_name_and_a_parent_that_is_there(cast):
    for changes, problem in (
        ({"name": " \u3000"}, ("/name", "blank")),
        ({"name": "x", "parent_id": uuid.uuid4()}, ("/parent", "unknown_topic")),
    ):
        with pytest.raises(BadContent) as refusal:
            bank_topics.create_topic(actor=cast.carol, changes=changes)
        assert problems_of(refusal) == [problem]


def test_a_topic_moves_with_all_below_it(cast):
    a = make_topic(cast, "A")
    b = make_topic(cast, "B", a)
    c = make_topic(cast, "C", b)
    d = make_topic(cast, "D")
    bank_topics.update_topic(actor=cast.carol, topic_id=b.pk, changes={"parent_id": d.pk})
    assert [names_of(topic) for topic in (a, b, c)] == [["A"], ["D", "B"], ["D", "B", "C"]]
    bank_topics.update_topic(actor=cast.carol, topic_id=b.pk, changes={"parent_id": None, "is_active": False})
    assert [names_of(topic) for topic in (b, c)] == [["B"], ["B", "C"]]
    assert [topic.name for topic in queries.topics_for(cast.carol, is_active=False)] == ["B"]


def test_no_topic_lies_below_itself(cast):
    a = make_topic(cast, "A")
    b = make_topic(cast, "B", a)
    for parent in (a, b):
        with pytest.raises(BadContent) as refusal:
            bank_topics.update_topic(actor=cast.carol, topic_id=a.pk, changes={"parent_id": parent.pk})
        assert problems_of(refusal) == [("/parent", "cycle")]


def test_trees_have_six_floors_at_most(cast):
    floors = [make_topic(cast, "0")]
    for floor in range(1, bank_topics.MOST_FLOORS):
        floors.append(make_topic(cast, str(floor), floors[-1]))
    with pytest.raises(BadContent) as refusal:
        make_topic(cast, "too deep", floors[-1])
    assert problems_of(refusal) == [("/parent", "too_deep")]
    other = make_topic(cast, "other")
    with pytest.raises(BadContent) as refusal:
        bank_topics.update_topic(actor=cast.carol, topic_id=floors[0].pk, changes={"parent_id": other.pk})
    assert problems_of(refusal) == [("/parent", "too_deep")]
    bank_topics.update_topic(actor=cast.carol, topic_id=floors[1].pk, changes={"parent_id": other.pk})


def test_only_an_empty_topic_is_removed(cast):
    full, empty = make_topic(cast, "Full"), make_topic(cast, "Empty")
    below = make_topic(cast, "Below", full)
    question = make_question(cast, topic_id=empty.pk)
    for topic in (full, empty):
        with pytest.raises(TopicInUse):
            bank_topics.delete_topic(actor=cast.carol, topic_id=topic.pk)
    bank.delete_question(actor=cast.carol, question_id=question.pk)
    for topic in (below, full, empty):
        bank_topics.delete_topic(actor=cast.carol, topic_id=topic.pk)
    assert not Topic.objects.exists()


def test_teachers_change_their_own_topics_and_administrators_all(cast):
    topic = make_topic(cast, "Carol's")
    for act, more in ((bank_topics.update_topic, {"changes": {"name": "x"}}), (bank_topics.delete_topic, {})):
        with pytest.raises(NotYourTopic):
            act(actor=cast.other_teacher, topic_id=topic.pk, **more)
        with pytest.raises(TopicNotFound):
            act(actor=cast.alice, topic_id=topic.pk, **more)
        with pytest.raises(TopicNotFound):
            act(actor=cast.dora, topic_id=uuid.uuid4(), **more)
        with tenancy.enter(cast.south), pytest.raises(TopicNotFound):
            act(actor=cast.sybil, topic_id=topic.pk, **more)
    bank_topics.update_topic(actor=cast.dora, topic_id=topic.pk, changes={"name": "Dora's"})
    bank_topics.delete_topic(actor=cast.dora, topic_id=topic.pk)


def test_questions_are_counted_with_all_below_in_one_query(cast, count_queries):
    a = make_topic(cast, "A")
    b = make_topic(cast, "B", a)
    make_topic(cast, "C")
    for topic in (a, b, b):
        make_question(cast, text=uuid.uuid4().hex, topic_id=topic.pk)
    bank.delete_question(actor=cast.carol, question_id=make_question(cast, topic_id=b.pk).pk)
    with count_queries() as queries_made:
        assert queries.count_by_topic() == {a.pk: 3, b.pk: 2}
    assert len(queries_made) == 1


def test_what_a_file_names_is_found_or_made(cast):
    root = make_topic(cast, "Root")
    there = make_topic(cast, "Grammar", root)
    deep = bank_topics.BETWEEN.join("12345678")
    names = ["", "grammar", "Grammar / Particles", "Other", deep]
    found = bank_topics.find_or_make(actor=cast.carol, names=names, below=root.pk)
    assert [found[""], found["grammar"], found["Grammar / Particles"].parent] == [root, there, there]
    assert names_of(found[deep]) == ["Root", "1", "2", "3", "4", "5"]
    assert Topic.objects.filter(parent=root).count() == 3
    assert bank_topics.find_or_make(actor=cast.carol, names=names, below=root.pk) == found
    assert bank_topics.find_or_make(actor=cast.carol, names=[""]) == {"": None}

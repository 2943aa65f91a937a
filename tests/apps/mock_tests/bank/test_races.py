"""Two who work on the same question or tree at the same moment: real threads, committed rows."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError

from apps.mock_tests.errors import BadContent, EditedMeanwhile
from apps.mock_tests.models import BankQuestion, BankVersion, Topic
from apps.mock_tests.operations import bank
from apps.mock_tests.operations.bank import questions
from apps.mock_tests.operations.bank import topics as bank_topics
from tests.apps.mock_tests.bank.test_questions import draft, make_question
from tests.apps.mock_tests.bank.test_topics import make_topic

pytestmark = pytest.mark.races


def edit(actor, question, text, **more):
    return lambda: bank.edit_question(actor=actor, question_id=question.pk, changes={"text": text}, **more)


def texts_of(question):
    return set(BankVersion.objects.filter(question=question).values_list("text", flat=True))


def test_two_edits_at_once_are_two_versions(committed, cast, at_once):
    carol, dora = cast.carol, cast.dora
    for _ in range(5):
        question = make_question(cast, text="first")
        outcomes = at_once(edit(carol, question, "Carol's"), edit(dora, question, "Dora's"))
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert texts_of(question) == {"first", "Carol's", "Dora's"}
        question.refresh_from_db()
        assert question.current_version.number == 3


def test_of_two_edits_of_the_same_version_one_is_told(committed, cast, at_once):
    carol, dora = cast.carol, cast.dora
    for _ in range(5):
        question = make_question(cast, text="first")
        outcomes = at_once(edit(carol, question, "Carol's", expected=1), edit(dora, question, "Dora's", expected=1))
        assert sorted(type(outcome) for outcome in outcomes if isinstance(outcome, Exception)) == [EditedMeanwhile]
        assert len(texts_of(question)) == 2


def test_without_the_lock_one_edit_would_fail(committed, cast, at_once, monkeypatch):
    """The control: the race is real, and only the row lock decides it."""
    question, actor = make_question(cast, text="first"), cast.carol
    meet = threading.Barrier(2)

    def unlocked(*, actor, question_id):
        found = BankQuestion.objects.select_related("current_version", "approved_version").get(pk=question_id)
        meet.wait(10)
        return found

    monkeypatch.setattr(questions, "lock_question", unlocked)
    outcomes = at_once(edit(actor, question, "one"), edit(actor, question, "two"))
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 1


def test_two_imports_of_the_same_questions_make_them_once(committed, cast, at_once):
    carol, dora = cast.carol, cast.dora
    drafts = [draft(str(number), topic="Same") for number in range(20)]
    outcomes = at_once(*[lambda who=who: bank.add_questions(actor=who, drafts=drafts) for who in (carol, dora)])
    assert sorted(len(outcome.created) for outcome in outcomes) == [0, 20]
    assert (BankQuestion.objects.count(), Topic.objects.count()) == (20, 1)


def test_two_moves_at_once_never_make_a_circle(committed, cast, at_once):
    carol = cast.carol
    a, b = make_topic(cast, "A"), make_topic(cast, "B")

    def move(topic, below):
        return lambda: bank_topics.update_topic(actor=carol, topic_id=topic.pk, changes={"parent_id": below.pk})

    for _ in range(5):
        outcomes = at_once(move(a, b), move(b, a))
        assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [BadContent]
        for topic in (a, b):
            bank_topics.update_topic(actor=carol, topic_id=topic.pk, changes={"parent_id": None})

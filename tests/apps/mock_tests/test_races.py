"""Publishing when several people do it at the same moment: real threads, committed rows."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import IntegrityError, connection

from apps.core import tenancy
from apps.mock_tests.models import MockTest, Paper, Question
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.authoring import publishing
from tests.factories import make_test


def at_once(tenant, *calls):
    """Run calls in threads that start together; returns what each gave or raised."""
    gate, outcomes = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        try:
            with tenancy.enter(tenant):
                gate.wait(10)
                outcomes[place] = call()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return outcomes


@pytest.mark.races
def test_two_who_publish_at_once_get_one_paper(committed, cast):
    test, actor = make_test(cast), cast.carol
    for _ in range(5):
        outcomes = at_once(cast.north, *[lambda: publishing.publish_test(actor=actor, test_id=test.pk)] * 4)
        assert len({paper.pk for paper in outcomes}) == 1
        publishing.unpublish_test(actor=actor, test_id=test.pk)
        river = Question.objects.filter(group__section__mock_test=test).first()
        authoring.update_question(actor=actor, question_id=river.pk, changes={"text": f"river {uuid.uuid4()}"})
    assert sorted(Paper.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]


@pytest.mark.races
def test_without_the_lock_publishing_at_once_collides(committed, cast, monkeypatch):
    """The control of the test above: the race is real, and only the row lock decides it."""
    test, actor = make_test(cast), cast.carol
    meet = threading.Barrier(2)

    freeze = publishing._freeze

    def together(*args):
        meet.wait(10)  # both have looked for such a paper, and found none
        return freeze(*args)

    monkeypatch.setattr(publishing.access, "lock_test", lambda *, test_id, **_: MockTest.objects.get(pk=test_id))
    monkeypatch.setattr(publishing, "_freeze", together)
    outcomes = at_once(cast.north, *[lambda: publishing.publish_test(actor=actor, test_id=test.pk)] * 2)
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 1


@pytest.mark.races
def test_an_edit_that_meets_a_publication_is_in_the_paper_or_refused(committed, cast):
    actor = cast.carol
    for _ in range(5):
        test = make_test(cast)
        question = Question.objects.get(group__section__mock_test=test, text="river")
        change = {"question_id": question.pk, "changes": {"text": "brook"}}
        paper, edited = at_once(
            cast.north,
            lambda test=test: publishing.publish_test(actor=actor, test_id=test.pk),
            lambda change=change: authoring.update_question(actor=actor, **change),
        )
        frozen = paper.content["sections"][0]["question_groups"][0]["questions"][0]["text"]
        question.refresh_from_db()
        assert frozen == question.text == ("river" if edited else "brook")

"""The budget of answers: never in an honest student's way, and a wall for a flood."""

from __future__ import annotations

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from apps.attempts import errors
from apps.attempts.models import AnswerEntry
from apps.attempts.operations import budget, sitting
from apps.attempts.operations import journal as saving
from apps.attempts.rules.answers import MOST_AT_ONCE
from apps.attempts.rules.budget import Bucket
from tests.apps.attempts import journal
from tests.factories import make_room

RATE, MOST = 20.0, 3000.0


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, MOST_AT_ONCE)), max_size=60))
def test_nobody_sends_more_than_store_and_rate_give(batches):
    bucket, at, sent = Bucket(MOST, 0.0), 0.0, 0
    for pause, count in batches:
        at += pause
        sent += count if bucket.take(count, at=at, rate=RATE, most=MOST) else 0
        assert sent <= MOST + RATE * at + MOST_AT_ONCE


@given(st.lists(st.floats(0.05, 5000), max_size=200))
def test_who_keeps_to_the_rate_is_never_refused(pauses):
    bucket, at = Bucket(MOST, 0.0), 0.0
    for pause in pauses:
        at += pause
        assert bucket.take(1, at=at, rate=RATE, most=MOST)


def test_hours_offline_are_sent_at_once():
    bucket = Bucket(MOST, 0.0)
    assert all(bucket.take(50, at=7200.0, rate=RATE, most=MOST) for _ in range(60))


def test_a_clock_that_stands_still_gives_nothing():
    bucket = Bucket(1.0, 100.0)
    assert bucket.take(500, at=100.0, rate=RATE, most=MOST)
    assert not bucket.take(1, at=99.0, rate=RATE, most=MOST)
    assert not bucket.take(1, at=124.9, rate=RATE, most=MOST)
    assert bucket.take(1, at=125.1, rate=RATE, most=MOST)


def test_everybody_has_a_budget_of_their_own(settings, monkeypatch):
    settings.SHIKEN_ANSWER_STORE = 1
    monkeypatch.setattr(budget, "monotonic", lambda: 50.0)
    monkeypatch.setattr(budget, "_buckets", type(budget._buckets)())
    people = [("c_north", "alice"), ("c_north", "bob"), ("c_south", "alice")]
    for schema_name, student_id in people:
        assert budget.take(schema_name=schema_name, student_id=student_id, count=2)
        assert not budget.take(schema_name=schema_name, student_id=student_id, count=1)


def test_the_memory_of_budgets_has_an_end(monkeypatch):
    monkeypatch.setattr(budget, "MOST_PEOPLE", 3)
    monkeypatch.setattr(budget, "_buckets", type(budget._buckets)())
    for number in range(9):
        budget.take(schema_name="c_north", student_id=str(number), count=1)
    assert len(budget._buckets) == 3


@pytest.mark.django_db
def test_a_flood_is_refused_before_the_database_is_asked(cast, monkeypatch, django_assert_num_queries):
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=make_room(cast, cast.alice).pk).attempt
    monkeypatch.setattr(budget, "_buckets", type(budget._buckets)())
    monkeypatch.setattr(budget, "monotonic", lambda: 50.0)
    river = str(journal.question_id(attempt, "river"))
    stored = 0

    def save(seq):
        answers = [{"seq": seq + n, "question": river, "response": None} for n in range(MOST_AT_ONCE)]
        return saving.save_answers(actor=cast.alice, attempt_id=attempt.pk, epoch=1, answers=answers)

    for seq in range(1, settings.SHIKEN_ANSWER_STORE, MOST_AT_ONCE):
        stored += len(save(seq).acked)
    with django_assert_num_queries(0), pytest.raises(errors.TooFast) as refusal:
        save(stored + 1)
    assert refusal.value.retry_after > 0
    assert AnswerEntry.objects.filter(attempt_id=attempt.pk).count() == stored == settings.SHIKEN_ANSWER_STORE

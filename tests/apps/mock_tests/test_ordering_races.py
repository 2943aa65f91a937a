"""Two who put the same parts in order, or edit the same question or profile, at the same moment: real threads."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError

from apps.mock_tests.errors import EditedMeanwhile, ProfileFixed
from apps.mock_tests.models import ExamProfile, Question, QuestionGroup
from apps.mock_tests.operations import authoring, profiles
from apps.mock_tests.operations.authoring import access, ordering
from apps.mock_tests.rules.types.base import Truth
from tests.apps.mock_tests.test_races import at_once
from tests.factories import make_test

ROUNDS = 8


def edits(actor, question):
    return [
        lambda text=text: authoring.update_question(
            actor=actor, question_id=question.pk, changes={"text": text}, expected=question.revision
        )
        for text in ("mine", "yours")
    ]


@pytest.mark.races
def test_of_two_edits_of_one_revision_one_is_refused(committed, cast):
    question = Question.objects.get(group__section__mock_test=make_test(cast), text="river")
    for _ in range(ROUNDS):
        question.refresh_from_db()
        outcomes = at_once(cast.north, *edits(cast.carol, question))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["EditedMeanwhile", "NoneType"]
        kept = "mine" if outcomes[0] is None else "yours"
        before, question = question, Question.objects.get(pk=question.pk)
        assert question.text == kept
        assert question.revision == before.revision + (before.text != kept)
        authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"text": "river"})


@pytest.mark.races
def test_without_the_look_under_the_lock_the_first_edit_is_lost(committed, cast, monkeypatch):
    """The control of the test above: looking before the lock lets both through."""
    question = Question.objects.get(group__section__mock_test=make_test(cast), text="river")
    monkeypatch.setattr(access, "check_revision", lambda *, row, expected: None)
    outcomes = at_once(cast.north, *edits(cast.carol, question))
    assert outcomes == [None, None]


@pytest.mark.races
def test_an_order_that_meets_a_new_question_holds_it_or_is_refused(committed, cast):
    group = QuestionGroup.objects.get(section__mock_test=make_test(cast))
    for number in range(ROUNDS):
        ids = list(Question.objects.filter(group=group).values_list("pk", flat=True))
        outcome, made = at_once(
            cast.north,
            lambda ids=ids: ordering.order_questions(actor=cast.carol, group_id=group.pk, ids=ids[::-1]),
            lambda number=number: authoring.create_question(
                actor=cast.carol,
                group_id=group.pk,
                changes={"type": "true_false", "text": f"n{number}", "truth": Truth(True)},
            ),
        )
        now = list(Question.objects.filter(group=group).values_list("pk", flat=True))
        assert now == ([*ids, made.pk] if isinstance(outcome, EditedMeanwhile) else [*ids[::-1], made.pk])


@pytest.mark.races
def test_of_two_orders_of_one_revision_one_is_refused(committed, cast):
    group = QuestionGroup.objects.get(section__mock_test=make_test(cast))
    for _ in range(ROUNDS):
        group.refresh_from_db()
        ids = list(Question.objects.filter(group=group).values_list("pk", flat=True))
        orders = [ids[::-1], [*ids[1:], ids[0]]]
        outcomes = at_once(
            cast.north,
            *[
                lambda order=order: ordering.order_questions(
                    actor=cast.carol, group_id=group.pk, ids=order, expected=group.revision
                )
                for order in orders
            ],
        )
        assert sum(isinstance(outcome, EditedMeanwhile) for outcome in outcomes) == 1
        now = list(Question.objects.filter(group=group).values_list("pk", flat=True))
        assert now == orders[outcomes.index(None)]


@pytest.mark.races
def test_two_who_change_a_profile_make_one_edition_each_time(committed, cast):
    row = profiles.create_profile(actor=cast.dora, changes={"name": "Our exam"})
    for number in range(1, ROUNDS):
        outcomes = at_once(
            cast.north,
            *[
                lambda score=score, pk=row.pk: profiles.change_profile(
                    actor=cast.dora, profile_id=pk, changes={"pass_score": score}
                )
                for score in (number * 10, number * 10 + 1)
            ],
        )
        assert sum(isinstance(outcome, ProfileFixed) for outcome in outcomes) == 1
        (row,) = ExamProfile.objects.filter(replaced_at=None)
        assert row.edition == number + 1
        assert row in outcomes


@pytest.mark.races
def test_of_two_profiles_for_the_same_days_one_is_refused(committed, cast):
    def both():
        return at_once(
            cast.north, *[lambda: profiles.create_profile(actor=cast.dora, changes={"name": "Our exam"})] * 2
        )

    assert sorted(type(outcome).__name__ for outcome in both()) == ["BadContent", "ExamProfile"]


@pytest.mark.races
def test_without_the_lock_two_profiles_collide(committed, cast, monkeypatch):
    """The control of both tests above: each counts the editions before the other has written."""
    meet = threading.Barrier(2)
    write_rules = profiles.write_rules  # asked for when the editions are counted

    def together(profile):
        meet.wait(10)
        return write_rules(profile)

    monkeypatch.setattr(profiles, "_lock", lambda slug: None)
    monkeypatch.setattr(profiles, "write_rules", together)
    outcomes = at_once(cast.north, *[lambda: profiles.create_profile(actor=cast.dora, changes={"name": "Ours"})] * 2)
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == 1

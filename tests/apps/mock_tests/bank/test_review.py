"""The review of questions: its steps, who may take them, and what tests may take meanwhile."""

from __future__ import annotations

import uuid

import pytest

from apps.audit.models import Entry
from apps.centers.models import Center
from apps.core import tenancy
from apps.mock_tests.errors import (
    BadContent,
    BankQuestionNotFound,
    EditedMeanwhile,
    NotYourQuestion,
    OwnApproval,
    ReviewIsOff,
    WrongState,
)
from apps.mock_tests.models import BankQuestion
from apps.mock_tests.operations import bank
from apps.mock_tests.operations.bank.review import take_step
from apps.mock_tests.queries.bank import questions as queries
from tests.apps.mock_tests.bank.test_questions import group_of, make_question, problems_of
from tests.factories import make_test

pytestmark = pytest.mark.django_db


def review(cast, mode):
    Center.objects.filter(pk=cast.north.id).update(question_review=mode)


@pytest.fixture
def reviewed(cast):
    review(cast, "ON")


def state_of(question):
    question.refresh_from_db()
    return question.state


def test_a_question_goes_from_draft_to_approved(cast, reviewed):
    question = make_question(cast)
    assert (question.state, question.approved_version) == ("DRAFT", None)
    take_step(actor=cast.carol, question_id=question.pk, step="SUBMITTED")
    assert state_of(question) == "IN_REVIEW"
    moved = take_step(actor=cast.other_teacher, question_id=question.pk, step="APPROVED", comment="Good")
    assert (moved.state, moved.approved_version) == ("APPROVED", question.current_version)
    steps = queries.reviews_for(cast.carol, question.pk)
    assert [(step.step, step.by, step.version.number, step.comment) for step in steps] == [
        ("APPROVED", cast.other_teacher, 1, "Good"),
        ("SUBMITTED", cast.carol, 1, ""),
    ]
    actions = Entry.objects.filter(subject_id=str(question.pk)).order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["question.created", "question.submitted", "question.approved"]


def test_tests_take_only_what_is_approved(cast, reviewed):
    question, test = make_question(cast), make_test(cast)
    use = {"actor": cast.carol, "group_id": group_of(test).pk, "question_ids": [question.pk]}
    with pytest.raises(BadContent) as refusal:
        bank.use_in_group(**use)
    assert problems_of(refusal) == [("/question_ids/0", "not_usable")]
    for step in ("SUBMITTED", "APPROVED"):
        take_step(actor=cast.dora, question_id=question.pk, step=step)
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"text": "Not looked at"})
    assert state_of(question) == "DRAFT"
    [copy] = bank.use_in_group(**use)
    assert (copy.text, copy.bank_version.number) == ("<p>Capital of Japan?</p>", 1)
    assert queries.outdated_in(cast.carol, test.pk) == []
    for step in ("SUBMITTED", "APPROVED"):
        take_step(actor=cast.dora, question_id=question.pk, step=step)
    [row] = queries.outdated_in(cast.carol, test.pk)
    assert row.newer.number == 2


def test_an_edit_takes_a_question_out_of_its_review(cast, reviewed):
    question = make_question(cast)
    take_step(actor=cast.carol, question_id=question.pk, step="SUBMITTED")
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"text": "Better"})
    assert state_of(question) == "DRAFT"
    with pytest.raises(WrongState) as refusal:
        take_step(actor=cast.dora, question_id=question.pk, step="APPROVED")
    assert refusal.value.details == {"state": "DRAFT", "steps": ["SUBMITTED", "RETIRED"]}


def test_what_is_sent_back_says_why(cast, reviewed):
    question = make_question(cast)
    take_step(actor=cast.carol, question_id=question.pk, step="SUBMITTED")
    with pytest.raises(BadContent) as refusal:
        take_step(actor=cast.other_teacher, question_id=question.pk, step="SENT_BACK", comment=" ")
    assert problems_of(refusal) == [("/comment", "blank")]
    take_step(actor=cast.other_teacher, question_id=question.pk, step="SENT_BACK", comment="Two right answers")
    assert state_of(question) == "DRAFT"
    assert queries.reviews_for(cast.carol, question.pk)[0].comment == "Two right answers"


def test_authors_may_take_back_what_they_submitted(cast, reviewed):
    question = make_question(cast)
    take_step(actor=cast.carol, question_id=question.pk, step="SUBMITTED")
    take_step(actor=cast.carol, question_id=question.pk, step="SENT_BACK", comment="Not yet")
    assert state_of(question) == "DRAFT"


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        ("DRAFT", {"SUBMITTED", "RETIRED"}),
        ("IN_REVIEW", {"APPROVED", "SENT_BACK", "RETIRED"}),
        ("APPROVED", {"RETIRED"}),
        ("RETIRED", {"REOPENED"}),
    ],
)
def test_each_state_allows_some_steps(cast, reviewed, state, allowed):
    question = make_question(cast)
    for step in ("SUBMITTED", "APPROVED", "SENT_BACK", "RETIRED", "REOPENED"):
        BankQuestion.objects.filter(pk=question.pk).update(state=state)
        if step in allowed:
            take_step(actor=cast.dora, question_id=question.pk, step=step, comment="x")
        else:
            with pytest.raises(WrongState):
                take_step(actor=cast.dora, question_id=question.pk, step=step, comment="x")


def test_authors_move_their_own_and_colleagues_judge(cast, reviewed):
    question = make_question(cast)
    for step in ("SUBMITTED", "RETIRED"):
        with pytest.raises(NotYourQuestion):
            take_step(actor=cast.other_teacher, question_id=question.pk, step=step)
    take_step(actor=cast.carol, question_id=question.pk, step="SUBMITTED")
    take_step(actor=cast.carol, question_id=question.pk, step="APPROVED")
    take_step(actor=cast.carol, question_id=question.pk, step="RETIRED")
    with pytest.raises(NotYourQuestion):
        take_step(actor=cast.other_teacher, question_id=question.pk, step="REOPENED")
    take_step(actor=cast.dora, question_id=question.pk, step="REOPENED")
    assert state_of(question) == "DRAFT"


def test_four_eyes_see_every_approval(cast):
    review(cast, "FOUR_EYES")
    question = make_question(cast)
    take_step(actor=cast.carol, question_id=question.pk, step="SUBMITTED")
    with pytest.raises(OwnApproval):
        take_step(actor=cast.carol, question_id=question.pk, step="APPROVED")
    take_step(actor=cast.other_teacher, question_id=question.pk, step="APPROVED")
    # An admin who corrects a word approves the words of two; so does the author after that.
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"text": "Carol's"})
    bank.edit_question(actor=cast.dora, question_id=question.pk, changes={"name": "Dora's"})
    take_step(actor=cast.carol, question_id=question.pk, step="SUBMITTED")
    for person in (cast.carol, cast.dora):
        with pytest.raises(OwnApproval):
            take_step(actor=person, question_id=question.pk, step="APPROVED")
    take_step(actor=cast.other_teacher, question_id=question.pk, step="APPROVED")
    # Once approved by others, what somebody wrote long ago is no obstacle.
    bank.edit_question(actor=cast.dora, question_id=question.pk, changes={"name": "Dora's again"})
    take_step(actor=cast.dora, question_id=question.pk, step="SUBMITTED")
    take_step(actor=cast.carol, question_id=question.pk, step="APPROVED")


def test_a_step_with_what_has_changed_meanwhile_is_refused(cast, reviewed):
    question = make_question(cast)
    take_step(actor=cast.carol, question_id=question.pk, step="SUBMITTED")
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"text": "Other"})
    take_step(actor=cast.carol, question_id=question.pk, step="SUBMITTED", expected=2)
    with pytest.raises(EditedMeanwhile):
        take_step(actor=cast.dora, question_id=question.pk, step="APPROVED", expected=1)


def test_without_review_everything_can_be_used_at_once(cast):
    question = make_question(cast)
    assert (question.state, question.approved_version) == ("APPROVED", question.current_version)
    for step in ("SUBMITTED", "APPROVED", "SENT_BACK"):
        with pytest.raises(ReviewIsOff):
            take_step(actor=cast.dora, question_id=question.pk, step=step, comment="x")
    take_step(actor=cast.carol, question_id=question.pk, step="RETIRED")
    assert queries.questions_for(cast.carol, usable=True).count() == 0
    take_step(actor=cast.carol, question_id=question.pk, step="REOPENED")
    assert (state_of(question), question.approved_version) == ("APPROVED", question.current_version)


def test_a_center_may_begin_and_end_to_review(cast):
    early = make_question(cast)
    review(cast, "ON")
    late = make_question(cast, text="late")
    bank.edit_question(actor=cast.carol, question_id=early.pk, changes={"text": "edited"})
    assert list(queries.questions_for(cast.carol, usable=True)) == [early]
    assert list(queries.questions_for(cast.carol, usable=False)) == [late]
    review(cast, "OFF")
    assert queries.questions_for(cast.carol, usable=True).count() == 2
    [copy] = bank.use_in_group(actor=cast.carol, group_id=group_of(make_test(cast)).pk, question_ids=[early.pk])
    assert copy.text == "edited"


def test_reviews_are_nothing_to_others(cast, reviewed):
    question = make_question(cast)
    for person, tenant in ((cast.alice, cast.north), (cast.gus, cast.north), (cast.sybil, cast.south)):
        with tenancy.enter(tenant):
            for call in (
                lambda person=person: take_step(actor=person, question_id=question.pk, step="SUBMITTED"),
                lambda person=person: queries.reviews_for(person, question.pk),
            ):
                with pytest.raises(BankQuestionNotFound):
                    call()
    with pytest.raises(BankQuestionNotFound):
        take_step(actor=cast.dora, question_id=uuid.uuid4(), step="SUBMITTED")

"""Many questions at once: all of them or none, one statement for each field."""

from __future__ import annotations

import uuid

import pytest

from apps.core import tenancy
from apps.mock_tests.errors import BadContent
from apps.mock_tests.models import BankQuestion, BankReview
from apps.mock_tests.operations import bank
from apps.mock_tests.operations.bank import topics as bank_topics
from apps.mock_tests.operations.bank.bulk import change_questions
from apps.mock_tests.operations.bank.review import take_step
from apps.mock_tests.queries.bank import questions as queries
from tests.apps.mock_tests.bank.test_questions import draft, make_question, problems_of
from tests.apps.mock_tests.bank.test_review import review

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(cast):
    return [make_question(cast, text=text, tags=["old"]) for text in ("a", "b", "c")]


def ids_of(questions):
    return [question.pk for question in questions]


def test_each_field_is_set_on_all(cast, three):
    topic = bank_topics.create_topic(actor=cast.carol, changes={"name": "T"})
    changes = {"topic_id": topic.pk, "difficulty": "HARD", "exam_type": "JLPT N3", "language": "ja"}
    outcome = change_questions(actor=cast.carol, ids=ids_of(three), **changes)
    assert (outcome.count, outcome.changed) == (3, 3)
    assert (
        queries.questions_for(cast.carol, topic=topic.pk, difficulty="HARD", exam_type="JLPT N3", language="ja").count()
        == 3
    )
    assert change_questions(actor=cast.carol, ids=ids_of(three), **changes).changed == 0
    assert change_questions(actor=cast.carol, ids=ids_of(three)[:1], topic_id=None).changed == 1
    assert queries.questions_for(cast.carol, without_topic=True).count() == 1


def test_tags_come_and_go(cast, three):
    bank.edit_question(actor=cast.carol, question_id=three[0].pk, changes={"tags": ["new", "old", "kept"]})
    change_questions(actor=cast.carol, ids=ids_of(three), add_tags=["new", "x"], remove_tags=["old"])
    tags = dict(BankQuestion.objects.values_list("pk", "tags"))
    assert [tags[question.pk] for question in three] == [["new", "kept", "x"], ["new", "x"], ["new", "x"]]
    with pytest.raises(BadContent) as refusal:
        change_questions(actor=cast.carol, ids=ids_of(three), add_tags=[str(n) for n in range(28)])
    assert problems_of(refusal) == [("/ids/0", "invalid")]


def test_a_step_is_taken_with_all(cast, three):
    review(cast, "ON")
    BankQuestion.objects.update(state="DRAFT", approved_version=None)
    change_questions(actor=cast.carol, ids=ids_of(three), step="SUBMITTED")
    change_questions(actor=cast.other_teacher, ids=ids_of(three), step="APPROVED", comment="Fine")
    for question in BankQuestion.objects.all():
        assert (question.state, question.approved_version_id) == ("APPROVED", question.current_version_id)
    assert BankReview.objects.filter(step="APPROVED", comment="Fine", by=cast.other_teacher).count() == 3


def test_all_are_deleted(cast, three):
    change_questions(actor=cast.carol, ids=ids_of(three), delete=True)
    assert not queries.questions_for(cast.carol).exists()


def test_all_or_none_and_every_reason_is_told(cast, three):
    theirs = make_question(cast, text="Cyril's", actor=cast.other_teacher)
    retired = make_question(cast, text="retired")
    take_step(actor=cast.carol, question_id=retired.pk, step="RETIRED")
    wanted = [three[0].pk, theirs.pk, uuid.uuid4(), retired.pk]
    with pytest.raises(BadContent) as refusal:
        change_questions(actor=cast.carol, ids=wanted, difficulty="HARD", add_tags=["x"])
    assert problems_of(refusal) == [
        ("/ids/1", "not_yours"),
        ("/ids/2", "unknown_question"),
        ("/ids/3", "question_retired"),
    ]
    assert str(refusal.value) == "Nothing was changed."
    assert not BankQuestion.objects.exclude(difficulty="").exists()
    with pytest.raises(BadContent) as refusal:
        change_questions(actor=cast.carol, ids=ids_of(three), step="REOPENED", difficulty="HARD")
    assert {code for _, code in problems_of(refusal)} == {"wrong_state"}
    assert not BankQuestion.objects.exclude(difficulty="").exists()


def test_a_topic_that_takes_no_questions_is_refused(cast, three):
    with pytest.raises(BadContent) as refusal:
        change_questions(actor=cast.carol, ids=ids_of(three), topic_id=uuid.uuid4(), difficulty="HARD")
    assert problems_of(refusal) == [("/topic", "unknown_topic")]
    assert not BankQuestion.objects.exclude(difficulty="").exists()


def test_others_change_nothing(cast, three):
    for person, tenant in ((cast.alice, cast.north), (cast.gus, cast.north), (cast.sybil, cast.south)):
        with tenancy.enter(tenant), pytest.raises(BadContent) as refusal:
            change_questions(actor=person, ids=ids_of(three), delete=True)
        assert {code for _, code in problems_of(refusal)} == {"unknown_question"}
    assert queries.questions_for(cast.carol).count() == 3


def test_a_thousand_cost_what_three_cost(cast, count_queries):
    def cost(many):
        made = bank.add_questions(actor=cast.carol, drafts=[draft(f"{many}/{n}") for n in range(many)]).created
        with count_queries() as counted:
            change_questions(
                actor=cast.carol, ids=ids_of(made), difficulty="EASY", language="en", add_tags=["x"], step="RETIRED"
            )
        return len(counted)

    assert cost(3) == cost(1000) <= 16


def test_approving_a_thousand_costs_what_approving_three_costs(cast, count_queries):
    review(cast, "FOUR_EYES")
    dora = cast.dora

    def cost(many):
        made = bank.add_questions(actor=cast.carol, drafts=[draft(f"{many}/{n}") for n in range(many)]).created
        change_questions(actor=cast.carol, ids=ids_of(made), step="SUBMITTED")
        with pytest.raises(BadContent) as refusal:
            change_questions(actor=cast.carol, ids=ids_of(made), step="APPROVED")
        assert {code for _, code in problems_of(refusal)} == {"own_approval"}
        with count_queries() as counted:
            change_questions(actor=dora, ids=ids_of(made), step="APPROVED")
        return len(counted)

    assert cost(3) == cost(400) <= 12

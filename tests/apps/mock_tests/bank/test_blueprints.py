"""Tests that are made of the bank by a blueprint."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from apps.mock_tests.errors import BadContent, BankTooSmall, BlueprintNotFound, EditedMeanwhile, NotYours
from apps.mock_tests.models import BankQuestion, Blueprint, MockTest, Question
from apps.mock_tests.operations import bank
from apps.mock_tests.operations.bank import blueprints
from apps.mock_tests.operations.bank import topics as bank_topics
from apps.mock_tests.queries.bank import blueprints as queries
from apps.mock_tests.rules.bank.blueprint import GroupPlan, Line, Plan, SectionPlan
from apps.mock_tests.rules.types.base import Given, Truth
from tests.factories import options, publish

pytestmark = pytest.mark.django_db


def add(cast, count, **changes):
    """So many questions of one sort in the bank, approved."""
    made = []
    for _ in range(count):
        said = {"text": f"What? {uuid.uuid4()}", "given": options(yes="1", no="0"), **changes}
        made.append(bank.create_question(actor=cast.carol, changes=said).pk)
    return made


def plan(*lines, **fields):
    return Plan((SectionPlan("All", (GroupPlan(lines),)),), **fields)


def make(cast, made_by, **options):
    return blueprints.assemble(actor=cast.carol, plan=made_by, title="Made", **options)


def origins(test):
    """The bank's questions of a test, in its order."""
    rows = Question.objects.filter(group__section__mock_test=test)
    return list(rows.values_list("bank_version__question", flat=True))


def wrong(refused):
    return [(problem.pointer, problem.code) for problem in refused.value.problems]


def test_makes_a_draft_by_topic_difficulty_tags_and_type(cast):
    words = bank_topics.create_topic(actor=cast.carol, changes={"name": "Words"})
    kanji = bank_topics.create_topic(actor=cast.carol, changes={"name": "Kanji", "parent_id": words.pk})
    sorts = {
        "below": add(cast, 3, topic_id=kanji.pk),
        "hard": add(cast, 3, difficulty="HARD"),
        "tagged": add(cast, 3, tags=["summer", "new"]),
        "typed": add(cast, 3, type="true_false", given=Given(truth=Truth(True))),
    }
    lines = (
        Line(2, topic=words.pk),
        Line(2, difficulty="HARD"),
        Line(1, tags=("summer",)),
        Line(3, type="true_false", score=Decimal(5)),
    )
    made = make(cast, plan(*lines), seed=7)
    found = origins(made.test)
    for part, sort in zip((found[:2], found[2:4], found[4:5], found[5:]), sorts.values(), strict=True):
        assert set(part) <= set(sort)
    assert [line.ids for line in made.lines] == [
        tuple(found[:2]),
        tuple(found[2:4]),
        tuple(found[4:5]),
        tuple(found[5:]),
    ]
    scores = list(Question.objects.filter(group__section__mock_test=made.test).values_list("score", flat=True))
    assert scores[-3:] == [5, 5, 5]
    assert (made.test.title, made.test.status, made.test.created_by) == ("Made", "DRAFT", cast.carol)
    publish(cast, made.test)


def test_the_same_seed_gives_the_same_test_and_another_one_another(cast):
    add(cast, 30)
    wanted = plan(Line(10))
    first = make(cast, wanted, seed=7)
    assert origins(make(cast, wanted, seed=7).test) == origins(first.test)
    assert len({tuple(origins(make(cast, wanted, seed=seed).test)) for seed in range(5)}) == 5
    drawn = make(cast, wanted)
    assert origins(make(cast, wanted, seed=drawn.seed).test) == origins(drawn.test)


def test_a_shortage_is_told_by_line_with_how_many_there_are(cast):
    add(cast, 3, difficulty="EASY")
    with pytest.raises(BankTooSmall) as refused:
        make(cast, plan(Line(3), Line(1, difficulty="EASY"), Line(4, type="numeric"), Line(5, difficulty="EASY")))
    assert wrong(refused) == [
        ("/sections/0/groups/0/lines/1", "shortage"),
        ("/sections/0/groups/0/lines/2", "shortage"),
        ("/sections/0/groups/0/lines/3", "shortage"),
    ]
    assert [problem.detail for problem in refused.value.problems] == [
        "It asks for 1; the bank has 3 of this sort, of which other lines leave 0.",
        "It asks for 4; the bank has none of this sort.",
        "It asks for 5; the bank has 3 of this sort.",
    ]
    assert not MockTest.objects.exists()


def test_a_trial_makes_nothing_and_refuses_nothing(cast):
    add(cast, 3)
    tried = make(cast, plan(Line(2), Line(2)), is_trial=True)
    assert [(line.wanted, line.available, len(line.ids)) for line in tried.lines] == [(2, 3, 2), (2, 3, 1)]
    assert tried.test is None
    assert not MockTest.objects.exists()


def test_what_stands_in_the_fewest_papers_comes_first(cast):
    known = add(cast, 6)
    for _ in range(2):
        publish(cast, make(cast, plan(Line(2))).test)
    used = set(Question.objects.values_list("bank_version__question", flat=True))
    assert len(used) == 4
    assert set(origins(make(cast, plan(Line(2)), seed=3).test)) == set(known) - used
    seeds = range(20)
    drawn = {question for seed in seeds for question in trial(cast, plan(Line(2), unseen_first=False), seed)}
    assert drawn == set(known)


def trial(cast, made_by, seed):
    return {question for line in make(cast, made_by, seed=seed, is_trial=True).lines for question in line.ids}


def test_leaves_out_what_the_newest_papers_have(cast):
    add(cast, 6)
    tests = []
    for _ in range(2):
        test = make(cast, plan(Line(2), unseen_first=True)).test
        publish(cast, test)
        tests.append(set(origins(test)))
    newest = trial(cast, plan(Line(4), skip_papers=1), 1)
    assert newest & tests[1] == set()
    assert newest >= tests[0]
    with pytest.raises(BankTooSmall):
        make(cast, plan(Line(3), skip_papers=2))
    assert len(trial(cast, plan(Line(2), skip_papers=2), 1)) == 2


def test_takes_only_what_tests_may_take(cast):
    known = add(cast, 3)
    bank.delete_question(actor=cast.carol, question_id=known[0])
    BankQuestion.objects.filter(pk=known[1]).update(state="RETIRED")
    assert trial(cast, plan(Line(3)), 1) == {known[2]}


def test_sections_have_the_minutes_of_their_exam_and_questions_its_marks(cast):
    add(cast, 12)
    parts = [
        SectionPlan(name.title(), (GroupPlan((Line(2),)),), code=name) for name in ("physics", "chemistry", "biology")
    ]
    made = make(cast, Plan((*parts, SectionPlan("Own", (GroupPlan((Line(3),)),), minutes=9)), profile="neet@2025-05"))
    assert [(s.name, s.code, s.duration) for s in made.test.sections.all()] == [
        ("Physics", "physics", 45), ("Chemistry", "chemistry", 45), ("Biology", "biology", 90), ("Own", "", 9),
    ]  # fmt: skip
    assert set(Question.objects.filter(group__section__mock_test=made.test).values_list("score", flat=True)) == {4}


def test_every_line_costs_one_query_however_much_the_bank_has(cast, count_queries):
    add(cast, 4)

    def cost(*lines):
        with count_queries() as asked:
            queries.draw_for(cast.carol, plan(*lines, skip_papers=3), seed=1)
        return len(asked)

    one = cost(Line(1))
    add(cast, 20)
    assert cost(Line(20)) == one
    assert cost(*[Line(1)] * 5) == one + 4 * 2 <= 14  # with a look at whether the center reviews its questions


@pytest.mark.parametrize(
    ("made_by", "found"),
    [
        (Plan(()), [("/sections", "no_sections")]),
        (plan(Line(1, topic=uuid.uuid4())), [("/sections/0/groups/0/lines/0/topic", "unknown_topic")]),
        (plan(Line(1), profile="cat@1999-01"), [("/profile", "unknown_profile")]),
        (plan(Line(1), profile="jlpt-n5@2020-12", level="N4"), [("/profile", "unknown_profile")]),
    ],
)
def test_refuses_a_plan_by_which_no_test_can_be_made(cast, made_by, found):
    for verb in (
        lambda: make(cast, made_by),
        lambda: make(cast, made_by, is_trial=True),
        lambda: blueprints.create_blueprint(actor=cast.carol, name="B", plan=made_by),
    ):
        with pytest.raises(BadContent) as refused:
            verb()
        assert wrong(refused) == found


# -- blueprints that are kept --------------------------------------------------------------------------------------


def test_a_blueprint_is_kept_changed_and_removed_and_its_tests_stay(cast):
    add(cast, 2)
    row = blueprints.create_blueprint(actor=cast.carol, name="Weekly", plan=plan(Line(1)))
    made = blueprints.assemble_by(actor=cast.other_teacher, blueprint_id=row.pk, seed=1)
    assert (made.test.title, made.test.created_by) == ("Weekly", cast.other_teacher)
    changed = blueprints.update_blueprint(actor=cast.dora, blueprint_id=row.pk, changes={"plan": plan(Line(2))})
    assert changed.revision == 2
    assert len(origins(blueprints.assemble_by(actor=cast.carol, blueprint_id=row.pk, title="Two").test)) == 2
    with pytest.raises(EditedMeanwhile):
        blueprints.update_blueprint(actor=cast.carol, blueprint_id=row.pk, changes={"name": "Late"}, expected=1)
    for verb in (blueprints.update_blueprint, blueprints.delete_blueprint):
        more = {"changes": {}} if verb == blueprints.update_blueprint else {}
        with pytest.raises(NotYours):
            verb(actor=cast.other_teacher, blueprint_id=row.pk, **more)
        with pytest.raises(BlueprintNotFound):
            verb(actor=cast.dora, blueprint_id=uuid.uuid4(), **more)
    blueprints.delete_blueprint(actor=cast.carol, blueprint_id=row.pk)
    assert not Blueprint.objects.exists()
    assert MockTest.objects.count() == 2


def test_students_have_no_blueprints(cast):
    row = blueprints.create_blueprint(actor=cast.carol, name="Weekly", plan=plan(Line(1)))
    with pytest.raises(BlueprintNotFound):
        queries.get_blueprint_for(cast.alice, row.pk)

"""Finding questions of the bank: by their words in any script, by how they are filed, and those that are alike."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from apps.core import tenancy
from apps.mock_tests.errors import BankQuestionNotFound
from apps.mock_tests.operations import bank
from apps.mock_tests.operations.bank import topics as bank_topics
from apps.mock_tests.queries.bank import questions as queries
from apps.mock_tests.rules.bank import questions as rules
from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.types.base import Given, Text
from tests.apps.mock_tests.bank.test_questions import make_question
from tests.factories import options

pytestmark = pytest.mark.django_db


def texts_of(questions) -> set[str]:
    return {question.current_version.name for question in questions.select_related("current_version")}


def found(cast, **filters) -> set[str]:
    return texts_of(queries.questions_for(cast.carol, **filters))


# -- words ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def words(cast):
    make_question(
        cast,
        name="kanji",
        text="<p>つぎの<ruby>経済<rt>けいざい</rt></ruby>のことば</p>",
        given=options(政治="1", 文化="0"),
    )
    make_question(cast, name="wide", text="<p>ＪＬＰＴ Ｎ３ ﾓﾝﾀﾞｲ</p>")
    make_question(
        cast, name="tags", text="<p>Capital <b>of</b> France 100%_a\\b</p>", explanation="<p>It is Paris.</p>"
    )
    answers = {"type": "short_text", "given": Given(texts=(Text("Mount Fuji"),))}
    make_question(cast, name="typed", text="<p>Highest?</p>", **answers)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("経済", {"kanji"}),
        ("済の", {"kanji"}),
        ("けいざい", set()),
        ("政治 ことば", {"kanji"}),
        ("政治 France", set()),
        ("jlpt n3", {"wide"}),
        ("モンダイ", {"wide"}),
        ("ＣＡＰＩＴＡＬ ｏｆ", {"tags"}),
        ("paris", {"tags"}),
        ("100%", {"tags"}),
        ("%_a", {"tags"}),
        ("a\\b", {"tags"}),
        ("0_0", set()),
        ("<b>", set()),
        ("mount fuji", {"typed"}),
        ("kanji", {"kanji"}),
        ("  ", {"kanji", "wide", "tags", "typed"}),
    ],
)
def test_words_are_found_in_every_script(cast, words, text, names):
    assert found(cast, text=text) == names


def test_what_is_searched_follows_the_current_version(cast):
    question = make_question(cast, text="old words")
    bank.edit_question(actor=cast.carol, question_id=question.pk, changes={"text": "new words"})
    assert found(cast, text="old") == set()
    assert found(cast, text="new") == {"City"}


# -- how they are filed --------------------------------------------------------------------------------------------


def test_each_filter_narrows_the_list(cast):
    above = bank_topics.create_topic(actor=cast.carol, changes={"name": "Above"})
    below = bank_topics.create_topic(actor=cast.carol, changes={"name": "Below", "parent_id": above.pk})
    make_question(cast, name="a", topic_id=above.pk, difficulty="EASY", tags=["x", "y"], language="ja")
    make_question(cast, name="b", topic_id=below.pk, difficulty="HARD", tags=["x"], exam_type="JEE Main")
    make_question(cast, name="c", actor=cast.dora, type="short_text", given=Given(texts=(Text("t"),)))
    cases = [
        ({"topic": above.pk}, {"a", "b"}),
        ({"topic": below.pk}, {"b"}),
        ({"topic": uuid.uuid4()}, set()),
        ({"without_topic": True}, {"c"}),
        ({"difficulty": "EASY"}, {"a"}),
        ({"tags": ["x"]}, {"a", "b"}),
        ({"tags": ["x", "y"]}, {"a"}),
        ({"language": "ja"}, {"a"}),
        ({"exam_type": "JEE Main"}, {"b"}),
        ({"type": "short_text"}, {"c"}),
        ({"author": cast.dora.pk}, {"c"}),
        ({"state": "APPROVED"}, {"a", "b", "c"}),
        ({"state": "DRAFT"}, set()),
        (
            {"topic": above.pk, "tags": ["x"], "difficulty": "HARD", "unused": True, "usable": True, "text": "tokyo"},
            {"b"},
        ),
    ]
    for filters, names in cases:
        assert found(cast, **filters) == names, filters


def test_the_newest_come_first(cast):
    made = [make_question(cast, text=str(number)).pk for number in range(3)]
    assert [question.pk for question in queries.questions_for(cast.carol)] == made[::-1]


def test_only_staff_of_the_center_see_its_bank(cast):
    make_question(cast)
    for person in (cast.alice, cast.gus):
        assert not queries.questions_for(person).exists()
        assert not queries.topics_for(person).exists()
        assert queries.doubles_for(person) == []
    assert queries.questions_for(cast.other_teacher).exists()
    with tenancy.enter(cast.south):
        assert not queries.questions_for(cast.sybil).exists()


def test_a_page_costs_the_same_for_few_and_many(cast, count_queries):
    def cost(many):
        made = [DraftQuestion("single_choice", str(n), f"{many} {n}", _two(), topic=f"{n}") for n in range(many)]
        bank.add_questions(actor=cast.carol, drafts=made)
        with count_queries() as counted:
            for question in queries.list_questions_for(cast.carol, text="1", usable=True)[:20]:
                str(question.topic), question.current_version.text, question.approved_version, question.created_by
                getattr(question.current_version, "statistics", None)
        return len(counted)

    assert cost(3) == cost(40) == 2


# -- doubles -------------------------------------------------------------------------------------------------------


def _two():
    return (DraftOption("yes", Decimal(1)), DraftOption("no"))


def pairs(doubles):
    names = [sorted((pair.one.current_version.name, pair.other.current_version.name)) for pair in doubles]
    return [(*both, pair.is_exact) for both, pair in zip(names, doubles, strict=True)]


def test_the_same_and_the_alike_are_listed(cast):
    long = "Which of these rivers flows through the city of Vienna on its way to the Black Sea"
    make_question(cast, name="a", text=f"<p>{long}?</p>")
    make_question(cast, name="b", text=f"<p><b>{long.upper()}</b>!!</p>")
    make_question(cast, name="c", text=f"<p>{long}?</p>", score=Decimal(3))
    make_question(cast, name="d", text="<p>Something else entirely, about mountains</p>")
    doubles = queries.doubles_for(cast.carol)
    assert pairs(doubles)[0] == ("a", "c", True)
    assert sorted(pairs(doubles)[1:]) == [("a", "b", False), ("b", "c", False)]
    assert all(rules.ALIKE <= pair.likeness < 1 for pair in doubles[1:])


def test_doubles_of_one_question(cast):
    first = make_question(cast, name="a", text="<p>経済政治教育文化を読みなさい。</p>")
    make_question(cast, name="b", text="<p>経済政治教育文化を読みましょう。</p>")
    make_question(cast, name="c", text="<p>x</p>", given=options(one="1", two="0"))
    other = make_question(cast, name="d", text="<p>x</p>", given=options(one="1", two="0"))
    assert pairs(queries.doubles_for(cast.carol, question_id=first.pk)) == [("a", "b", False)]
    assert pairs(queries.doubles_for(cast.carol, question_id=other.pk)) == [("c", "d", True)]
    bank.delete_question(actor=cast.carol, question_id=other.pk)
    assert pairs(queries.doubles_for(cast.carol)) == [("a", "b", False)]
    with pytest.raises(BankQuestionNotFound):
        queries.doubles_for(cast.carol, question_id=other.pk)


def test_an_instruction_in_common_makes_no_doubles(cast):
    kanji = "経済政治教育文化料理旅行天気病院学校会社電車自然動物植物音楽映画"
    drafts = [
        DraftQuestion(
            "single_choice",
            kanji[place],
            f"つぎの {kanji[place : place + 2]}",
            tuple(DraftOption(kanji[place + n : place + n + 4], Decimal(n == 1)) for n in range(1, 5)),
        )
        for place in range(0, 24, 8)
    ]
    bank.add_questions(actor=cast.carol, drafts=drafts)
    assert queries.doubles_for(cast.carol) == []


def test_the_list_of_doubles_costs_three_queries(cast, count_queries):
    drafts = [DraftQuestion("single_choice", "", f"The same long question number {n}", _two()) for n in range(30)]
    bank.add_questions(actor=cast.carol, drafts=drafts)
    with count_queries() as counted:
        assert len(queries.doubles_for(cast.carol)) > 10
    assert len(counted) == 3

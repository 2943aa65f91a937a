"""Items of QTI, one kind after another: what they ask, what is right, what it earns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.mock_tests.rules.types.base import Prompt, Truth
from tests.apps.mock_tests.exchange.qti_files import CHOICE, SCORE, choices, declared, item, mapped, processed
from tests.apps.mock_tests.exchange.qti_reading import (
    BY_KEY,
    BY_MAPPING,
    FEEDBACK,
    GIVEN,
    KEY,
    VERSIONS,
    condition,
    earn,
    fractions,
    partly,
    refused,
    rules,
    taken,
    value,
)

# -- choices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_a_single_choice_in_every_version_and_habit(version):
    question = taken(CHOICE, version)
    assert (question.type, question.name, question.marks, question.shuffle) == ("single_choice", "Signs", 1, True)
    assert question.text == "<p>Which sign forbids parking?</p><div>Choose one.</div>"
    assert [option.text for option in question.options] == ["the red one", "the <b>blue</b> one", "neither"]
    assert fractions(question) == [0, 1, 0]
    assert question.path == "items/one.xml"


def multiple(*declarations, processing="", most=0, options="ABCD"):
    asked = choices(*((name, f"option {name}") for name in options))
    body = f'<choiceInteraction responseIdentifier="RESPONSE" maxChoices="{most}">{asked}</choiceInteraction>'
    return item(f"<p>Which?</p>{body}", *declarations, processing=processing)


@pytest.mark.parametrize("version", VERSIONS)
def test_several_choices_by_their_mapping(version):
    mapping = mapped([("A", 1), ("B", 1), ("D", -1)], lowerBound=0, upperBound=2, defaultValue=-2)
    key = declared(["A", "B"], cardinality="multiple", mapping=mapping)
    question = taken(multiple(key, processing=processed("map_response")), version)
    assert (question.type, question.marks, question.policy) == ("multiple_choice", 2, "")
    assert fractions(question) == [Decimal("0.5"), Decimal("0.5"), -1, Decimal("-0.5")]


def test_several_choices_that_must_all_be_right():
    key = declared(["A", "C"], cardinality="multiple")
    for processing in (processed("match_correct"), "", rules(condition((f"<match>{GIVEN}{KEY}</match>", 1)))):
        question = taken(multiple(key, processing=processing))
        assert (question.policy, fractions(question), question.marks) == ("all_or_nothing", [1, 0, 1, 0], 1)


def test_the_marking_of_jee_advanced_is_recognised_by_what_it_gives():
    branches = condition(
        (f"<match>{GIVEN}{KEY}</match>", 4),
        (f"<isNull>{GIVEN}</isNull>", 0),
    ).removesuffix("</responseCondition>")
    part = earn(f"<containerSize>{GIVEN}</containerSize>")
    branches += f"<responseElseIf><contains>{KEY}{GIVEN}</contains>{part}</responseElseIf>"
    branches += f"<responseElse>{earn(value(-2))}</responseElse></responseCondition>"
    question = taken(multiple(declared(["A", "C"], cardinality="multiple"), processing=rules(branches)))
    assert (question.policy, fractions(question), question.marks) == ("jee_advanced", [1, 0, 1, 0], 4)


def test_choices_that_earn_more_together_than_alone_are_refused():
    """Half for one of two, but nothing for the other: no way of ours gives the same."""
    asks = condition((f"<match>{GIVEN}{KEY}</match>", 1), (f"<member>{value('A', 'identifier')}{GIVEN}</member>", 0.9))
    xml = multiple(declared(["A", "B"], cardinality="multiple"), processing=rules(asks))
    assert "cannot be kept" in refused(xml)


def test_parts_of_the_marks_and_losses_for_single_options():
    mapping = mapped([("A", 3), ("B", -1), ("C", 1.5)], defaultValue=0)
    key = declared(["A"], mapping=mapping)
    question = taken(multiple(key, processing=processed("CC2_map_response"), most=1))
    assert (question.type, question.marks, fractions(question)) == (
        "single_choice", 3, [1, Decimal("-0.3333333333"), Decimal("0.5"), 0],
    )  # fmt: skip


def test_rules_of_ones_own_give_each_option_what_they_give():
    tests = (f"<match>{GIVEN}{KEY}</match>", f"<match>{GIVEN}{value('B', 'identifier')}</match>")
    asks = condition((tests[0], 4), (tests[1], 1), (None, -1))
    question = taken(multiple(declared(["A"]), processing=rules(asks), most=1))
    assert (question.marks, fractions(question)) == (4, [1, Decimal("0.25"), Decimal("-0.25"), Decimal("-0.25")])


def test_one_choice_from_a_container_is_a_single_choice():
    key = declared(["B"], cardinality="multiple")
    question = taken(multiple(key, processing=processed("match_correct"), most=1))
    assert (question.type, fractions(question)) == ("single_choice", [0, 1, 0, 0])


@pytest.mark.parametrize(
    "options", [(("x", "True"), ("y", "False")), (("true", "<p>FALSE</p>"), ("false", "<p>T</p>"))]
)
def test_two_options_that_say_true_and_false_are_a_statement(options):
    body = f'<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1">{choices(*options)}</choiceInteraction>'
    xml = item(f"<p>So?</p>{body}", declared([options[0][0]]), processing=BY_KEY)
    question = taken(xml)
    assert (question.type, question.truth) == ("true_false", Truth(options[0][1] == "True"))


def test_two_options_that_only_mean_true_and_false_keep_their_words():
    body = choices(("true", "Correct"), ("false", "Incorrect"))
    body = f'<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1">{body}</choiceInteraction>'
    question = taken(item(f"<p>So?</p>{body}", declared(["true"]), processing=BY_KEY))
    assert (question.type, [option.text for option in question.options]) == ("single_choice", ["Correct", "Incorrect"])


def test_feedback_that_stands_inside_the_options():
    said = '<feedbackInline outcomeIdentifier="FEEDBACK" identifier="{0}" showHide="show">You said {0}</feedbackInline>'
    body = choices(("t", f"True {said.format('t')}"), ("f", f"False {said.format('f')}"))
    body = f'<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1">{body}</choiceInteraction>'
    most = '<outcomeDeclaration identifier="MAXSCORE" cardinality="single" baseType="float">'
    most += "<defaultValue><value>10.0</value></defaultValue></outcomeDeclaration>"
    all_of_it = earn('<variable identifier="MAXSCORE"/>')
    right = f"<responseCondition><responseIf><match>{GIVEN}{KEY}</match>{all_of_it}</responseIf></responseCondition>"
    outcomes = SCORE + most + FEEDBACK
    xml = item(
        f"<p>So?</p>{body}", declared(["f"]), outcomes=outcomes, processing=rules(earn(GIVEN, "FEEDBACK"), right)
    )
    question = taken(xml)
    assert (question.truth, question.marks) == (Truth(False, "You said t", "You said f"), 10)


def test_limits_of_choices_are_told():
    _, said = partly(multiple(declared(["A", "B"], cardinality="multiple"), most=2))
    assert "at most 2 options" in said


# -- orders and pairs -----------------------------------------------------------------------------------------------


def ordering(*declarations, processing=BY_KEY):
    asked = choices(("A", "Ann"), ("B", "Bob"), ("C", "Cid"))
    body = f'<orderInteraction responseIdentifier="RESPONSE" shuffle="true">{asked}</orderInteraction>'
    return item(f"<p>Who was first?</p>{body}", *declarations, processing=processing)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order(version):
    question = taken(ordering(declared(["C", "A", "B"], cardinality="ordered")), version)
    assert (question.type, question.policy, question.star) == ("ordering", "", None)
    assert [option.text for option in question.options] == ["Cid", "Ann", "Bob"]


def test_an_order_of_which_one_place_counts():
    there = f'<match><index n="2">{GIVEN}</index><index n="2">{KEY}</index></match>'
    key = declared(["C", "A", "B"], cardinality="ordered")
    question = taken(ordering(key, processing=rules(condition((there, 1)))))
    assert (question.policy, question.star) == ("star", 2)


def test_parts_of_an_order_are_told():
    half = f'<match><index n="1">{GIVEN}</index><index n="1">{KEY}</index></match>'
    branches = condition((f"<match>{GIVEN}{KEY}</match>", 1), (half, 0.5))
    _, said = partly(ordering(declared(["C", "A", "B"], cardinality="ordered"), processing=rules(branches)))
    assert "only the whole order" in said


def test_an_order_must_name_each_option_once():
    for names in (["A", "B"], ["A", "B", "C", "C"], ["A", "B", "X"], []):
        assert "order" in refused(ordering(declared(names, cardinality="ordered"))) or not names


def associable(*options):
    return "".join(
        f'<simpleAssociableChoice identifier="{name}" matchMax="1">{text}</simpleAssociableChoice>'
        for name, text in options
    )


def matching(*declarations, processing=BY_MAPPING):
    one = associable(("t", "Tokyo"), ("p", "Paris"))
    other = associable(("f", "France"), ("j", "Japan"), ("s", "Spain"))
    body = (
        '<matchInteraction responseIdentifier="RESPONSE" shuffle="true">'
        f"<simpleMatchSet>{one}</simpleMatchSet><simpleMatchSet>{other}</simpleMatchSet></matchInteraction>"
    )
    return item(f"<p>Where?</p>{body}", *declarations, processing=processing)


@pytest.mark.parametrize("version", VERSIONS)
def test_pairs(version):
    mapping = mapped([("t j", 1), ("p f", 1)], defaultValue=0)
    key = declared(["t j", "p f"], base="directedPair", cardinality="multiple", mapping=mapping)
    question = taken(matching(key), version)
    assert (question.type, question.marks, question.policy, question.shuffle) == ("matching", 2, "", True)
    assert [option.text for option in question.options] == ["France", "Japan", "Spain"]
    assert question.prompts == (Prompt("", "Tokyo", "1"), Prompt("", "Paris", "0"))


def test_pairs_that_must_all_be_right_and_pairs_that_count_differently():
    pairs = {"base": "directedPair", "cardinality": "multiple"}
    question = taken(matching(declared(["t j", "p f"], **pairs), processing=processed("match_correct")))
    assert (question.policy, question.marks) == ("all_or_nothing", 1)
    mapping = mapped([("t j", 2), ("p f", 1)], defaultValue=-1)
    question, said = partly(matching(declared(["t j", "p f"], mapping=mapping, **pairs)))
    assert (question.policy, question.marks) == ("", 3)
    assert "count the same" in said
    assert "Wrong pairs cost nothing" in said


def test_the_second_set_asks_where_the_first_cannot():
    one = associable(("x", "fruit"), ("y", "fish"))
    other = associable(("a", "apple"), ("b", "carp"), ("c", "pear"))
    body = (
        '<matchInteraction responseIdentifier="RESPONSE">'
        f"<simpleMatchSet>{one}</simpleMatchSet><simpleMatchSet>{other}</simpleMatchSet></matchInteraction>"
    )
    key = declared(["x a", "y b", "x c"], base="directedPair", cardinality="multiple")
    question = taken(item(body + "<p>?</p>", key, processing=processed("match_correct")))
    assert [prompt.text for prompt in question.prompts] == ["apple", "carp", "pear"]
    assert [prompt.target for prompt in question.prompts] == ["0", "1", "0"]


def test_pairs_among_one_set():
    asked = associable(("A", "Antonio"), ("P", "Prospero"), ("C", "Capulet"), ("M", "Montague"))
    body = f'<associateInteraction responseIdentifier="RESPONSE" maxAssociations="2">{asked}</associateInteraction>'
    key = declared(["P A", "C M"], base="pair", cardinality="multiple")
    question, said = partly(item(f"<p>Rivals</p>{body}", key, processing=processed("match_correct")))
    assert [prompt.text for prompt in question.prompts] == ["Antonio", "Capulet"]
    assert [question.options[int(prompt.target)].text for prompt in question.prompts] == ["Prospero", "Montague"]
    assert "first of each pair" in said


# -- essays ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_a_text_that_people_mark(version):
    most = '<outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float" normalMaximum="8"/>'
    body = (
        '<p>Write to Sam.</p><extendedTextInteraction responseIdentifier="RESPONSE" expectedLength="200">'
        "<prompt>About your town.</prompt></extendedTextInteraction>"
        '<rubricBlock view="scorer"><p>Two points for the greeting.</p></rubricBlock>'
    )
    question = taken(item(body, declared(base="string"), outcomes=most), version)
    assert (question.type, question.marks) == ("essay", 8)
    assert question.text == "<p>Write to Sam.</p><div>About your town.</div>"
    assert question.own["model_answer"] == "<p>Two points for the greeting.</p>"


# -- what cannot be taken -------------------------------------------------------------------------------------------


def interaction(name, inner="", **attributes):
    said = "".join(f' {key}="{worth}"' for key, worth in attributes.items())
    return f'<{name} responseIdentifier="RESPONSE"{said}>{inner}</{name}>'


@pytest.mark.parametrize(
    "name",
    ["hotspotInteraction", "selectPointInteraction", "graphicOrderInteraction", "graphicGapMatchInteraction",
     "sliderInteraction", "drawingInteraction", "uploadInteraction", "hottextInteraction", "customInteraction",
     "positionObjectInteraction", "endAttemptInteraction"],
)  # fmt: skip
def test_interactions_that_the_house_does_not_have_are_named(name):
    said = refused(item(f"<p>?</p>{interaction(name)}", declared(["A"])))
    assert f'"{name}" cannot be imported. (/assessmentItem/itemBody/{name}, line 2)' in said


def test_what_else_makes_an_item_impossible():
    two = interaction("choiceInteraction", choices(("A", "a"), ("B", "b")), maxChoices="1")
    key = declared(["A"])
    assert "computed for each taker" in refused(
        item(two, '<templateDeclaration identifier="X" cardinality="single" baseType="integer"/>', key)
    )
    assert "several things at once" in refused(item(two + two, key))
    assert "not declared" in refused(item(two))
    assert "which answer is right" in refused(item(two, declared()))
    assert "declared twice" in refused(item(two, key, key))
    assert "Places on a picture" in refused(
        item(two, key, processing='<responseProcessing template="x/map_response_point"/>')
    )
    assert '"B2" is none of the options' in refused(item(two, declared(["B2"])))
    assert 'mapping names "X"' in refused(item(two, declared(["A"], mapping=mapped([("X", 1)]))))
    assert "identifier" in refused(item(two.replace('"B"', '"A"'), key))
    adaptive = item(two, key).replace('adaptive="false"', 'adaptive="true"')
    assert "Adaptive" in refused(adaptive)
    assert "neither text nor media" in refused(item(two, key).replace("<p>?</p>", ""))


def test_rules_that_are_random_or_unknown_are_refused_with_their_place():
    xml = multiple(declared(["A"]), processing=rules(earn("<random/>")), most=1)
    assert '"random", which is not supported. (/assessmentItem/responseProcessing/setOutcomeValue/random' in refused(
        xml
    )
    assert "not declared" in refused(
        multiple(declared(["A"]), processing=rules(earn('<variable identifier="Y"/>')), most=1)
    )


def test_an_unknown_template_is_told():
    xml = multiple(declared(["A"]), processing='<responseProcessing template="http://x/own_rules.xml"/>', most=1)
    question, said = partly(xml)
    assert fractions(question) == [1, 0, 0, 0]
    assert '"own_rules"' in said

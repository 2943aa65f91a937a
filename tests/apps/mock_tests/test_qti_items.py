"""Items of QTI, one kind after another: what they ask, what is right, what it earns."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.mock_tests.rules.qti.reading import read_qti
from apps.mock_tests.rules.types.base import Gap, Option, Prompt, Text, Truth
from tests.apps.mock_tests.qti_files import (
    CHOICE,
    MATH,
    SCORE,
    choices,
    declared,
    item,
    mapped,
    package,
    processed,
    written,
)
from tests.apps.mock_tests.test_media_rules import picture, recording

VERSIONS = ["2.0", "2.1", "2.2", "3.0", "prefixed", "bare", "bom"]


def read(xml, version="2.1", *files):
    """The one question of an item, and its row."""
    test, report = read_qti(package(("items/one.xml", written(xml, version)), *files))
    return next(test.questions(), None), report.rows[0]


def taken(xml, version="2.1", *files):
    question, row = read(xml, version, *files)
    assert (row.outcome, row.reasons) == ("taken", ())
    return question


def partly(xml, *files):
    question, row = read(xml, "2.1", *files)
    assert row.outcome == "partly", row
    return question, " ".join(row.reasons)


def refused(xml, *files):
    question, row = read(xml, "2.1", *files)
    assert (question, row.outcome, row.path) == (None, "refused", "items/one.xml"), row
    return " ".join(row.reasons)


def fractions(question):
    return [option.fraction for option in question.options]


def condition(*branches):
    """Rules that say what is earned under conditions; the last may have none."""
    parts = []
    for place, (test, worth) in enumerate(branches):
        name = "responseElse" if test is None else "responseElseIf" if place else "responseIf"
        parts.append(f"<{name}>{test or ''}{earn(value(worth))}</{name}>")
    return f"<responseCondition>{''.join(parts)}</responseCondition>"


def earn(expression, name="SCORE"):
    return f'<setOutcomeValue identifier="{name}">{expression}</setOutcomeValue>'


def value(worth, base="float"):
    return f'<baseValue baseType="{base}">{worth}</baseValue>'


def rules(*inner):
    return f"<responseProcessing>{''.join(inner)}</responseProcessing>"


GIVEN, KEY = '<variable identifier="RESPONSE"/>', '<correct identifier="RESPONSE"/>'
FEEDBACK = '<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>'
BY_KEY, BY_MAPPING = processed("match_correct"), processed("map_response")


# -- choices -------------------------------------------------------------------------------------------------------


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


# -- orders and pairs ----------------------------------------------------------------------------------------------


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


# -- gaps ----------------------------------------------------------------------------------------------------------


def gap_match(*declarations, processing=BY_MAPPING):
    words = "".join(f'<gapText identifier="{name}" matchMax="1">{name}ter</gapText>' for name in ("win", "sum"))
    text = '<blockquote><p>Now is the <gap identifier="G1"/> made <gap identifier="G2"/>.</p></blockquote>'
    body = (
        f'<gapMatchInteraction responseIdentifier="RESPONSE"><prompt>Fill.</prompt>{words}{text}</gapMatchInteraction>'
    )
    return item(body, *declarations, processing=processing)


@pytest.mark.parametrize("version", VERSIONS)
def test_words_for_gaps(version):
    mapping = mapped([("win G1", 1), ("sum G2", 2)], defaultValue=-1, lowerBound=0)
    key = declared(["win G1", "sum G2"], base="directedPair", cardinality="multiple", mapping=mapping)
    question, row = read(gap_match(key), version)
    assert (question.type, question.marks, [gap.weight for gap in question.gaps]) == ("gap_fill", 3, [1, 2])
    assert "<blockquote><p>Now is the [[1]] made [[2]].</p></blockquote>" in question.text
    assert "Fill." in question.text
    assert question.gaps[0].options == (Option("0", "winter", Decimal(1)), Option("1", "sumter", Decimal(-1)))
    assert "several gaps" in " ".join(row.reasons)


def test_what_a_wrong_word_costs_is_seen_beside_right_ones():
    """Alone it costs nothing, since nobody goes below nothing."""
    mapping = mapped([("win G1", 1), ("sum G2", 1)], defaultValue=-1, lowerBound=0, upperBound=2)
    key = declared(["win G1", "sum G2"], base="directedPair", cardinality="multiple", mapping=mapping)
    question, _ = read(gap_match(key))
    assert [[option.fraction for option in gap.options] for gap in question.gaps] == [[1, -1], [-1, 1]]


def test_values_with_lines_around_them_and_pairs_that_say_identifier():
    pairs = ["\n\t\twin G1\n", "\n\tsum G2\n"]
    half = value("\n0.5\n")
    part = earn(f'<product><mapResponse identifier="RESPONSE"/>{half}</product>')
    mapping = mapped([("win G1", 1), ("sum G2", 1)])
    key = declared(pairs, base="identifier", cardinality="multiple", mapping=mapping)
    question, _ = read(gap_match(key, processing=rules(part)), "3.0")
    assert (question.marks, [gap.weight for gap in question.gaps]) == (1, [1, 1])


def test_an_item_without_a_question_is_ignored():
    question, row = read(item("<p>Welcome.</p>"))
    assert (question, row.outcome) == (None, "ignored")


def inline(*declarations, processing=""):
    names = {"RESPONSE": ("a", "b"), "SECOND": ("c", "d")}
    gaps = [
        f'<inlineChoiceInteraction responseIdentifier="{name}" shuffle="false">'
        f"{choices(*((option, f'word {option}') for option in options), tag='inlineChoice')}</inlineChoiceInteraction>"
        for name, options in names.items()
    ]
    body = f"<p>One {gaps[0]} and two {gaps[1]}.</p>"
    return item(body, *declarations, processing=processing)


SUM = rules(earn('<sum><mapResponse identifier="RESPONSE"/><mapResponse identifier="SECOND"/></sum>'))


@pytest.mark.parametrize("version", VERSIONS)
def test_choices_in_the_text(version):
    first = declared(["a"], mapping=mapped([("a", 1), ("b", "0.5")]))
    second = declared(["d"], mapping=mapped([("d", 1)]), name="SECOND")
    question = taken(inline(first, second, processing=SUM), version)
    assert (question.type, question.text, question.marks) == ("gap_fill", "<p>One [[1]] and two [[2]].</p>", 2)
    assert [[option.fraction for option in gap.options] for gap in question.gaps] == [[1, Decimal("0.5")], [0, 1]]


def test_gaps_without_rules_are_right_by_their_keys():
    question = taken(inline(declared(["a"]), declared(["d"], name="SECOND")))
    assert (question.marks, [gap.weight for gap in question.gaps]) == (2, [1, 1])


def test_gaps_that_only_earn_together_are_told():
    both = "".join(
        f'<match><variable identifier="{name}"/><correct identifier="{name}"/></match>'
        for name in ("RESPONSE", "SECOND")
    )
    processing = rules(condition((f"<and>{both}</and>", 3)))
    question, said = partly(inline(declared(["a"]), declared(["d"], name="SECOND"), processing=processing))
    assert question.marks == 3
    assert [[option.fraction for option in gap.options] for gap in question.gaps] == [[1, 0], [0, 1]]
    assert "Each gap earns its part" in said


ENTRY = '<textEntryInteraction responseIdentifier="RESPONSE" expectedLength="15"/>'


@pytest.mark.parametrize("version", VERSIONS)
def test_a_word_inside_a_sentence_is_a_gap(version):
    mapping = (
        '<mapping defaultValue="0"><mapEntry mapKey="York" mappedValue="1" caseSensitive="true"/>'
        '<mapEntry mapKey="york" mappedValue="0.5"/></mapping>'
    )
    key = declared(["York"], base="string", mapping=mapping)
    xml = item(f"<p>This sun of {ENTRY}; and all the clouds</p>", key, processing=processed("map_response"))
    question = taken(xml, version)
    assert (question.type, question.text) == ("gap_fill", "<p>This sun of [[1]]; and all the clouds</p>")
    gap = Gap("", (), (Text("York"), Text("york", Decimal("0.5"))), case_sensitive=True)
    assert question.gaps == (gap,)


@pytest.mark.parametrize("around", ["<p>Capital?</p><p>{}</p>", "<p>Capital? {}</p>", "<div>Capital?<br/>{}</div>"])
def test_a_word_after_the_text_is_a_short_answer(around):
    key = declared(["Tokyo"], base="string")
    asks = condition((f'<stringMatch caseSensitive="false">{GIVEN}{KEY}</stringMatch>', 2))
    question = taken(item(around.format(ENTRY), key, processing=rules(asks)))
    assert (question.type, question.texts, question.case_sensitive) == ("short_text", (Text("Tokyo"),), False)
    assert (question.marks, "Capital?" in question.text) == (2, True)


def test_texts_that_rules_name_are_tried():
    asks = condition(
        (f"<match>{GIVEN}{value('Edo', 'string')}</match>", 1),
        (f"<match>{GIVEN}{value('Yedo', 'string')}</match>", 0.5),
    )
    question = taken(item(f"<p>Old name?</p><p>{ENTRY}</p>", declared(base="string"), processing=rules(asks)))
    assert (question.texts, question.case_sensitive) == ((Text("Edo"), Text("Yedo", Decimal("0.5"))), True)


def test_patterns_and_parts_of_texts_are_refused():
    for test in (
        f'<stringMatch caseSensitive="true" substring="true">{GIVEN}{KEY}</stringMatch>',
        f'<patternMatch pattern="E.*">{GIVEN}</patternMatch>',
    ):
        xml = item(f"<p>?</p><p>{ENTRY}</p>", declared(["x"], base="string"), processing=rules(condition((test, 1))))
        assert "responseProcessing" in refused(xml)


# -- numbers -------------------------------------------------------------------------------------------------------


def number(test_or_rules, key=("9.8",), base="float"):
    processing = (
        test_or_rules
        if test_or_rules.startswith("<resp") or not test_or_rules
        else rules(condition((test_or_rules, 1)))
    )
    return item(f"<p>g = ?</p><p>{ENTRY}</p>", declared(key, base=base), processing=processing)


def answers(question):
    return [(answer.value, answer.tolerance, answer.fraction) for answer in question.answers]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_number_with_a_tolerance(version):
    question = taken(number(f'<equal toleranceMode="absolute" tolerance="0.1 0.1">{GIVEN}{KEY}</equal>'), version)
    assert (question.type, answers(question)) == ("numeric", [(Decimal("9.8"), Decimal("0.1"), 1)])


def test_a_number_as_it_stands():
    for said in (processed("match_correct"), "", f'<equal toleranceMode="exact">{GIVEN}{KEY}</equal>'):
        assert answers(taken(number(said))) == [(Decimal("9.8"), 0, 1)]
    assert answers(taken(number("", key=["42"], base="integer"))) == [(42, 0, 1)]


def test_a_range():
    within = f"<and><gte>{GIVEN}{value(5)}</gte><lte>{GIVEN}{value(7)}</lte></and>"
    assert answers(taken(number(within, key=()))) == [(6, 1, 1)]
    inside = f"<and><gt>{GIVEN}{value(5)}</gt><lt>{GIVEN}{value(7)}</lt></and>"
    question, said = partly(number(inside, key=()))
    assert answers(question) == [(6, 1, 1)]
    assert "ends of its range" in said


def test_nearer_numbers_may_earn_more():
    near = f'<equal toleranceMode="absolute" tolerance="0.1">{value(3)}{GIVEN}</equal>'
    far = f'<equal toleranceMode="absolute" tolerance="0.5">{value(3)}{GIVEN}</equal>'
    question = taken(number(rules(condition((near, 2), (far, 1))), key=["3"]))
    assert answers(question) == [(3, Decimal("0.1"), 1), (3, Decimal("0.5"), Decimal("0.5"))]
    assert question.marks == 2


def test_numbers_whose_rules_have_no_end_are_refused():
    assert "cannot be kept" in refused(number(f"<gte>{GIVEN}{value(5)}</gte>", key=()))


def test_a_number_inside_the_text_leaves_a_line():
    xml = item(f"<p>It falls {ENTRY} metres.</p>", declared(["4.9"], base="float"))
    question, said = partly(xml)
    assert question.text == "<p>It falls ____ metres.</p>"
    assert "line in the text" in said


# -- essays --------------------------------------------------------------------------------------------------------


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


# -- texts ---------------------------------------------------------------------------------------------------------


def asked(text, *files, version="2.1"):
    return taken(_around(text), version, *files).text.removesuffix("<div>?</div>")


def _around(text):
    body = '<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1"><prompt>?</prompt>'
    body += choices(("A", "yes"), ("B", "no")) + "</choiceInteraction>"
    return item(text + body, declared(["A"]), processing=processed("match_correct"))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<p>漢<ruby><rb>字</rb><rp>(</rp><rt>じ</rt><rp>)</rp></ruby></p>", None),
        ("<h1>Title</h1><p>a &lt; b &amp; c</p>", "<h3>Title</h3><p>a &lt; b &amp; c</p>"),
        ('<p><span class="qti-underline">one</span> <u>two</u></p>', "<p><u>one</u> <u>two</u></p>"),
        ('<p><span style="text-decoration: underline; font-weight: bold">x</span></p>', "<p><u><b>x</b></u></p>"),
        ("<table><tr><td colspan=\"2\">x</td></tr></table>",
         '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>'),
        ("<p><![CDATA[<script>alert(1)</script>]]></p>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ('<p onclick="x()">a<q>b</q></p>', "<p>a“b”</p>"),
    ],
)  # fmt: skip
def test_texts_are_the_houses_own_html(text, html):
    assert asked(text) == (text if html is None else html)


@pytest.mark.parametrize(
    ("math", "tex"),
    [
        ("<mrow><mi>x</mi><mo>=</mo><mfrac><mn>1</mn><mn>2</mn></mfrac></mrow>", r"\(x=\frac{1}{2}\)"),
        ("<msup><mi>x</mi><mn>2</mn></msup><mo>+</mo><msub><mi>a</mi><mi>i</mi></msub>", r"\({x}^{2}+{a}_{i}\)"),
        ("<msqrt><mn>2</mn></msqrt><mo>×</mo><mroot><mi>x</mi><mn>3</mn></mroot>", r"\(\sqrt{2}\times \sqrt[3]{x}\)"),
        ("<mi>sin</mi><mi>θ</mi><mo>≤</mo><mn>1</mn>", r"\(\sin \theta \le 1\)"),
        ("<mover><mi>x</mi><mo>¯</mo></mover>", r"\(\overline{x}\)"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", r"\(\left( a,b \right)\)"),
        ("<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr></mtable>",
         r"\(\begin{matrix}1 &amp; 2\end{matrix}\)"),
        ('<semantics><mi>y</mi><annotation encoding="application/x-tex">\\alpha</annotation></semantics>', r"\(\alpha\)"),
        ("<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>i</mi>", r"\(\sum _{i}^{n}i\)"),
        ("<mtext>rate % $</mtext>", r"\(\text{rate \% \$}\)"),
    ],
)  # fmt: skip
def test_formulas_become_tex(math, tex):
    assert asked(f"<p><math {MATH}>{math}</math></p>") == f"<p>{tex}</p>"


def test_formulas_without_tex_are_refused_with_their_place():
    said = refused(_around(f"<p><math {MATH}><mrow><menclose><mi>x</mi></menclose></mrow></math></p>"))
    assert 'a "menclose"' in said
    assert "/assessmentItem/itemBody/p/math/mrow/menclose, line 2" in said


def test_pictures_and_recordings_come_from_the_package():
    files = (("media/a b.png", picture()), ("media/say.wav", recording()), ("items/local.png", picture(size=(9, 9))))
    text = '<p><img src="../media/a%20b.png" alt="A &lt; B" width="30"/><img src="local.png" alt=""/></p>'
    played = '<p><object type="audio/wav" data="..\\media\\say.wav"/></p>'
    question = taken(_around(text + played), "2.1", *files)
    assert '<img src="media:a_b.png" alt="A &lt; B" width="30"><img src="media:local.png">' in question.text
    assert [(file.name, file.kind) for file in question.files] == [
        ("a_b.png", "image"), ("local.png", "image"), ("say.wav", "audio"),
    ]  # fmt: skip
    assert question.files[0].content == picture()
    assert "object" not in question.text


@pytest.mark.parametrize(
    "played",
    [
        '<audio controls="controls"><source src="../s.wav" type="audio/wav"/></audio>',
        '<audio src="/s.wav"></audio>',
        '<p><object data="../S.WAV"><p>Cannot play</p></object></p>',
        '<mediaInteraction responseIdentifier="M" autostart="true"><object data="../s.wav" type="audio/wav"/>'
        "</mediaInteraction>",
    ],
)
def test_every_way_to_play_something(played):
    question = taken(_around(f"<p>Listen.</p>{played}"), "2.1", ("s.wav", recording()))
    assert question.text == "<p>Listen.</p><div>?</div>"
    assert [file.kind for file in question.files] == ["audio"]


def test_the_alternative_of_an_object_that_is_not_supported():
    inner = '<object type="image/png" data="../a.png"><p>Dear Sam</p></object>'
    text = f'<p>x<object type="image/eps" data="../a.eps">{inner}</object></p>'
    question, row = read(_around(text), "2.1", ("a.png", picture()))
    assert '<img src="media:a.png" alt="Dear Sam">' in question.text
    assert "another kind" in row.reasons[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<p><img src="http://example.com/a.png" alt=""/></p>', "is not in the package"),
        ('<p><img src="../../../etc/passwd" alt=""/></p>', "is not in the package"),
        ('<p><img src="gone.png" alt=""/></p>', "is missing"),
        ('<p><img src="page.html" alt=""/></p>', "is of a kind that is not accepted"),
        ('<p><img src="fake.png" alt=""/></p>', "is not what its name says"),
        ('<p><object type="video/mp4" data="v.mp4"/></p>', '"video/mp4" are not supported'),
        ('<p><object type="text/html" data="page.html"/></p>', '"text/html" are not supported'),
        ("<p><script>alert(1)</script></p>", '"script" is not supported'),
        ('<iframe src="x"/>', '"iframe" is not supported'),
        ('<p xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="x.xml"/></p>', "XInclude"),
        ('<p><printedVariable identifier="X"/></p>', "computed for each taker"),
        ('<p><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg></p>', '"svg" is not supported'),
    ],
)
def test_what_texts_may_not_hold_is_refused_with_its_place(text, reason):
    said = refused(_around(text), ("items/page.html", b"<p>x</p>"), ("items/fake.png", b"%PDF-1.4 x"))
    assert reason in said
    assert "/assessmentItem/itemBody/" in said


# -- feedback ------------------------------------------------------------------------------------------------------


def modal(name, text, outcome="FEEDBACK"):
    said = f'outcomeIdentifier="{outcome}" identifier="{name}" showHide="show"'
    return f"<modalFeedback {said}>{text}</modalFeedback>"


def with_feedback(*processing, after):
    body = '<choiceInteraction responseIdentifier="RESPONSE" maxChoices="1">'
    body += choices(("A", "yes"), ("B", "no")) + "</choiceInteraction>"
    outcomes = SCORE + FEEDBACK
    return item(f"<p>?</p>{body}", declared(["A"]), processing=rules(*processing), after=after, outcomes=outcomes)


def test_feedback_goes_to_the_options_that_it_follows():
    same = condition((f"<match>{GIVEN}{KEY}</match>", 1))
    after = modal("A", "Well <b>done</b>") + modal("B", "Alas")
    question = taken(with_feedback(same, earn(GIVEN, "FEEDBACK"), after=after))
    assert [option.feedback for option in question.options] == ["Well <b>done</b>", "Alas"]
    assert question.explanation == ""


def test_feedback_to_right_and_wrong_is_that_of_the_options():
    say = {name: earn(value(name, "identifier"), "FEEDBACK") for name in ("right", "wrong")}
    test = f"<match>{GIVEN}{KEY}</match>"
    both = (
        f"<responseCondition><responseIf>{test}{earn(value(1))}{say['right']}</responseIf>"
        f"<responseElse>{say['wrong']}</responseElse></responseCondition>"
    )
    question = taken(with_feedback(both, after=modal("right", "Yes!") + modal("wrong", "No!")))
    assert [option.feedback for option in question.options] == ["Yes!", "No!"]


def test_feedback_to_all_is_the_explanation():
    always = earn(value("solution", "identifier"), "FEEDBACK")
    same = condition((f"<match>{GIVEN}{KEY}</match>", 1))
    question = taken(with_feedback(same, always, after=modal("solution", "Because.")))
    assert question.explanation == "Because."
    assert [option.feedback for option in question.options] == ["", ""]


# -- what cannot be taken ------------------------------------------------------------------------------------------


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

"""Items of QTI with gaps, typed texts and numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.mock_tests.rules.types.base import Gap, Option, Text
from tests.apps.mock_tests.exchange.qti_files import choices, declared, item, mapped, processed
from tests.apps.mock_tests.exchange.qti_reading import (
    BY_MAPPING,
    GIVEN,
    KEY,
    VERSIONS,
    condition,
    earn,
    partly,
    read,
    refused,
    rules,
    taken,
    value,
)

# -- gaps -----------------------------------------------------------------------------------------------------------


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


# -- numbers --------------------------------------------------------------------------------------------------------


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

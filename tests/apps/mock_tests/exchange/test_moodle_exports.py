"""What Moodle's own exports hold beyond the plain types."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.mock_tests.rules.exchange.aiken import read_aiken
from apps.mock_tests.rules.exchange.gift.reading import read_gift
from apps.mock_tests.rules.exchange.moodle.reading import read_moodle_xml
from apps.mock_tests.rules.texts import markdown


def read(kind, text, body="", form="html", grade="<defaultgrade>2.0000000</defaultgrade>"):
    """One question as Moodle writes it, with all that it writes around it."""
    source = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n<!-- question: 0  -->\n'
        '<question type="category"><category><text>$course$/top/Default for Kana</text></category>'
        '<info format="moodle_auto_format"><text>The default category.</text></info><idnumber></idnumber></question>\n'
        f"<!-- question: 12  -->\n<question type='{kind}'><name><text>Q</text></name>"
        f'<questiontext format="{form}"><text><![CDATA[{text}]]></text></questiontext>'
        '<generalfeedback format="html"><text>Because</text></generalfeedback>'
        f"{grade}<penalty>0.3333333</penalty><hidden>0</hidden><idnumber>k-7</idnumber>{body}"
        "<tags><tag><text>n5</text></tag></tags></question>\n</quiz>"
    )
    test, report = read_moodle_xml(source.encode())
    return next(test.questions(), None), report.rows[-1]


def words(kind, *choices, tag="dragbox", more=""):
    said = "".join(f"<{tag}><text>{text}</text><group>{group}</group></{tag}>" for text, group in choices)
    return f"<shuffleanswers>1</shuffleanswers>{said}{more}"


@pytest.mark.parametrize(("kind", "tag"), [("gapselect", "selectoption"), ("ddwtos", "dragbox")])
def test_missing_words_become_gaps_with_the_choices_of_their_group(kind, tag):
    body = words(kind, ("cat", 1), ("ran", 2), ("dog", 1), ("sat", 2), tag=tag)
    question, row = read(kind, "<p>The [[3]] [[4]] by the [[1]].</p>", body)
    assert (question.type, question.text, question.marks) == ("gap_fill", "<p>The [[1]] [[2]] by the [[3]].</p>", 2)
    shown = [[(o.text, o.fraction) for o in gap.options] for gap in question.gaps]
    assert shown == [[("cat", 0), ("dog", 1)], [("ran", 0), ("sat", 1)], [("cat", 1), ("dog", 0)]]
    assert (question.shuffle, question.tags, question.explanation) == (True, ("n5",), "Because")
    assert row.outcome == ("partly" if kind == "ddwtos" else "taken")


def test_missing_words_without_their_choice_are_refused():
    question, row = read("gapselect", "The [[3]].", words("gapselect", ("cat", 1), ("dog", 1), tag="selectoption"))
    assert question is None
    assert "[[3]]" in row.reasons[0]
    assert read("gapselect", "The [[1]].", words("gapselect", ("cat", 1), ("dog", 2), tag="selectoption"))[0] is None


def test_a_lone_number_in_a_text_is_a_question_for_a_number():
    question, _ = read("cloze", "<p>It is {2:NUMERICAL:=23.8:0.1#Right~%50%23.8:2} km.</p>", grade="")
    assert (question.type, question.text, question.marks) == ("numeric", "<p>It is _____ km.</p>", 2)
    assert [(a.value, a.tolerance, a.fraction) for a in question.answers] == [
        (Decimal("23.8"), Decimal("0.1"), 1),
        (Decimal("23.8"), 2, Decimal("0.5")),
    ]


def test_a_number_among_other_gaps_counts_as_text_unless_it_has_a_tolerance():
    question, row = read("cloze", "{1:SA:=Tokyo} has {1:NM:=23:0} wards.", grade="")
    assert [[text.text for text in gap.texts] for gap in question.gaps] == [["Tokyo"], ["23"]]
    assert "counts as text" in row.reasons[0]
    question, row = read("cloze", "{1:SA:=Tokyo} has {1:NM:=23:1} wards.", grade="")
    assert question is None
    assert "no tolerance" in row.reasons[0]


def test_wildcards_are_left_out_where_they_earn_nothing_and_refused_where_they_do():
    right = '<answer fraction="100"><text>Tokyo</text></answer>'
    question, row = read("shortanswer", "?", right + '<answer fraction="0"><text>*kyo*</text></answer>')
    assert [text.text for text in question.texts] == ["Tokyo"]
    assert (row.outcome, "wildcard" in row.reasons[0]) == ("partly", True)
    question, row = read("shortanswer", "?", right + '<answer fraction="50"><text>T*</text></answer>')
    assert question is None
    assert "wildcard" in row.reasons[0]


@pytest.mark.parametrize(
    ("kind", "word"),
    [("random", "Random"), ("calculated", "Calculated"), ("calculatedmulti", "Calculated"), ("ddmarker", "Drag and drop"),
     ("randomsamatch", "Random matching"), ("coderunner", "coderunner")],
)  # fmt: skip
def test_types_that_have_no_place_here_are_refused_by_name(kind, word):
    question, row = read(kind, "?")
    assert question is None
    assert word in row.reasons[0]


# -- markdown ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("one\ntwo", "<p>one\ntwo</p>"),
        ("one  \ntwo", "<p>one<br>\ntwo</p>"),
        ("a **b** _c_ *d* __e__", "<p>a <strong>b</strong> <em>c</em> <em>d</em> <strong>e</strong></p>"),
        ("snake_case_word 2*3*4", "<p>snake_case_word 2*3*4</p>"),
        (r"\*not\* this", "<p>*not* this</p>"),
        ("`a<b`", "<p><code>a&lt;b</code></p>"),
        ("# Head", "<h3>Head</h3>"),
        ("- a\n- b\n", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2) b", "<ol><li>a</li><li>b</li></ol>"),
        ("> said\n> so", "<blockquote>said so</blockquote>"),
        ("```\nx < y\n```", "<pre>x &lt; y</pre>"),
        ("![A cat](@@PLUGINFILE@@/cat.png)", '<p><img src="@@PLUGINFILE@@/cat.png" alt="A cat"></p>'),
        ("[here](https://x.test)", '<p><a href="https://x.test">here</a></p>'),
        ("$a*b*c$ and $x_1 + x_2$", "<p>$a*b*c$ and $x_1 + x_2$</p>"),
        ("<b>x</b>", "<p><b>x</b></p>"),
        ("it is _____ _here_.", "<p>it is _____ <em>here</em>.</p>"),
        ("fill ___ in, __so__", "<p>fill ___ in, <strong>so</strong></p>"),
        ("---", "<hr>"),
        ("", ""),
    ],
)
def test_markdown_becomes_html(source, html):
    assert markdown.to_html(source) == html


def test_markdown_of_strangers_takes_no_time():
    for piece in ("*", "_", "`", "[", "![](", "**a", "$", "> ", "- ", "\\", "* _ "):
        assert len(markdown.to_html(piece * 20_000)) < 10_000_000


def test_markdown_is_understood_in_moodle_and_gift_files():
    question, _ = read("shortanswer", "What is **this**?", '<answer fraction="100"><text>x</text></answer>', "markdown")
    assert question.text == "<p>What is <strong>this</strong>?</p>"
    test, _ = read_gift(b"::Q::[markdown]What is **this**? {=[markdown]*x* ~y}")
    (question,) = test.questions()
    assert (question.text, question.options[0].text) == ("<p>What is <strong>this</strong>?</p>", "<p><em>x</em></p>")


# -- Aiken ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["ANSWER: B", "ANSWER : B", "Answer: b", "answer:B.", "ANSWER: B)"])
def test_aiken_is_read_as_people_write_it(answer):
    test, _ = read_aiken(f"\ufeffWhich?\r\nA. one\r\nB. two\r\n{answer}\r\n".encode())
    (question,) = test.questions()
    assert [option.fraction for option in question.options] == [0, 1]


def test_a_text_that_speaks_of_an_answer_is_no_answer():
    test, _ = read_aiken(b"Answer: what is the name of this line?\nA) x\nB) y\nANSWER: A\n")
    (question,) = test.questions()
    assert question.text == "Answer: what is the name of this line?"

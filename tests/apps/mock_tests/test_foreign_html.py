"""HTML of other editors: what it means is kept, and what cannot be kept is told."""

from __future__ import annotations

import base64
import time

import pytest

from apps.mock_tests.rules.exchange.gift.reading import read_gift
from apps.mock_tests.rules.exchange.table.reading import read_csv
from apps.mock_tests.rules.texts import foreign_html, richtext
from tests.apps.mock_tests.exchange.test_moodle_exports import read as read_question
from tests.apps.mock_tests.test_media_rules import picture

ANSWERS = '<answer fraction="100"><text>x</text></answer>'
HALF = "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ('これは<span style="text-decoration: underline;">本</span>です', "これは<u>本</u>です"),
        ('<span style="FONT-WEIGHT: 700; font-style:italic">a</span>', "<b><i>a</i></b>"),
        ('<p style="text-decoration:underline">a<br>b</p>', "<p><u>a<br>b</u></p>"),
        ('x<span lang="ja" style="vertical-align: super">2</span>', 'x<span lang="ja"><sup>2</sup></span>'),
        ('<span style="color: red">a <b style="color: red">b</b></span>', "<span>a <b>b</b></span>"),
        ("<h1>A</h1><del>b</del><ins>c</ins><strike>d</strike>", "<h3>A</h3><s>b</s><u>c</u><s>d</s>"),
        ("<figure>a<figcaption>b</figcaption></figure>", "<div>a<div>b</div></div>"),
        (r"\(a<b\) <u>$x<y$", r"\(a&lt;b\) <u>$x&lt;y$</u>"),
    ],
)
def test_emphasis_and_old_names_become_the_house_s_own(source, kept):
    normal = foreign_html.normalised(source, {"https"})
    assert richtext.clean_html(normal) == kept
    assert foreign_html.normalised(kept, {"https"}) == kept


def test_formulas_in_mathml_become_tex():
    told: list[str] = []
    assert foreign_html.with_tex(f"If {HALF} &lt; 1", told.append) == r"If \(\frac{1}{2}\) &lt; 1"
    assert foreign_html.with_tex("<math><mi>a</mi><mo>&times;</mo><mi>b</mi></math>", told.append) == r"\(a\times b\)"
    assert not told


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("<math><menclose><mn>1</mn></menclose></math>", 'A formula has a "menclose", which cannot be written as TeX.'),
        ("<math><mn>1</math>", "A formula in MathML is damaged."),
        ("<math><mn>1</mn>", "A formula in MathML is not closed."),
    ],
)
def test_a_formula_that_cannot_be_kept_is_a_reason_against_the_question(source, reason):
    question, row = read_question("shortanswer", f"<p>What is {source}?</p>", ANSWERS)
    assert question is None
    assert reason in row.reasons


def test_formulas_of_strangers_take_no_time():
    began = time.monotonic()
    for piece in ("<math>", "<math></math>", '<span style="', "</span>", "<p><span>"):
        foreign_html.normalised(foreign_html.with_tex(piece * 5_000, [].append), {"https"})
    assert time.monotonic() - began < 20


def test_moodle_gift_and_tables_keep_what_is_underlined():
    said = '<p>これは<span style="text-decoration: underline;">本</span>です。</p>'
    kept = "<p>これは<u>本</u>です。</p>"
    assert read_question("shortanswer", said, ANSWERS)[0].text == kept
    test, _ = read_gift(f"[html]{said.replace(':', chr(92) + ':')} {{=a ~b}}".encode())
    assert test.sections[0].groups[0].questions[0].text == kept
    quoted = said.replace('"', '""')
    test, _ = read_csv(f'text,A,B,key\n"{quoted} {HALF}",x,y,A\n'.encode())
    assert test.sections[0].groups[0].questions[0].text == rf"{kept} \(\frac{{1}}{{2}}\)"


def test_a_picture_inside_the_text_is_a_file_like_any_other():
    inside = base64.b64encode(picture()).decode()
    text = (
        f'<p>One <img alt="a" src="data:image/png;base64,{inside}"> two <img src="data:image/png;base64,{inside}"></p>'
    )
    question, row = read_question("shortanswer", text, ANSWERS)
    assert [file.content for file in question.files] == [picture(), picture()]
    assert richtext.media_names(question.text) == tuple(file.name for file in question.files)
    assert not row.reasons
    question, row = read_question("shortanswer", text.replace(inside, "AAAA"), ANSWERS)
    assert question is None
    assert any("is not what its name says" in reason for reason in row.reasons)


def test_what_a_form_would_ask_is_told_as_left_out():
    _, row = read_question("shortanswer", '<p>a <input type="text"> b</p>', ANSWERS)
    assert row.outcome == "partly"

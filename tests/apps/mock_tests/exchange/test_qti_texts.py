"""Texts of QTI items: markup, formulas, files, and what is said after an answer."""

from __future__ import annotations

import pytest

from tests.apps.mock_tests.exchange.qti_files import MATH, SCORE, choices, declared, item, processed
from tests.apps.mock_tests.exchange.qti_reading import (
    FEEDBACK,
    GIVEN,
    KEY,
    condition,
    earn,
    read,
    refused,
    rules,
    taken,
    value,
)
from tests.apps.mock_tests.test_media_rules import picture, recording

# -- texts ----------------------------------------------------------------------------------------------------------


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


def test_a_page_that_items_share_is_a_part_of_their_texts():
    page = (
        "<!DOCTYPE html><html><head><title>T</title><style>p { color: red }</style></head><body onload='x()'>"
        "<h2>Orkney</h2><p>Seals&nbsp;&amp; birds<br><img src='../a.png' alt='Birds'><script>alert(1)</script></p>"
        "<a href='http://127.0.0.1:1/'>more</a></body></html>"
    )
    text = '<div><object data="../shared/orkney.html" type="text/html"/></div>'
    question = taken(_around(text), "2.1", ("shared/orkney.html", page.encode()), ("a.png", picture()))
    assert question.text == (
        '<div><h3>Orkney</h3><p>Seals&nbsp;&amp; birds<br><img src="media:a.png" alt="Birds"></p>more</div><div>?</div>'
    )


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
        ('<p><object type="text/html" data="other.html"/></p>', 'page "other.html" is not in the package'),
        ('<p><object type="text/html" data="fake.png"/></p>', 'page "items/fake.png" is not UTF-8'),
        ("<p><script>alert(1)</script></p>", '"script" is not supported'),
        ('<iframe src="x"/>', '"iframe" is not supported'),
        ('<p xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="x.xml"/></p>', "XInclude"),
        ('<p><printedVariable identifier="X"/></p>', "computed for each taker"),
        ('<p><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg></p>', '"svg" is not supported'),
    ],
)
def test_what_texts_may_not_hold_is_refused_with_its_place(text, reason):
    said = refused(_around(text), ("items/page.html", b"<p>x</p>"), ("items/fake.png", b"%PDF-1.4 \xff"))
    assert reason in said
    assert "/assessmentItem/itemBody/" in said


# -- feedback -------------------------------------------------------------------------------------------------------


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

"""Rich text: what survives cleaning, and how it reads."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.mock_tests.rules.texts import richtext

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="media:a.png" onerror="alert(1)">',
    "<svg onload=alert(1)><circle/></svg>",
    '<a href="javascript:alert(1)">x</a>',
    '<p onclick="alert(1)" style="background:url(javascript:alert(1))">x</p>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "$<img src=x onerror=alert(1)>$",
    "$x<script>alert(1)</script>$",
    r"\(<svg onload=alert(1)>\)",
    '$" onmouseover=alert(1) x="$',
    '<img alt="$"><script>alert(1)</script>$',
    "<!--$--><script>alert(1)</script><!--$-->",
    "<style>@import 'x'</style>",
    "<form action=/x><input name=a><button>go</button></form>",
    '<object data="x.swf"></object><embed src=x>',
    '<table background="javascript:alert(1)"><tr><td>x</td></tr></table>',
    "<scr\0ipt>alert(1)</scr\0ipt>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_leaves_no_tag_or_attribute_that_can_act(attack: str) -> None:
    cleaned = richtext.clean_html(attack)
    for tag, attributes in re.findall(r"<([a-z0-9]+)((?:\s[^>]*)?)>", cleaned):
        assert tag in richtext.TAGS
        assert not re.search(r"\s(?:on\w+|style|srcdoc|background|href)=", attributes)


def test_keeps_furigana_tables_lists_and_emphasis() -> None:
    text = (
        "<p><ruby>学校<rp>(</rp><rt>がっこう</rt><rp>)</rp></ruby>は<u>大きい</u><b>です</b>。<br>x<sub>2</sub></p>"
        '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table><ul><li>一</li></ul>'
    )
    assert richtext.clean_html(text) == text


@pytest.mark.parametrize(
    "formula",
    ["$a<b$", "$0<y_{1}<y_{2}$", r"$$x<y & z>w$$", r"\(a<b\)", r"\[\begin{array}{cc} a & b<c \\[4pt] d \end{array}\]"],
)
def test_keeps_tex_byte_for_byte_as_text(formula: str) -> None:
    assert richtext.to_text(richtext.clean_html(f"Let {formula} hold.")) == f"Let {formula} hold."


def test_reads_entities_inside_tex_as_the_characters_they_stand_for() -> None:
    assert richtext.clean_html("$a &lt; b &amp; c$") == "$a &lt; b &amp; c$"


def test_takes_two_prices_for_prices_and_not_for_a_formula() -> None:
    assert richtext.clean_html("It costs $5 or <b>today</b> $4.") == "It costs $5 or <b>today</b> $4."


@pytest.mark.parametrize(
    "source", ["https://example.com/a.png", "data:image/png;base64,AAAA", "a.png", "media:../a", "media:", "//x/a.png"]
)
def test_drops_a_picture_that_is_not_media_of_the_text(source: str) -> None:
    assert richtext.clean_html(f'<p><img src="{source}" alt="a&gt;b">x</p>') == "<p>x</p>"


def test_keeps_a_picture_whose_description_holds_a_bracket() -> None:
    text = '<img alt="a>b" src="media:図-1.png">'
    cleaned = richtext.clean_html(text)
    assert richtext.media_names(cleaned) == ("図-1.png",)
    assert richtext.replace_media(cleaned, lambda name: f"/m/{name}?a&b") == (
        '<img alt="a&gt;b" src="/m/図-1.png?a&amp;b">'
    )


def test_reads_text_without_furigana_and_with_line_breaks() -> None:
    text = "<p><ruby>学校<rt>がっこう</rt></ruby> へ</p><p>a &lt; b<br>c</p>"
    assert richtext.to_text(text) == "学校 へ\na < b\nc"


def test_shows_plain_text_as_it_was_typed() -> None:
    typed = "a < b & <b>c</b>\nd"
    assert richtext.clean_html(richtext.escape_plain(typed)) == "a &lt; b &amp; &lt;b&gt;c&lt;/b&gt;<br>d"


@pytest.mark.parametrize(
    ("text", "depth"), [("<p>a<p>b<br>", 0), ("<div></zzz>" * 3, 3), ("<div><b>x</b></div>" * 9, 2), ("<p>" * 99, 0)]
)
def test_tells_how_deep_elements_are_nested(text: str, depth: int) -> None:
    assert richtext.nesting(text) == depth


@given(st.text(alphabet=st.sampled_from("<>&;$\\()[]/\"'= \n\0\x01abpimgsrctex:学") | st.characters(), max_size=80))
def test_changes_nothing_when_it_cleans_twice(text: str) -> None:
    once = richtext.clean_html(text)
    assert richtext.clean_html(once) == once


@pytest.mark.parametrize("piece", [r"\(", r"\[", "$", "$$a", "<p>$a", "<", "&lt", '<img alt="'])
def test_takes_no_long_time_over_a_text_of_openings(piece: str) -> None:
    started = time.perf_counter()
    richtext.clean_html(piece * (60_000 // len(piece)))
    assert time.perf_counter() - started < 3

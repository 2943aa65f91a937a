"""Moodle XML: real papers are taken whole, strangers' files are refused in plain words."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import os
import re
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.mock_tests.rules.exchange.draft import (
    DraftFile,
    DraftGroup,
    DraftOption,
    DraftQuestion,
    DraftSection,
    DraftTest,
    ImportReport,
)
from apps.mock_tests.rules.exchange.moodle.reading import read_moodle_xml
from apps.mock_tests.rules.exchange.moodle.tree import Limits
from apps.mock_tests.rules.exchange.moodle.writing import write_moodle_xml
from apps.mock_tests.rules.exchange.sections import section_type
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.types.base import Answer, Gap, Option, Prompt, Text, Truth
from apps.mock_tests.rules.types.essay import without_rubric
from apps.mock_tests.rules.types.registry import TYPES
from apps.mock_tests.rules.types.short_text import normalised
from tests import drawing

PAPERS = Path(os.environ.get("SHIKEN_PAPERS") or Path(__file__).resolve().parents[5] / "shared/data/papers")
needs_papers = pytest.mark.skipif(not PAPERS.is_dir(), reason=f"NO SAMPLE PAPERS at {PAPERS}; set SHIKEN_PAPERS")

MP3 = b"\xff\xf3\x84\xc4" + bytes(200)
RIGHT = '<answer fraction="100"><text>a</text></answer>'
WRONG = '<answer fraction="0"><text>b</text></answer>'


def png(width: int = 1) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", binascii.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(1 + width))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def embedded(name: str, content: bytes) -> str:
    return f'<file name="{name}" path="/" encoding="base64">{base64.b64encode(content).decode()}</file>'


def question(
    inner: str = RIGHT + WRONG, *, text: str = "q", files: str = "", kind: str = "multichoice", name: str = "Q1"
) -> str:
    return (
        f'<question type="{kind}"><name><text>{name}</text></name><questiontext format="html">'
        f"<text><![CDATA[{text}]]></text>{files}</questiontext>{inner}</question>"
    )


def category(path: str) -> str:
    return f'<question type="category"><category><text>{path}</text></category></question>'


def description(name: str, text: str = "passage", files: str = "", tag: str = "") -> str:
    tags = f"<tags><tag><text>{tag}</text></tag></tags>" if tag else ""
    return question(tags, kind="description", name=name, text=text, files=files)


def quiz(*questions: str) -> bytes:
    return ("<quiz>\n" + "\n".join(questions) + "\n</quiz>").encode()


def read(*questions: str) -> tuple[DraftTest, ImportReport]:
    return read_moodle_xml(quiz(*questions))


def the_question(*questions: str) -> DraftQuestion:
    (only,) = read(*questions)[0].questions()
    return only


def reasons(*questions: str) -> str:
    """Why the last question of the file was refused."""
    row = read(*questions)[1].rows[-1]
    assert row.outcome == "refused"
    return " ".join(row.reasons)


# The sample papers, compared with an independent reading of the same XML.


def papers() -> list[Path]:
    return sorted(PAPERS.glob("*.moodle.xml"))


def words(text: str) -> str:
    """What remains of HTML when its known tags and entities are gone."""
    return "".join(html.unescape(re.sub(r"</?(?:p|u|b|br|audio|ruby|rt)(?:\s[^>]*)?/?>", "", text)).split())


@needs_papers
def test_knows_nine_sample_papers() -> None:
    assert len(papers()) == 9


@needs_papers
@pytest.mark.parametrize("paper", papers(), ids=lambda path: path.name)
def test_takes_every_item_of_a_sample_paper_exactly(paper: Path) -> None:
    data = paper.read_bytes()
    test, report = read_moodle_xml(data)
    elements = list(ElementTree.fromstring(data))
    items = [element for element in elements if element.get("type") in ("multichoice", "numerical")]
    drafts = list(test.questions())
    assert [row.outcome for row in report.rows] == ["taken"] * sum(e.get("type") != "category" for e in elements)
    assert [draft.name for draft in drafts] == [item.findtext("name/text") for item in items]
    for item, draft in zip(items, drafts, strict=True):
        assert_same_item(item, draft)


def assert_same_item(item: ElementTree.Element, draft: DraftQuestion) -> None:
    assert words(draft.text) == words(item.findtext("questiontext/text") or "")
    assert words(draft.explanation) == words(item.findtext("generalfeedback/text") or "")
    assert draft.marks == Decimal(item.findtext("defaultgrade") or "")
    assert draft.tags == tuple(tag.text for tag in item.iterfind("tags/tag/text"))
    assert draft.shuffle == (item.findtext("shuffleanswers") == "true")
    answers = item.findall("answer")
    if item.get("type") == "numerical":
        assert draft.type == "numeric"
        assert [(str(a.value), str(a.tolerance), a.fraction * 100) for a in draft.answers] == [
            (a.findtext("text"), a.findtext("tolerance"), Decimal(a.get("fraction", ""))) for a in answers
        ]
        return
    assert draft.type == ("single_choice" if item.findtext("single") == "true" else "multiple_choice")
    assert [(words(option.text), option.fraction * 100) for option in draft.options] == [
        (words(a.findtext("text") or ""), Decimal(a.get("fraction", ""))) for a in answers
    ]
    sounds = [base64.b64decode(file.text or "") for file in item.iterfind("questiontext/file")]
    assert [hashlib.sha256(file.content).hexdigest() for file in draft.files] == [
        hashlib.sha256(sound).hexdigest() for sound in sounds
    ]
    assert "audio" not in draft.text


@needs_papers
@pytest.mark.parametrize("number", [1, 2, 3])
def test_gives_each_n5_passage_its_own_two_questions(number: int) -> None:
    test, report = read_moodle_xml((PAPERS / f"jlpt-n5-paper-{number}.moodle.xml").read_bytes())
    assert (report.count("taken", "multichoice"), report.count("taken", "description")) == (66, 8)
    assert (test.title, test.level) == (f"JLPT N5 paper {number}", "N5")
    assert [(s.name, s.section_type) for s in test.sections] == [
        ("Vocabulary", "VOCAB"),
        ("Grammar and Reading", "GRAMMAR_READING"),
        ("Listening", "LISTENING"),
    ]
    passages = [group for group in test.groups() if group.reading_text]
    numbers = [[q.name.rpartition(".")[2] for q in group.questions] for group in passages]
    assert numbers == [[str(first), str(first + 1)] for first in range(1, 17, 2)]
    assert {q.topic for group in passages for q in group.questions} == {"Reading"}
    assert sum(file.kind == "audio" for q in test.questions() for file in q.files) == 5


@needs_papers
@pytest.mark.parametrize("paper", papers(), ids=lambda path: path.name)
def test_writes_a_sample_paper_and_reads_the_same_again(paper: Path) -> None:
    test, _ = read_moodle_xml(paper.read_bytes())
    assert without_lines(read_moodle_xml(write_moodle_xml(test)[0])[0]) == without_lines(test)


# Files that are refused as a whole.

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE quiz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>
<quiz><question type="essay"><name><text>&c;</text></name></question></quiz>"""
EXTERNAL = b"""<?xml version="1.0"?>
<!DOCTYPE quiz [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<quiz><question type="essay"><name><text>&x;</text></name></question></quiz>"""


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "file_empty", 1),
        (b"\xef\xbb\xbf \n", "file_empty", 1),
        (b"::Q1:: GIFT is not XML {=a ~b}", "not_xml", 1),
        (b"%PDF-1.7\n%...", "not_xml", 1),
        (b"PK\x03\x04", "not_xml", 1),
        (b"\x00\x00\x00\x00", "not_xml", 1),
        (quiz(question())[:-30], "broken_xml", 2),
        (quiz(question()).replace(b"</quiz>", b""), "broken_xml", 3),
        (b"<quiz>\n<question></quiz>", "broken_xml", 2),
        (b"<quiz>\n\n\x00</quiz>", "broken_xml", 3),
        (b"<quiz>\n&#xD800;</quiz>", "broken_xml", 2),
        (b"<quiz>\n&#0;</quiz>", "broken_xml", 2),
        (b"<quiz>\n&nbsp;</quiz>", "broken_xml", 2),
        ("<quiz>\n学</quiz>".encode("shift_jis"), "broken_xml", 2),
        ('<?xml version="1.0" encoding="Shift_JIS"?><quiz>学</quiz>'.encode("shift_jis"), "wrong_encoding", 1),
        (b'<?xml version="1.0" encoding="klingon"?><quiz/>', "wrong_encoding", 1),
        (b'<?xml version="1.0" encoding="UTF-16"?><quiz/>', "wrong_encoding", 1),
        (BOMB, "doctype_refused", 2),
        (EXTERNAL, "doctype_refused", 2),
        (b"<!DOCTYPE quiz SYSTEM 'http://192.0.2.1/x.dtd'><quiz/>", "doctype_refused", 1),
        (b"<html>\n</html>", "not_moodle_xml", 1),
        (b"<quiz>\n</quiz>", "no_questions", 1),
        (b"<quiz>\n" + b"<a>" * 100_000, "too_deep", 2),
        (b"<quiz>" + b"<a/>" * 500_001, "too_many_elements", 1),
        (b"<quiz>" + b"\n<question/>" * 10_001 + b"</quiz>", "too_many_questions", 10_002),
    ],
)
def test_refuses_an_unreadable_file_with_code_and_line(data: bytes, code: str, line: int) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        read_moodle_xml(data)
    assert (refusal.value.code, refusal.value.line) == (code, line)
    assert re.fullmatch(r"[A-Z][^\n]+\.", refusal.value.message)


def test_refuses_a_file_above_the_limit_before_reading_it() -> None:
    with pytest.raises(UnreadableFile, match="larger than 10 bytes"):
        read_moodle_xml(b"<quiz" + b" " * 100, limits=Limits(size=10))


@given(st.binary(max_size=200))
def test_answers_any_bytes_with_a_refusal(data: bytes) -> None:
    with pytest.raises(UnreadableFile):
        read_moodle_xml(data)


@given(st.data())
@settings(max_examples=drawing.up_to(300), deadline=None)
def test_answers_any_damage_to_a_good_file_with_a_result_or_a_refusal(data: st.DataObject) -> None:
    good = write_moodle_xml(SMALL_TEST)[0]
    position = data.draw(st.integers(0, len(good)))
    damaged = good[:position] + data.draw(st.binary(max_size=4)) + good[position + data.draw(st.integers(0, 40)) :]
    with suppress(UnreadableFile):
        read_moodle_xml(damaged)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_reads_the_encodings_of_xml(encoding: str) -> None:
    word = "é" if encoding.startswith("iso") else "学校"
    declared = encoding.removesuffix("-sig")
    source = f'<?xml version="1.0" encoding="{declared}"?>' + quiz(question(text=word)).decode()
    test, _ = read_moodle_xml(source.encode(encoding))
    assert [q.text for q in test.questions()] == [word]


# Questions.


def test_takes_weights_exactly_as_written() -> None:
    thirds = '<answer fraction="33.3333"><text>x</text></answer>' * 3
    taken = the_question(question(f"<single>false</single>{thirds}<answer fraction='-50'><text>y</text></answer>"))
    assert [o.fraction for o in taken.options] == [Decimal("0.333333")] * 3 + [Decimal("-0.5")]


TRUE = (
    '<answer fraction="{}" format="moodle_auto_format"><text>true</text><feedback><text>{}</text></feedback></answer>'
)
FALSE = TRUE.replace("true", "false")


def test_reads_true_or_false_with_what_is_said_to_each() -> None:
    taken = the_question(question(TRUE.format(0, "wrong") + FALSE.format(100, "right"), kind="truefalse"))
    assert (taken.type, taken.truth) == ("true_false", Truth(False, "wrong", "right"))


def short(*answers: str, case: int = 0) -> str:
    return question(f"<usecase>{case}</usecase>" + "".join(answers), kind="shortanswer")


def test_reads_short_answers_with_their_shares_and_without_the_one_for_all_others() -> None:
    answers = (
        '<answer fraction="100" format="moodle_auto_format"><text>Tokyo</text>'
        "<feedback><text>Yes</text></feedback></answer>",
        '<answer fraction="50"><text>2 \\* 3 &lt; 7</text></answer>',
        '<answer fraction="0"><text>ＴＯＫＹＯ</text></answer>',
        '<answer fraction="0"><text>*</text><feedback><text>No</text></feedback></answer>',
    )
    test, report = read(short(*answers))
    (taken,) = test.questions()
    assert taken.texts == (Text("Tokyo", Decimal(1), "Yes"), Text("2 * 3 < 7", Decimal("0.5")))
    assert not taken.case_sensitive
    assert (report.rows[0].outcome, len(report.rows[0].reasons)) == ("partly", 2)
    strict = the_question(short(RIGHT, '<answer fraction="50"><text>A</text></answer>', case=1))
    assert (strict.case_sensitive, [text.text for text in strict.texts]) == (True, ["a", "A"])


PAIR = '<subquestion format="html"><text><![CDATA[{}]]></text><answer><text>{}</text></answer></subquestion>'


def test_reads_pairs_and_answers_that_belong_to_none() -> None:
    pairs = [("<p>France</p>", "Paris &amp; more"), ("Japan", "Tokyo"), ("Nippon", "Tokyo"), ("", "Rome")]
    inner = "<shuffleanswers>true</shuffleanswers>" + "".join(PAIR.format(*pair) for pair in pairs)
    taken = the_question(question(inner, kind="matching"))
    assert (taken.type, taken.shuffle) == ("matching", True)
    assert [option.text for option in taken.options] == ["Paris &amp; more", "Tokyo", "Rome"]
    assert [(p.text, p.target) for p in taken.prompts] == [("<p>France</p>", "0"), ("Japan", "1"), ("Nippon", "1")]


ORDERED = "".join(
    f'<answer fraction="{n}.0" format="html"><text>{text}</text></answer>' for n, text in enumerate("abc", 1)
)
WHOLE = "<gradingtype>ALL_OR_NOTHING</gradingtype>"


def test_reads_an_order_as_it_stands_in_the_file() -> None:
    taken = the_question(question(WHOLE + "<selecttype>ALL</selecttype>" + ORDERED, kind="ordering"))
    assert (taken.type, [option.text for option in taken.options]) == ("ordering", ["a", "b", "c"])
    _, report = read(question("<gradingtype>ABSOLUTE_POSITION</gradingtype>" + ORDERED, kind="ordering"))
    assert report.rows[0].outcome == "partly"


def test_reads_a_set_of_right_options_as_all_or_nothing() -> None:
    taken = the_question(question(RIGHT + RIGHT.replace("a<", "c<") + WRONG, kind="multichoiceset"))
    assert (taken.type, taken.policy) == ("multiple_choice", "all_or_nothing")
    assert [option.fraction for option in taken.options] == [1, 1, 0]


CLOZE = (
    "<p>{1:SHORTANSWER:=Berlin#yes \\} \\~~%50%Bonn &amp; Co~*#no} is in {:MC:~France~=Germany#<b>ok</b>~%-50%Spain},"
    " {2:SAC:%100%EU}.</p>"
)


def test_reads_embedded_answers_as_gaps() -> None:
    test, report = read(question("", text=CLOZE, kind="cloze"))
    (taken,) = test.questions()
    assert (taken.type, taken.text) == ("gap_fill", "<p>[[1]] is in [[2]], [[3]].</p>")
    assert taken.marks == 4
    first, second, third = taken.gaps
    assert first == Gap(texts=(Text("Berlin", Decimal(1), "yes } ~"), Text("Bonn & Co", Decimal("0.5"))))
    assert [(o.text, o.fraction, o.feedback) for o in second.options] == [
        ("France", 0, ""), ("Germany", 1, "<b>ok</b>"), ("Spain", Decimal("-0.5"), ""),
    ]  # fmt: skip
    assert (third.case_sensitive, third.weight, third.texts) == (True, 2, (Text("EU"),))
    assert report.rows[0].outcome == "partly"  # the answer "*"


def test_reads_several_numeric_answers_and_leaves_the_star_out() -> None:
    answers = (
        '<answer fraction="100"><text>-1.5e3</text><tolerance>0.5</tolerance></answer>'
        '<answer fraction="50"><text>.25</text></answer><answer fraction="0"><text>*</text></answer>'
    )
    test, report = read(question(answers, kind="numerical"))
    (taken,) = test.questions()
    assert taken.answers == (
        Answer(Decimal(-1500), Decimal("0.5"), Decimal(1)),
        Answer(Decimal("0.25"), Decimal(0), Decimal("0.5")),
    )
    assert report.rows[0].outcome == "partly"


def number(value: str, tolerance: str = "0", fraction: str = "100") -> str:
    inner = f'<answer fraction="{fraction}"><text>{value}</text><tolerance>{tolerance}</tolerance></answer>'
    return question(inner, kind="numerical")


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (question(WRONG + WRONG), "No option is worth full marks"),
        (question(RIGHT + RIGHT), "More than one option is worth full marks"),
        (question(RIGHT), "fewer than two options"),
        (question(""), "fewer than two options"),
        (question(RIGHT + WRONG * 1_999), "2000 options; at most 50"),
        (question(RIGHT + '<answer fraction="0"><text> </text></answer>'), "An option is empty"),
        (question(RIGHT + '<answer fraction="x"><text>b</text></answer>'), 'weight "x"'),
        (question(RIGHT + '<answer fraction="-101"><text>b</text></answer>'), 'weight "-101"'),
        (question("<single>false</single>" + RIGHT + RIGHT), "add up to 200 %"),
        (question("<single>false</single>" + WRONG + WRONG), "add up to 0 %"),
        (question(RIGHT + WRONG, text=""), "neither text nor media"),
        (question(RIGHT + WRONG, text="<script>alert(1)</script>"), "neither text nor media"),
        (question(RIGHT + WRONG, text="x" * 100_001), "longer than 100,000"),
        (question(RIGHT + WRONG, text="<div>" * 101), "nested deeper than 100"),
        (question("<defaultgrade>0</defaultgrade>" + RIGHT + WRONG), 'marks "0"'),
        (question("<defaultgrade>-1</defaultgrade>" + RIGHT + WRONG), 'marks "-1"'),
        (question("<defaultgrade>NaN</defaultgrade>" + RIGHT + WRONG), 'marks "NaN"'),
        (number("NaN"), '"NaN" is not a finite number'),
        (number("inf"), '"inf" is not a finite number'),
        (number("1e999"), '"1e999" is not a finite number'),
        (number("1_0"), "not a finite number"),
        (number("１"), "not a finite number"),
        (number("9" * 5_000), "not a finite number"),
        (number("1", "-1"), 'tolerance "-1"'),
        (number("1", "NaN"), 'tolerance "NaN"'),
        (number("1", fraction="50"), "No answer is worth full marks"),
        (number("*"), 'only answer is "*"'),
        (question(kind="ddmarker"), r"Drag and drop questions \(ddmarker\)"),
        (question("<responseformat>noinline</responseformat>", kind="essay"), "takes files only"),
        (question(TRUE.format(100, "") + FALSE.format(100, ""), kind="truefalse"), "Exactly one of true and false"),
        (question(TRUE.format(100, "") + FALSE.format(-50, ""), kind="truefalse"), "Exactly one of true and false"),
        (question(TRUE.format(100, ""), kind="truefalse"), 'not "true" and "false"'),
        (short(WRONG), "At least one text must be worth full marks"),
        (short(), "At least one text must be worth full marks"),
        (short(RIGHT.replace(">a<", ">a*c<")), "wildcard"),
        (short(RIGHT, RIGHT.replace(">a<", ">*<")), "gives marks for anything"),
        (short(RIGHT.replace(">a<", f">{'x' * 201}<")), "one line of 1 to 200"),
        (question(PAIR.format("a", "b"), kind="matching"), "1 prompts; 2 to 50"),
        (question(PAIR.format("a", "b") + PAIR.format("c", ""), kind="matching"), "A pair has no answer"),
        (question(PAIR.format("a", "b") + PAIR.format("a", "c"), kind="matching"), "Prompts 1 and 2 are the same"),
        (question(WHOLE + ORDERED + ORDERED, kind="ordering"), "Options 1 and 4 are the same"),
        (question(WHOLE, kind="ordering"), "fewer than two options"),
        (question(WRONG + WRONG, kind="multichoiceset"), "No option is right"),
        (question("", kind="cloze"), "The text has no gaps"),
        (question("", kind="cloze", text="{1:MULTIRESPONSE:=5~=6~7}"), "kind MULTIRESPONSE"),
        (question("", kind="cloze", text="{1:MULTIRESPONSE:=a~=b}"), "kind MULTIRESPONSE"),
        (question("", kind="cloze", text="{1:SA:=a"), "not closed"),
        (question("", kind="cloze", text="{1:SA:=a {1:SA:=b}}"), "begins inside another"),
        (question("", kind="cloze", text="[[1]] {1:SA:=a}"), r"holds \[\[1\]\]"),
        (question("", kind="cloze", text="{0:SA:=a}"), "counts 1 to 100"),
        (question("", kind="cloze", text="{1:MC:=a~=b}"), "Exactly one option"),
        (question("", kind="cloze", text="{1:MC:=a}"), "1 options; 2 to 50"),
        (question("", kind="cloze", text="{1:SA:~a}"), "At least one text"),
        (question("", kind="cloze", text="{1:SA:=a}" * 51), "51 gaps"),
        (question(kind="coderunner"), 'type "coderunner"'),
    ],
)
def test_refuses_a_question_with_its_reason(element: str, reason: str) -> None:
    assert re.search(reason, reasons(element))


def test_reports_every_row_in_the_order_of_the_file_with_its_line() -> None:
    _, report = read(
        question(name="a"), question(kind="calculated", name="b"), question("<hidden>1</hidden>", name="c")
    )
    assert [(row.line, row.name, row.outcome) for row in report.rows] == [
        (2, "a", "taken"),
        (3, "b", "refused"),
        (4, "c", "ignored"),
    ]
    assert report.counts() == {"taken": 1, "partly": 0, "refused": 1, "ignored": 1}


def test_notes_penalties_once() -> None:
    penalty = "<penalty>0.3333333</penalty>" + RIGHT + WRONG
    assert read(question(penalty), question(penalty))[1].notes == ("Penalties for repeated tries are not used.",)


def test_takes_two_questions_of_the_same_name() -> None:
    assert read(question(name="Q"), question(name="Q"))[1].count("taken") == 2


def test_sanitises_every_text_of_a_question() -> None:
    evil = "<![CDATA[x<img src=x onerror=alert(1)><script>alert(1)</script>]]>"
    bold = "<![CDATA[<b onclick=alert(1)>a</b>]]>"
    inner = (
        f'<answer fraction="100" format="html"><text>{bold}</text><feedback><text>{bold}</text></feedback></answer>'
        f"{WRONG}<generalfeedback><text>{bold}</text></generalfeedback>"
    )
    taken = the_question(question(inner, text="<p onmouseover=alert(1)>q</p><script>alert(1)</script>"))
    assert (taken.text, taken.explanation) == ("<p>q</p>", "<b>a</b>")
    assert (taken.options[0].text, taken.options[0].feedback) == ("<b>a</b>", "<b>a</b>")
    assert "not embedded" in reasons(question(f'<answer fraction="100"><text>{evil}</text></answer>{WRONG}'))


@pytest.mark.parametrize("form", ["plain_text", "moodle_auto_format"])
def test_escapes_text_that_is_not_html(form: str) -> None:
    inner = f'<answer fraction="100" format="{form}"><text>1 &lt; 2 &amp; 3</text></answer>{WRONG}'
    assert the_question(question(inner)).options[0].text == "1 &lt; 2 &amp; 3"


# Embedded files.

PLAYER = '<p><audio controls src="@@PLUGINFILE@@/a.mp3"></audio></p><p>q</p>'


@pytest.mark.parametrize(
    "text",
    [
        PLAYER,
        '<div><p><audio controls><source src="@@PLUGINFILE@@/a.mp3"></audio><br></p></div><p>q</p>',
        '<p><a href="@@PLUGINFILE@@/a.mp3">a.mp3</a></p><p>q</p>',
    ],
)
def test_lifts_the_recording_out_of_the_text(text: str) -> None:
    taken = the_question(question(text=text, files=embedded("a.mp3", MP3)))
    assert taken.text == "<p>q</p>"
    assert taken.files == (DraftFile("a.mp3", MP3, "audio/mpeg", "audio"),)


def test_keeps_pictures_in_the_text_under_a_neutral_address() -> None:
    text = '<p>q <img src="@@PLUGINFILE@@/my%20map.png" alt="map" onload="x()"></p>'
    taken = the_question(question(text=text, files=embedded("my map.png", png())))
    assert taken.text == '<p>q <img src="media:my_map.png" alt="map"></p>'
    assert [(file.name, file.media_type) for file in taken.files] == [("my_map.png", "image/png")]


def test_tells_files_of_the_same_name_in_different_texts_apart() -> None:
    image = '<img src="@@PLUGINFILE@@/a.png">'
    options = "".join(
        f'<answer fraction="{fraction}"><text><![CDATA[{image}]]></text>{embedded("a.png", png(width))}</answer>'
        for fraction, width in ((100, 1), (0, 2), (0, 1))
    )
    taken = the_question(question(options))
    assert [o.text for o in taken.options] == [f'<img src="media:{name}">' for name in ("a.png", "a-2.png", "a.png")]
    assert {file.name: file.content for file in taken.files} == {"a.png": png(1), "a-2.png": png(2)}


@pytest.mark.parametrize(
    ("text", "files", "reason"),
    [
        (PLAYER, "", '"a.mp3" is missing'),
        (PLAYER, embedded("a.mp3", b"%PDF-1.7 ..."), "not what its name says: it is application/pdf"),
        (PLAYER, embedded("a.mp3", png()), "not what its name says: it is image/png"),
        (PLAYER, embedded("a.mp3", b"hello"), "its content is something else"),
        (PLAYER, embedded("a.mp3", b""), "is empty"),
        (PLAYER, '<file name="a.mp3" encoding="base64">@@@@</file>', "not valid base64"),
        (PLAYER, '<file name="a.mp3" encoding="base64">QUJ</file>', "not valid base64"),
        (PLAYER, '<file name="a.mp3" encoding="hex">00</file>', "not encoded as base64"),
        (PLAYER, embedded("a.mp3", MP3) + embedded("a.mp3", MP3 + b"x"), "Two different files"),
        ('<img src="@@PLUGINFILE@@/a.svg">', embedded("a.svg", b"<svg/>"), "of a kind that is not accepted"),
        ('<img src="@@PLUGINFILE@@/a.png">', embedded("a.png", b"<svg/>"), "its content is something else"),
        ('<img src="@@PLUGINFILE@@/a.mp3">', embedded("a.mp3", MP3), "used as a picture"),
        ('<img src="https://example.com/a.png">', "", "not embedded"),
        ('<img src="../../etc/passwd">', "", "not embedded"),
        ('<audio src="https://example.com/a.mp3"></audio>q', "", "not embedded"),
        (
            PLAYER + '<audio src="@@PLUGINFILE@@/b.mp3"></audio>',
            embedded("a.mp3", MP3) + embedded("b.mp3", MP3 + b"x"),
            "more than one recording",
        ),
    ],
)
def test_refuses_a_question_whose_file_cannot_be_used(text: str, files: str, reason: str) -> None:
    assert reason in reasons(question(text=text, files=files))


def test_gives_a_file_a_name_without_its_path() -> None:
    text = '<img src="@@PLUGINFILE@@/../../etc/p&amp;w.png">'
    taken = the_question(question(text=text, files=embedded("../../etc/p&amp;w.png", png())))
    assert [file.name for file in taken.files] == ["p_w.png"]


def test_says_which_files_the_text_does_not_use() -> None:
    row = read(question(files=embedded("a.png", b"whatever")))[1].rows[0]
    assert (row.outcome, row.reasons) == ("partly", ('The file "a.png" is not used by the text and was left out.',))


# Categories, descriptions and groups.


def outline(test: DraftTest) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    return [(s.name, [(g.title, [q.name for q in g.questions]) for g in s.groups]) for s in test.sections]


def test_makes_one_section_of_a_file_without_categories() -> None:
    test, _ = read(question(name="a"), question(name="b"))
    assert (test.title, outline(test)) == ("", [("Questions", [("", ["a", "b"])])])


def test_reads_title_section_and_topic_from_the_category() -> None:
    test, _ = read(
        category("$course$/top/N3 test/Reading // 読解/Long/Deep"),
        question(name="a"),
        category("$course$/top/N3 test/聴解"),
        question(name="b"),
    )
    assert (test.title, test.level) == ("N3 test", "N3")
    assert outline(test) == [("Reading / 読解", [("Deep", ["a"])]), ("聴解", [("聴解", ["b"])])]
    assert [q.topic for q in test.questions()] == ["Deep", "聴解"]


def test_keeps_the_first_names_as_sections_when_they_differ() -> None:
    test, _ = read(category("$course$/Physics"), question(name="a"), category("Chemistry"), question(name="b"))
    assert (test.title, [s.name for s in test.sections]) == ("", ["Physics", "Chemistry"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Vocabulary", "VOCAB"),
        ("文字・語彙", "VOCAB"),
        ("Kanji reading", "VOCAB"),
        ("言語知識（文字・語彙）", "VOCAB"),
        ("Grammar", "GRAMMAR_READING"),
        ("Grammar and Reading", "GRAMMAR_READING"),
        ("言語知識（文法）・読解", "GRAMMAR_READING"),
        ("Language Knowledge (Vocabulary/Grammar) and Reading", "FULL_WRITTEN"),
        ("言語知識", "FULL_WRITTEN"),
        ("聴解", "LISTENING"),
        ("Listening comprehension", "LISTENING"),
        ("Physics", "GENERAL"),
        ("Mathematics", "GENERAL"),
    ],
)
def test_guesses_the_type_of_a_section_from_its_name(name: str, expected: str) -> None:
    assert section_type(name) == expected


def test_opens_a_group_at_each_description() -> None:
    test, _ = read(description("P1"), question(name="a"), question(name="b"), description("P2"), question(name="c"))
    assert outline(test) == [("Questions", [("P1", ["a", "b"]), ("P2", ["c"])])]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("Text A (Q1, Q3)", "Text B (Q2)", [["a", "c"], ["b"]]),
        ("Text A (Q11-12)", "Text B (Q13)", [["a", "b"], ["c"]]),
        ("問1〜2", "問3", [["a", "b"], ["c"]]),
        ("Questions 1 and 2", "Question 3", [["a", "b"], ["c"]]),
        ("Text A (Q1)", "Text B (Q2)", [["a", "b", "c"]]),
        ("Text A (Q1, Q2)", "Text B (Q2)", [["a", "b", "c"]]),
        ("Text A", "Text B (Q2)", [["a", "b", "c"]]),
    ],
)
def test_deals_a_run_of_passages_out_by_their_question_numbers(
    first: str, second: str, expected: list[list[str]]
) -> None:
    run = [description(first, "one"), description(second, "two"), *(question(name=name) for name in "abc")]
    test, report = read(*run)
    assert [[q.name for q in group.questions] for group in test.groups()] == expected
    together = len(expected) == 1
    assert [group.reading_text for group in test.groups()] == (["one\ntwo"] if together else ["one", "two"])
    assert report.rows[0].outcome == ("partly" if together else "taken")


def test_counts_refused_questions_when_it_deals_passages_out() -> None:
    run = [description("P (Q1)"), description("P (Q2)"), question(kind="calculated"), question(name="b")]
    test, report = read(*run)
    assert [(g.title, [q.name for q in g.questions]) for g in test.groups()] == [("P (Q2)", ["b"])]
    assert [row.outcome for row in report.rows] == ["ignored", "taken", "refused", "taken"]


def test_reads_a_description_tagged_instruction_as_the_instruction_of_its_group() -> None:
    test, _ = read(description("M1", "Choose.", tag="instruction"), description("M1", "Long ago."), question())
    (group,) = test.groups()
    assert (group.title, group.instruction, group.reading_text) == ("M1", "Choose.", "Long ago.")


def test_refuses_the_questions_of_a_passage_that_cannot_be_used() -> None:
    test, report = read(description("P", '<audio src="@@PLUGINFILE@@/a.mp3"></audio>'), question())
    assert not test.sections
    assert [row.outcome for row in report.rows] == ["refused", "refused"]
    assert "line 2" in report.rows[1].reasons[0]


def test_keeps_the_recording_of_a_passage_with_its_group() -> None:
    test, _ = read(description("P", PLAYER, embedded("a.mp3", MP3)), question())
    (group,) = test.groups()
    assert (group.reading_text, [file.name for file in group.files]) == ("<p>q</p>", ["a.mp3"])


def test_reads_two_thousand_questions_within_seconds() -> None:
    started = time.perf_counter()
    _, report = read_moodle_xml(quiz(*[question()] * 2_000))
    assert report.count("taken") == 2_000
    assert time.perf_counter() - started < 10


# Writing.

SMALL_TEST = DraftTest(
    "N5 / small",
    "N5",
    (
        DraftSection(
            "Listening",
            "LISTENING",
            (
                DraftGroup(
                    "Task",
                    "<p>Listen.</p>",
                    '<p>See <img src="media:a.png"></p>',
                    (DraftFile("a.png", png(), "image/png", "image"), DraftFile("a.mp3", MP3, "audio/mpeg", "audio")),
                    (
                        DraftQuestion(
                            "single_choice",
                            "Q <1>",
                            "a &lt; b ]]&gt;",
                            (DraftOption("x", Decimal(1), "yes"), DraftOption("y", Decimal("-0.25"))),
                            topic="Task",
                            tags=("N5", "R&D"),
                            explanation="because",
                        ),
                    ),
                ),
            ),
        ),
    ),
)


def without_lines(test: DraftTest) -> DraftTest:
    """The test without what a file cannot keep: its lines, and the order of a group's or question's files."""
    return replace(test, sections=tuple(replace(s, groups=tuple(map(plain_group, s.groups))) for s in test.sections))


def plain_group(group: DraftGroup) -> DraftGroup:
    questions = tuple(replace(q, line=0, files=by_name(q.files)) for q in group.questions)
    return replace(group, questions=questions, files=by_name(group.files))


def by_name(files: tuple[DraftFile, ...]) -> tuple[DraftFile, ...]:
    return tuple(sorted(files, key=lambda file: file.name))


def test_writes_a_test_with_files_and_reads_the_same_again() -> None:
    test, report = read_moodle_xml(write_moodle_xml(SMALL_TEST)[0])
    assert without_lines(test) == without_lines(SMALL_TEST)
    assert report.count("taken") == 3


PLAIN = st.text(alphabet="ab/&<>'\"学校 (1)Q", min_size=1, max_size=12).map(lambda s: " ".join(s.split()) or "x")
NAMES = PLAIN.filter(lambda name: "//" not in name and name.strip("/ ") == name)
TEXTS = st.sampled_from(["学校 へ", "a &lt; b &amp; c", "<p>x</p><p>y</p>", "$a&lt;b$", "]]&gt;", "<b>b</b>\nc"])
MARKS = st.decimals("0.01", "100", places=2)


@st.composite
def questions_of(draw: st.DrawFn, topic: str) -> DraftQuestion:
    kind = draw(st.sampled_from(sorted(TYPES)))
    wrong = st.builds(DraftOption, TEXTS, st.decimals("-1", "0", places=4), st.just("") | TEXTS)
    right = {"single_choice": ["1"], "multiple_choice": ["0.333333"] * 3}.get(kind, [])
    options = [DraftOption(draw(TEXTS), Decimal(share), draw(st.just("") | TEXTS)) for share in right]
    options += draw(st.lists(wrong, min_size=1, max_size=3)) if options else []
    numbers = st.decimals("-1e6", "1e6", places=3)
    answers = [Answer(draw(numbers), abs(draw(numbers)), Decimal(1))] if kind == "numeric" else []
    sound = draw(st.binary(max_size=8))
    question = DraftQuestion(
        type=kind,
        name=draw(PLAIN),
        text=draw(TEXTS),
        options=tuple(draw(st.permutations(options))),
        answers=tuple(answers),
        marks=draw(MARKS),
        explanation=draw(st.just("") | TEXTS),
        tags=tuple(draw(st.lists(PLAIN, max_size=3, unique=True))),
        topic=topic,
        shuffle=bool(options) and draw(st.booleans()),
        files=draw(st.just(()) | st.just((DraftFile("a.mp3", MP3 + sound, "audio/mpeg", "audio"),))),
    )
    return replace(question, **draw(more_answers(kind)))


TYPED = st.text(alphabet='aé学\\*/#~}{=%&<" 1:', min_size=1, max_size=8).map(lambda s: " ".join(s.split()) or "x")
SAID = st.just("") | TEXTS
PERCENT = st.decimals("-1", "1", places=3)


@st.composite
def typed_answers(draw: st.DrawFn) -> tuple[Text, ...]:
    words = draw(st.lists(TYPED, min_size=1, max_size=3, unique_by=lambda word: normalised(word, case_sensitive=False)))
    words = [f"{word}!" if word == "*" else word for word in words]
    return tuple(Text(word, Decimal(1) if n == 0 else draw(PERCENT), draw(SAID)) for n, word in enumerate(words))


@st.composite
def chosen_answers(draw: st.DrawFn) -> tuple[Option, ...]:
    texts = draw(st.lists(TEXTS, min_size=2, max_size=4, unique=True))
    right = draw(st.integers(0, len(texts) - 1))
    wrong = st.decimals("-1", "0.5", places=3)
    return tuple(
        Option(str(n), text, Decimal(1) if n == right else draw(wrong), feedback=draw(SAID))
        for n, text in enumerate(texts)
    )


@st.composite
def more_answers(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """What the types beyond choices and numbers say."""
    if kind == "true_false":
        return {"truth": draw(st.builds(Truth, st.booleans(), SAID, SAID))}
    if kind == "short_text":
        return {"texts": draw(typed_answers()), "case_sensitive": draw(st.booleans())}
    if kind == "ordering":
        return {"options": tuple(map(DraftOption, draw(st.lists(TEXTS, min_size=2, max_size=5, unique=True))))}
    if kind == "matching":
        # Answers are plain text, in the order in which the prompts use them.
        prompts = draw(st.lists(TEXTS, min_size=2, max_size=5, unique=True))
        options = draw(st.lists(PLAIN.map(html_of), min_size=2, max_size=4, unique=True))
        targets = [min(n, draw(st.integers(0, len(options) - 1))) for n in range(len(prompts))]
        used = list(dict.fromkeys(targets))
        order = [*used, *(n for n in range(len(options)) if n not in used)]
        return {
            "options": tuple(DraftOption(options[n]) for n in order),
            "prompts": tuple(Prompt("", text, str(order.index(n))) for text, n in zip(prompts, targets, strict=True)),
            "shuffle": draw(st.booleans()),
        }
    if kind == "gap_fill":
        gap = st.builds(Gap, texts=typed_answers(), case_sensitive=st.booleans(), weight=st.integers(1, 9))
        choice = st.builds(Gap, options=chosen_answers(), weight=st.integers(1, 9))
        gaps = tuple(draw(st.lists(gap | choice, min_size=1, max_size=3)))
        places = draw(st.permutations(range(1, len(gaps) + 1)))
        gaps_in_text = tuple(gaps[place - 1] for place in places)  # read again in the order of the text
        return {
            "gaps": gaps_in_text,
            "text": " &amp; ".join(f"<b>{draw(TEXTS)}</b> [[{n}]]" for n in range(1, len(gaps) + 1)),
            "shuffle": any(gap.options for gap in gaps) and draw(st.booleans()),
        }
    if kind == "multiple_choice" and draw(st.booleans()):
        options = draw(st.lists(TEXTS, min_size=2, max_size=4, unique=True))
        right = draw(st.integers(1, len(options)))
        shares = (Decimal(n < right) for n in range(len(options)))
        return {"options": tuple(map(DraftOption, options, shares)), "policy": "all_or_nothing"}
    if kind == "essay":
        least, most = sorted(draw(st.lists(st.integers(1, 500), min_size=2, max_size=2)))
        limits = {"unit": "words", "least": draw(st.none() | st.just(least)), "most": draw(st.none() | st.just(most))}
        marks = draw(MARKS)  # the one criterion of an essay without a rubric is worth its marks
        return {"marks": marks, "own": without_rubric(marks, limits=limits, model_answer=draw(SAID))}
    return {}


def html_of(text: str) -> str:
    return html.escape(text, quote=False)


@st.composite
def whole_tests(draw: st.DrawFn) -> DraftTest:
    def groups() -> Iterator[DraftGroup]:
        for _ in range(draw(st.integers(1, 3))):
            topic = draw(NAMES)
            questions = tuple(draw(st.lists(questions_of(topic), min_size=1, max_size=3)))
            instruction, passage = draw(st.just("") | TEXTS), draw(st.just("") | TEXTS)
            yield DraftGroup(draw(st.just(topic) | PLAIN), instruction, passage, (), questions)

    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    sections = tuple(DraftSection(name, section_type(name), tuple(groups())) for name in names)
    return DraftTest(draw(NAMES), "", sections)


@given(whole_tests())
@settings(max_examples=drawing.up_to(150), deadline=None)
def test_reads_back_any_test_that_it_wrote(test: DraftTest) -> None:
    again, report = read_moodle_xml(write_moodle_xml(test)[0])
    assert without_lines(again) == without_lines(test)
    assert report.counts()["refused"] == 0

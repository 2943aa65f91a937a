"""Packages that are written: valid in their version, and the same test when they are read again."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from decimal import Decimal
from math import gcd

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.mock_tests.rules.exchange import interchange
from apps.mock_tests.rules.exchange.draft import (
    DraftFile,
    DraftGroup,
    DraftOption,
    DraftQuestion,
    DraftSection,
    DraftTest,
)
from apps.mock_tests.rules.exchange.qti.mapping import QtiMapping
from apps.mock_tests.rules.exchange.qti.reading import read_qti
from apps.mock_tests.rules.exchange.sections import section_type
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import Answer, Gap, Option, Prompt, Text, Truth
from apps.mock_tests.rules.types.essay import without_rubric
from apps.mock_tests.rules.types.registry import TYPES, mappings
from tests import drawing
from tests.apps.mock_tests.exchange.qti_validity import check
from tests.apps.mock_tests.test_media_rules import picture, recording
from tests.factories import SAMPLE

FORMATS = ["qti21", "qti22", "qti30"]
PICTURE = DraftFile("a.png", picture(), "image/png", "image")
SOUND = DraftFile("b.wav", recording(), "audio/wav", "audio")

# -- tests to write ------------------------------------------------------------------------------------------------

WORDS = st.text("abcXYZ あ漢東京é&<>\"'\\$[]", min_size=1, max_size=12)
LINE = WORDS.map(lambda text: " ".join(text.split())).filter(bool)
PIECES = st.sampled_from(
    ["plain", "a &lt; b &amp; c", "<p>one</p><p>two<br>three</p>", "漢字<u>下線</u>と<s>x</s>", r"\(a&lt;b\) and $x_1$",
     "<table><tbody><tr><td colspan=\"2\">t</td></tr></tbody></table>", "<ul><li>x<sub>2</sub></li></ul>", "「日本」",
     "<pre>a\n  b</pre>", "]]&gt; &amp;amp;", "<span>x</span>"]
)  # fmt: skip
RUBY = "<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>"
HTML = st.lists(PIECES, min_size=1, max_size=3, unique=True).map(lambda parts: richtext.clean_html(" ".join(parts)))
MARKS = st.decimals("0.001", 100, places=3).map(lambda number: number.normalize() + 0)
PARTS = st.decimals("-1", "0.99", places=5).map(lambda number: number.normalize() + 0)


@st.composite
def distinct(draw, least, most, of=HTML):
    found = draw(st.lists(of, min_size=least, max_size=most, unique_by=lambda text: " ".join(text.split())))
    return [f"{number}. {text}" if richtext.to_text(text) == "" else text for number, text in enumerate(found)]


@st.composite
def single(draw):
    texts = draw(distinct(2, 5))
    right = draw(st.integers(0, len(texts) - 1))
    options = [
        DraftOption(text, Decimal(1) if place == right else draw(PARTS), draw(st.just("") | HTML))
        for place, text in enumerate(texts)
    ]
    return {"type": "single_choice", "options": tuple(options), "shuffle": draw(st.booleans())}


@st.composite
def several(draw):
    policy = draw(st.sampled_from(["", "all_or_nothing", "jee_advanced"]))
    texts = draw(distinct(3, 7))
    right = draw(st.integers(1, min(4, len(texts) - 1)))
    share = (1 / Decimal(right)).quantize(Decimal("0.000001")) if not policy else Decimal(1)
    wrong = st.just(Decimal(0)) if policy else PARTS.filter(lambda part: part <= 0)
    feedback = st.just("") | HTML
    options = [
        DraftOption(text, share.normalize() if n < right else draw(wrong), draw(feedback))
        for n, text in enumerate(texts)
    ]
    return {"type": "multiple_choice", "options": tuple(draw(st.permutations(options))), "policy": policy}


@st.composite
def truth(draw):
    feedback = st.just("") | HTML
    return {"type": "true_false", "truth": Truth(draw(st.booleans()), draw(feedback), draw(feedback))}


@st.composite
def numeric(draw):
    values = draw(st.lists(st.integers(-50, 50), min_size=1, max_size=3, unique=True))
    shares = [Decimal(1), Decimal("0.5"), Decimal("0.25")]
    reach = st.decimals(0, "0.4", places=2).map(lambda number: number.normalize() + 0)
    answers = (Answer(Decimal(v), draw(reach), part) for v, part in zip(values, shares, strict=False))
    return {"type": "numeric", "answers": tuple(answers)}


@st.composite
def short(draw):
    texts = draw(st.lists(LINE, min_size=1, max_size=4, unique_by=str.casefold))
    shares = [Decimal(1), *(draw(PARTS) for _ in texts[1:])]
    feedback = st.just("") | HTML
    accepted = (Text(text, part, draw(feedback)) for text, part in zip(texts, shares, strict=True))
    return {"type": "short_text", "texts": tuple(accepted), "case_sensitive": draw(st.booleans())}


@st.composite
def ordering(draw):
    options = tuple(map(DraftOption, draw(distinct(3, 6))))
    star = draw(st.none() | st.integers(1, len(options)))
    return {"type": "ordering", "options": options, "policy": "star" if star else "", "star": star}


@st.composite
def matching(draw):
    options, prompts = draw(distinct(2, 5)), draw(distinct(2, 5))
    targets = (str(draw(st.integers(0, len(options) - 1))) for _ in prompts)
    return {
        "type": "matching",
        "options": tuple(map(DraftOption, options)),
        "prompts": tuple(Prompt("", text, target) for text, target in zip(prompts, targets, strict=True)),
        "policy": draw(st.sampled_from(["", "all_or_nothing"])),
        "shuffle": draw(st.booleans()),
    }


@st.composite
def gaps(draw):
    weights = draw(st.lists(st.integers(1, 20), min_size=1, max_size=4).filter(lambda all_: gcd(*all_) == 1))
    made = []
    for weight in weights:
        if draw(st.booleans()):
            texts = draw(distinct(2, 4, of=LINE.map(richtext.escape_plain).map(richtext.clean_html)))
            feedback = st.just("") | HTML
            options = (Option(str(n), text, Decimal(n == 0), feedback=draw(feedback)) for n, text in enumerate(texts))
            made.append(Gap("", tuple(options), weight=weight))
        else:
            texts = draw(st.lists(LINE, min_size=1, max_size=2, unique_by=str.casefold))
            accepted = tuple(Text(text, Decimal(1)) for text in texts)
            made.append(Gap("", (), accepted, draw(st.booleans()), weight))
    text = " ".join(f"word [[{number}]]" for number in range(1, len(made) + 1))
    return {"type": "gap_fill", "gaps": tuple(made), "text": f"<p>{text}</p>"}


@st.composite
def essay(draw):
    marks = draw(MARKS)
    model = draw(st.just("") | HTML)
    limits = {"unit": "words", "least": None, "most": None}
    return {"type": "essay", "own": without_rubric(marks, limits=limits, model_answer=model), "marks": marks}


KINDS = [single(), several(), truth(), numeric(), short(), ordering(), matching(), gaps(), essay()]


@st.composite
def questions(draw):
    answers = draw(st.one_of(KINDS))
    pictured = draw(st.booleans())
    text = answers.pop("text", None) or draw(HTML)
    if pictured:
        text += '<p><img src="media:a.png" alt="A &quot;picture&quot;"></p>'
    files = (*((PICTURE,) if pictured else ()), *((SOUND,) if draw(st.booleans()) else ()))
    return replace(
        DraftQuestion(
            "", draw(LINE), text, explanation=draw(st.just("") | HTML), topic=draw(st.just("") | LINE),
            tags=tuple(draw(st.lists(LINE, max_size=2, unique=True))), files=files,
            difficulty=draw(st.sampled_from(["", "EASY", "MEDIUM", "HARD"])),
        ),
        **{"marks": draw(MARKS), **answers},
    )  # fmt: skip


@st.composite
def groups(draw):
    passage = draw(st.just("") | HTML)
    with_files = draw(st.booleans())
    if passage and with_files:
        passage += '<img src="media:a.png" alt="x">'
    return DraftGroup(
        title=draw(st.just("") | LINE),
        instruction=draw(st.just("") | HTML),
        reading_text=passage,
        files=(*((PICTURE,) if passage and with_files else ()), *((SOUND,) if with_files else ())),
        questions=tuple(draw(st.lists(questions(), min_size=1, max_size=2))),
    )


@st.composite
def exams(draw):
    names = st.sampled_from(["Vocabulary", "読解", "Part", "Listening & more"])
    sections = [
        DraftSection(name, section_type(name), tuple(draw(st.lists(groups(), min_size=1, max_size=2))), minutes)
        for name, minutes in draw(st.lists(st.tuples(names, st.none() | st.integers(1, 300)), min_size=1, max_size=2))
    ]
    return DraftTest("A test of <everything>", "", tuple(sections))


@pytest.mark.parametrize("to", FORMATS)
@given(test=exams())
@settings(
    max_examples=drawing.up_to(30),
    derandomize=True,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
def test_what_is_written_is_valid_and_comes_back(to, test):
    content, losses = interchange.write(test, to)
    assert losses == ()
    again, report = read_qti(content)
    assert report.counts()["refused"] == report.counts()["partly"] == 0
    assert [section.minutes for section in again.sections] == [section.minutes for section in test.sections]
    assert [q.difficulty for q in again.questions()] == [q.difficulty for q in test.questions()]
    check(content, to)


# -- single things -------------------------------------------------------------------------------------------------


def one(question, **group):
    return DraftTest("T", "", (DraftSection("Part", "GENERAL", (DraftGroup(questions=(question,), **group),)),))


CHOICE = DraftQuestion(
    "single_choice", "Q", "text", options=(DraftOption("a", Decimal(1)), DraftOption("b")), marks=Decimal(1)
)


@pytest.mark.parametrize("to", FORMATS)
def test_furigana_come_back_where_the_version_has_them(to):
    test = one(replace(CHOICE, text=f"{RUBY}字"))
    content, losses = interchange.write(test, to)
    again, _ = read_qti(content)
    if to == "qti21":
        assert [loss.reason for loss in losses] == ["The file does not keep the text as it is."]
        assert next(again.questions()).text == "漢(かん)字"
    else:
        assert losses == ()
        assert next(again.questions()).text == f"{RUBY}字"


def test_limits_of_an_essay_come_back_from_3_alone():
    limits = {"unit": "characters", "least": 10, "most": 400}
    question = DraftQuestion("essay", "E", "Write.", own=without_rubric(Decimal(5), limits=limits), marks=Decimal(5))
    losses = {to: interchange.write(one(question), to)[1] for to in FORMATS}
    assert losses["qti30"] == ()
    assert [loss.pointer for loss in losses["qti22"]] == ["/sections/0/question_groups/0/questions/0"]


def test_a_rubric_is_told_as_lost():
    rubric = [{"title": "Content", "description": "", "most": "3", "levels": []}]
    own = {**without_rubric(Decimal(3)), "rubric": rubric}
    question = DraftQuestion("essay", "E", "Write.", own=own, marks=Decimal(3))
    assert interchange.write(one(question), "qti30")[1] != ()


def test_the_usual_ways_to_mark_are_named():
    content, _ = interchange.write(one(CHOICE), "qti22")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        said = archive.read("items/item-1.xml").decode()
    assert 'template="http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_correct"' in said
    assert 'identifier="item-1" title="Q" adaptive="false" timeDependent="false"' in said


def test_an_order_does_not_stand_in_the_file_as_the_right_one():
    options = tuple(DraftOption(text) for text in "abcd")
    content, _ = interchange.write(one(DraftQuestion("ordering", "O", "Sort.", options=options)), "qti22")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        said = archive.read("items/item-1.xml").decode()
    shown = re.findall(r"<simpleChoice [^>]*>(\w)<", said)
    assert sorted(shown) == list("abcd")
    assert shown != list("abcd")


def test_the_same_test_gives_the_same_bytes():
    assert interchange.write(one(CHOICE), "qti30") == interchange.write(one(CHOICE), "qti30")


def test_a_file_stands_once_in_a_package():
    second = DraftFile("a.png", picture(size=(8, 8)), "image/png", "image")
    text = 'x<img src="media:a.png" alt="x">'
    three = tuple(replace(CHOICE, text=text, files=(file,)) for file in (PICTURE, PICTURE, second))
    test = DraftTest("T", "", (DraftSection("Part", "GENERAL", (DraftGroup(questions=three),)),))
    content, losses = interchange.write(test, "qti22")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert sum(name.startswith("media/") for name in archive.namelist()) == 2
    assert losses == ()


def test_every_type_has_a_place_in_qti():
    assert mappings("qti", QtiMapping).keys() == TYPES.keys()


@pytest.mark.parametrize("to", FORMATS)
def test_the_sample_paper_goes_out_and_comes_back(to):
    test, _ = interchange.FORMATS["moodle_xml"].read(SAMPLE.read_bytes())
    content, losses = interchange.write(test, to)
    assert (losses == ()) is (to != "qti21")
    assert not any("marks" in loss.reason or "pictures" in loss.reason for loss in losses)
    assert interchange.guess_format(content) == to
    again, report = read_qti(content)
    assert report.counts()["taken"] == len(list(test.questions()))
    before = [file.content for group in test.groups() for file in group.files]
    assert [file.content for group in again.groups() for file in group.files] == before
    check(content, to)

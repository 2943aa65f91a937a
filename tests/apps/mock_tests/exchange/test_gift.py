"""GIFT and Aiken: the whole grammar, real files, hostile files, and there and back again."""

from __future__ import annotations

import html
import os
import re
import time
from contextlib import suppress
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.mock_tests.rules.exchange import interchange
from apps.mock_tests.rules.exchange.aiken import read_aiken, write_aiken
from apps.mock_tests.rules.exchange.draft import (
    DraftFile,
    DraftGroup,
    DraftOption,
    DraftQuestion,
    DraftSection,
    DraftTest,
)
from apps.mock_tests.rules.exchange.gift.reading import read_gift
from apps.mock_tests.rules.exchange.gift.writing import write_gift
from apps.mock_tests.rules.exchange.moodle.reading import read_moodle_xml
from apps.mock_tests.rules.exchange.sections import section_type
from apps.mock_tests.rules.files.textfile import TextLimits
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.types.base import Answer, Prompt, Text, Truth
from tests import drawing
from tests.apps.mock_tests.exchange.test_moodle_xml import NAMES, PLAIN, TEXTS, html_of, more_answers, without_lines

PAPERS = Path(os.environ.get("SHIKEN_PAPERS") or Path(__file__).resolve().parents[5] / "shared/data/papers")
needs_papers = pytest.mark.skipif(not PAPERS.is_dir(), reason=f"NO SAMPLE PAPERS at {PAPERS}; set SHIKEN_PAPERS")
D = Decimal


def read(text):
    return read_gift(text.encode())


def the_question(text):
    test, report = read(text)
    assert [row.reasons for row in report.rows if row.outcome == "refused"] == []
    (only,) = test.questions()
    return only


def reasons(text, reader=read_gift):
    row = reader(text.encode())[1].rows[-1]
    assert row.outcome == "refused"
    return " ".join(row.reasons)


# -- the real papers, read by other means --------------------------------------------------------------------------


def words(text):
    """What remains of HTML when tags and entities are gone."""
    return "".join(html.unescape(re.sub(r"<[^<>]*>", "", text)).split())


def gift_by_hand(path):
    """Name, words, and options with the place of the right one. These papers have nothing else."""
    for name, text, answers in re.findall(r"^::(.*?)::\[html\](.*?) \{\n(.*?)\n\}", path.read_text(), re.M | re.S):
        lines = answers.split("\n")
        yield (
            name,
            words(text.replace("\\:", ":")),
            [words(line[1:]) for line in lines],
            [line[0] == "=" for line in lines].index(True),
        )


def aiken_by_hand(path):
    for block in path.read_text().strip().split("\n\n"):
        text, *options, answer = block.split("\n")
        yield words(text), [words(option[3:]) for option in options], "ABCD".index(answer[-1])


def as_read(question):
    right = [option.fraction for option in question.options].index(1)
    return words(question.text), [words(option.text) for option in question.options], right


@needs_papers
@pytest.mark.parametrize("number", [1, 2, 3])
def test_takes_every_item_of_a_gift_paper_as_the_moodle_file_has_it(number):
    path = PAPERS / f"jlpt-n5-paper-{number}.gift.txt"
    test, report = read_gift(path.read_bytes())
    assert (report.counts()["taken"], len(report.rows)) == (61, 61)
    assert [(q.name, *as_read(q)) for q in test.questions()] == list(gift_by_hand(path))
    other, _ = read_moodle_xml((PAPERS / f"jlpt-n5-paper-{number}.moodle.xml").read_bytes())
    by_name = {q.name: q for q in other.questions()}
    for question in test.questions():
        same = by_name[question.name]
        assert [(words(o.text), o.fraction) for o in question.options] == [
            (words(o.text), o.fraction) for o in same.options
        ]
        # In this file each question repeats its passage.
        assert words(question.text).endswith(words(same.text))
        assert (question.topic, question.marks) == (same.topic, same.marks)
    assert (test.title, [s.name for s in test.sections]) == (other.title, [s.name for s in other.sections][:2])


@needs_papers
@pytest.mark.parametrize("number", [1, 2, 3])
def test_takes_every_item_of_an_aiken_paper_as_the_moodle_file_has_it(number):
    path = PAPERS / f"jlpt-n5-paper-{number}.aiken.txt"
    test, report = read_aiken(path.read_bytes())
    items = [as_read(question) for question in test.questions()]
    assert (report.counts()["taken"], len(report.rows)) == (45, 45)
    assert items == list(aiken_by_hand(path))
    other, _ = read_moodle_xml((PAPERS / f"jlpt-n5-paper-{number}.moodle.xml").read_bytes())
    known = [as_read(question) for question in other.questions() if question.options]
    assert all(item in known for item in items)


@pytest.mark.parametrize("signs", [b"A. a\nB. b", b"A) a\nb) b", b"ANSWER: A"])
def test_knows_an_aiken_file_by_its_options_too(signs):
    assert interchange.guess_format(b"Which?\n" + signs) == "aiken"
    assert interchange.guess_format(b"<quiz>\n" + signs) == "moodle_xml"


@needs_papers
@pytest.mark.parametrize("path", sorted(PAPERS.glob("*.*.*")), ids=lambda path: path.name)
def test_knows_a_real_file_by_its_content_and_says_what_another_format_loses(path):
    data = path.read_bytes()
    kind = interchange.guess_format(data)
    assert kind == {"xml": "moodle_xml"}.get(path.name.split(".")[-1], path.name.split(".")[1])
    test, _ = interchange.FORMATS[kind].read(data)
    content, losses = interchange.write(test, kind)
    assert losses == ()
    assert without_lines(interchange.FORMATS[kind].read(content)[0]) == without_lines(test)


# -- the grammar ---------------------------------------------------------------------------------------------------


def test_reads_a_choice_with_weights_feedback_and_explanation():
    taken = the_question("::T::Q {=a#yes ~b#no ~%-25%c ####Because\\: so}")
    assert (taken.type, taken.name, taken.explanation) == ("single_choice", "T", "Because: so")
    assert taken.options == (
        DraftOption("a", D(1), "yes"), DraftOption("b", D(0), "no"), DraftOption("c", D("-0.25")),
    )  # fmt: skip


@pytest.mark.parametrize("answers", ["~%50%a ~%50%b ~%-100%c", "=%50%a =%50%b ~%-100%c"])
def test_reads_several_right_options(answers):
    taken = the_question(f"Q {{{answers}}}")
    assert (taken.type, [o.fraction for o in taken.options]) == ("multiple_choice", [D("0.5"), D("0.5"), -1])


def test_reads_thirds():
    taken = the_question("Q {~%33.33333%a ~%33.33333%b ~%33.33333%c ~%-50%d}")
    assert taken.options[0].fraction == D("0.3333333")


@pytest.mark.parametrize(
    ("word", "value"), [("T", True), ("TRUE", True), ("true", True), ("F", False), ("False", False)]
)
def test_reads_true_and_false(word, value):
    assert the_question(f"Q {{{word}}}").truth == Truth(value)


def test_the_first_remark_on_true_or_false_is_for_those_who_are_wrong():
    assert the_question("Q {T#wrong#right}").truth == Truth(True, "right", "wrong")
    assert the_question("Q {F#wrong#right}").truth == Truth(False, "wrong", "right")
    assert the_question("Q {F#wrong####all}").truth == Truth(False, "wrong", "")


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ("#3:0.1", [("3", "0.1", "1")]),
        ("#3", [("3", "0", "1")]),
        ("# -1.5e3 : 2", [("-1500", "2", "1")]),
        ("#1..5", [("3", "2", "1")]),
        ("#-1.5..-0.5", [("-1", "0.5", "1")]),
        ("#=3:0 =%50%3:1#near =%25%0..10", [("3", "0", "1"), ("3", "1", "0.5"), ("5", "5", "0.25")]),
        ("#3 ~#wrong", [("3", "0", "1")]),
    ],
)
def test_reads_numbers_tolerances_and_ranges(answers, found):
    taken = the_question(f"Q {{{answers}}}")
    assert taken.answers == tuple(Answer(*map(D, row)) for row in found)


def test_reads_short_answers():
    assert the_question("Q {=Tokyo#yes =%50%Edo}").texts == (Text("Tokyo", D(1), "yes"), Text("Edo", D("0.5")))
    assert the_question("Q {Tokyo}").texts == (Text("Tokyo"),)
    assert the_question("Q {=T}").texts == (Text("T"),)


def test_reads_pairs_and_one_that_belongs_to_none():
    taken = the_question("Q {=[html]<b>a</b> -> 1 & 2\n=b -> 3 = -> 4}")
    assert [option.text for option in taken.options] == ["1 &amp; 2", "3", "4"]
    assert taken.prompts == (Prompt("", "<b>a</b>", "0"), Prompt("", "b", "1"))


def test_puts_a_line_where_a_word_is_missing():
    assert the_question("[html]In {=Tokyo ~Kyoto} it rains.").text == "In _____ it rains."
    assert the_question("{=a ~b} is right").text == "_____ is right"


def test_puts_nothing_else_around_that_line():
    assert the_question("Pi is about {#3.14:0.01}.").text == "Pi is about _____."
    assert the_question("[html]東京は{=首都 ~県}です。").text == "東京は_____です。"
    assert the_question("[markdown]It is *on* {=the 2nd ~the 3rd}.").text == "<p>It is <em>on</em> _____.</p>"


def test_reads_escapes_as_characters():
    taken = the_question(r"::a\:b::1 \= 1 \{x\} \~ \# \\n C\:\n next {=\= ~\~x ~\#\\}")
    assert (taken.name, taken.text) == ("a:b", "1 = 1 {x} ~ # \\n C:<br> next")
    assert [option.text for option in taken.options] == ["=", "~x", "#\\"]
    assert the_question(r"[html]\(a^2\) {=\(b\) ~c}").text == r"\(a^2\)"


@pytest.mark.parametrize(
    ("form", "text", "shown"),
    [
        ("[html]", "<b>a</b> &amp; b", "<b>a</b> &amp; b"),
        ("[plain]", "<b>a</b> & b", "&lt;b&gt;a&lt;/b&gt; &amp; b"),
        ("[moodle]", "<b>a</b>\nb", "<b>a</b><br>b"),
        ("", "a < b\nc", "a &lt; b<br>c"),
        ("[HTML]", "<i>a</i><script>x</script>", "<i>a</i>"),
    ],
)
def test_reads_texts_by_their_format(form, text, shown):
    assert the_question(f"{form}{text} {{=x ~y}}").text == shown


def test_a_text_may_name_a_format_of_its_own():
    taken = the_question("[html]Q {=[plain]<b> ~<b>y</b>#[plain]<i> ####[plain]<u>}")
    assert [option.text for option in taken.options] == ["&lt;b&gt;", "<b>y</b>"]
    assert (taken.options[1].feedback, taken.explanation) == ("&lt;i&gt;", "&lt;u&gt;")


BANK = """\ufeff// A bank
// [tag:not mine]

$CATEGORY: $course$/top/N3 test/Reading // 読解/Long
// question: 1  name: one
// [id:7] [tag:a b] [tag:c]
::one::First? {
// a comment inside
=yes

~no
}
::two::Second? {T}

::P::[html]<p>A passage.</p>

::three::Third? {=x}
$CATEGORY: $course$/top/N3 test/聴解

Fourth? {#1}"""


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_reads_categories_comments_tags_and_passages(ends):
    test, report = read(BANK.replace("\n", ends))
    assert (test.title, test.level) == ("N3 test", "N3")
    groups = [
        (s.name, [(g.title, g.reading_text, [q.name for q in g.questions]) for g in s.groups]) for s in test.sections
    ]
    assert groups == [
        ("Reading / 読解", [("Long", "", ["one", "two"]), ("P", "<p>A passage.</p>", ["three"])]),
        ("聴解", [("聴解", "", [""])]),
    ]
    assert [q.topic for q in test.questions()] == ["Long", "Long", "Long", "聴解"]
    assert next(test.questions()).tags == ("a b", "c")  # what stood before the category is not its
    assert [(row.line, row.outcome) for row in report.rows] == [(line, "taken") for line in (7, 13, 15, 17, 20)]


# -- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Q {=a", "brace before the answers is not closed"),
        ("Q =a}", "closing brace has no opening one"),
        ("Q } {=a}", "closing brace has no opening one"),
        ("Q {=a {b}}", "opens inside the answers"),
        ("Q {=a} and {=b}", "braces after its answers"),
        ("{=a ~b}", "neither text nor media"),
        ("Q {#}", '"" is not a finite number'),
        ("Q {#abc}", '"abc" is not a finite number'),
        ("Q {#5..1}", "is not a range"),
        ("Q {#1..x}", "is not a range"),
        ("Q {#1:-1}", 'tolerance "-1"'),
        ("Q {#=%50%1}", "No answer is worth full marks"),
        ("Q {~a ~b}", "add up to 0 %"),
        ("Q {~%60%a ~%60%b}", "add up to 120"),
        ("Q {=a =b ~c}", "More than one option"),
        ("Q {~%150%a ~b}", 'weight "150"'),
        ("Q {=a ~}", "An option is empty"),
        ("Q {=a}{", "braces after its answers"),
        ("Q {first =a ~b}", "begin with"),
        ("Q {=a" + " ~b" * 1_999 + "}", "2000 options; at most 50"),
        ("Q {=a -> b =c}", "has no ->"),
        ("Q {=a -> b}", "1 prompts; 2 to 50"),
        ("Q {=a -> b =c -> }", "A pair has no answer"),
        ("Q {=a*}", "wildcard"),
        ("Q {=%50%a}", "At least one text"),
        ('[html]<img src\\="x.png"> {=a ~b}', "picture is not embedded"),
        ("Q" * 100_001 + " {=a ~b}", "longer than 100,000"),
    ],
)
def test_refuses_a_question_with_its_reason(text, reason):
    assert reason in reasons(text)


def test_a_question_that_is_cut_off_takes_no_other_with_it():
    _, report = read("::A::x {=a\n\n::B::y {T}\n\n::C::z {=b\n~c}")
    assert [(row.line, row.name, row.outcome) for row in report.rows] == [
        (1, "A", "refused"), (3, "B", "taken"), (5, "C", "taken"),
    ]  # fmt: skip


FINE = "One?\nA) yes\nB) no\nANSWER: {}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (FINE.format("C"), '"C" is none of its options'),
        (FINE.format("d"), '"D" is none of its options'),
        (FINE.format(""), '"" is none of its options'),
        (FINE.format("A").replace("B)", "C)"), "A, C; they must be"),
        (FINE.format("A").replace("ANSWER", "Solution"), "no line ANSWER"),
        ("One?\nA) yes\nANSWER: A", "fewer than two options"),
        ("A) yes\nB) no\nANSWER: A", "neither text nor media"),
        ("One?\nANSWER: A", '"A" is none'),
        ("One?", "no line ANSWER"),
    ],
)
def test_refuses_an_aiken_question_with_its_reason(text, reason):
    assert reason in reasons(text, read_aiken)


def test_reads_aiken_with_lines_of_text_and_points():
    test, report = read_aiken(
        b"\xef\xbb\xbfOne\r\n< two?\r\nA. a\r\nB. b & c\r\nANSWER:B\r\n\r\n\r\nThree?\nA) x\nB) y\nANSWER: A"
    )
    first, second = test.questions()
    assert (first.text, [o.text for o in first.options]) == ("One<br>&lt; two?", ["a", "b &amp; c"])
    assert ([o.fraction for o in first.options], second.options[0].fraction) == ([0, 1], 1)
    assert [row.line for row in report.rows] == [1, 8]


LIMITS = TextLimits(size=5_000_000, line=1_000, questions=20)


@pytest.mark.parametrize("reader", [read_gift, read_aiken])
@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "file_empty", 1),
        (b"\xef\xbb\xbf \r\n", "file_empty", 1),
        ("\ufeff::a::b {T}".encode("utf-16"), "wrong_encoding", 1),
        ("One?\n学校 {T}".encode("shift_jis"), "wrong_encoding", 2),
        ("One?\n\n学校 {T}".encode("euc-jp"), "wrong_encoding", 3),
        (b"caf\xe9 {T}", "wrong_encoding", 1),
        (b"Q \xed\xa0\x80 {T}", "wrong_encoding", 1),
        (b"Q\n\x00 {T}", "not_text", 2),
        (b"Q\n" + b"x" * 1_001, "line_too_long", 2),
        (b"x" * 5_000_001, "file_too_large", 1),
        (b"Q?\nA) a\nB) b\nANSWER: A\n\n" * 21, "too_many_questions", 101),
    ],
)  # fmt: skip
def test_refuses_an_unreadable_file_with_code_and_line(reader, data, code, line):
    with pytest.raises(UnreadableFile) as refusal:
        reader(data, limits=LIMITS)
    assert (refusal.value.code, refusal.value.line) == (code, line)


def test_refuses_a_line_of_two_hundred_megabytes_at_once():
    data = b"Q {=" + b"x" * 200_000_000 + b"}"
    for reader in (read_gift, read_aiken):
        started = time.perf_counter()
        with pytest.raises(UnreadableFile, match="larger than"):
            reader(data)
        assert time.perf_counter() - started < 1


def test_refuses_a_file_of_categories_alone():
    with pytest.raises(UnreadableFile, match="no questions"):
        read("$CATEGORY: a\n\n$CATEGORY: b")


@settings(max_examples=drawing.up_to(300), deadline=None)
@given(st.text(alphabet="{}=~#%:\\->[html]$ATF.15 \n", max_size=80) | st.text(max_size=60))
def test_answers_any_text_with_rows_or_a_refusal(text):
    for reader in (read_gift, read_aiken):
        with suppress(UnreadableFile):
            _, report = reader(text.encode("utf-8", "surrogatepass"))
            assert all(row.reasons for row in report.rows if row.outcome == "refused")


@pytest.mark.parametrize(
    "piece", ["{", "}", "\\", "=", "~", "#", "::", "{=", "%50%", "[html]", "$CATEGORY:", "$a", "<b>"]
)
def test_the_time_of_reading_grows_with_the_file_and_no_faster(piece):
    started = time.perf_counter()
    for reader in (read_gift, read_aiken):
        with suppress(UnreadableFile):
            reader((f"Q {piece * (90_000 // len(piece))}\n\n" * 3).encode())
    assert time.perf_counter() - started < 6


def test_reads_two_thousand_questions_within_seconds():
    started = time.perf_counter()
    _, report = read("::a::Q {=a ~b ~c#no ####why}\n\n" * 2_000)
    assert report.count("taken") == 2_000
    assert time.perf_counter() - started < 10


# -- there and back again ------------------------------------------------------------------------------------------

KINDS = ["single_choice", "multiple_choice", "true_false", "numeric", "short_text", "matching"]


@st.composite
def gift_questions(draw, topic):
    kind = draw(st.sampled_from(KINDS))
    extra = {}
    while kind in ("true_false", "short_text", "matching") and not extra:
        extra = draw(more_answers(kind))
    extra |= {"case_sensitive": False, "shuffle": False}
    shares = {"single_choice": ["1"], "multiple_choice": ["0.333333"] * 3}.get(kind, [])
    options = [DraftOption(draw(TEXTS), D(share), draw(st.just("") | TEXTS)) for share in shares]
    wrong = st.builds(DraftOption, TEXTS, st.decimals("-1", "0", places=4), st.just("") | TEXTS)
    options += draw(st.lists(wrong, min_size=1, max_size=3)) if options else []
    numbers = st.decimals("-1e6", "1e6", places=3)
    answers = [Answer(draw(numbers), abs(draw(numbers)), D(share)) for share in ("1", "0.5")]
    question = DraftQuestion(
        kind,
        draw(st.just("") | PLAIN),
        draw(TEXTS | st.sampled_from(["[plain] {x} ~ = # : \\n \\", "::x:: // $CATEGORY: a", "50%50% -&gt; [html]"])),
        tuple(draw(st.permutations(options))),
        tuple(answers) if kind == "numeric" else (),
        explanation=draw(st.just("") | TEXTS),
        tags=tuple(draw(st.lists(st.sampled_from(["a", "b c", "学校"]), max_size=3, unique=True))),
        topic=topic,
    )
    return replace(question, **extra)


@st.composite
def gift_tests(draw):
    def groups():
        for _ in range(draw(st.integers(1, 3))):
            topic = draw(NAMES)
            questions = tuple(draw(st.lists(gift_questions(topic), min_size=1, max_size=3)))
            instruction, passage = draw(st.just("") | TEXTS), draw(st.just("") | TEXTS)
            yield DraftGroup(draw(st.just(topic) | PLAIN), instruction, passage, (), questions)

    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    return DraftTest(draw(NAMES), "", tuple(DraftSection(name, section_type(name), tuple(groups())) for name in names))


@given(gift_tests())
@settings(max_examples=drawing.up_to(150), deadline=None)
def test_gift_gives_back_what_it_can_hold(test):
    content, left_out = write_gift(test)
    again, report = read_gift(content)
    assert left_out == {}
    assert without_lines(again) == without_lines(test)
    assert report.counts()["refused"] == 0
    assert interchange.write(test, "gift") == (content, ())


lines = st.sampled_from(["学校 へ", "a < b & c", "1) x", "Answer: no", "A", "x = {y}"]).map(html_of)


@st.composite
def aiken_tests(draw):
    def question():
        texts = draw(st.lists(lines, min_size=2, max_size=5))
        right = draw(st.integers(0, len(texts) - 1))
        options = tuple(DraftOption(text, D(place == right)) for place, text in enumerate(texts))
        return DraftQuestion("single_choice", "", "<br>".join(draw(st.lists(lines, min_size=1, max_size=3))), options)

    questions = tuple(question() for _ in range(draw(st.integers(1, 4))))
    return DraftTest("", "", (DraftSection("Questions", "GENERAL", (DraftGroup(questions=questions),)),))


@given(aiken_tests())
@settings(max_examples=drawing.up_to(100), deadline=None)
def test_aiken_gives_back_what_it_can_hold(test):
    content, left_out = write_aiken(test)
    assert left_out == {}
    assert without_lines(read_aiken(content)[0]) == without_lines(test)
    assert interchange.write(test, "aiken") == (content, ())


# -- what is lost --------------------------------------------------------------------------------------------------

PICTURE = DraftFile("a.png", b"x", "image/png", "image")


def one(question, **group):
    inside = DraftGroup("T", questions=(question,), **group)
    return DraftTest("Test", "", (DraftSection("Part", "GENERAL", (inside,)),))


CHOICE = DraftQuestion("single_choice", "N", "Q", (DraftOption("a", D(1)), DraftOption("b", D(0))), topic="T")
PLACE = "/sections/0/question_groups/0/questions/0"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, None),
        ({"marks": D(2)}, "the marks"),
        ({"shuffle": True}, "whether options are shuffled"),
        ({"text": 'Q <img src="media:a.png">', "files": (PICTURE,)}, "pictures and recordings"),
        ({"type": "multiple_choice", "policy": "jee_advanced"}, "the way it is marked"),
        ({"type": "ordering"}, "Left out. GIFT has no questions of this type."),
        ({"text": '<img src="media:a.png">', "files": (PICTURE,)}, "without them the question has no text"),
        ({"type": "short_text", "options": (), "texts": (Text("a -> b"),)}, "would be a pair"),
        (
            {"type": "short_text", "options": (), "texts": (Text("a"),), "case_sensitive": True},
            "whether the case matters",
        ),
    ],
)
def test_gift_says_what_it_does_not_hold(changes, said):
    _, losses = interchange.write(one(replace(CHOICE, **changes)), "gift")
    assert [loss.pointer for loss in losses] == ([PLACE] if said else [])
    assert said is None or said in losses[0].reason


def test_moodle_says_what_it_does_not_hold():
    starred = DraftQuestion("ordering", "N", "Q", tuple(map(DraftOption, "abc")), policy="star", star=2, topic="T")
    jee = replace(CHOICE, type="multiple_choice", policy="jee_advanced")
    for question, said in ((starred, "the way it is marked, the star"), (jee, "the way it is marked")):
        (loss,) = interchange.write(one(question), "moodle_xml")[1]
        assert (loss.pointer, said in loss.reason) == (PLACE, True)
    odd = replace(one(CHOICE), level="N3", sections=(*one(CHOICE).sections, DraftSection("Deux", "LISTENING", one(CHOICE).sections[0].groups)))  # noqa: E501 # fmt: skip
    assert [loss.pointer for loss in interchange.write(odd, "moodle_xml")[1]] == ["", "/sections/1"]


def test_a_group_of_several_topics_comes_back_as_several():
    group = DraftGroup("T", "Choose.", questions=(CHOICE, replace(CHOICE, topic="U"), replace(CHOICE, topic="V")))
    test = DraftTest("Test", "", (DraftSection("Part", "GENERAL", (group,)),))
    (loss,) = interchange.write(test, "moodle_xml")[1]
    assert (loss.pointer, loss.reason) == (
        "/sections/0/question_groups/0",
        "Its questions come back in several groups.",
    )


def test_aiken_leaves_out_all_but_single_choices_and_says_so():
    test = one(CHOICE)
    truth = DraftQuestion("true_false", "N", "Q", truth=Truth(True), topic="T")
    others = (replace(CHOICE, type="multiple_choice"), replace(CHOICE, text="A) x"))
    group = DraftGroup("T", questions=(CHOICE, truth, *others))
    test = replace(test, sections=(replace(test.sections[0], groups=(group,)),))
    content, losses = interchange.write(test, "aiken")
    assert content.count(b"ANSWER") == 2
    by_place = {loss.pointer: loss.reason for loss in losses}
    base = "/sections/0/question_groups/0/questions"
    assert by_place[f"{base}/1"].startswith("The file does not keep its type")
    assert by_place[f"{base}/2"] == "Left out. Aiken has only choices with one right option."
    assert by_place[f"{base}/3"] == "Left out. A line of its text reads like an option or an answer."


def test_nothing_readable_left_is_said_and_no_error():
    starred = DraftQuestion("ordering", "N", "Q", tuple(map(DraftOption, "abc")), topic="T")
    for to in ("gift", "aiken"):
        _, losses = interchange.write(one(starred), to)
        assert [loss.pointer for loss in losses] == [PLACE]


def test_every_part_of_a_question_has_words():
    assert {field.name for field in fields(DraftQuestion)} - {"line", "path", "own"} == interchange.WORDS.keys()

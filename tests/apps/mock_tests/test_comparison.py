"""What changed between two papers of a test, told by what parts say."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from decimal import Decimal

import pytest

from apps.mock_tests.rules.papers import publishing
from apps.mock_tests.rules.papers.comparison import Sheet, _longest_rise, compare
from apps.mock_tests.rules.papers.publishing import GroupSource, QuestionSource, SectionSource, TestSource
from apps.mock_tests.rules.types.base import Gap, Given, Option, Prompt, Text
from apps.mock_tests.rules.types.registry import TYPES

D = Decimal


def question(text, *options, right=0, type="single_choice", given=None, **fields):
    given = given or Given(tuple(Option(str(n), said, D(n == right)) for n, said in enumerate(options or ("a", "b"))))
    return QuestionSource(uuid.uuid4(), type, text, *TYPES[type].write(given), **fields)


def again(source, given=None, **fields):
    """The same question, edited."""
    if given is not None:
        content, key = TYPES[source.type].write(given)
        fields |= {"content": content, "key": key}
    return replace(source, **fields)


def sheet(*groups, title="T", minutes=10):
    section = SectionSource(SECTION, "Part", "GENERAL", minutes, [GroupSource(g, qs) for g, qs in groups])
    edition = publishing.build(TestSource(title, "", "custom", [section]))
    return Sheet(edition.content, edition.key)


SECTION, ONE, TWO = (uuid.uuid4() for _ in range(3))
A, B, C = question("first"), question("second"), question("third")


def told(before, after):
    return {
        (change.kind, change.what, change.name): [field.name for field in change.fields]
        for change in compare(before, after)
    }


def test_two_papers_of_the_same_source_differ_in_nothing_though_all_ids_of_options_do():
    kinds = [
        A,
        question("o", type="ordering", given=Given(options=tuple(Option(str(n), t) for n, t in enumerate("xyz")))),
        question(
            "m",
            type="matching",
            given=Given(
                options=(Option("1", "one"), Option("2", "two")),
                prompts=(Prompt("p", "uno", "1"), Prompt("q", "dos", "2")),
            ),
        ),
        question(
            "g [[1]]",
            type="gap_fill",
            given=Given(gaps=(Gap("g", (Option("1", "one", D(1)), Option("2", "two"))),)),
        ),
        question("same", "x", "x", "y", right=2),
    ]
    for _ in range(20):
        assert compare(sheet((ONE, kinds)), sheet((ONE, kinds))) == ()


def test_tells_what_came_and_what_went_with_their_places():
    found = compare(sheet((ONE, [A, B])), sheet((ONE, [A, C])))
    assert [(c.what, c.id, c.pointer, c.name) for c in found] == [
        ("added", str(C.id), "/sections/0/question_groups/0/questions/1", "2 third"),
        ("removed", str(B.id), "/sections/0/question_groups/0/questions/1", "2 second"),
    ]


def test_a_part_that_moved_is_told_once_and_not_those_that_made_room():
    five = [question(str(n), question_number=n) for n in range(1, 6)]
    found = told(sheet((ONE, five)), sheet((ONE, [*five[1:], five[0]])))
    assert found == {("question", "moved", "1 1"): ["place"]}
    (moved,) = compare(sheet((ONE, [A, B]), (TWO, [C])), sheet((ONE, [B]), (TWO, [C, A])))[:1] or [None]
    assert (moved.id, moved.what) in {(str(A.id), "moved"), (str(C.id), "changed"), (str(B.id), "changed")}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"text": "other"}, ["text"]),
        ({"score": D(3)}, ["score"]),
        ({"explanation": "Because."}, ["explanation"]),
        ({"topic": "Kanji"}, ["topic"]),
        ({"shuffle": True}, ["shuffle"]),
        ({"question_number": 7}, ["question_number"]),
        ({"wrong_share": D("-0.25")}, ["wrong"]),
        ({"image": uuid.uuid4()}, ["image"]),
        ({"given": Given((Option("0", "a", D(0)), Option("1", "b", D(1))))}, ["key"]),
        ({"given": Given((Option("0", "a", D(1)), Option("1", "c", D(0))))}, ["options", "key"]),
        ({"given": Given((Option("1", "b", D(0)), Option("0", "a", D(1))))}, ["options"]),
    ],
)
def test_names_the_fields_that_say_something_else(fields, names):
    (change,) = compare(sheet((ONE, [A])), sheet((ONE, [again(A, **fields)])))
    assert (change.kind, change.what, [field.name for field in change.fields]) == ("question", "changed", names)


def test_a_key_is_told_by_what_the_options_say():
    other = Given((Option("0", "a", D(0)), Option("1", "b", D(1))))
    (change,) = compare(sheet((ONE, [A])), sheet((ONE, [again(A, given=other)])))
    assert (change.fields[0].before, change.fields[0].after) == (
        {"fractions": {"a": "1", "b": "0"}},
        {"fractions": {"a": "0", "b": "1"}},
    )


def test_tells_another_title_another_time_and_another_type():
    assert told(sheet((ONE, [A])), sheet((ONE, [A]), title="New", minutes=20)) == {
        ("test", "changed", "New"): ["title"],
        ("section", "changed", "Part"): ["duration", "seconds"],
    }
    typed = replace(
        A,
        type="short_text",
        **dict(zip(("content", "key"), TYPES["short_text"].write(Given(texts=(Text("a"),))), strict=True)),
    )
    names = told(sheet((ONE, [A])), sheet((ONE, [typed])))[("question", "changed", "1 first")]
    assert {"type", "options", "key"} <= set(names)


def test_the_fewest_moves_explain_an_order():
    draw = random.Random(7)
    for _ in range(200):
        numbers = draw.sample(range(50), draw.randint(0, 9))
        kept = _longest_rise(numbers)
        rising = [numbers[position] for position in sorted(kept)]
        assert rising == sorted(rising)
        best = max((bin(mask).count("1") for mask in range(1 << len(numbers)) if _rises(numbers, mask)), default=0)
        assert len(kept) == best


def _rises(numbers, mask):
    chosen = [number for position, number in enumerate(numbers) if mask >> position & 1]
    return chosen == sorted(chosen)

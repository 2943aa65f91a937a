"""The demo papers: complete, well-formed and in step with their source."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import mutagen
import pytest

from apps.mock_tests.demo import build_n5
from apps.mock_tests.rules.exchange.draft import DraftFile, DraftQuestion, DraftTest, ImportReport
from apps.mock_tests.rules.exchange.moodle.reading import read_moodle_xml
from apps.mock_tests.rules.exchange.moodle.writing import write_moodle_xml
from apps.mock_tests.rules.texts.richtext import clean_html, to_text

DEMO = Path(build_n5.__file__).parent
LARGEST_FILE = 2_500_000
ITEMS = {
    "Kanji reading": 7,
    "Orthography": 5,
    "Contextual": 6,
    "Paraphrase": 3,
    "Grammar form": 9,
    "Sentence building": 4,
    "Text grammar": 4,
    "Short passages": 2,
    "Mid passage": 2,
    "Information search": 1,
    "Task": 7,
    "Key point": 6,
    "Utterance": 5,
    "Quick response": 6,
}
THREE_OPTIONS = {"Utterance", "Quick response"}


@pytest.fixture(scope="module")
def imported() -> tuple[DraftTest, ImportReport]:
    return read_moodle_xml((DEMO / "n5-sakura.moodle.xml").read_bytes())


@pytest.fixture(scope="module")
def paper(imported: tuple[DraftTest, ImportReport]) -> DraftTest:
    return imported[0]


def key(question: DraftQuestion) -> int:
    (place,) = (place for place, option in enumerate(question.options, start=1) if option.fraction == 1)
    return place


def test_is_taken_whole_without_a_remark(imported: tuple[DraftTest, ImportReport]) -> None:
    _, report = imported
    assert {row.outcome for row in report.rows} == {"taken"}
    assert report.notes == ()


def test_has_the_sections_and_item_counts_of_n5(paper: DraftTest) -> None:
    assert (paper.title, paper.level) == ("N5 mock test: Sakura", "N5")
    assert [section.section_type for section in paper.sections] == ["VOCAB", "GRAMMAR_READING", "LISTENING"]
    assert Counter(question.topic for question in paper.questions()) == ITEMS


def test_asks_each_item_once_with_one_key_one_mark_and_an_explanation(paper: DraftTest) -> None:
    names = [question.name for question in paper.questions()]
    assert len(set(names)) == len(names) == 67
    for question in paper.questions():
        texts = [option.text for option in question.options]
        assert len(set(texts)) == len(texts) == (3 if question.topic in THREE_OPTIONS else 4)
        assert 1 <= key(question) <= len(texts)
        assert question.marks == Decimal(1)
        assert len(to_text(question.explanation)) > 20


def test_mixes_the_places_of_the_right_answers(paper: DraftTest) -> None:
    places = Counter(key(question) for question in paper.questions() if question.topic not in THREE_OPTIONS)
    assert all(10 <= places[place] <= 20 for place in (1, 2, 3, 4))
    three = Counter(key(question) for question in paper.questions() if question.topic in THREE_OPTIONS)
    assert all(3 <= three[place] <= 5 for place in (1, 2, 3))


def test_says_in_every_group_what_to_do_or_what_to_read(paper: DraftTest) -> None:
    assert all(group.instruction or group.reading_text for group in paper.groups())
    reading = [g for g in paper.groups() if {q.topic for q in g.questions} & {"Short passages", "Mid passage"}]
    assert all(len(to_text(group.reading_text)) > 80 for group in reading)
    (search,) = (g for g in paper.groups() if any(q.topic == "Information search" for q in g.questions))
    assert "<table>" in search.reading_text


def test_prints_furigana_over_the_kanji_of_reading_texts(paper: DraftTest) -> None:
    for group in paper.groups():
        bare = to_text(group.reading_text.replace("<rt>", "<b>").replace("</rt>", "</b>"))
        assert group.reading_text.count("<ruby>") == group.reading_text.count("<rt>")
        assert bare == "" or "<ruby>" in group.reading_text


def test_plays_one_recording_of_sensible_length_in_each_listening_item(paper: DraftTest) -> None:
    listening = [question for question in paper.questions() if question.files]
    assert len(listening) == 24
    for question in listening:
        (file,) = question.files
        sound: Any = mutagen.File(io.BytesIO(file.content)).info
        assert file.media_type == "audio/mpeg"
        assert sound.channels == 1
        assert 10 < sound.length < 60


def test_stays_small_enough_to_ship() -> None:
    assert (DEMO / "n5-sakura.moodle.xml").stat().st_size < LARGEST_FILE


def test_is_in_step_with_its_source(paper: DraftTest) -> None:
    silent = build_n5.draft_from_source(lambda script: b"\xff\xf3 ")
    rebuilt, _ = read_moodle_xml(write_moodle_xml(silent)[0])
    assert [without_sound(q) for q in rebuilt.questions()] == [without_sound(q) for q in paper.questions()]
    assert [(g.title, g.instruction, g.reading_text) for g in rebuilt.groups()] == [
        (g.title, g.instruction, g.reading_text) for g in paper.groups()
    ]


def without_sound(question: DraftQuestion) -> DraftQuestion:
    return replace(
        question, line=0, files=tuple(DraftFile(file.name, b"", file.media_type, file.kind) for file in question.files)
    )


def test_stores_only_texts_that_the_sanitiser_leaves_alone(paper: DraftTest) -> None:
    for question in paper.questions():
        assert clean_html(question.text) == question.text
        assert all(clean_html(option.text) == option.text for option in question.options)


def test_speaks_particles_and_long_vowels_as_they_sound() -> None:
    spoken = build_n5.as_pronounced("わたしは きのう がっこうへは いきませんでした。ははは ほんを よみます。")
    assert spoken == "わたしわ きのー がっこーえわ いきませんでした。ははわ ほんお よみます。"


def test_takes_the_kana_quiz_with_its_three_kinds_of_question() -> None:
    quiz, report = read_moodle_xml((DEMO / "quiz-kana.moodle.xml").read_bytes())
    assert {row.outcome for row in report.rows} == {"taken"}
    assert Counter(question.type for question in quiz.questions()) == {
        "single_choice": 5,
        "multiple_choice": 2,
        "numeric": 3,
    }
    assert [section.name for section in quiz.sections] == ["Kana"]
    assert all(question.explanation for question in quiz.questions())

"""Importing whole tests: everything or nothing, the same file once, files written and removed with their rows."""

from __future__ import annotations

import base64
import threading
from decimal import Decimal

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection

from apps.core import tenancy
from apps.core.files.errors import StorageUnavailable
from apps.mock_tests import queries
from apps.mock_tests.errors import FileRefused, MediaRefused
from apps.mock_tests.models import ImportRun, MediaFile, MockTest, Question, QuestionGroup
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.exchange import importing
from apps.mock_tests.operations.exchange import rows as importing_rows
from apps.mock_tests.operations.files import media
from tests.apps.mock_tests.test_media_rules import picture, recording
from tests.factories import SAMPLE, import_sample, publish


@pytest.fixture(autouse=True)
def shelf(tmp_path, settings):
    """Files of this test only."""
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "apps.core.files.storage.LocalStorage"}}
    return lambda: sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def take(cast, data, **options):
    return importing.import_test(actor=cast.carol, data=data, file_name="paper.moodle.xml", **options)


def embedded(name, content):
    return f'<file name="{name}" path="/" encoding="base64">{base64.b64encode(content).decode()}</file>'


def choice(text="Q", *, files="", marks="1", feedback="", options=(("a", 100), ("b", 0))):
    answers = "".join(f'<answer fraction="{share}"><text>{option}</text></answer>' for option, share in options)
    return (
        f'<question type="multichoice"><name><text>{len(text)}</text></name><questiontext format="html">'
        f"<text><![CDATA[{text}]]></text>{files}</questiontext><generalfeedback><text>{feedback}</text>"
        f"</generalfeedback><defaultgrade>{marks}</defaultgrade><single>true</single>{answers}</question>"
    )


def quiz(*questions):
    category = '<question type="category"><category><text>$course$/top/My test/Part/Topic</text></category></question>'
    return ("<quiz>\n" + "\n".join([category, *questions]) + "\n</quiz>").encode()


def nothing_stored(shelf):
    rows = [model.objects.count() for model in (MockTest, MediaFile, ImportRun, Question)]
    return rows == [0, 0, 0, 0] and shelf() == []


IMG = '<img src="@@PLUGINFILE@@/{}">'


@pytest.mark.django_db
def test_takes_the_sample_with_its_recordings(cast, shelf):
    test = import_sample(cast)
    assert (test.level, test.profile, test.status, test.created_by) == ("N5", "jlpt-n5@2020-12", "DRAFT", cast.carol)
    assert list(test.sections.values_list("section_type", "duration")) == [
        ("VOCAB", 20), ("GRAMMAR_READING", 40), ("LISTENING", 30),
    ]  # fmt: skip
    files = MediaFile.objects.all()
    assert {file.kind for file in files} == {"audio"}
    assert all(file.seconds > 1 for file in files)
    assert shelf() == sorted(file.storage_name for file in files)
    assert all(name.startswith(f"c/{cast.north.id}/audio/") for name in shelf())
    run = ImportRun.objects.get()
    assert (run.test, run.format, run.created_by) == (test, "moodle_xml", cast.carol)
    assert run.report["refused"] == 0
    taken = [row for row in run.report["rows"] if row["kind"] != "description"]
    assert len(taken) == Question.objects.count()


@pytest.mark.django_db
def test_the_same_bytes_again_give_the_same_test_until_it_is_deleted(cast, shelf):
    data = SAMPLE.read_bytes()
    first, files = take(cast, data), shelf()
    for again in (take(cast, data), take(cast, data, preview=True)):
        assert (again.existing, again.test, again.report) == (True, first.test, first.report)
    assert importing.import_test(actor=cast.dora, data=data, file_name="x").test == first.test
    assert MockTest.objects.count() == 1
    authoring.delete_test(actor=cast.carol, test_id=first.test.pk)
    other = take(cast, data)
    assert (other.existing, other.test == first.test) == (False, False)
    assert shelf() == files


@pytest.mark.django_db
def test_another_center_imports_the_same_bytes_for_itself(cast, shelf):
    take(cast, SAMPLE.read_bytes())
    with tenancy.enter(cast.south):
        outcome = importing.import_test(actor=cast.trent, data=SAMPLE.read_bytes(), file_name="x")
        assert not outcome.existing
    assert len(shelf()) == 2 * MediaFile.objects.count()


@pytest.mark.django_db
def test_a_preview_reports_and_stores_nothing(cast, shelf):
    outcome = take(cast, SAMPLE.read_bytes(), preview=True)
    assert (outcome.test, outcome.existing) == (None, False)
    assert outcome.report["taken"] > 60
    assert nothing_stored(shelf)


@pytest.mark.django_db
def test_reports_a_row_for_each_question_and_takes_the_good_ones(cast):
    outcome = take(
        cast, quiz(choice("Good"), choice("No key", options=(("a", 0), ("b", 0))), choice("Fine", marks="2"))
    )
    assert [(row["line"], row["outcome"]) for row in outcome.report["rows"]] == [
        (3, "taken"), (4, "refused"), (5, "taken"),
    ]  # fmt: skip
    assert outcome.report["rows"][1]["reasons"]
    assert list(Question.objects.values_list("text", "score", "topic", "question_number")) == [
        ("Good", 1, "Topic", 1), ("Fine", 2, "Topic", 2),
    ]  # fmt: skip
    assert (outcome.test.title, outcome.test.profile) == ("My test", "custom")


@pytest.mark.django_db
def test_the_level_that_is_asked_for_wins(cast):
    test = take(cast, quiz(choice()), level="N4").test
    assert (test.level, test.profile) == ("N4", "jlpt-n4@2020-12")


@pytest.mark.django_db
def test_places_files_in_every_text_and_keeps_the_same_bytes_once(cast, shelf):
    red = picture()
    data = quiz(
        choice("One " + IMG.format("a.png"), files=embedded("a.png", red)),
        choice("Two " + IMG.format("b.png"), files=embedded("b.png", red)),
        choice('Hear <audio src="@@PLUGINFILE@@/s.wav"></audio>', files=embedded("s.wav", recording())),
    )
    take(cast, data)
    image, sound = MediaFile.objects.get(kind="image"), MediaFile.objects.get(kind="audio")
    one, two, three = Question.objects.order_by("question_number")
    assert (one.text, two.text) == (f'One <img src="media:{image.pk}">', f'Two <img src="media:{image.pk}">')
    assert (three.text, three.audio) == ("Hear", sound)
    assert default_storage.open(image.storage_name).read() == red
    assert len(shelf()) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "places"),
    [
        (b"", [("/line/1", "file_empty")]),
        (b"PK\x03\x04", [("/line/1", "not_zip")]),
        (b"<quiz>\n<question>", [("/line/2", "broken_xml")]),
        (b"<quiz></quiz>", [("/line/1", "no_questions")]),
        (quiz(choice(options=(("a", 0), ("b", 0)))), [("/line/3", "question_refused")]),
        (quiz(choice("Fine"), choice("Fifths", marks="0.0005")), [("/line/4", "marks_too_fine")]),
        (
            quiz(choice(IMG.format("a.png"), files=embedded("a.png", picture(size=(900, 900))[:90]))),
            [("/line/3", "damaged_media")],
        ),
    ],
    ids=lambda value: value[0][1] if isinstance(value, list) else "",
)
def test_refuses_a_file_with_lines_and_reasons_and_stores_nothing(cast, shelf, data, places):
    for preview in (False, True):
        with pytest.raises(FileRefused) as refusal:
            take(cast, data, preview=preview)
        assert [(problem.pointer, problem.code) for problem in refusal.value.problems] == places
    assert nothing_stored(shelf)


@pytest.mark.django_db
def test_refuses_an_unknown_format_and_one_that_the_file_is_not(cast):
    for format, place in (("qti", "/format"), ("gift", "/line/1"), ("aiken", "/line/1")):
        with pytest.raises(FileRefused) as refusal:
            take(cast, quiz(choice()), format=format)
        assert {problem.pointer for problem in refusal.value.problems} == {place}


GIFT = b"""$CATEGORY: $course$/top/My test/Part/Topic

// [tag:hard]
::One::[html]<b>Two</b> and two {#=4:0 =%50%5:0}

::Two::Capital? {=Tokyo#yes =%50%Edo}

::Three::Pairs {=a -> 1 =b -> 2 =-> 3}

::Four::True? {F#no#yes}
"""


@pytest.mark.django_db
def test_takes_gift_and_aiken_and_tells_them_apart_by_themselves(cast):
    outcome = importing.import_test(actor=cast.carol, data=GIFT, file_name="words.gift.txt")
    assert (outcome.test.title, outcome.report["taken"]) == ("My test", 4)
    assert ImportRun.objects.get().format == "gift"
    one, two, three, four = Question.objects.order_by("question_number")
    assert [question.type for question in (one, two, three, four)] == [
        "numeric",
        "short_text",
        "matching",
        "true_false",
    ]
    assert (one.text, one.tags, one.topic) == ("<b>Two</b> and two", ["hard"], "Topic")
    assert [answer["text"] for answer in two.key["answers"]] == ["Tokyo", "Edo"]
    assert "yes" not in str(two.content)
    shown = {thing["id"]: thing["text"] for thing in (*three.content["options"], *three.content["prompts"])}
    assert {shown[prompt]: shown[option] for prompt, option in three.key["pairs"].items()} == {"a": "1", "b": "2"}
    assert four.key == {"answer": False, "feedback": {"true": "no", "false": "yes"}}
    lines = b"Which?\r\nA) this\r\nB. that\r\nANSWER: B\r\n"
    test = importing.import_test(actor=cast.carol, data=lines, file_name="quiz.aiken.txt").test
    assert (test.title, ImportRun.objects.get(test=test).format) == ("quiz", "aiken")


@pytest.mark.django_db
def test_keeps_gaps_and_orders_of_a_moodle_file(cast):
    texts = "".join(f'<answer fraction="{n}"><text>{word}</text></answer>' for n, word in enumerate("abc", 1))
    stem = '<question type="{}"><name><text>Q</text></name><questiontext><text>{}</text></questiontext>{}</question>'
    cloze = stem.format("cloze", "In {1:SA:=Tokyo} it is {2:MC:=warm~cold}.", "")
    order = stem.format("ordering", "Sort", f"<gradingtype>ALL_OR_NOTHING</gradingtype>{texts}")
    take(cast, quiz(cloze, order))
    gaps, ordered = Question.objects.order_by("question_number")
    assert (gaps.text, gaps.score) == ("In [[1]] it is [[2]].", 3)
    assert [len(gap["options"]) for gap in gaps.content["gaps"]] == [0, 2]
    names = {option["id"]: option["text"] for option in ordered.content["options"]}
    assert [names[name] for name in ordered.key["order"]] == ["a", "b", "c"]
    assert publish(cast, MockTest.objects.get()).item_count == 2


@pytest.mark.django_db(transaction=False)
@pytest.mark.parametrize("step", ["QuestionGroup", "Question", "ImportRun"])
def test_a_failure_on_the_way_leaves_neither_rows_nor_files(cast, shelf, monkeypatch, step):
    _ = cast.carol

    def broken(*args, **kwargs):
        raise RuntimeError("power cut")

    monkeypatch.setattr(importing if step == "ImportRun" else importing_rows, step, broken)
    with pytest.raises(RuntimeError, match="power cut"):
        take(cast, SAMPLE.read_bytes())
    assert nothing_stored(shelf)
    assert not QuestionGroup.objects.exists()


@pytest.mark.django_db
def test_a_storage_that_fails_half_way_leaves_nothing(cast, shelf, monkeypatch):
    save, written = FileSystemStorage.save, []

    def failing(storage, name, content):
        if len(written) == 5:
            raise OSError("disk full")
        written.append(save(storage, name, content))
        return written[-1]

    monkeypatch.setattr(FileSystemStorage, "save", failing)
    with pytest.raises(StorageUnavailable):
        take(cast, SAMPLE.read_bytes())
    assert len(written) == 5
    assert nothing_stored(shelf)


@pytest.mark.django_db
def test_an_import_takes_few_queries_whatever_its_size(cast, count_queries):
    _ = cast.carol
    with count_queries() as small:
        take(cast, quiz(choice("Question " + IMG.format("a.png"), files=embedded("a.png", picture(size=(99, 1))))))
    with count_queries() as large:
        take(cast, quiz(*[choice(f"Question {n} " + IMG.format("a.png"), files=embedded("a.png", picture(size=(n + 1, 1)))) for n in range(60)]))  # noqa: E501 # fmt: skip
    assert len(large) <= len(small) + 3 <= 25


@pytest.mark.django_db
def test_option_feedback_stays_with_the_key(cast):
    body = choice().replace("<text>b</text>", "<text>b</text><feedback><text>Because</text></feedback>")
    take(cast, quiz(body))
    question = Question.objects.get()
    assert "Because" in question.key["feedback"].values()
    assert "Because" not in str(question.content)


@pytest.mark.django_db
def test_thirds_survive_to_the_last_digit(cast):
    body = choice(options=(("a", "33.33333"), ("b", "33.33333"), ("c", "33.33333"), ("d", "-50")))
    take(cast, quiz(body.replace("<single>true", "<single>false")))
    fractions = Question.objects.get().key["fractions"].values()
    assert sorted(map(Decimal, fractions)) == [Decimal("-0.5"), *[Decimal("0.3333333")] * 3]


# -- single files --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_file_is_kept_once_under_a_name_nobody_can_guess(cast, shelf):
    first = media.store_media(actor=cast.carol, content=picture(), file_name="../../key B.png")
    again = media.store_media(actor=cast.dora, content=picture(), file_name="other.png", kind="image")
    assert first == again
    assert shelf() == [first.storage_name]
    assert "key" not in first.storage_name
    assert queries.read_media(file=first, begin=0, end=first.size) == picture()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [(b"<svg/>", "", "unknown_media_type"), (picture(), "audio", "wrong_kind"), (recording(), "image", "wrong_kind")],
)
def test_refuses_files_that_are_no_pictures_or_recordings(cast, shelf, content, kind, code):
    with pytest.raises(MediaRefused) as refusal:
        media.store_media(actor=cast.carol, content=content, file_name="a", kind=kind)
    assert [problem.code for problem in refusal.value.problems] == [code]
    assert nothing_stored(shelf)


# -- races ---------------------------------------------------------------------------------------------------------


@pytest.mark.races
@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it there are two tests"])
def test_the_same_file_sent_twice_at_once_makes_one_test(committed, cast, shelf, monkeypatch, locked):
    actor, data = cast.carol, SAMPLE.read_bytes()
    gate, outcomes = threading.Barrier(2), []
    wait = importing._wait_for_others if locked else (lambda digest: None)
    monkeypatch.setattr(importing, "_wait_for_others", lambda digest: (gate.wait(10), wait(digest)))

    def send():
        try:
            with tenancy.enter(cast.north):
                outcomes.append(importing.import_test(actor=actor, data=data, file_name="x"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenancy.enter(cast.north):
        assert MockTest.objects.count() == len({outcome.test.pk for outcome in outcomes}) == (1 if locked else 2)
        assert sorted(outcome.existing for outcome in outcomes) == [False, locked]
        assert shelf() == sorted(MediaFile.objects.values_list("storage_name", flat=True))

"""Packages of our own: what they refuse, and a stored test that goes out and in."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from decimal import Decimal

import pytest

from apps.core import tenancy
from apps.mock_tests.models import Question, QuestionGroup, TestSection
from apps.mock_tests.operations import authoring, bank
from apps.mock_tests.operations.authoring import quizzes
from apps.mock_tests.operations.exchange import importing
from apps.mock_tests.operations.files import media
from apps.mock_tests.queries import exports
from apps.mock_tests.rules.exchange import interchange
from apps.mock_tests.rules.exchange.draft import (
    DraftFile,
    DraftGroup,
    DraftOption,
    DraftQuestion,
    DraftSection,
    DraftTest,
)
from apps.mock_tests.rules.exchange.native.package import read_native, write_native
from apps.mock_tests.rules.files.unreadable import UnreadableFile
from apps.mock_tests.rules.types.base import Given, Option
from tests.apps.mock_tests.exchange.test_moodle_xml import png
from tests.apps.mock_tests.test_media_rules import picture, recording
from tests.factories import options

FILE = DraftFile("a.png", png(), "image/png", "image")
QUESTION = DraftQuestion(
    "single_choice",
    "One",
    'See <img src="media:a.png">',
    (DraftOption("a", Decimal(1)), DraftOption("b")),
    files=(FILE,),
)
SMALL = DraftTest("Small", "N5", (DraftSection("Part", "GENERAL", (DraftGroup("G", questions=(QUESTION,)),)),))


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(files, *, seal=True):
    """The zip of these files; the manifest names them as they are now."""
    if seal:
        manifest = json.loads(files["shiken.json"])
        manifest["files"] = {
            name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
            if name != "shiken.json"
        }
        files = {**files, "shiken.json": json.dumps(manifest).encode()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def changed(change, name="test.json"):
    files = members(write_native(SMALL)[0])
    content = json.loads(files[name])
    change(content)
    return repacked({**files, name: json.dumps(content).encode()}, seal=name == "test.json")


def question_in(content):
    return content["sections"][0]["groups"][0]["questions"][0]


def test_a_changed_or_missing_file_is_found_by_the_manifest():
    files = members(write_native(SMALL)[0])
    for broken, code in (
        ({**files, "media/a.png": files["media/a.png"] + b"x"}, "damaged_package"),
        ({name: files[name] for name in files if name != "media/a.png"}, "bad_package"),
        ({**files, "media/more.png": b"x"}, "bad_package"),
        ({**files, "test.json": files["test.json"].replace(b"One", b"Two")}, "damaged_package"),
        ({name: files[name] for name in files if name != "test.json"}, "not_a_package"),
    ):
        with pytest.raises(UnreadableFile) as refusal:
            read_native(repacked(broken, seal=False))
        assert refusal.value.code == code


@pytest.mark.parametrize(
    ("change", "name", "code"),
    [
        (lambda c: c.update(version=2), "shiken.json", "unknown_version"),
        (lambda c: c.update(format="other"), "shiken.json", "not_a_package"),
        (lambda c: c.update(files=[]), "shiken.json", "bad_package"),
        (lambda c: c.update(title=5), "test.json", "bad_package"),
        (lambda c: c.pop("title"), "test.json", "bad_package"),
        (lambda c: c.update(surprise=1), "test.json", "bad_package"),
        (lambda c: c.update(kept={"profile": 3}), "test.json", "bad_package"),
        (lambda c: c.update(kept={"owner": "me"}), "test.json", "bad_package"),
        (lambda c: c["sections"][0].update(section_type="MAGIC"), "test.json", "bad_package"),
        (lambda c: c["sections"][0].update(minutes=0), "test.json", "bad_package"),
        (lambda c: question_in(c).update(marks="NaN"), "test.json", "bad_package"),
        (lambda c: question_in(c).update(files=[{"name": "a.png", "path": "../a.png"}]), "test.json", "bad_package"),
        (lambda c: question_in(c).update(files=[{"name": "x y", "path": "media/a.png"}]), "test.json", "bad_package"),
        (lambda c: question_in(c).update(options=5), "test.json", "bad_package"),
    ],
)
def test_refuses_a_package_that_is_not_as_we_write_them(change, name, code):
    with pytest.raises(UnreadableFile) as refusal:
        read_native(changed(change, name))
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda q: q.update(type="magic"), "are not known here"),
        (lambda q: q.update(marks="0"), "not a number above 0"),
        (lambda q: q.update(files=[]), 'The picture "a.png" is not among its files'),
        (lambda q: q.update(kept={"wrong_share": "5"}), "is not usable"),
        (lambda q: q.update(kept={"image": "b.png"}), "is not among its files"),
        (lambda q: q.update(type="matching", prompts=[{"id": "", "text": "x", "target": "9"}]), "names no option"),
    ],
)
def test_refuses_single_questions_with_their_places(change, words):
    test, report = read_native(changed(lambda content: change(question_in(content))))
    (row,) = report.rows
    assert (row.outcome, row.path) == ("refused", "test.json/sections/0/groups/0/questions/0")
    assert words in " ".join(row.reasons)
    assert not list(test.questions())


def test_texts_are_cleaned_whoever_packed_them():
    evil = '<b onclick="x()">b</b><script>alert(1)</script>'
    test, _ = read_native(changed(lambda content: question_in(content).update(text=evil, files=[])))
    assert next(test.questions()).text == "<b>b</b>"


def test_a_question_that_is_not_finished_comes_back_with_a_remark():
    test, report = read_native(changed(lambda content: question_in(content)["options"].pop()))
    assert [row.outcome for row in report.rows] == ["partly"]
    assert len(next(test.questions()).options) == 1


# -- stored tests --------------------------------------------------------------------------------------------------


@pytest.fixture
def whole(cast):
    """A test with all that only our packages hold."""
    image = media.store_media(actor=cast.carol, content=picture(), file_name="p.png").pk
    sound = media.store_media(actor=cast.carol, content=recording(), file_name="s.mp3").pk
    test = authoring.create_test(actor=cast.carol, changes={"title": "Whole", "description": "For May", "level": "N5"})
    section = TestSection.objects.filter(mock_test=test).first()
    authoring.update_section(actor=cast.carol, section_id=section.pk, changes={"duration": 33})
    group = authoring.create_group(
        actor=cast.carol,
        section_id=section.pk,
        changes={"title": "G", "mondai_number": 7, "image_id": image, "audio_id": sound, "scored_area": "reading"},
    )
    given = Given(options=(Option("", "yes", Decimal(1), image), Option("", "no", Decimal("-0.25"))))
    authoring.create_question(
        actor=cast.carol,
        group_id=group.pk,
        changes={"text": "one", "given": given, "image_id": image, "question_number": 12, "tags": ["a"], "topic": "T"},
    )
    authoring.create_question(
        actor=cast.carol, group_id=group.pk, changes={"text": "two", "given": options(a="1", b="0")}
    )
    return test


def package(actor, test):
    exported = exports.export_test_for(actor, test.pk, to="native")
    assert exported.losses == ()
    return exported.content


@pytest.mark.django_db
def test_a_stored_test_goes_out_and_in_and_out_again_unchanged(cast, whole):
    first = package(cast.carol, whole)
    again = importing.import_test(actor=cast.carol, data=first, file_name="whole.shiken.zip").test
    assert again.pk != whole.pk
    assert package(cast.carol, again) == first
    assert (again.description, again.profile) == ("For May", whole.profile)
    group = QuestionGroup.objects.get(section__mock_test=again, title="G")
    assert (group.mondai_number, group.scored_area, group.image is not None, group.audio is not None) == (
        7, "reading", True, True,
    )  # fmt: skip
    question = Question.objects.get(group=group, text="one")
    assert (question.question_number, question.image_id) == (12, group.image_id)
    assert question.content["options"][0]["image"] == str(group.image_id)
    assert TestSection.objects.filter(mock_test=again, duration=33).exists()


@pytest.mark.django_db
def test_a_package_goes_into_another_center(cast, whole):
    data = package(cast.carol, whole)
    with tenancy.enter(cast.south):
        test = importing.import_test(actor=cast.sybil, data=data, file_name="x").test
        assert (test.title, Question.objects.filter(group__section__mock_test=test).count()) == ("Whole", 2)


@pytest.mark.django_db
def test_a_quiz_stays_a_quiz(cast):
    quiz = quizzes.create_quiz(
        actor=cast.carol,
        changes={"title": "Kana", "default_question_seconds": 15, "passing_percent": Decimal("60")},
        questions=[{"text": "ka", "given": options(か="1", き="0"), "seconds": 9}],
    )
    data = package(cast.carol, quiz)
    again = importing.import_test(actor=cast.carol, data=data, file_name="x").test
    assert (again.kind, again.quiz.default_question_seconds, again.quiz.passing_percent) == ("QUIZ", 15, 60)
    assert Question.objects.get(group__section__mock_test=again).seconds == 9
    assert package(cast.carol, again) == data


@pytest.mark.django_db
def test_a_copy_of_a_bank_question_stays_tied_to_it_only_where_the_bank_says_the_same(cast, whole):
    made = bank.create_question(
        actor=cast.carol, changes={"type": "single_choice", "text": "banked", "given": options(a="1", b="0")}
    )
    group = QuestionGroup.objects.get(section__mock_test=whole, title="G")
    bank.use_in_group(actor=cast.carol, group_id=group.pk, question_ids=[made.pk])
    data = package(cast.carol, whole)
    again = importing.import_test(actor=cast.carol, data=data, file_name="x").test
    tied = Question.objects.get(group__section__mock_test=again, text="banked")
    assert tied.bank_version_id == made.current_version_id
    files = members(data)
    other = repacked({**files, "test.json": files["test.json"].replace(b'"banked"', b'"forged"')})
    forged = importing.import_test(actor=cast.carol, data=other, file_name="x").test
    assert Question.objects.get(group__section__mock_test=forged, text="forged").bank_version_id is None


def test_a_zip_is_recognised_by_what_is_in_it():
    assert interchange.guess_format(write_native(SMALL)[0]) == "native"
    with pytest.raises(UnreadableFile) as refusal:
        interchange.guess_format(repacked({"a.bin": b"x", "b.bin": b"y"}, seal=False))
    assert refusal.value.code == "unknown_package"

"""Tests as files, and what the files say they do not hold."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from apps.mock_tests.models import MediaFile, MockTest, Question
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.exchange import importing
from apps.mock_tests.operations.files import media
from apps.mock_tests.queries import exports
from apps.mock_tests.rules.exchange import interchange
from apps.mock_tests.rules.types.base import Gap, Given, Option, Prompt, Text, Truth
from apps.mock_tests.rules.types.registry import TYPES
from tests.api.v1.mock_tests.test_mock_tests import body_of, places, same_not_found
from tests.apps.mock_tests.test_media_rules import picture, recording
from tests.client import Api
from tests.factories import import_sample, make_test, options

pytestmark = pytest.mark.django_db

THREE = tuple(Option(str(n), text) for n, text in enumerate("xyz"))
GAPS = (Gap(texts=(Text("a"),)), Gap(options=(Option("", "b", Decimal(1)), Option("", "c"))))
ALL_TYPES = [
    {"type": "single_choice", "text": "one", "given": options(yes="1", no="-0.25")},
    {"type": "multiple_choice", "text": "many", "given": options(a="0.5", b="0.5", c="-1")},
    {"type": "true_false", "text": "true", "given": Given(truth=Truth(False, "no", "yes"))},
    {"type": "short_text", "text": "short", "given": Given(texts=(Text("東京"), Text("Edo")))},
    {"type": "ordering", "text": "order", "given": Given(THREE)},
    {"type": "matching", "text": "match", "given": Given(THREE, prompts=(Prompt("", "1", "0"), Prompt("", "2", "1")))},
    {"type": "gap_fill", "text": "[[1]] &amp; [[2]]", "given": Given(gaps=GAPS)},
]  # fmt: skip


@pytest.fixture
def whole(cast):
    """A test with a question of each type but the numeric, in one group of one topic."""
    test = authoring.create_test(actor=cast.carol, changes={"title": "All types"})
    section = authoring.create_section(actor=cast.carol, test_id=test.pk, changes={"name": "Part", "duration": 10})
    group = authoring.create_group(actor=cast.carol, section_id=section.pk, changes={"title": "Topic"})
    for question in ALL_TYPES:
        changes = {**question, "topic": "Topic", "tags": ["a"], "name": question["text"], "explanation": "because"}
        authoring.create_question(actor=cast.carol, group_id=group.pk, changes=changes)
    return test


@pytest.mark.parametrize("to", ["moodle_xml", "native", "csv", "qti30"])
def test_an_essay_that_says_nothing_of_its_length_loses_nothing(cast, to):
    test = importing.import_test(actor=cast.carol, data=b"::E::Write about rivers. {}", file_name="a.txt").test
    reasons = [loss["reason"] for loss in export(cast.carol, test, to)["losses"]]
    assert not [reason for reason in reasons if "limits" in reason]


def export(person, test, to):
    return body_of(Api(person).get(f"mock-tests/{test.pk}/export/?to={to}"), 200)


def meaning(test):
    """Everything about the questions of a test except ids."""
    return [
        (q.type, q.name, q.text, q.score, q.shuffle, q.explanation, q.topic, q.tags, bare(q))
        for q in Question.objects.filter(group__section__mock_test=test).order_by(
            "group__section__order", "group__order", "order"
        )
    ]


def bare(question):
    ids = iter(range(1_000))
    return TYPES[question.type].read(question.content, question.key).renamed(lambda: str(next(ids)))


def imported(cast, exported):
    data = exported["content"].encode()
    return importing.import_test(actor=cast.carol, data=data, file_name=exported["file_name"]).test


def test_moodle_xml_gives_back_every_type(cast, whole):
    body = export(cast.carol, whole, "moodle_xml")
    assert (body["file_name"], body["media_type"]) == ("All-types.moodle.xml", "application/xml")
    assert body["losses"] == [
        {"pointer": "/sections/0/duration", "reason": "The file does not keep the minutes of the section."}
    ]
    assert meaning(imported(cast, body)) == meaning(whole)


def test_gift_says_which_types_it_leaves_out(cast, whole):
    body = export(cast.carol, whole, "gift")
    base = "/sections/0/question_groups/0/questions"
    assert [loss["pointer"] for loss in body["losses"]] == ["/sections/0/duration", f"{base}/4", f"{base}/6"]
    kept = [row for row in meaning(whole) if row[0] not in ("ordering", "gap_fill")]
    assert meaning(imported(cast, body)) == kept


def test_the_demo_paper_goes_out_and_in_again_with_its_recordings(cast):
    test = import_sample(cast)
    body = export(cast.dora, test, "moodle_xml")
    again = imported(cast, body)
    assert again.pk != test.pk
    assert meaning(again) == meaning(test)
    assert [loss for loss in body["losses"] if "questions" in loss["pointer"]] == []
    sounds = [
        list(
            Question.objects.filter(group__section__mock_test=t)
            .order_by("question_number")
            .values_list("audio", "group__audio")
        )
        for t in (test, again)
    ]
    assert sounds[0] == sounds[1]
    aiken = export(cast.dora, test, "aiken")
    left_out = sum(loss["reason"].startswith("Left out.") for loss in aiken["losses"])
    assert (
        aiken["content"].count("ANSWER: ") + left_out == Question.objects.filter(group__section__mock_test=test).count()
    )


def test_pictures_are_embedded_and_become_parts_of_texts(cast):
    test = make_test(cast)
    image = media.store_media(actor=cast.carol, content=picture(), file_name="a.png")
    sound = media.store_media(actor=cast.carol, content=recording(), file_name="a.wav")
    question = Question.objects.get(group__section__mock_test=test, text="river")
    changes = {"image_id": image.pk, "audio_id": sound.pk, "explanation": f'<img src="media:{image.pk}">'}
    authoring.update_question(actor=cast.carol, question_id=question.pk, changes=changes)
    body = export(cast.carol, test, "moodle_xml")
    place = "/sections/0/question_groups/0/questions/0/image"
    assert [loss["reason"] for loss in body["losses"] if loss["pointer"] == place] == [
        "The picture of the question becomes a part of its text."
    ]
    again = Question.objects.get(group__section__mock_test=imported(cast, body), text__startswith="river")
    assert again.text == f'river<img src="media:{image.pk}">'
    assert (again.audio_id, again.explanation) == (sound.pk, f'<img src="media:{image.pk}">')
    assert MediaFile.objects.count() == 2
    assert "pictures and recordings" in str(export(cast.carol, test, "gift")["losses"])


def test_says_what_no_format_keeps(cast, whole):
    group = whole.sections.get().question_groups.get()
    authoring.update_test(actor=cast.carol, test_id=whole.pk, changes={"description": "About"})
    authoring.update_group(actor=cast.carol, group_id=group.pk, changes={"mondai_number": 7, "scored_area": "x"})
    first = group.questions.first()
    authoring.update_question(actor=cast.carol, question_id=first.pk, changes={"question_number": 31})
    authoring.create_group(actor=cast.carol, section_id=group.section_id, changes={"title": "Empty"})
    found = {loss["pointer"] for loss in export(cast.carol, whole, "moodle_xml")["losses"]}
    base = "/sections/0/question_groups"
    assert found == {
        "/description", "/sections/0/duration", f"{base}/0/mondai_number", f"{base}/0/scored_area", f"{base}/1",
        f"{base}/0/questions/0/question_number",
    }  # fmt: skip


def test_all_staff_may_export_an_empty_test_too(cast):
    test = authoring.create_test(actor=cast.carol, changes={"title": "試験 / ../x"})
    for to in interchange.FORMATS:
        for person in (cast.carol, cast.other_teacher, cast.dora):
            body = export(person, test, to)
            assert body["file_name"] == f"試験-x{interchange.FORMATS[to].suffix}"


def test_refuses_unknown_formats_and_tests(cast, whole):
    api = Api(cast.carol)
    path = f"mock-tests/{whole.pk}/export/"
    assert body_of(api.get(path), 200)["media_type"] == "application/xml"
    assert places(api.get(f"{path}?to=qti")) == {("/to", "invalid_choice")}
    assert places(api.get(f"{path}?to=gift&x=1")) == {("/x", "unknown_field")}
    same_not_found(api.get(f"mock-tests/{uuid.uuid4()}/export/?to=gift"), Api(cast.sybil).get(f"{path}?to=gift"))


def test_refuses_more_files_than_a_file_can_hold(cast, monkeypatch):
    test = import_sample(cast)
    monkeypatch.setattr(exports, "MOST_EMBEDDED_BYTES", 1_000)
    refused = body_of(Api(cast.carol).get(f"mock-tests/{test.pk}/export/?to=moodle_xml"), 422)
    assert (refused["code"], refused["details"]) == ("file_too_large", {"most": 1_000})
    export(cast.carol, test, "gift")


def test_an_export_takes_a_constant_number_of_queries(cast, count_queries):
    api = Api(cast.carol)
    test, large = make_test(cast), import_sample(cast)
    api.get("exam-profiles/")  # finds out which center this host is
    counts = []
    for each in (test, large):
        with count_queries() as asked:
            body_of(api.get(f"mock-tests/{each.pk}/export/?to=gift"), 200)
        counts.append(len(asked))
    assert counts[1] == counts[0] + 1 <= 10  # one for all its files
    assert MockTest.objects.count() == 2

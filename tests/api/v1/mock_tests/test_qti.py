"""Packages of QTI over HTTP: out of the center, into it again, and what an import tells of one."""

from __future__ import annotations

import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.mock_tests.models import MockTest, Question
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.files import media
from tests.api.v1.mock_tests.test_export import ALL_TYPES, meaning
from tests.api.v1.mock_tests.test_mock_tests import body_of, places
from tests.apps.mock_tests.exchange.qti_files import (
    CHOICE,
    exam,
    item,
    minutes,
    package,
    part_of,
    ref,
    resource,
    section,
    written,
)
from tests.apps.mock_tests.test_media_rules import picture, recording
from tests.client import Api
from tests.factories import import_sample

pytestmark = pytest.mark.django_db

VERSIONS = ["qti21", "qti22", "qti30"]


def send(person, data, name="test.zip", **fields):
    file = SimpleUploadedFile(name, data, content_type="application/zip")
    sent = {"file": file, "async": "false", **fields}
    return Api(person).post("mock-tests/import/", sent, format="multipart")


def export(person, test, to):
    body = body_of(Api(person).get(f"mock-tests/{test.pk}/export/?to={to}"), 200)
    return body, base64.b64decode(body["content"])


@pytest.fixture
def whole(cast):
    """A test with most types, a picture and a recording."""
    test = authoring.create_test(actor=cast.carol, changes={"title": "All types"})
    part = authoring.create_section(actor=cast.carol, test_id=test.pk, changes={"name": "Part", "duration": 17})
    group = authoring.create_group(
        actor=cast.carol, section_id=part.pk, changes={"title": "Topic", "instruction": "Go"}
    )
    for question in ALL_TYPES:
        changes = {**question, "topic": "Topic", "tags": ["a"], "name": question["text"], "explanation": "because"}
        authoring.create_question(actor=cast.carol, group_id=group.pk, changes=changes)
    image = media.store_media(actor=cast.carol, content=picture(), file_name="a.png")
    sound = media.store_media(actor=cast.carol, content=recording(), file_name="a.wav")
    changes = {"audio_id": sound.pk, "explanation": f'<img src="media:{image.pk}" alt="x">'}
    authoring.update_question(actor=cast.carol, question_id=group.questions.first().pk, changes=changes)
    return test


@pytest.mark.parametrize("to", VERSIONS)
def test_a_test_goes_out_and_comes_back_with_its_times_keys_and_files(cast, whole, to):
    body, content = export(cast.carol, whole, to)
    assert (body["file_name"], body["media_type"]) == (f"All-types.{to}.zip", "application/zip")
    assert body["losses"] == []
    again = body_of(send(cast.carol, content), 201)
    assert again["report"]["taken"] == len(ALL_TYPES)
    test = MockTest.objects.get(pk=again["test"]["id"])
    assert meaning(test) == meaning(whole)
    assert list(test.sections.values_list("name", "duration")) == [("Part", 17)]
    group = test.sections.get().question_groups.get()
    assert (group.title, group.instruction) == ("Topic", "Go")
    played = [
        Question.objects.filter(group__section__mock_test=each)
        .exclude(audio=None)
        .values_list("audio", flat=True)
        .get()
        for each in (test, whole)
    ]
    assert played[0] == played[1]


def test_the_demo_paper_goes_out_and_comes_back(cast):
    test = import_sample(cast)
    body, content = export(cast.dora, test, "qti30")
    assert [loss for loss in body["losses"] if "questions/" in loss["pointer"]] == []
    again = MockTest.objects.get(pk=body_of(send(cast.dora, content), 201)["test"]["id"])
    assert meaning(again) == meaning(test)
    assert again.level == test.level


def test_an_import_tells_files_and_ways_to_what_is_refused(cast):
    hotspot = item('<p>Where?</p><hotspotInteraction responseIdentifier="RESPONSE"/>', title="Map")
    test = written(exam(part_of(section(ref("good.xml"), ref("items/bad.xml"), title="Signs", limits=minutes(5)))))
    data = package(
        ("test.xml", test), ("good.xml", written(CHOICE)), ("items/bad.xml", written(hotspot)),
        resources=[resource("test.xml", "test"), resource("good.xml"), resource("items/bad.xml")],
    )  # fmt: skip
    preview = body_of(send(cast.carol, data, preview="true"), 200)
    assert (preview["test"], MockTest.objects.count()) == (None, 0)
    body = body_of(send(cast.carol, data), 201)
    assert [(row["path"], row["line"], row["name"], row["outcome"]) for row in body["report"]["rows"]] == [
        ("good.xml", 2, "Signs", "taken"), ("items/bad.xml", 2, "Map", "refused"),
    ]  # fmt: skip
    (reason,) = body["report"]["rows"][1]["reasons"]
    assert reason.endswith("(/assessmentItem/itemBody/hotspotInteraction, line 2)")
    assert [(part["name"], part["duration"]) for part in body["test"]["sections"]] == [("Signs", 5)]
    assert body_of(send(cast.carol, data), 200)["existing"] is True


def test_a_package_of_which_nothing_can_be_taken_is_refused_with_its_files(cast):
    hotspot = item('<hotspotInteraction responseIdentifier="RESPONSE"/>')
    answer = send(cast.carol, package(("items/bad.xml", written(hotspot))))
    assert places(answer) == {("/files/items~1bad.xml/line/2", "question_refused")}
    assert not MockTest.objects.exists()


def test_one_refused_item_stops_all_of_them_where_that_is_asked(cast):
    hotspot = item('<hotspotInteraction responseIdentifier="RESPONSE"/>')
    data = package(("a.xml", written(CHOICE)), ("b.xml", written(hotspot)))
    assert places(send(cast.carol, data, mode="all-or-nothing")) == {("/files/b.xml/line/2", "question_refused")}
    assert not MockTest.objects.exists()


def test_any_of_the_names_reads_any_version_and_nothing_else(cast):
    for number, to in enumerate(VERSIONS):
        data = package(("items/a.xml", written(CHOICE.replace("Signs", f"Signs {number}"), "3.0")))
        body_of(send(cast.carol, data, format=to), 201)
    assert places(send(cast.carol, written(CHOICE)[:-20], format="qti22")) == {("/line/2", "broken_xml")}
    assert places(send(cast.carol, b"<quiz/>", format="qti30")) == {("/line/1", "not_qti")}


def test_students_neither_send_nor_fetch_packages(cast, whole):
    assert send(cast.alice, package(("a.xml", written(CHOICE)))).status_code == 403
    assert Api(cast.alice).get(f"mock-tests/{whole.pk}/export/?to=qti30").status_code == 403

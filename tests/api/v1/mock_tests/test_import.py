"""Importing over HTTP: statuses, the report, and refusals with lines."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from api.v1.mock_tests import uploads
from apps.mock_tests.models import ImportRun, MockTest
from tests.api.v1.mock_tests.test_mock_tests import body_of, places
from tests.apps.mock_tests.exchange.test_importing import choice, quiz
from tests.client import Api
from tests.factories import SAMPLE

pytestmark = pytest.mark.django_db


def send(person, data, name="paper.moodle.xml", **fields):
    file = SimpleUploadedFile(name, data, content_type="text/xml")
    return Api(person).post("mock-tests/import/", {"file": file, **fields}, format="multipart")


def test_a_new_file_is_201_with_test_and_report(cast):
    body = body_of(send(cast.carol, SAMPLE.read_bytes()), 201)
    assert (body["existing"], body["test"]["level"], body["test"]["status"]) == (False, "N5", "DRAFT")
    report = body["report"]
    assert report["taken"] + report["partly"] + report["refused"] + report["ignored"] == len(report["rows"])
    assert set(report["rows"][0]) == {"path", "column", "line", "kind", "name", "outcome", "reasons"}
    assert body["test"]["question_count"] == sum(part["question_count"] for part in body["test"]["sections"]) > 60


def test_the_same_file_again_is_200_with_the_same_test(cast):
    first = body_of(send(cast.carol, SAMPLE.read_bytes()), 201)
    again = body_of(send(cast.other_teacher, SAMPLE.read_bytes(), name="copy.xml"), 200)
    assert again == {**first, "existing": True}
    assert ImportRun.objects.count() == 1


def test_a_preview_is_200_and_stores_nothing(cast):
    body = body_of(send(cast.carol, SAMPLE.read_bytes(), preview="true"), 200)
    assert (body["test"], body["existing"]) == (None, False)
    assert body["report"]["taken"] > 60
    assert not MockTest.objects.exists()


def test_gift_and_aiken_are_previewed_taken_and_refused_with_lines(cast):
    gift = b"::A::One? {=yes ~no}\n\n::B::Two? {=yes ~no\n\n::C::Three? {}\n"
    for fields in ({"preview": "true"}, {"format": "gift"}):
        report = body_of(send(cast.carol, gift, name="x.txt", **fields), 201 if "format" in fields else 200)["report"]
        assert [(row["line"], row["name"], row["outcome"]) for row in report["rows"]] == [
            (1, "A", "taken"), (3, "B", "refused"), (5, "C", "taken"),
        ]  # fmt: skip
    aiken = b"One?\nA) yes\nB) no\nANSWER: C\n"
    assert places(send(cast.carol, aiken, name="x.txt")) == {("/line/1", "question_refused")}
    assert places(send(cast.carol, gift + b"\n", format="aiken")) == {("/line/1", "question_refused")}


def test_the_level_may_be_named(cast):
    assert body_of(send(cast.carol, quiz(choice()), level="N4"), 201)["test"]["profile"] == "jlpt-n4@2020-12"


def test_a_refused_file_is_422_with_its_lines(cast):
    answer = send(cast.carol, quiz(choice("One", options=(("a", 0), ("b", 0))), choice("Two", options=(("a", 100),))))
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert places(answer) == {("/line/3", "question_refused"), ("/line/4", "question_refused")}
    assert body_of(answer, 422)["code"] == "file_refused"
    assert not MockTest.objects.exists()


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"format": "qti12"}, ("/format", "invalid_choice")),
        ({"level": "N7"}, ("/level", "invalid_choice")),
        ({"preview": "perhaps"}, ("/preview", "invalid")),
        ({"owner": "me"}, ("/owner", "unknown_field")),
    ],
)
def test_refuses_fields_that_make_no_sense(cast, fields, place):
    assert places(send(cast.carol, quiz(choice()), **fields)) == {place}


def test_refuses_a_request_without_a_file_or_of_another_kind(cast):
    api = Api(cast.carol)
    assert places(api.post("mock-tests/import/", {}, format="multipart")) == {("/file", "required")}
    assert places(send(cast.carol, b"")) == {("/line/1", "file_empty")}
    assert api.post("mock-tests/import/", {"file": "x"}).status_code == 415
    broken = api.generic("POST", "mock-tests/import/", b"--x\r\n", content_type="multipart/form-data; boundary=y")
    assert broken.status_code in (400, 422)


def test_stops_a_file_that_is_too_large_before_and_while_it_arrives(cast, settings, monkeypatch):
    settings.SHIKEN_IMPORT_MAX_BYTES = 1_000
    refused = body_of(send(cast.carol, b"x" * 200_000), 422)
    assert (refused["code"], refused["details"]) == ("file_too_large", {"most": 1_000})
    monkeypatch.setattr(uploads, "ROOM_FOR_FIELDS", 10**9)
    assert body_of(send(cast.carol, b"x" * 200_000), 422)["code"] == "file_too_large"


def test_a_name_with_a_path_or_odd_characters_does_no_harm(cast):
    body_of(send(cast.carol, quiz(choice()), name="../../etc/試験\x01.xml"), 201)
    assert "/" not in ImportRun.objects.get().file_name

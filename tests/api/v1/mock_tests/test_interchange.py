"""Files over HTTP: tables, packages, tasks, the template and exports of many."""

from __future__ import annotations

import base64
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from api.v1.mock_tests import interchange as views
from apps.jobs import operations as jobs
from apps.jobs.models import Job
from apps.mock_tests.models import BankQuestion, MockTest
from apps.mock_tests.rules.exchange import interchange
from tests.api.v1.mock_tests.test_mock_tests import body_of, places, same_not_found
from tests.client import Api
from tests.factories import import_sample

pytestmark = pytest.mark.django_db

TABLE = b"text,A,B,key,topic\nOne?,a,b,A,Kanji\nTwo?,a,b,C,Kanji\n"


def send(person, data=TABLE, name="questions.csv", **fields):
    file = SimpleUploadedFile(name, data, content_type="application/octet-stream")
    return Api(person).post("mock-tests/import/", {"file": file, **fields}, format="multipart")


def task(person, answer):
    body = body_of(answer, 202)
    jobs.run(job_id=uuid.UUID(body["id"]))
    return body_of(Api(person).get(f"tasks/{body['id']}/"), 200)


def test_a_table_is_taken_with_rows_and_columns_in_the_report(cast):
    body = body_of(send(cast.carol), 201)
    rows = [(row["line"], row["outcome"], row["column"]) for row in body["report"]["rows"]]
    assert rows == [(2, "taken", ""), (3, "refused", "key")]
    assert (body["test"]["title"], body["test"]["question_count"], body["bank"]) == ("questions", 1, None)


def test_all_or_nothing_is_422_with_the_rows(cast):
    answer = send(cast.carol, mode="all-or-nothing")
    assert places(answer) == {("/line/3", "question_refused")}
    assert not MockTest.objects.exists()


def test_an_import_may_be_a_task_and_a_large_one_is_one(cast, monkeypatch):
    shown = task(cast.carol, send(cast.carol, **{"async": "true"}))
    assert (shown["state"], shown["kind"], shown["result"]["report"]["refused"]) == ("DONE", "import_questions", 1)
    assert shown["result"]["test"] == str(MockTest.objects.get().pk)
    monkeypatch.setattr(views, "LARGE", 10)
    assert send(cast.carol, TABLE + b"\n").status_code == 202
    assert send(cast.carol, TABLE + b"\n", **{"async": "false"}).status_code == 201


def test_a_task_of_a_file_of_no_format_is_refused_at_once(cast):
    assert places(send(cast.carol, b"PK\x03\x04", **{"async": "true"})) == {("/line/1", "not_zip")}


def test_questions_go_into_the_bank_and_only_once(cast):
    body = body_of(send(cast.carol, to="bank"), 201)
    assert (len(body["bank"]["created"]), body["bank"]["known"], body["test"]) == (1, 0, None)
    again = body_of(send(cast.carol, TABLE + b"\n", to="bank"), 200)
    assert (again["bank"], again["existing"]) == ({"created": [], "known": 1}, True)
    assert BankQuestion.objects.get().topic.name == "Kanji"
    unknown = send(cast.carol, to="bank", topic=str(uuid.uuid4()))
    assert unknown.status_code in (404, 422)


def test_refuses_fields_that_make_no_sense(cast):
    assert send(cast.carol, mode="some").status_code == 422
    assert send(cast.carol, to="cloud").status_code == 422
    assert send(cast.carol, **{"async": "maybe"}).status_code == 422


@pytest.mark.parametrize("to", ["csv", "xlsx"])
def test_the_template_can_be_downloaded_filled_in_and_sent(cast, to):
    answer = Api(cast.carol).get(f"mock-tests/import/template/?to={to}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="questions.{to}"'
    assert answer.headers["Content-Type"].startswith(interchange.FORMATS[to].media_type)
    empty = send(cast.carol, answer.content, name=f"questions.{to}")
    assert places(empty) == {("/line/1", "no_questions")}
    for person in (cast.alice, cast.gus):
        assert Api(person).get(f"mock-tests/import/template/?to={to}").status_code == 403


@pytest.mark.parametrize("to", list(interchange.FORMATS))
def test_every_format_goes_out_and_in_over_http(cast, to):
    test = import_sample(cast)
    body = body_of(Api(cast.carol).get(f"mock-tests/{test.pk}/export/?to={to}"), 200)
    assert body["file_name"].rpartition(".")[2] in ("xml", "txt", "zip", "xlsx", "csv")
    content = base64.b64decode(body["content"]) if body["encoding"] == "base64" else body["content"].encode()
    again = body_of(send(cast.carol, content, name=body["file_name"], **{"async": "false"}), 201)
    left_out = sum(loss["reason"].startswith("Left out.") for loss in body["losses"])
    assert again["report"]["refused"] == 0
    assert (
        again["test"]["question_count"]
        == sum(s.question_groups.count() and s.question_count for s in sections(test)) - left_out
    )


def sections(test):
    from apps.mock_tests.queries import sections_for

    return sections_for(test.created_by).filter(mock_test=test)


def test_a_test_some_questions_or_the_bank_go_out_as_tasks_with_a_file(cast):
    test = import_sample(cast)
    shown = task(cast.carol, Api(cast.carol).post("mock-tests/export/", {"to": "native", "test": str(test.pk)}))
    assert (shown["state"], shown["file"]["name"].endswith(".shiken.zip")) == ("DONE", True)
    assert shown["result"]["losses"] == []
    send(cast.carol, to="bank")
    shown = task(cast.carol, Api(cast.carol).post("mock-tests/export/", {"to": "gift", "bank": {"text": "One"}}))
    assert (shown["result"]["questions"], shown["file"]["size"] > 10) == (1, True)


def test_exports_are_refused_to_others_and_for_what_is_not_there(cast):
    test = import_sample(cast)
    body = {"to": "csv", "test": str(test.pk)}
    for person in (cast.alice, cast.gus):
        assert Api(person).post("mock-tests/export/", body).status_code == 403
    foreign = Api(cast.trent).post("mock-tests/export/", body)
    unknown = Api(cast.carol).post("mock-tests/export/", {**body, "test": str(uuid.uuid4())})
    same_not_found(foreign, unknown)
    for wrong in (
        {"to": "csv"},
        {**body, "bank": {}},
        {"to": "word", "bank": {}},
        {"to": "csv", "bank": {"colour": "red"}},
    ):
        assert Api(cast.carol).post("mock-tests/export/", wrong).status_code == 422
    for nothing in ({"ids": [str(uuid.uuid4())]}, {"topic": str(uuid.uuid4())}, {"author": str(cast.trent.pk)}):
        refused = Api(cast.carol).post("mock-tests/export/", {"to": "csv", "bank": nothing})
        assert (refused.json()["code"], places(refused)) == ("nothing_to_export", {("/bank", "no_match")})
    for to in ("bank", "test"):
        unknown = send(cast.carol, to=to, topic=str(uuid.uuid4()), **{"async": "true"})
        assert places(unknown) == {("/topic", "unknown_topic")}
    assert not Job.objects.exists()

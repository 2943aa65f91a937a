"""Owners archive, export, restore and delete centers over HTTP."""

from __future__ import annotations

import io
import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from apps.audit.models import Entry
from apps.centers.models import Center, DeletedCenter
from apps.centers.operations import deleting
from apps.core import tenancy
from apps.jobs import operations as jobs
from tests.apps.centers.life.conftest import furnished
from tests.client import Api, access_token

__all__ = ["furnished"]
LIST = "owner-centers/"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(deleting, "CLOSED_SECONDS", 0)


def work(answer):
    with tenancy.enter(tenancy.PUBLIC):
        assert jobs.run(job_id=uuid.UUID(answer.json()["task"]["id"]))


def fetch(client, answer):
    task = client.get(f"tasks/{answer.json()['task']['id']}/").json()
    assert task["state"] == "DONE", task
    file = client.get("/" + task["file"]["url"].split("/", 3)[3])
    assert file.status_code == 200
    return b"".join(file.streaming_content)


@pytest.mark.races
class TestRoundTrip:
    def test_a_center_is_exported_deleted_and_restored_from_its_file(self, furnished, cast, api, north):
        client = api(cast.olga)
        answer = client.post(f"{LIST}{north.id}/export/")
        assert answer.status_code == 202
        assert set(answer.json()) == {"status", "message", "center_id", "task"}
        with tenancy.enter(north):
            [entry] = Entry.objects.filter(action="center.export_asked")
            assert entry.actor_id == cast.olga.pk, "the center sees that its data left it"
        work(answer)
        data = fetch(client, answer)
        upload = SimpleUploadedFile("north.zip", data)
        answer = client.post(f"{LIST}restore/", {"file": upload, "slug": "east", "name": "East"}, format="multipart")
        assert answer.status_code == 202, answer.content
        center_id = answer.json()["center_id"]
        assert center_id != str(north.id)
        shown = client.get(f"{LIST}{center_id}/").json()
        assert (shown["state"], shown["is_ready"]) == ("RESTORING", False)
        assert Api(host="east.localhost").get("auth/me/").status_code == 503
        assert client.post(f"{LIST}{center_id}/suspend/").json()["code"] == "center_busy"
        work(answer)
        shown = client.get(f"{LIST}{center_id}/").json()
        told = client.get(f"tasks/{answer.json()['task']['id']}/").json()
        assert (told["percent"], told["message"]) == (100, "All of it is there again.")
        assert (shown["state"], shown["name"], shown["hosts"]) == ("READY", "East", ["east.localhost"])
        assert Api(host="east.localhost").get("auth/me/").status_code == 401

        answer = client.delete(f"{LIST}{center_id}/")
        assert answer.status_code == 202
        assert all(isinstance(answer.json()[name], str) for name in ("status", "message", "center_id"))
        assert Api(host="east.localhost").get("auth/me/").status_code == 404
        assert client.delete(f"{LIST}{center_id}/").json()["task"]["id"] == answer.json()["task"]["id"]
        work(answer)
        assert client.get(f"{LIST}{center_id}/").status_code == 404
        (stone,) = client.get(f"{LIST}deleted/").json()["results"]
        assert (stone["slug"], stone["task"]) == ("east", answer.json()["task"]["id"])

        answer = client.post(f"{LIST}restore/", {"task": stone["task"]})
        assert (answer.status_code, answer.json()["center_id"]) == (202, center_id)
        work(answer)
        assert client.get(f"{LIST}{center_id}/").json()["state"] == "READY"


@pytest.mark.django_db
class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "code"),
        [(b"", "not_an_export"), (b"hello", "not_an_export"), (b"PK\x03\x04 and then nothing", "export_damaged")],
    )
    def test_a_file_that_is_no_export_is_refused_at_once(self, cast, api, content, code):
        upload = io.BytesIO(content)
        upload.name = "x.zip"
        answer = api(cast.olga).post(f"{LIST}restore/", {"file": upload}, format="multipart")
        assert answer.status_code == 422
        if content:
            assert answer.json()["code"] == code

    def test_either_a_file_or_a_task_is_needed(self, cast, api):
        assert api(cast.olga).post(f"{LIST}restore/", {}).status_code == 422
        answer = api(cast.olga).post(f"{LIST}restore/", {"task": str(uuid.uuid4())})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert api(cast.olga).post(f"{LIST}restore/", {"task": "x"}).status_code == 422

    @pytest.mark.parametrize(("method", "path"), [("post", "archive/"), ("post", "export/"), ("delete", "")])
    def test_an_unknown_center_is_not_found(self, cast, api, method, path):
        answer = getattr(api(cast.olga), method)(f"{LIST}{uuid.uuid4()}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_a_wrong_slug_deletes_nothing(self, cast, api, north):
        answer = api(cast.olga).delete(f"{LIST}{north.id}/", {"slug": "south"})
        assert answer.status_code == 422
        assert [(item["pointer"], item["code"]) for item in answer.json()["errors"]] == [
            ("/slug", "wrong_confirmation")
        ]
        assert api(cast.olga).delete(f"{LIST}{north.id}/?slug=south").status_code == 422
        assert api(cast.olga).delete(f"{LIST}{north.id}/", {"sure": True}).status_code == 422
        assert api(cast.olga).delete(f"{LIST}{north.id}/", ["north"]).status_code == 422
        with tenancy.enter(tenancy.PUBLIC):
            assert Center.objects.get(pk=north.id).state == "READY"

    def test_the_reason_is_kept(self, cast, api, north):
        answer = api(cast.olga).delete(f"{LIST}{north.id}/", {"slug": "north", "reason": "They asked."})
        assert answer.status_code == 202
        with tenancy.enter(tenancy.PUBLIC):
            assert jobs.queries.find_job(job_id=answer.json()["task"]["id"]).params["reason"] == "They asked."
            assert not DeletedCenter.objects.exists()

    def test_a_center_without_a_schema_is_not_exported(self, cast, api):
        with tenancy.enter(tenancy.PUBLIC):
            stub = Center.objects.create(name="Stub", slug="stub", schema_name="c_stub", state="FAILED")
        answer = api(cast.olga).post(f"{LIST}{stub.pk}/export/")
        assert (answer.status_code, answer.json()["code"]) == (409, "center_unready")

    def test_is_for_owners_on_the_main_host(self, cast, api, north):
        for person in (cast.dora, cast.carol):
            assert api(person).post(f"{LIST}{north.id}/export/").status_code == 404
            assert (
                api(person, host="localhost", token=access_token(person)).delete(f"{LIST}{north.id}/").status_code
                == 401
            )


@pytest.mark.django_db
def test_a_center_whose_schema_cannot_be_made_shows_why_and_is_made_later(cast, api):
    client = api(cast.olga)
    with tenancy.enter(tenancy.PUBLIC), connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA c_far_east")  # in the way
    body = client.post(LIST, {"name": "Far East"}).json()
    assert (body["state"], body["is_ready"]) == ("FAILED", False)
    assert "already exists" in body["state_reason"]
    assert Api(host="far-east.localhost").get("auth/me/").status_code == 503
    assert client.post(f"{LIST}{body['id']}/retry/").json()["state"] == "FAILED"
    with tenancy.enter(tenancy.PUBLIC), connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA c_far_east")
    body = client.post(f"{LIST}{body['id']}/retry/").json()
    assert (body["state"], body["state_reason"]) == ("READY", "")
    assert Api(host="far-east.localhost").get("auth/me/").status_code == 401


@pytest.mark.django_db
def test_archiving_closes_and_activating_opens(cast, api, north, deliver):
    client, alice = api(cast.olga), api(cast.alice)
    assert alice.get("auth/me/").status_code == 200
    assert client.post(f"{LIST}{north.id}/archive/").json()["status"] == "ARCHIVED"
    assert alice.get("auth/me/").status_code == 404
    with tenancy.enter(tenancy.PUBLIC):
        deliver()
    assert client.post(f"{LIST}{north.id}/activate/").json()["status"] == "ACTIVE"
    assert alice.get("auth/me/").status_code == 401
    assert api(cast.bob).get("auth/me/").status_code == 200


@pytest.mark.django_db
def test_the_document_tells_of_it():
    from drf_spectacular.generators import SchemaGenerator

    document = SchemaGenerator(urlconf="config.urls_public").get_schema(request=None, public=True)
    assert "202" in document["paths"]["/api/v1/owner-centers/{id}/"]["delete"]["responses"]
    assert json.dumps(document["paths"]["/api/v1/owner-centers/restore/"])

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.functions import Now

from api.v1.jobs import links, views
from apps.core import tenancy
from apps.jobs import operations
from apps.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _works():
    before = dict(operations._works)

    def dig(running):
        running.tell(done=2, total=4, message="digging", now=True)
        return {"depth": 3}

    def draw(running):
        running.keep_file(path=Path(running.params["path"]), name="Plan – été.txt")

    operations.works(kind="dig")(dig)
    operations.works(kind="draw")(draw)
    yield
    operations._works.clear()
    operations._works.update(before)


def ask(person, kind="dig", **params):
    with tenancy.enter(person.tenant), transaction.atomic():
        return operations.ask(kind=kind, params=params, title="A pit", asker=person)


@pytest.fixture
def drawn(cast, tmp_path):
    path = tmp_path / "plan.txt"
    path.write_bytes(b"x" * 700_000)
    job = ask(cast.carol, "draw", path=str(path))
    operations.run(job_id=job.pk)
    return job


def test_shows_how_far_one_is(api, cast):
    job = ask(cast.carol)
    shown = api(cast.carol).get(f"tasks/{job.pk}/").json()
    assert (shown["state"], shown["percent"], shown["file"], shown["title"]) == ("WAITING", None, None, "A pit")
    operations.run(job_id=job.pk)
    shown = api(cast.carol).get(f"tasks/{job.pk}/").json()
    assert (shown["state"], shown["percent"], shown["result"], shown["done"]) == ("DONE", 100, {"depth": 3}, 4)


def test_lists_ones_own_newest_first(api, cast, count_queries):
    jobs = [ask(cast.carol) for _ in range(3)]
    ask(cast.dora)
    for number, job in enumerate(jobs):
        Job.objects.filter(pk=job.pk).update(created_at=Now() + timedelta(seconds=number))
    answer = api(cast.carol).get("tasks/").json()
    assert [row["id"] for row in answer["results"]] == [str(job.pk) for job in reversed(jobs)]
    assert api(cast.carol).get("tasks/?state=DONE").json()["count"] == 0
    assert api(cast.carol).get("tasks/?kind=dig").json()["count"] == 3
    assert api(cast.carol).get("tasks/?state=LATER").status_code == 422
    client = api(cast.carol)
    with count_queries() as few:
        client.get("tasks/?page_size=1")
    with count_queries() as many:
        client.get("tasks/?page_size=3")
    assert len(few) == len(many)


def test_hides_other_peoples_work(api, cast):
    job = ask(cast.carol)
    unknown = api(cast.dora).get(f"tasks/{uuid.uuid4()}/")
    for person in (cast.dora, cast.alice, cast.trent, cast.olga):
        answer = api(person).get(f"tasks/{job.pk}/")
        assert answer.status_code == 404
        assert answer.json()["code"] == unknown.json()["code"] == "not_found"
    assert api().get(f"tasks/{job.pk}/").status_code == 401


def test_owners_have_theirs_on_the_main_host(api, cast):
    job = ask(cast.olga)
    assert api(cast.olga).get(f"tasks/{job.pk}/").json()["id"] == str(job.pk)
    with tenancy.enter(cast.north):
        assert not Job.objects.filter(pk=job.pk).exists()


def test_gives_the_file_to_whoever_holds_the_link(api, cast, drawn):
    file = api(cast.carol).get(f"tasks/{drawn.pk}/").json()["file"]
    assert (file["name"], file["size"]) == ("Plan – été.txt", 700_000)
    answer = api().get("/" + file["url"].split("/", 3)[3])
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content) == b"x" * 700_000
    assert answer["Content-Length"] == "700000"
    assert "filename*=utf-8''Plan%20%E2%80%93%20%C3%A9t%C3%A9.txt" in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "private, no-store"


def test_refuses_links_that_were_not_made_here_or_are_old(api, cast, drawn, monkeypatch):
    path = "/" + api(cast.carol).get(f"tasks/{drawn.pk}/").json()["file"]["url"].split("/", 3)[3]
    assert api().get(path[:-1] + ("A" if path[-1] != "A" else "B")).status_code == 404
    assert api().get(path.replace("expires=", "expires=1")).status_code == 404
    assert api().get(path.split("?")[0]).status_code == 404
    assert api(host="south.localhost").get(path).status_code == 404
    other = ask(cast.carol)
    assert api().get(path.replace(str(drawn.pk), str(other.pk))).status_code == 404
    monkeypatch.setattr(links, "SECONDS", -1)
    old = "/" + api(cast.carol).get(f"tasks/{drawn.pk}/").json()["file"]["url"].split("/", 3)[3]
    answer = api().get(old)
    assert (answer.status_code, answer.json()["code"]) == (403, "link_expired")


def test_says_when_a_file_is_not_kept_any_more(api, cast, drawn):
    path = "/" + api(cast.carol).get(f"tasks/{drawn.pk}/").json()["file"]["url"].split("/", 3)[3]
    default_storage.delete(Job.objects.get(pk=drawn.pk).file)
    answer = api().get(path)
    assert (answer.status_code, answer.json()["code"]) == (409, "file_expired")
    Job.objects.filter(pk=drawn.pk).update(file_until=Now())
    operations.run(job_id=drawn.pk)
    assert api(cast.carol).get(f"tasks/{drawn.pk}/").json()["file"] is None
    assert api().get(path).status_code == 409


def test_nobody_writes_to_it(api, cast):
    job = ask(cast.carol)
    client = api(cast.carol)
    assert client.post("tasks/", {}).status_code == 405
    assert client.delete(f"tasks/{job.pk}/").status_code == 405


def test_streams_on_an_asynchronous_server_without_reading_ahead():
    taken = []

    def pieces():
        for number in range(5):
            taken.append(number)
            yield b"piece"

    async def read_two():
        stream = views._pull(pieces())
        return [await anext(stream) for _ in range(2)]

    assert asyncio.run(read_two()) == [b"piece", b"piece"]
    assert taken == [0, 1]


def test_cancels_ones_own_work_and_nobody_elses(api, cast):
    operations.works(kind="dig", can_stop=True)(lambda running: None)
    job = ask(cast.carol)
    assert api(cast.dora).post(f"tasks/{job.pk}/cancel/").status_code == 404
    assert api(cast.carol).post(f"tasks/{uuid.uuid4()}/cancel/").status_code == 404
    shown = api(cast.carol).post(f"tasks/{job.pk}/cancel/").json()
    assert (shown["state"], shown["code"]) == ("FAILED", "cancelled")
    assert shown["cancelled_at"]
    again = api(cast.carol).post(f"tasks/{job.pk}/cancel/")
    assert (again.status_code, again.json()["code"]) == (409, "task_over")
    operations.works(kind="dig")(lambda running: None)
    refused = api(cast.carol).post(f"tasks/{ask(cast.carol).pk}/cancel/")
    assert (refused.status_code, refused.json()["code"]) == (409, "cannot_cancel")

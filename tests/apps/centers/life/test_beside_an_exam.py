"""A center is exported, restored, compared and deleted while a student of another center sits an exam."""

from __future__ import annotations

import hashlib
import threading
import time
import zipfile

import pytest
from django.db import connection

from apps.attempts.models import AnswerEntry
from apps.attempts.operations import sitting
from apps.centers.models import Center
from apps.centers.operations import centers, deleting, exporting, restoring, stock, template
from apps.centers.queries import catalog
from apps.centers.rules import transfer
from apps.core import tenancy
from apps.groups import operations as groups
from apps.jobs import operations as jobs
from tests.apps.attempts import journal
from tests.apps.centers.catalog import describe
from tests.apps.centers.life.conftest import tenant_of
from tests.apps.centers.test_migrating import COLUMN, MANY, PYTHON, release
from tests.cast import Cast
from tests.client import Api, access_token
from tests.factories import make_room

__all__ = ["release"]
pytestmark = pytest.mark.races


class Sitting(threading.Thread):
    """Mallory, of south, saves an answer over HTTP, again and again, and notes every reply."""

    def __init__(self, cast: Cast) -> None:
        super().__init__()
        south = Cast(north=cast.south, south=cast.south)
        with tenancy.enter(cast.south):
            south.__dict__ |= {"alice": cast.mallory, "carol": cast.trent, "dora": cast.sybil}
            room = make_room(south, cast.mallory)
            self.attempt = sitting.start_attempt(actor=cast.mallory, assignment_id=room.pk).attempt
            self.question = str(next(iter(journal._questions(self.attempt).values()))[0])
        self.client = Api(host="south.localhost", token=access_token(cast.mallory))
        self.replies: list[tuple[int, float]] = []
        self.acked: list[int] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        seq = 0
        try:
            while not self.stopped.wait(0.002):
                seq += 1
                began = time.perf_counter()
                answer = self.client.put(
                    f"attempts/{self.attempt.pk}/answers/",
                    {"epoch": 1, "answers": [{"seq": seq, "question": self.question, "response": None}]},
                )
                self.replies.append((answer.status_code, time.perf_counter() - began))
                self.acked += answer.json().get("acked", [])
        finally:
            connection.close()

    def __enter__(self) -> Sitting:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.join()


def test_a_restored_center_equals_its_original_while_others_sit(
    furnished, cast, north, tmp_path, rows_of, files_of, monkeypatch
):
    monkeypatch.setattr(deleting, "CLOSED_SECONDS", 0)
    student = Sitting(cast)
    with student:
        path = tmp_path / "north.zip"
        exporting.write_export(center_id=north.id, path=path)
        copy = restoring.restore_center(path=path, slug="copy")
        theirs = tenant_of(copy)
        before, after = rows_of(north), rows_of(theirs)
        for table, rows in before.items():
            assert after[table] == rows, table
        assert files_of(theirs)
        job = deleting.ask_delete(center_id=copy.pk)
        with tenancy.enter(tenancy.PUBLIC):
            jobs.run(job_id=job.pk)
        assert not Center.objects.filter(pk=copy.pk).exists()
    assert {code for code, _ in student.replies} == {200}, student.replies
    assert len(student.acked) == len(student.replies) > 20
    with tenancy.enter(cast.south):
        stored = AnswerEntry.objects.filter(attempt=student.attempt).values_list("seq", flat=True)
        assert sorted(stored) == sorted(student.acked)


def test_rows_are_those_of_one_moment_however_many_are_written_meanwhile(furnished, north, tmp_path):
    """A group and its description are written in one transaction; a file has both or neither."""
    stopped, made = threading.Event(), []

    def write():
        try:
            with tenancy.enter(north):
                while not stopped.is_set():
                    made.append(groups.create_group(name=f"Group {len(made)}", description="x" * 2000))
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(made) < 5:
            time.sleep(0.01)
        path = tmp_path / "north.zip"
        manifest = exporting.write_export(center_id=north.id, path=path)
    finally:
        stopped.set()
        writer.join()
    counts = {table.name: table.part.rows for table in manifest.tables}
    with zipfile.ZipFile(path) as archive:
        kept = archive.read("tables/groups_group.copy").count(b"\n")
        trail = archive.read("tables/audit_entry.copy").count(b"group.created")
    assert kept == counts["groups_group"] < len(made) + 1
    assert trail == kept  # the trail of what was made is exported much earlier, and of the same moment
    assert restoring.restore_center(path=path, slug="copy").state == "READY"


def test_every_part_has_the_hash_and_the_size_that_the_manifest_says(exported):
    path, manifest = exported
    with zipfile.ZipFile(path) as archive:
        for table in manifest.tables:
            data = archive.read(table.place)
            assert (len(data), hashlib.sha256(data).hexdigest(), data.count(b"\n")) == (
                table.part.bytes,
                table.part.sha256,
                table.part.rows,
            )
        assert transfer.read(archive.read(transfer.MANIFEST)) == manifest
    assert "authentication_session" in manifest.left_out
    assert "authentication_session" not in {table.name for table in manifest.tables}


def test_what_is_left_out_is_not_needed_by_what_is_taken(committed, north):
    with connection.cursor() as cursor:
        keys = catalog.read_foreign_keys(cursor, north.schema_name)
    passing = catalog.passing_tables()
    assert not [key for key in keys if key.target in passing and key.table not in passing and not key.may_be_null], (
        "these rows could not come back"
    )


def test_an_export_of_older_migrations_is_brought_forward(exported, release, rows_of, north):
    path, _ = exported
    before = rows_of(north)
    release(MANY, PYTHON)
    template.record()
    copy = restoring.restore_center(path=path, slug="older")
    assert copy.state == "READY"
    assert not tenancy.missing_in([copy.schema_name], frozenset(stock.on_disk()))
    fresh = centers.open_center(name="Fresh", slug="fresh")
    mine, theirs = describe(copy.schema_name, rows=False), describe(fresh.schema_name, rows=False)
    for part in mine.keys() - {"sequences"}:
        # PostgreSQL says some conditions otherwise once it has read them back.
        names = (lambda row: row[:2]) if part in {"indexes", "constraints"} else (lambda row: row)
        assert list(map(names, mine[part])) == list(map(names, theirs[part])), part
    after = rows_of(tenant_of(copy))
    changed = {"django_migrations", "django_content_type", "auth_permission", "groups_group", "groups_shelf"}
    for table in before.keys() - changed:
        assert after[table] == before[table], table
    assert len(after["groups_group"]) == len(before["groups_group"]) > 0
    assert all('"colour": "red"' in row and '"description": "seen"' in row for row in after["groups_group"])


def test_a_step_forward_that_fails_leaves_nothing(exported, release, monkeypatch):
    path, _ = exported
    release(COLUMN, "migrations.RunPython(lambda apps, editor: 1 / 0)")
    monkeypatch.setattr(template, "is_recorded", lambda: True)
    before = Center.objects.count()
    with pytest.raises(ZeroDivisionError):
        restoring.restore_center(path=path, slug="older")
    with connection.cursor() as cursor:
        assert not catalog.has_schema(cursor, "c_older")
    assert Center.objects.count() == before

"""The end of a center, and its return."""

from __future__ import annotations

import uuid

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from apps.authentication.models import Session
from apps.centers.errors import CenterBusy, CenterNotFound, ExportGone, WrongConfirmation
from apps.centers.models import Center, DeletedCenter, Domain
from apps.centers.operations import centers, deleting, purging, restoring
from apps.centers.queries import catalog
from apps.core import tenancy, volatile
from apps.core.models import Delivery
from apps.jobs import operations as jobs
from apps.jobs.models import Job
from apps.mail.models import Mail
from tests.apps.centers.life.conftest import tenant_of
from tests.client import Api, access_token

pytestmark = pytest.mark.races


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(deleting, "CLOSED_SECONDS", 0)
    connection.set_schema_to_public()


@pytest.fixture
def east(exported):
    """A center like north, of which something lies everywhere."""
    path, _ = exported
    center = restoring.restore_center(path=path, slug="east", name="East")
    tenant = tenant_of(center)
    volatile.client().set(tenancy.key("board", "x", tenant=tenant), "1")
    with tenancy.enter(tenant):
        cache.set("thing", 1)
    default_storage.save(f"c/{center.pk}/image/{'0' * 32}.png", ContentFile(b"an orphan"))
    Mail.objects.create(schema_name=center.schema_name, key="k", letter="l", to="a@b.cc", about={})
    return center


def everything_named(center):
    """Where the public schema still names a center, but for the tables that are meant to."""
    found = {}
    with connection.cursor() as cursor:
        for table in catalog.read_tables(cursor, "public"):
            # What was announced to the platform itself is the platform's.
            ours = "schema_name <> 'public' AND" if table == "core_delivery" else ""
            cursor.execute(
                f'SELECT count(*) FROM public."{table}" t WHERE {ours} (t::text LIKE %s OR t::text LIKE %s)',
                [f"%{center.pk}%", f"%{center.schema_name}%"],
            )
            if count := cursor.fetchone()[0]:
                found[table] = count
    return found


def test_nothing_is_left_but_its_stone_and_its_export(east, north, rows_of, files_of):
    before = rows_of(north), files_of(north)
    job = deleting.ask_delete(center_id=east.pk, reason="The contract has ended.")
    assert Center.objects.get(pk=east.pk).state == "DELETING"
    assert tenancy.find_by_host("east.localhost") is None
    assert jobs.run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.code) == ("DONE", ""), job.message
    with connection.cursor() as cursor:
        assert not catalog.has_schema(cursor, "c_east")
    left = everything_named(east)
    assert left.keys() <= {"centers_deletedcenter", "jobs_job", "audit_entry"}, left
    assert not default_storage.exists(f"c/{east.pk}")
    assert not list(volatile.client().scan_iter(f"c:{east.pk}:*"))
    stone = DeletedCenter.objects.get(center_id=east.pk)
    assert (stone.slug, stone.name, stone.reason, stone.job_id) == ("east", "East", "The contract has ended.", job.pk)
    assert stone.counts["rows"] > 200
    assert stone.counts["files_removed"] > 1
    assert stone.counts["keys_removed"] >= 2
    assert default_storage.exists(job.file)
    assert (rows_of(north), files_of(north)) == before


def test_it_comes_back_from_the_kept_export_as_itself(east, rows_of, files_of, north):
    tenant = tenant_of(east)
    rows = rows_of(tenant)
    job = deleting.ask_delete(center_id=east.pk)
    jobs.run(job_id=job.pk)
    back = restoring.ask_restore(export_id=job.pk)
    assert Center.objects.get(pk=east.pk).state == "RESTORING"
    assert jobs.run(job_id=back.pk)
    back.refresh_from_db()
    assert (back.state, back.code) == ("DONE", ""), back.message
    center = Center.objects.get(slug="east")
    assert (center.pk, center.name, center.status, center.state) == (east.pk, "East", "ACTIVE", "READY")
    assert [domain.domain for domain in Domain.objects.filter(tenant=center)] == ["east.localhost"]
    assert rows_of(tenant_of(center)) == rows
    assert set(files_of(north)) >= set(files_of(tenant_of(center)))
    job.refresh_from_db()
    assert default_storage.exists(job.file)  # still kept


def test_asking_again_gives_the_same_job(east):
    first = deleting.ask_delete(center_id=east.pk)
    assert deleting.ask_delete(center_id=east.pk).pk == first.pk


def test_a_wrong_slug_deletes_nothing(east):
    with pytest.raises(WrongConfirmation):
        deleting.ask_delete(center_id=east.pk, slug="north")
    assert Center.objects.get(pk=east.pk).state == "READY"
    assert deleting.ask_delete(center_id=east.pk, slug="east")


def test_an_unknown_center_is_not_found(committed):
    with pytest.raises(CenterNotFound):
        deleting.ask_delete(center_id=uuid.uuid4())


def test_closing_signs_everybody_out(east, deliver, cast):
    tenant = tenant_of(east)
    token = access_token(cast.alice, tenant)
    with tenancy.enter(tenant):
        # Whoever was restored has another session version than the cast remembers.
        Session.objects.update(revoked_at=None)
    deleting.ask_delete(center_id=east.pk)
    assert Api(token=token, host="east.localhost").get("auth/me/").status_code == 404
    connection.set_schema_to_public()
    deliver()
    with tenancy.enter(tenant):
        assert not Session.objects.filter(revoked_at=None).exists()


def test_what_cannot_be_exported_is_not_dropped(east, monkeypatch, rows_of):
    tenant = tenant_of(east)
    rows = rows_of(tenant)
    job = deleting.ask_delete(center_id=east.pk)
    monkeypatch.setattr(jobs.default_storage, "save", lambda *a, **k: 1 / 0)
    jobs.run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.code) == ("FAILED", "failed")
    center = Center.objects.get(pk=east.pk)
    assert (center.state, center.status, center.state_reason) == ("READY", "ARCHIVED", deleting.FAILED)
    monkeypatch.undo()
    connection.set_schema_to_public()
    assert rows_of(tenant) == rows
    assert not DeletedCenter.objects.filter(center_id=east.pk).exists()
    assert centers.activate_center(center_id=east.pk).status == "ACTIVE"


def test_a_worker_that_dies_is_followed_by_another_wherever_it_died(east, monkeypatch):
    job = deleting.ask_delete(center_id=east.pk)

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    for module, name in ((deleting, "_drop"), (purging, "remove_files")):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, die)
            with pytest.raises(Killed):
                jobs.run(job_id=job.pk)
            connection.set_schema_to_public()
    assert not Center.objects.filter(pk=east.pk).exists()
    jobs.run(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == "DONE"
    assert DeletedCenter.objects.filter(center_id=east.pk).count() == 1
    assert not default_storage.exists(f"c/{east.pk}")
    assert default_storage.exists(job.file)


def test_a_center_that_never_got_a_schema_just_goes(committed):
    center = Center.objects.create(name="Stub", slug="stub", schema_name="c_stub", state="FAILED")
    job = deleting.ask_delete(center_id=center.pk)
    jobs.run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.file) == ("DONE", "")
    assert DeletedCenter.objects.get(center_id=center.pk).export_until is None


def test_what_was_never_whole_goes_without_an_export(east):
    Center.objects.filter(pk=east.pk).update(state="RESTORING")  # as a command leaves it that was killed
    job = deleting.ask_delete(center_id=east.pk)
    jobs.run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.file) == ("DONE", "")
    assert not Center.objects.filter(pk=east.pk).exists()


def test_while_it_is_being_deleted_it_is_not_restored(east, exported):
    job = deleting.ask_delete(center_id=east.pk)
    job_done = Job.objects.get(pk=job.pk)
    with pytest.raises(ExportGone):
        restoring.ask_restore(export_id=job_done.pk)


def test_while_it_is_being_restored_it_is_not_deleted(exported):
    path, _ = exported
    with path.open("rb") as content:
        job = restoring.ask_restore(content=content, slug="east")
    with pytest.raises(CenterBusy):
        deleting.ask_delete(center_id=job.params["center_id"])


def test_redis_being_away_stops_no_deletion(east, monkeypatch, settings):
    settings.SHIKEN_REDIS_URL = "redis://127.0.0.1:1/0"
    assert purging.forget_keys(center_id=east.pk) is None


def test_alarms_go_with_it(east):
    assert Delivery.objects.filter(schema_name="c_east").exists()
    job = deleting.ask_delete(center_id=east.pk)
    jobs.run(job_id=job.pk)
    assert not Delivery.objects.filter(schema_name="c_east").exists()

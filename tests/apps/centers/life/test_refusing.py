"""Files from which nothing is restored, each for its reason, and nothing is left of the try."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zipfile
from dataclasses import replace

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from apps.centers import errors
from apps.centers.models import Center, Domain, PlanChange
from apps.centers.operations import restoring, restoring_file
from apps.centers.rules import transfer
from apps.core import tenancy
from apps.core.models import Delivery
from apps.jobs import operations as jobs

pytestmark = pytest.mark.races

KEY = "another installation's key, long enough"


@pytest.fixture
def nothing_left(export_file):
    """What must be as before once a file was refused."""

    def look():
        with tenancy.enter(tenancy.PUBLIC), connection.cursor() as cursor:
            cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'c\\_%%' ORDER BY 1")
            schemas = cursor.fetchall()
            folders = default_storage.listdir("c")[0] if default_storage.exists("c") else []
            counts = [model.objects.count() for model in (Center, Domain, PlanChange, Delivery)]
            return schemas, sorted(folders), counts

    before = look()
    yield
    assert look() == before


def remade(path, target, *, change=None, manifest=None, raw=None, key=None, seal=None, drop=(), add=()):
    """The export with parts changed: ``change`` gets each part, ``manifest`` the read manifest, ``raw`` its JSON."""
    key = key or settings.SHIKEN_EXPORT_KEYS[0]
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        text = old.read(transfer.MANIFEST)
        if manifest:
            text = transfer.write(manifest(transfer.read(text)))
        if raw:
            values = json.loads(text)
            raw(values)
            text = json.dumps(values).encode()
        for name in old.namelist():
            if name in {transfer.MANIFEST, transfer.SEAL, *drop}:
                continue
            data = old.read(name)
            new.writestr(name, change(name, data) if change else data)
        for name, data in add:
            new.writestr(name, data)
        new.writestr(transfer.MANIFEST, text)
        if transfer.SEAL not in drop:
            new.writestr(transfer.SEAL, seal if seal is not None else transfer.seal(text, key=key))
    return target


def with_part(name, data, **more):
    """A manifest that tells the truth about another content of a table."""

    def change(manifest):
        part = transfer.Part(data.count(b"\n"), len(data), hashlib.sha256(data).hexdigest())
        tables = tuple(replace(table, part=part, **more) if table.name == name else table for table in manifest.tables)
        return replace(manifest, tables=tables)

    return change


def refused(path, error, **given):
    with pytest.raises(error) as caught:
        restoring.restore_center(path=path, slug="refused", **given)
    assert type(caught.value) is error, caught.value
    return str(caught.value)


@pytest.mark.usefixtures("nothing_left")
class TestFiles:
    @pytest.mark.parametrize(
        ("content", "error"),
        [
            (b"", errors.NotAnExport),
            (b"%PDF-1.7", errors.NotAnExport),
            (os.urandom(100_000), errors.NotAnExport),
            (b"PK\x05\x06" + bytes(18), errors.NotAnExport),
            (b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 9, 9, 2**31, 0, 0), errors.NotAnExport),
        ],
    )
    def test_that_are_something_else(self, committed, tmp_path, content, error):
        path = tmp_path / "x.zip"
        path.write_bytes(content)
        refused(path, error)

    def test_that_are_other_zips(self, committed, tmp_path):
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("hello.txt", "hello")
        refused(path, errors.NotAnExport)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(transfer.MANIFEST, '{"kind": "course backup", "format": 1}')
        refused(path, errors.NotAnExport)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(transfer.MANIFEST, "[" * 100_000)
        refused(path, errors.NotAnExport)

    @pytest.mark.parametrize("share", [0.001, 0.3, 0.9, 0.999])
    def test_that_were_cut_off(self, export_file, tmp_path, share):
        path, _ = export_file
        data = path.read_bytes()
        cut = tmp_path / "cut.zip"
        cut.write_bytes(data[: int(len(data) * share)])
        refused(cut, errors.ExportDamaged)

    def test_in_which_a_bit_was_turned(self, export_file, tmp_path):
        path, _ = export_file
        data = bytearray(path.read_bytes())
        with zipfile.ZipFile(path) as archive:
            info = max(archive.infolist(), key=lambda info: info.compress_size)
        data[info.header_offset + 200 + info.compress_size // 2] ^= 1
        turned = tmp_path / "turned.zip"
        turned.write_bytes(data)
        refused(turned, errors.ExportDamaged)

    def test_of_an_installation_that_is_not_known(self, export_file, tmp_path, settings):
        path, _ = export_file
        foreign = remade(path, tmp_path / "foreign.zip", key=KEY)
        refused(foreign, errors.ExportForeign)

    def test_whose_manifest_was_changed(self, export_file, tmp_path):
        path, _ = export_file
        with zipfile.ZipFile(path) as archive:
            sealed = archive.read(transfer.SEAL)
        changed = remade(path, tmp_path / "x.zip", raw=lambda v: v["center"].update(plan="ENTERPRISE"), seal=sealed)
        refused(changed, errors.ExportTampered)
        refused(remade(path, tmp_path / "y.zip", drop=(transfer.SEAL,)), errors.ExportTampered)
        refused(remade(path, tmp_path / "z.zip", seal=b""), errors.ExportForeign)

    def test_whose_rows_were_changed(self, export_file, tmp_path):
        path, _ = export_file
        bob = "tables/authentication_user.copy"
        swap = lambda name, data: data.replace(b"STUDENT", b"TEACHER") if name == bob else data  # noqa: E731
        assert bob in refused(remade(path, tmp_path / "x.zip", change=swap), errors.ExportDamaged)

    def test_of_a_newer_program(self, export_file, tmp_path):
        path, _ = export_file
        refused(remade(path, tmp_path / "x.zip", raw=lambda v: v.update(format=2)), errors.ExportNewer)
        later = lambda v: v["migrations"].append(["groups", "9999_from_the_future"])  # noqa: E731
        assert "9999_from_the_future" in refused(remade(path, tmp_path / "y.zip", raw=later), errors.ExportNewer)


@pytest.mark.usefixtures("nothing_left")
class TestLies:
    """Sealed with a good key, and still not believed."""

    @pytest.mark.parametrize(
        "lie",
        [
            lambda v: v["tables"].pop(),
            lambda v: v["tables"].append(v["tables"][0]),
            lambda v: v["tables"][0].update(name='x"; DROP SCHEMA public; --'),
            lambda v: v["tables"][0].update(columns=["id"]),
            lambda v: v["tables"][0]["columns"].append("extra"),
            lambda v: v["tables"][0]["part"].update(bytes=-1),
            lambda v: v["tables"][0]["part"].update(bytes=True),
            lambda v: v["tables"][0]["part"].update(sha256="0"),
            lambda v: v.update(left_out=["authentication_user"]),
            lambda v: v.update(left_out=[]),
            lambda v: v["sequences"].pop(),
            lambda v: v.update(sequences=[{**s, "last_value": 1, "is_called": False} for s in v["sequences"]]),
            lambda v: v.update(migrations=[*v["migrations"][:-1], v["migrations"][0]]),
            lambda v: v["files"].update(rows=v["files"]["rows"] + 1),
            lambda v: v.update(file_bytes=v["file_bytes"] + 1),
            lambda v: v.update(center="north"),
            lambda v: v["center"].update(id="../../etc"),
            lambda v: v["center"].update(status="SUPER"),
            lambda v: v["center"].update(plan_since="yesterday"),
            lambda v: v["center"].update(name="x" * 500),
            lambda v: v.update(public=[]),
            lambda v: v.pop("tables"),
        ],
    )
    def test_of_the_manifest(self, export_file, tmp_path, lie):
        path, _ = export_file
        with pytest.raises(errors.ExportRefused):
            restoring.restore_center(path=remade(path, tmp_path / "x.zip", raw=lie), slug="refused")

    @pytest.mark.parametrize(
        "place",
        ["../../etc/passwd", "/etc/passwd", "image/../../../x.png", "image/.hidden", "image", "a/b/c/d/e/f", "c:\\x/y"],
    )
    def test_of_places_that_lead_elsewhere(self, export_file, tmp_path, place):
        path, _ = export_file
        line = json.dumps({"place": place, "bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()}).encode() + b"\n"

        def manifest(known):
            part = transfer.Part(1, len(line), hashlib.sha256(line).hexdigest())
            return replace(known, files=part, file_bytes=1)

        with zipfile.ZipFile(path) as archive:
            files = tuple(name for name in archive.namelist() if name.startswith("files/"))
        escaped = remade(
            path,
            tmp_path / "x.zip",
            manifest=manifest,
            drop=(*files, transfer.FILES),
            add=[(transfer.FILES, line), (f"files/{place}", b"x")],
        )
        assert "place" in refused(escaped, errors.ExportUnfit)

    def test_of_parts_that_nobody_named(self, export_file, tmp_path):
        path, _ = export_file
        refused(remade(path, tmp_path / "x.zip", add=[("tables/more.copy", b"")]), errors.ExportUnfit)
        refused(remade(path, tmp_path / "y.zip", add=[("files/image/more.png", b"")]), errors.ExportUnfit)

    def test_of_rows_that_break_the_rules_of_the_tables(self, export_file, tmp_path):
        path, manifest = export_file
        (table,) = [table for table in manifest.tables if table.name == "groups_membership"]
        place = table.columns.index("user_id")
        with zipfile.ZipFile(path) as archive:
            rows = archive.read(table.place).splitlines()
        fields = rows[0].split(b"\t")
        fields[place] = b"00000000-0000-4000-8000-000000000000"
        data = b"\n".join([b"\t".join(fields), *rows[1:]]) + b"\n"
        swap = lambda name, old: data if name == table.place else old  # noqa: E731
        broken = remade(path, tmp_path / "x.zip", manifest=with_part(table.name, data), change=swap)
        assert "foreign key" in refused(broken, errors.ExportUnfit)

    def test_of_rows_that_are_none(self, export_file, tmp_path):
        path, _ = export_file
        data = b"\\N\t\\N\n"
        swap = lambda name, old: data if name == "tables/groups_group.copy" else old  # noqa: E731
        broken = remade(path, tmp_path / "x.zip", manifest=with_part("groups_group", data), change=swap)
        assert "database" in refused(broken, errors.ExportUnfit)

    def test_a_bomb_is_read_no_further_than_it_says(self, export_file, tmp_path):
        path, _ = export_file
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo("tables/groups_group.copy").file_size
        bomb = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(name, b"\0" * 50_000_000 if name == "tables/groups_group.copy" else old.read(name))
        assert bomb.stat().st_size < 10_000_000 > size
        refused(bomb, errors.ExportUnfit)
        # And one whose directory repeats the lie.
        data = bytearray(bomb.read_bytes())
        with zipfile.ZipFile(bomb) as archive:
            start = archive.start_dir
        at = data.index(b"tables/groups_group.copy", start)
        struct.pack_into("<I", data, at - 46 + 24, size)
        bomb.write_bytes(data)
        refused(bomb, errors.ExportDamaged)


def test_known_keys_let_centers_move_in(export_file, tmp_path, settings):
    path, _ = export_file
    foreign = remade(path, tmp_path / "foreign.zip", key=KEY)
    settings.SHIKEN_EXPORT_KEYS = [*settings.SHIKEN_EXPORT_KEYS, KEY]
    assert restoring.restore_center(path=foreign, slug="moved").state == "READY"


def test_a_job_that_fails_leaves_nothing_either(export_file, tmp_path):
    path, _ = export_file
    data = b"\\N\t\\N\n"
    swap = lambda name, old: data if name == "tables/groups_group.copy" else old  # noqa: E731
    broken = remade(path, tmp_path / "x.zip", manifest=with_part("groups_group", data), change=swap)
    connection.set_schema_to_public()
    with broken.open("rb") as content:
        job = restoring.ask_restore(content=content, slug="east")
    assert Center.objects.get(slug="east").state == "RESTORING"
    assert default_storage.exists(job.params["source"])
    with tenancy.enter(tenancy.PUBLIC):
        assert jobs.run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.code) == ("FAILED", "export_unfit")
    assert not Center.objects.filter(slug="east").exists()
    assert not default_storage.exists(job.params["source"])


def test_a_worker_that_dies_is_followed_by_one_that_begins_anew(export_file, monkeypatch):
    path, _ = export_file

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    connection.set_schema_to_public()
    with path.open("rb") as content:
        job = restoring.ask_restore(content=content, slug="east")
    with tenancy.enter(tenancy.PUBLIC):
        with monkeypatch.context() as patched:
            patched.setattr(restoring, "_settle_in", die)
            with pytest.raises(Killed):
                jobs.run(job_id=job.pk)
        assert jobs.run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.tries) == ("DONE", 2), job.message
    assert Center.objects.get(slug="east").state == "READY"


def test_too_large_a_file_is_not_even_kept(committed, settings, tmp_path):
    settings.SHIKEN_EXPORT_MAX_BYTES = 10
    path = tmp_path / "x"
    path.write_bytes(b"x" * 11)
    with path.open("rb") as content, pytest.raises(errors.ExportTooLarge):
        restoring.ask_restore(content=content)


def test_an_export_is_opened_without_reading_it_whole(export_file):
    path, manifest = export_file
    with restoring_file.opened(path=path) as export:
        assert export.manifest.center_id == manifest.center_id
        assert {file.place for file in export.files()} == {
            name.removeprefix("files/") for name in zipfile.ZipFile(path).namelist() if name.startswith("files/")
        }

"""A center whose files are in a bucket: out, back, and gone."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.centers.models import Center
from apps.centers.operations import deleting, exporting, restoring
from apps.core import tenancy
from apps.core.files.errors import StorageUnavailable
from apps.jobs import operations as jobs
from tests.apps.centers.life.conftest import tenant_of
from tests.core.files.conftest import bucket, endpoint, use  # noqa: F401
from tests.furnish import furnish

pytestmark = pytest.mark.races


@pytest.fixture
def exported(committed, cast, north, bucket, tmp_path):  # noqa: F811
    with tenancy.enter(north):
        furnish(cast)
    path = tmp_path / "north.zip"
    return path, exporting.write_export(center_id=north.id, path=path)


def test_a_center_goes_out_of_a_bucket_comes_back_and_is_deleted(
    exported,
    north,
    rows_of,
    files_of,
    endpoint,  # noqa: F811
    bucket,  # noqa: F811
    monkeypatch,
):
    path, manifest = exported
    assert manifest.files.rows >= 3
    assert manifest.missing_files == ()
    copy = restoring.restore_center(path=path, slug="bucketcopy")
    theirs = tenant_of(copy)
    before, files = rows_of(north), files_of(north)
    assert rows_of(theirs) == before
    assert files_of(theirs) == {place: data for place, data in files.items() if not place.startswith("jobs/")}
    assert {key.split("/")[1] for key in endpoint.keys(bucket)} >= {str(north.id), str(copy.pk)}

    connection.set_schema_to_public()
    monkeypatch.setattr(deleting, "CLOSED_SECONDS", 0)
    job = deleting.ask_delete(center_id=copy.pk)
    assert jobs.run(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.code) == ("DONE", ""), job.message
    assert not [key for key in endpoint.keys(bucket) if str(copy.pk) in key]
    assert job.file in endpoint.keys(bucket)
    assert (rows_of(north), files_of(north)) == (before, files)


def test_a_bucket_that_is_gone_stops_an_export_instead_of_emptying_it(
    exported,
    north,
    settings,
    endpoint,  # noqa: F811
    tmp_path,
):
    use(settings, endpoint, "no-such-bucket")
    with pytest.raises(StorageUnavailable):
        exporting.write_export(center_id=north.id, path=tmp_path / "again.zip")
    assert Center.objects.filter(pk=north.id, state="READY").exists()

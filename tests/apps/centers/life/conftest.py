from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from apps.centers.operations import exporting
from apps.centers.queries import catalog
from apps.core import tenancy
from tests.furnish import furnish


@pytest.fixture
def furnished(committed, cast, north):
    """North with one row at least of everything that is shown to anybody, committed; and no files but its own."""
    files = Path(settings.MEDIA_ROOT) / "c"
    shutil.rmtree(files, ignore_errors=True)
    with tenancy.enter(north):
        made = furnish(cast)
    yield made
    shutil.rmtree(files, ignore_errors=True)


@pytest.fixture
def exported(furnished, north, tmp_path):
    """An export of it, and its manifest."""
    path = tmp_path / "north.zip"
    return path, exporting.write_export(center_id=north.id, path=path)


_kept: dict[str, Any] = {}


@pytest.fixture
def export_file(request, tmp_path_factory):
    """Such an export and its manifest, made once: for tests that need the file alone."""
    if not _kept:
        path, manifest = request.getfixturevalue("exported")
        _kept["path"] = Path(shutil.copy(path, tmp_path_factory.mktemp("export") / "north.zip"))
        _kept["manifest"] = manifest
    else:
        request.getfixturevalue("committed")
    return _kept["path"], _kept["manifest"]


@pytest.fixture
def rows_of():
    """Every row of a center as text, by table, with the ids of centers taken out; without what passes."""

    def read(tenant):
        found = {}
        with tenancy.enter(tenancy.PUBLIC), connection.cursor() as cursor:
            for table in catalog.read_tables(cursor, tenant.schema_name):
                if table in catalog.passing_tables():
                    continue
                without = {"authentication_user": " - 'session_version'"}.get(table, "")
                cursor.execute(f'SELECT (to_jsonb(t){without})::text FROM "{tenant.schema_name}"."{table}" t')
                found[table] = sorted(row[0].replace(str(tenant.id), "*") for row in cursor.fetchall())
        return found

    return read


@pytest.fixture
def files_of():
    """Every stored file of a center, by its place under the center's prefix."""

    def read(tenant, folder=""):
        found = {}
        try:
            folders, names = default_storage.listdir(f"c/{tenant.id}/{folder}")
        except FileNotFoundError:
            return found
        for name in names:
            with default_storage.open(f"c/{tenant.id}/{folder}{name}") as stored:
                found[f"{folder}{name}"] = stored.read()
        for inner in folders:
            found |= read(tenant, f"{folder}{inner}/")
        return found

    return read


def tenant_of(center):
    tenancy.forget()
    return tenancy.get_by_schema(center.schema_name)

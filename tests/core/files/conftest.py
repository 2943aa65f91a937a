from __future__ import annotations

import pytest

from tests.core.files import s3


@pytest.fixture(scope="session")
def endpoint():
    with s3.serve() as found:
        yield found


@pytest.fixture
def bucket(endpoint, settings):
    """A bucket of one's own, in which the product keeps its files for the time of a test."""
    name = endpoint.make_bucket()
    use(settings, endpoint, name)
    return name


def use(settings, endpoint, bucket, **options):
    kept = {"BACKEND": "apps.core.files.storage.S3Storage", "OPTIONS": endpoint.options(bucket, **options)}
    settings.STORAGES = settings.STORAGES | {"default": kept}


@pytest.fixture
def folder(settings, tmp_path):
    """The same in a folder."""
    local = {"BACKEND": "apps.core.files.storage.LocalStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": local}
    return tmp_path


@pytest.fixture(params=["folder", "bucket"])
def storage(request):
    """Both, one after the other."""
    return request.getfixturevalue(request.param)

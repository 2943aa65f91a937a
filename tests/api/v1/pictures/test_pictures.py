"""The gate of small pictures."""

from __future__ import annotations

import io
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from PIL import Image

from apps.core import images, tenancy
from tests.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    local = {"BACKEND": "apps.core.files.storage.LocalStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": local}


@pytest.fixture
def name():
    made = io.BytesIO()
    Image.new("RGB", (9, 9)).save(made, "PNG")
    content, suffix = images.clean_image(made.getvalue())
    return images.write_picture(kind="avatars", content=content, suffix=suffix)


def test_whoever_holds_the_address_sees_the_picture_and_nothing_else(name):
    answer = Api().get(images.picture_path(name, at=timezone.now()), HTTP_ACCEPT="image/*")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, max-age=3600"
    assert Image.open(io.BytesIO(answer.content)).size == (9, 9)


def test_an_address_stays_the_same_for_the_day(name):
    noon = timezone.now().replace(hour=12)
    assert images.picture_path(name, at=noon) == images.picture_path(name, at=noon + timedelta(hours=3))


def test_owners_have_pictures_too():
    with tenancy.enter(tenancy.PUBLIC):
        name = images.write_picture(kind="avatars", content=b"pixels", suffix=".png")
        path = images.picture_path(name, at=timezone.now())
    assert Api(host="localhost").get(path).content == b"pixels"
    assert Api().get(path).status_code == 404


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.replace(".jpg", ".png"),
        lambda path: path.replace("sig=", "sig=A"),
        lambda path: path.replace("expires=", "expires=9"),
        lambda path: path.split("?")[0],
        lambda path: path.replace("pictures/avatars", "pictures/../avatars"),
        lambda path: path.replace("expires=", "expires=%C2%B2"),
    ],
)
def test_an_altered_address_leads_nowhere(name, spoil):
    answer = Api().get(spoil(images.picture_path(name, at=timezone.now())))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_address_ends_works_at_its_own_center_only_and_not_after_the_file_is_gone(name, cast):
    path = images.picture_path(name, at=timezone.now())
    assert Api(host="south.localhost").get(path).status_code == 404
    with tenancy.enter(cast.south):
        forged = images.picture_path(name, at=timezone.now())
    assert Api(host="south.localhost").get(forged).status_code == 404
    assert Api().get(images.picture_path(name, at=timezone.now() - timedelta(days=4))).status_code == 404
    images.remove_now([name])
    assert Api().get(path).status_code == 404
    assert urlsplit(path).path.startswith("/api/v1/pictures/")

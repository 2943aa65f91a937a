"""How much a center may keep by its plan."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.centers.errors import PlanLimitReached
from apps.centers.operations import subscriptions
from apps.core.files import usage
from apps.core.models import Delivery
from apps.mock_tests.models import MediaFile, MockTest
from apps.mock_tests.operations.files import media
from tests.factories import import_sample

pytestmark = pytest.mark.django_db


def stored_files():
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


@pytest.fixture
def picture():
    def picture(color):
        out = BytesIO()
        Image.new("RGB", (40, 40), color).save(out, "PNG")
        return out.getvalue()

    return picture


@pytest.fixture
def only(cast):
    return lambda size: subscriptions.change_plan(actor=None, center_id=cast.north.id, limits={"storage_bytes": size})


def test_an_upload_that_does_not_fit_is_refused_and_leaves_no_file(cast, api, only, picture):
    kept = media.store_media(actor=cast.carol, content=picture("red"), file_name="a.png")
    only(kept.size + 10)
    before = stored_files()
    with pytest.raises(PlanLimitReached) as refused:
        media.store_media(actor=cast.carol, content=picture("blue"), file_name="b.png")
    told = refused.value.details
    assert (told["limit"], told["allowed"], told["used"]) == ("storage_bytes", kept.size + 10, kept.size)
    assert (stored_files(), MediaFile.objects.count()) == (before, 1)


def test_over_http_it_is_a_conflict(cast, api, only, picture):
    only(5)
    body = {"target": "jlpt_group", "file": SimpleUploadedFile("a.png", picture("red"), "image/png")}
    answer = api(cast.carol).post("media-uploads/", body, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (409, "plan_limit_reached")


def test_the_same_bytes_take_no_more_room(cast, only, picture):
    kept = media.store_media(actor=cast.carol, content=picture("red"), file_name="a.png")
    only(kept.size)
    again = media.store_media(actor=cast.carol, content=picture("red"), file_name="b.png")
    assert again.pk == kept.pk


def test_an_import_that_does_not_fit_is_refused_as_a_whole(cast, only):
    before = stored_files()
    only(1000)
    with pytest.raises(PlanLimitReached):
        import_sample(cast)
    assert (MockTest.objects.count(), MediaFile.objects.count(), stored_files()) == (0, 0, before)


def test_what_came_in_between_is_seen_before_the_commit(cast, only, picture, monkeypatch):
    only(10)
    before = stored_files()
    known = iter([usage.Stored(-(10**6), 0), usage.Stored(0, 0)])
    monkeypatch.setattr(usage, "stored", known.__next__)
    with pytest.raises(PlanLimitReached):
        media.store_media(actor=cast.carol, content=picture("red"), file_name="a.png")
    assert (MediaFile.objects.count(), stored_files()) == (0, before)


def test_new_files_are_announced_and_old_ones_are_not(cast, picture):
    announced = Delivery.objects.filter(event="files.changed")
    media.store_media(actor=cast.carol, content=picture("red"), file_name="a.png")
    assert announced.count() == 1
    media.store_media(actor=cast.carol, content=picture("red"), file_name="a.png")
    assert announced.count() == 1

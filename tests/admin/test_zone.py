"""Moments in the admin are those of the reader's clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apps.authentication.models import User
from apps.centers.models import Center
from apps.core import tenancy

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)


@pytest.fixture
def bobs_page(cast, browser):
    User.objects.filter(pk=cast.bob.pk).update(created_at=MOMENT)

    def read():
        return browser(cast.dora).get(f"/admin/authentication/user/{cast.bob.pk}/change/").content.decode()

    return read


def test_they_are_utc_where_nobody_says_otherwise(bobs_page):
    assert "March 1, 2026, 10:30 p.m." in bobs_page()


def test_they_are_in_the_centers_time_zone(cast, bobs_page):
    with tenancy.enter(tenancy.PUBLIC):
        Center.objects.filter(pk=cast.north.id).update(time_zone="Asia/Tokyo")
    assert "March 2, 2026, 7:30 a.m." in bobs_page()


def test_a_persons_own_time_zone_goes_first_and_an_unknown_one_harms_nothing(cast, bobs_page):
    User.objects.filter(pk=cast.dora.pk).update(time_zone="America/New_York")
    assert "March 1, 2026, 5:30 p.m." in bobs_page()
    User.objects.filter(pk=cast.dora.pk).update(time_zone="../etc")
    assert "March 1, 2026, 10:30 p.m." in bobs_page()


def test_the_api_goes_on_in_utc(cast, api):
    with tenancy.enter(tenancy.PUBLIC):
        Center.objects.filter(pk=cast.north.id).update(time_zone="Asia/Tokyo")
    User.objects.filter(pk=cast.bob.pk).update(created_at=MOMENT)
    assert api(cast.dora).get(f"users/{cast.bob.pk}/").json()["created_at"] == "2026-03-01T22:30:00Z"


def test_language_and_zone_of_a_center_are_chosen_from_a_list(cast, browser):
    page = browser(cast.dora).get(f"/admin/centers/center/{cast.north.id}/change/").content.decode()
    assert '<option value="Asia/Tashkent"' in page
    assert '<option value="uz"' in page

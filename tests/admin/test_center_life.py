"""Owners archive, export, delete and restore centers in their admin."""

from __future__ import annotations

import pytest

from apps.centers.models import Center, DeletedCenter
from apps.core import tenancy
from apps.jobs.models import Job
from tests.admin.test_writes import press

pytestmark = pytest.mark.django_db
CENTERS = "/admin/centers/center/"
DELETED = "/admin/centers/deletedcenter/"


def south() -> Center:
    with tenancy.enter(tenancy.PUBLIC):
        return Center.objects.get(slug="south")


def job_of(kind: str) -> Job:
    with tenancy.enter(tenancy.PUBLIC):
        return Job.objects.get(kind=kind)


def test_archives_and_activates(cast, browser):
    olga = browser(cast.olga)
    press(olga, CENTERS, south(), "archive")
    assert south().status == "ARCHIVED"
    press(olga, CENTERS, south(), "activate")
    assert south().status == "ACTIVE"


def test_asks_for_an_export_and_shows_how_far_it_is(cast, browser):
    olga = browser(cast.olga)
    press(olga, CENTERS, south(), "export")
    job = job_of("export_center")
    assert (job.params, job.asked_by) == ({"center_id": str(south().pk)}, cast.olga.pk)
    assert "Export of South" in olga.get("/admin/jobs/job/").content.decode()
    assert olga.get(f"/admin/jobs/job/{job.pk}/change/").status_code == 200


def test_deletes_only_what_is_named(cast, browser):
    olga = browser(cast.olga)
    press(olga, CENTERS, south(), "delete", slug="north", reason="")
    assert south().state == "READY"
    press(olga, CENTERS, south(), "delete", slug="south", reason="They left.")
    assert (south().state, south().status) == ("DELETING", "ARCHIVED")
    assert job_of("delete_center").params["reason"] == "They left."


def test_shows_stones_and_refuses_to_restore_what_is_not_kept(cast, browser):
    olga = browser(cast.olga)
    with tenancy.enter(tenancy.PUBLIC):
        stone = DeletedCenter.objects.create(
            center_id=cast.olga.pk, slug="gone", name="Gone", schema_name="c_gone", asked_at="2026-01-01T00:00Z"
        )
    assert "Gone" in olga.get(DELETED).content.decode()
    assert olga.get(f"{DELETED}{stone.pk}/change/").status_code == 200
    press(olga, DELETED, stone, "restore", slug="", name="", host="")
    page = olga.get(f"{DELETED}{stone.pk}/change/").content.decode()
    assert "There is no kept export with this id." in page

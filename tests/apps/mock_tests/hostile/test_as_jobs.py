"""The same files on the way of long work, and what is refused of their files when they are taken."""

from __future__ import annotations

import pytest

from apps.jobs import operations as jobs
from apps.jobs.models import Job
from apps.mock_tests.models import MediaFile
from apps.mock_tests.operations.exchange import importing
from tests.apps.mock_tests.hostile.corpus import CASES
from tests.apps.mock_tests.hostile.making import SVG, asking, qti, showing
from tests.apps.mock_tests.hostile.test_over_http import named, send, stored
from tests.apps.mock_tests.test_media_rules import picture

pytestmark = pytest.mark.django_db

__all__ = ["stored"]

EVERY = 6
"""One of so many: the way is the same for all."""


@pytest.mark.parametrize("case", CASES[::EVERY], ids=str)
def test_a_worker_ends_with_the_same_refusal_and_leaves_nothing(case, cast, stored):
    before, files = stored()
    answer = send(cast.carol, case.make(), **named(case), **{"async": "true"})
    if answer.status_code == 202:
        job = Job.objects.get(pk=answer.json()["id"])
        jobs.run(job_id=job.pk)
        job.refresh_from_db()
        assert (job.state, job.code) == ("FAILED", "file_refused")
        errors = job.result["errors"]
        job.delete()
    else:
        # What is no file of any format is refused at once.
        assert answer.status_code == 422
        errors = answer.json()["errors"]
    assert (case.pointer, case.code) in [(error["pointer"], error["code"]) for error in errors]
    rows, left = stored()
    assert rows == before
    assert [path for path in left if path.is_file()] == files


def test_a_picture_with_something_behind_it_is_kept_without_that(cast, stored, tmp_path):
    """A picture may be something else as well, for whoever reads it otherwise; what is kept is a picture alone."""
    twofold = picture(size=(40, 40)) + b"<script>alert('canary')</script>" + SVG
    for number, data in enumerate(
        (showing("a.png", twofold), qti(asking('<p>?<img src="a.png" alt=""/></p>'), ("items/a.png", twofold)))
    ):
        importing.import_test(actor=cast.carol, data=data, file_name=f"{number}.zip")
    assert MediaFile.objects.exists()
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(b"script" in content for content in kept)

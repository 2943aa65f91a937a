"""Every hostile file, sent as a teacher sends files: refused by name and place, and nothing is left of it."""

from __future__ import annotations

import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.jobs.models import Job
from apps.mock_tests.models import BankQuestion, ImportRun, MediaFile, MockTest, Question, QuestionGroup, TestSection
from tests.apps.mock_tests.hostile.corpus import CASES
from tests.client import Api

pytestmark = pytest.mark.django_db

TABLES = (MockTest, TestSection, QuestionGroup, Question, BankQuestion, MediaFile, ImportRun, Job)
HANG = 30
"""Seconds after which a refusal is none, whatever the machine is doing."""


@pytest.fixture
def stored(tmp_path, settings):
    """What the center has: rows of each table, and files."""
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    return lambda: ([table.objects.count() for table in TABLES], sorted(tmp_path.rglob("*")))


def send(person, data, name="upload", **fields):
    file = SimpleUploadedFile(name, data, content_type="application/octet-stream")
    return Api(person).post("mock-tests/import/", {"file": file, **fields}, format="multipart")


def named(case):
    return {"format": case.format} if case.format else {}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_is_refused_with_its_place_and_leaves_nothing(case, cast, stored):
    data, before = case.make(), stored()
    begun = time.monotonic()
    answer = send(cast.carol, data, **named(case), **{"async": "false"})
    assert time.monotonic() - begun < HANG
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "file_refused"), body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (case.pointer, case.code) in [(error["pointer"], error["code"]) for error in body["errors"]], body["errors"]
    assert all(len(error["detail"]) > 10 and "Traceback" not in error["detail"] for error in body["errors"])
    assert stored() == before


def test_the_corpus_is_as_large_as_it_should_be():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
    assert len({case.code for case in CASES}) >= 25

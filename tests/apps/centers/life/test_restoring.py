"""A center out into a file, and back from it."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from apps.attempts.models import AnswerEntry
from apps.authentication.models import Session, User
from apps.centers.errors import CenterExists, SlugRefused
from apps.centers.models import Center, CenterAdmin, Domain
from apps.centers.operations import exporting, restoring
from apps.centers.queries import catalog
from apps.core import tenancy
from apps.core.models import Delivery
from apps.mock_tests.models import MediaFile
from tests.apps.centers.catalog import describe
from tests.apps.centers.life.conftest import tenant_of
from tests.cast import PASSWORD
from tests.client import Api, access_token

pytestmark = pytest.mark.races


@pytest.fixture
def copy(exported):
    path, _ = exported
    return restoring.restore_center(path=path, slug="northcopy")


def test_a_copy_equals_its_original_row_for_row_and_file_for_file(exported, north, copy, rows_of, files_of):
    theirs = tenant_of(copy)
    assert (copy.state, copy.slug, copy.name, copy.status) == ("READY", "northcopy", "North", "ACTIVE")
    before, after = rows_of(north), rows_of(theirs)
    assert before.keys() == after.keys()
    assert sum(map(len, before.values())) > 200
    for table, rows in before.items():
        assert after[table] == rows, table
    files = files_of(north)
    assert files
    assert files_of(theirs) == {place: data for place, data in files.items() if not place.startswith("jobs/")}


def test_its_schema_is_that_of_a_new_center_sequences_as_far_as_the_original(exported, north, copy):
    assert describe(copy.schema_name, rows=False) == describe(north.schema_name, rows=False)


def test_its_constraints_and_triggers_are_awake(copy):
    with tenancy.enter(tenant_of(copy)):
        entry = AnswerEntry.objects.first()
        user = User.objects.exclude(email="").first()
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(email=user.email.upper())
        if entry is not None:
            with pytest.raises(IntegrityError), transaction.atomic():
                AnswerEntry.objects.filter(pk=entry.pk).delete()
        with pytest.raises(IntegrityError), transaction.atomic():
            Session.objects.create(user_id=uuid.uuid4(), expires_at="2030-01-01T00:00Z")


def test_numbers_go_on_where_the_original_stopped(copy):
    with tenancy.enter(tenant_of(copy)), connection.cursor() as cursor:
        for name, table, column in catalog.read_sequences(cursor, copy.schema_name):
            if table:
                cursor.execute(f'SELECT max("{column}") FROM "{table}"')
                highest = cursor.fetchone()[0]
                cursor.execute("SELECT nextval(%s::regclass)", [f'"{name}"'])
                assert highest is None or cursor.fetchone()[0] > highest, name


def test_files_are_known_by_their_new_names(copy):
    with tenancy.enter(tenant_of(copy)):
        names = list(MediaFile.objects.values_list("storage_name", flat=True))
    assert names
    assert all(name.startswith(f"c/{copy.pk}/") for name in names)


def test_alarms_of_running_attempts_ring_there_too(exported, north, copy):
    _, manifest = exported
    mine = Delivery.objects.filter(schema_name=north.schema_name, done_at=None).exclude(event="job.due")
    theirs = Delivery.objects.filter(schema_name=copy.schema_name, done_at=None).exclude(event="job.due")
    assert manifest.alarms.rows == mine.count() > 0
    columns = ("event", "subscriber", "due_at")
    assert sorted(mine.values_list(*columns)) == sorted(theirs.values_list(*columns))


def test_tokens_of_the_original_open_nothing(furnished, cast, north, tmp_path):
    token = access_token(cast.alice)
    path = tmp_path / "north.zip"
    exporting.write_export(center_id=north.id, path=path)
    copy = restoring.restore_center(path=path, slug="northcopy")
    host = Domain.objects.get(tenant_id=copy.pk).domain
    assert Api(token=token, host="north.localhost").get("auth/me/").status_code == 200
    assert Api(token=token, host=host).get("auth/me/").status_code == 401
    theirs = tenant_of(copy)
    with tenancy.enter(theirs):
        assert not Session.objects.exists()
        version = User.objects.get(pk=cast.alice.pk).session_version
        assert version > cast.alice.session_version + 1_000_000
    forged = access_token(cast.alice, theirs)  # an old version, with a session of today
    assert Api(token=forged, host=host).get("auth/me/").status_code == 401


def test_people_sign_in_with_their_passwords(exported, copy, cast):
    host = Domain.objects.get(tenant_id=copy.pk).domain
    answer = Api(host=host).post("auth/login/", {"email": cast.alice.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.json()


def test_each_center_has_the_directors_as_its_own(furnished, cast, north, tmp_path, deliver):
    deliver()
    path = tmp_path / "north.zip"
    exporting.write_export(center_id=north.id, path=path)
    copy = restoring.restore_center(path=path, slug="northcopy")
    deliver()
    holders = CenterAdmin.objects.filter(person_id=cast.dora.pk).values_list("center_id", flat=True)
    assert set(holders) == {north.id, copy.pk}


@pytest.mark.parametrize(
    ("given", "refusal"),
    [({}, CenterExists), ({"slug": "south"}, CenterExists), ({"slug": "Bad Slug"}, SlugRefused)],
)
def test_a_copy_needs_a_slug_of_its_own(exported, given, refusal):
    path, _ = exported
    with pytest.raises(refusal):
        restoring.restore_center(path=path, **given)
    assert set(Center.objects.values_list("slug", flat=True)) == {"north", "south"}


def test_a_taken_host_is_refused_and_nothing_is_left(exported):
    path, _ = exported
    with pytest.raises(CenterExists):
        restoring.restore_center(path=path, slug="northcopy", host="south.localhost")
    assert not Center.objects.filter(slug="northcopy").exists()

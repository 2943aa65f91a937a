"""Opening, retrying, suspending and closing centers."""

from __future__ import annotations

import threading
import uuid
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.authentication.models import User
from apps.centers import errors
from apps.centers.models import Center, Domain, SchemaTemplate
from apps.centers.operations import centers, template
from apps.centers.queries import centers as queries
from apps.core import bus, clock, tenancy
from apps.core.models import Delivery
from tests.apps.centers.catalog import describe


@pytest.fixture(autouse=True)
def _in_public(request):
    if "committed" not in request.fixturenames:
        request.getfixturevalue("db")
    with tenancy.enter(tenancy.PUBLIC):
        yield


@pytest.fixture
def announced(monkeypatch):
    """The names of events, in order."""
    names: list[str] = []
    monkeypatch.setattr(bus, "publish", lambda event, **_: names.append(event.name))
    return names


def schema_exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [name])
        return cursor.fetchone() is not None


def break_template() -> None:
    """The last statement fails, after everything else has been made."""
    row = SchemaTemplate.objects.get(pk=template.record())
    SchemaTemplate.objects.filter(pk=row.pk).update(statements=row.statements + "SELECT 1 / 0;\n")


class TestOpening:
    def test_makes_row_host_and_schema_and_tells(self, announced):
        center = centers.open_center(name="East", slug="east", details={"email": "office@east.test"})
        assert (center.state, center.status, center.plan, center.email) == (
            "READY",
            "TRIAL",
            "FREE",
            "office@east.test",
        )
        assert center.schema_name == "c_east"
        assert announced == ["center.opened"]
        tenant = tenancy.find_by_host("east.localhost")
        assert tenant.id == center.pk
        assert tenant.is_ready
        with tenancy.enter(tenant):
            User.objects.create_user("first@east.test", "secret 123 x", role="CENTER_ADMIN")
            assert User.objects.count() == 1
        assert not User.objects.filter(email="first@east.test").exists()

    def test_a_free_center_is_on_trial_for_sixty_days(self):
        center = centers.open_center(name="East", slug="east")
        assert (center.trial_ends_at - clock.now()).days == 59

    def test_a_paid_one_is_not(self):
        center = centers.open_center(name="East", slug="east", plan="PRO")
        assert (center.status, center.trial_ends_at) == ("ACTIVE", None)

    def test_takes_another_host(self):
        centers.open_center(name="East", slug="east", host="Exam.East.Example")
        assert tenancy.find_by_host("exam.east.example").slug == "east"
        assert tenancy.find_by_host("east.localhost") is None

    def test_positions_every_sequence_after_the_seed_rows(self):
        tenant = tenancy.get_by_schema(centers.open_center(name="East", slug="east").schema_name)
        with tenancy.enter(tenant), connection.cursor() as cursor:
            for table in ("django_migrations", "django_content_type", "auth_permission"):
                cursor.execute(f"SELECT nextval(pg_get_serial_sequence(%s, 'id')), max(id) + 1 FROM {table}", [table])
                following, expected = cursor.fetchone()
                assert following == expected

    @pytest.mark.parametrize("slug", ["no", "public", "pg_x", "Ea'st", "c" * 42, "east_"])
    def test_refuses_a_slug_that_is_not_plain(self, slug):
        with pytest.raises(errors.SlugRefused) as refusal:
            centers.open_center(name="East", slug=slug)
        assert refusal.value.problems[0].pointer == "/slug"
        assert not Center.objects.filter(name="East").exists()

    def test_refuses_a_name_that_gives_no_slug(self):
        with pytest.raises(errors.SlugRefused):
            centers.open_center(name="桜")

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "a b.c", "east.localhost:80"])
    def test_refuses_what_is_no_host_for_a_center(self, host):
        with pytest.raises(errors.CenterRefused):
            centers.open_center(name="East", slug="east", host=host)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("email", "nobody"),
            ("primary_color", "red"),
            ("phone", "1" * 41),
            ("schema_name", "public"),
            ("state", "READY"),
        ],
    )
    def test_refuses_details_that_do_not_fit(self, field, value):
        with pytest.raises(errors.CenterRefused) as refusal:
            centers.open_center(name="East", slug="east", details={field: value})
        assert [problem.pointer for problem in refusal.value.problems] == [f"/{field}"]

    def test_refuses_an_empty_name(self):
        with pytest.raises(errors.CenterRefused):
            centers.open_center(name="  ", slug="east")

    @pytest.mark.parametrize("taken", [{"slug": "north"}, {"slug": "east", "host": "north.localhost"}])
    def test_refuses_what_is_taken_and_leaves_nothing(self, taken):
        with pytest.raises(errors.CenterExists):
            centers.open_center(name="Second", **taken)
        assert not Center.objects.filter(name="Second").exists()
        assert not schema_exists("c_east")

    @pytest.mark.parametrize("slug", ["public", "pg_x", "Ea'st", "a" * 42, "east\n", "ea-st", "www", "east_"])
    def test_the_database_refuses_such_slugs_as_well(self, slug):
        with pytest.raises(DatabaseError, match=r"center_slug_is_plain|too long"), transaction.atomic():
            Center.objects.bulk_create([Center(name="x", slug=slug, schema_name="c_east")])

    @pytest.mark.parametrize("schema", ["public", "east", 'c_"x', "c_a b", "shiken_template"])
    def test_the_database_refuses_such_schemas_as_well(self, schema):
        with pytest.raises(IntegrityError, match="center_schema_is_plain"), transaction.atomic():
            Center.objects.bulk_create([Center(name="x", slug="east", schema_name=schema)])


class TestFailing:
    def test_stays_behind_visibly_without_a_schema(self, announced):
        break_template()
        center = centers.open_center(name="East", slug="east")
        assert center.state == "FAILED"
        assert "division by zero" in center.state_reason
        assert announced == ["center.provisioning_failed"]
        assert not schema_exists("c_east")
        assert not tenancy.find_by_host("east.localhost").is_ready

    def test_can_be_tried_again(self, announced):
        whole = SchemaTemplate.objects.get(pk=template.record()).statements
        break_template()
        center = centers.open_center(name="East", slug="east")
        assert centers.retry_center(center_id=center.pk).state == "FAILED"
        SchemaTemplate.objects.update(statements=whole)
        center = centers.retry_center(center_id=center.pk)
        assert (center.state, center.state_reason) == ("READY", "")
        assert announced == ["center.provisioning_failed", "center.provisioning_failed", "center.opened"]
        assert tenancy.find_by_host("east.localhost").is_ready

    def test_a_creation_that_was_cut_off_can_be_finished(self, monkeypatch):
        monkeypatch.setattr(centers, "_provision", lambda pk: Center.objects.get(pk=pk))
        center = centers.open_center(name="East", slug="east")
        assert center.state == "WAITING"
        monkeypatch.undo()
        assert centers.retry_center(center_id=center.pk).state == "READY"

    def test_trying_again_leaves_a_ready_center_alone(self, announced):
        center = centers.open_center(name="East", slug="east")
        before = describe("c_east")
        assert centers.retry_center(center_id=center.pk).state == "READY"
        assert describe("c_east") == before
        assert announced == ["center.opened"]

    def test_never_touches_a_schema_that_is_there_already(self):
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA c_east CREATE TABLE precious (id int)")
        assert centers.open_center(name="East", slug="east").state == "FAILED"
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM c_east.precious")

    def test_refuses_to_retry_an_unknown_center(self):
        with pytest.raises(errors.CenterNotFound):
            centers.retry_center(center_id=uuid.uuid4())


class TestLife:
    def test_suspending_and_activating(self, announced):
        center = centers.open_center(name="East", slug="east")
        assert centers.suspend_center(center_id=center.pk).status == "SUSPENDED"
        assert tenancy.find_by_host("east.localhost").status == "SUSPENDED"
        with pytest.raises(errors.CenterSuspended):
            queries.check_not_suspended(tenant=tenancy.find_by_host("east.localhost"))
        assert centers.suspend_center(center_id=center.pk).status == "SUSPENDED"
        center = centers.activate_center(center_id=center.pk)
        assert (center.status, center.trial_ends_at) == ("ACTIVE", None)
        queries.check_not_suspended(tenant=tenancy.find_by_host("east.localhost"))
        assert announced == ["center.opened", "center.suspended"]

    def test_an_archived_center_is_unknown_and_comes_back_by_activating(self, announced):
        center = centers.open_center(name="East", slug="east")
        assert centers.archive_center(center_id=center.pk).status == "ARCHIVED"
        assert announced[-1] == "center.closed"
        assert tenancy.find_by_host("east.localhost") is None
        assert "c_east" not in [tenant.schema_name for tenant in tenancy.list_ready()]
        with pytest.raises(errors.CenterArchived):
            centers.suspend_center(center_id=center.pk)
        assert centers.activate_center(center_id=center.pk).status == "ACTIVE"
        assert tenancy.find_by_host("east.localhost") is not None

    @pytest.mark.parametrize("state", ["RESTORING", "DELETING"])
    def test_a_center_on_its_way_is_left_alone(self, state):
        center = centers.open_center(name="East", slug="east")
        Center.objects.filter(pk=center.pk).update(state=state)
        for move in (centers.activate_center, centers.suspend_center, centers.archive_center, centers.retry_center):
            with pytest.raises(errors.CenterBusy):
                move(center_id=center.pk)
        assert Center.objects.get(pk=center.pk).state == state

    def test_details_change_and_the_slug_does_not(self):
        center = centers.open_center(name="East", slug="east")
        centers.update_center(center_id=center.pk, changes={"name": "Far East", "phone": "+998 1"})
        center.refresh_from_db()
        assert (center.name, center.phone, center.slug) == ("Far East", "+998 1", "east")
        with pytest.raises(errors.CenterRefused):
            centers.update_center(center_id=center.pk, changes={"slug": "west"})

    def test_one_change_that_does_not_fit_changes_nothing(self):
        center = centers.open_center(name="East", slug="east")
        with pytest.raises(errors.CenterRefused):
            centers.update_center(center_id=center.pk, changes={"name": "Far East", "status": "ASLEEP"})
        center.refresh_from_db()
        assert center.name == "East"


class TestCommands:
    def test_open_center_says_where(self):
        out = StringIO()
        call_command("open_center", slug="east", name="East", stdout=out)
        assert out.getvalue() == "East is open at east.localhost.\n"

    @pytest.mark.parametrize(("slug", "word"), [("north", "exists"), ("public", "slug")])
    def test_open_center_says_why_not(self, slug, word):
        with pytest.raises(CommandError, match=word):
            call_command("open_center", slug=slug, name="East")

    def test_open_center_fails_when_the_schema_does(self):
        break_template()
        with pytest.raises(CommandError, match=r"east is FAILED: .*division by zero"):
            call_command("open_center", slug="east", name="East")

    def test_createsuperuser_makes_an_owner(self, monkeypatch, api):
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse 7")
        call_command("createsuperuser", interactive=False, email="Owner@Shiken.test", stdout=StringIO())
        owner = User.objects.get(email="owner@shiken.test")
        assert (owner.role, owner.is_approved, owner.is_superuser, owner.is_staff) == ("OWNER", True, True, True)
        answer = api(host="localhost").post("auth/login/", {"email": owner.email, "password": "correct horse 7"})
        assert answer.status_code == 200
        assert answer.json()["user"]["role"] == "OWNER"


@pytest.mark.races
def test_two_openings_of_one_slug_make_one_center(committed):
    barrier, outcomes = threading.Barrier(4), []

    def open_one(number: int) -> None:
        try:
            barrier.wait()
            outcomes.append(centers.open_center(name=f"East {number}", slug="east").state)
        except errors.CenterExists:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=open_one, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["READY", "refused", "refused", "refused"]
    assert Domain.objects.filter(tenant__slug="east").count() == 1


@pytest.mark.races
def test_a_waiting_center_is_visible_while_its_schema_is_made(committed, monkeypatch):
    """And what is half made is not: the schema, READY and the announcement come together."""
    seen: list[object] = []
    real = template.replay

    def look(*, schema_name: str) -> None:
        real(schema_name=schema_name)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    def other() -> None:
        seen.extend(Center.objects.filter(slug="east").values_list("state", flat=True))
        seen.append(schema_exists("c_east"))
        seen.append(Delivery.objects.count())
        connection.close()

    monkeypatch.setattr(template, "replay", look)
    centers.open_center(name="East", slug="east")
    assert seen == ["WAITING", False, 0]
    assert schema_exists("c_east")

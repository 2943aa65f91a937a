"""Bringing centers forward: planned once, replayed everywhere, equal to the stock executor's work."""

from __future__ import annotations

import itertools
import shutil
import threading
from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.centers.models import Center, SchemaTemplate
from apps.centers.operations import centers, migrating, stock, template
from apps.core import tenancy
from tests.apps.centers.catalog import describe
from tests.client import Api

EAST = [f"east{number}" for number in range(1, 4)]
HEAD = "import uuid\nfrom django.db import migrations, models\n"
_numbers = itertools.count()

COLUMN = "migrations.AddField('group', 'colour', models.CharField(max_length=9, default='red', db_index=True))"
UNIQUE = "migrations.AddConstraint('group', models.UniqueConstraint(fields=['description'], name='told_apart'))"
MANY = f"""
    {COLUMN},
    migrations.CreateModel('Shelf', [
        ('id', models.BigAutoField(primary_key=True)),
        ('group', models.ForeignKey('groups.Group', models.CASCADE, related_name='+')),
        ('label', models.CharField(max_length=20, unique=True)),
    ]),
    migrations.AddIndex('shelf', models.Index(fields=['label', 'group'], name='shelf_by_label')),
    migrations.RunSQL('''
        CREATE FUNCTION shelf_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.label LIKE '100%' THEN RAISE EXCEPTION 'full; %', NEW.label; END IF; RETURN NEW; END $$;
        CREATE TRIGGER shelf_is_full BEFORE INSERT ON groups_shelf FOR EACH ROW EXECUTE FUNCTION shelf_is_full();
        -- the last line may be a remark'''),
"""
# Looks the constraint up in the database: the statement exists only once the one before has run.
LATER = """
    migrations.AlterField('shelf', 'label', models.CharField(max_length=40)),
    migrations.RemoveField('group', 'colour'),
"""
PYTHON = (
    "migrations.RunPython(lambda apps, editor: apps.get_model('groups', 'Group').objects.update(description='seen'))"
)
DRAWN = "migrations.AddField('group', 'token', models.UUIDField(default=uuid.uuid4))"


@pytest.fixture
def release(committed, request, tmp_path, monkeypatch):
    """``release(operations, …)``: code with one more migration in ``groups`` for each argument, after the real ones."""
    own = request.getfixturevalue("settings")
    connection.set_schema_to_public()
    original = Path(import_module("apps.groups.migrations").__file__).parent
    known = set(SchemaTemplate.objects.values_list("pk", flat=True))
    Center.objects.update(state="WAITING")  # north and south are left out of it
    monkeypatch.syspath_prepend(tmp_path)

    def make(*operations: str, atomic: bool = True) -> None:
        package = f"release_{next(_numbers)}"
        shutil.copytree(original, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
        last = sorted(path.stem for path in original.glob("0*.py"))[-1]
        for number, text in enumerate(operations, 9000):
            (tmp_path / package / f"{number}_more.py").write_text(
                f"{HEAD}class Migration(migrations.Migration):\n    atomic = {atomic}\n"
                f"    dependencies = [('groups', '{last}')]\n    operations = [{text}]\n"
            )
            last = f"{number}_more"
        own.MIGRATION_MODULES = {"groups": package}
        stock.forget()

    yield make
    own.MIGRATION_MODULES = {}
    stock.forget()
    connection.set_schema_to_public()
    SchemaTemplate.objects.exclude(pk__in=known).delete()
    _restore_template()
    Center.objects.filter(slug__in=["north", "south"]).update(state="READY", state_reason="")
    tenancy.forget()


def _restore_template() -> None:
    """As it is recorded, so that the next to record need not migrate it from nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{settings.SHIKEN_TEMPLATE_SCHEMA}" CASCADE')
        template.replay(schema_name=settings.SHIKEN_TEMPLATE_SCHEMA)


@pytest.fixture
def east(release):
    """Three centers to migrate."""
    return [centers.open_center(name=slug, slug=slug, status="ACTIVE").schema_name for slug in EAST]


@pytest.fixture
def by_stock(monkeypatch):
    """The schemas that the stock executor was asked to migrate."""
    asked: list[str] = []
    real = stock.migrate

    def migrate(*, schema_name: str) -> None:
        asked.append(schema_name)
        real(schema_name=schema_name)

    monkeypatch.setattr(stock, "migrate", migrate)
    return asked


def run(**options: object) -> str:
    out = StringIO()
    call_command("migrate_tenants", stdout=out, **options)
    return out.getvalue()


def in_schema(schema: str, sql: str) -> list[tuple[object, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL search_path = "{schema}"')
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def add_group(schema: str, name: str, description: str = "") -> None:
    in_schema(
        schema,
        "INSERT INTO groups_group (id, name, description, avatar, max_students, is_active, created_at, updated_at)"
        f" VALUES (gen_random_uuid(), '{name}', '{description}', '', 30, true, now(), now())",
    )


def status_of(slug: str) -> int:
    tenancy.forget()
    return Api(host=f"{slug}.localhost").post("auth/login/", {"email": "a@b.cc", "password": "x"}).status_code


def test_nothing_to_do_takes_a_handful_of_queries(east, by_stock):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        outcome = migrating.migrate_tenants()
    assert (outcome.current, outcome.migrated, outcome.failed) == (3, [], {})
    assert by_stock == []
    asked = [query["sql"] for query in queries if not query["sql"].startswith("SET search_path")]
    assert sum("UNION ALL" in sql for sql in asked) == 1
    assert len(asked) < 8


def test_all_centers_end_equal_to_one_that_the_stock_executor_migrated(east, release, by_stock):
    release(MANY)
    assert status_of("east2") == 503
    said = run()
    assert "0 centers are up to date, 3 are behind." in said
    # The template, and one pilot.
    assert by_stock == ["shiken_template", "c_east1"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA c_by_stock")
    try:
        stock.migrate(schema_name="c_by_stock")
        expected = describe("c_by_stock")
        assert any("add_shelf" in row for row in expected["permissions"])
        for schema in east:
            found = describe(schema)
            for part, wanted in expected.items():
                assert found[part] == wanted, (schema, part)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA c_by_stock CASCADE")
    assert {status_of(slug) for slug in EAST} == {401}
    assert migrating.migrate_tenants().migrated == []


def test_a_center_opened_after_the_release_is_the_same(east, release):
    release(MANY)
    run()
    assert centers.open_center(name="Late", slug="late").state == "READY"
    assert describe("c_late") == describe("c_east2")


def test_statements_that_depend_on_earlier_migrations_are_heard_right(east, release, by_stock):
    release(MANY, LATER)
    run()
    assert len(by_stock) == 2
    pilot = describe("c_east1")
    assert describe("c_east3") == pilot
    assert not any("label" in row[1] and "UNIQUE" in row[2] for row in pilot["indexes"] if row[0] == "groups_shelf")


def test_centers_in_different_states_are_grouped(east, release, by_stock):
    release(MANY)
    for schema in east[:1]:
        stock.migrate(schema_name=schema)
    release(MANY, LATER)
    by_stock.clear()
    outcome = migrating.migrate_tenants()
    assert sorted(outcome.migrated) == east
    assert len(by_stock) == 3  # the template and a pilot of each group
    assert describe("c_east1") == describe("c_east3")


def test_python_and_drawn_defaults_go_the_stock_way_in_every_center(east, release, by_stock):
    for schema in east:
        add_group(schema, "one")
    release(PYTHON, DRAWN)
    run()
    assert sorted(by_stock) == sorted(["shiken_template", *east])
    rows = [in_schema(schema, "SELECT description, token FROM groups_group")[0] for schema in east]
    assert [description for description, _ in rows] == ["seen"] * 3
    assert len({token for _, token in rows}) == 3


@pytest.mark.parametrize(
    ("operation", "is_plain"),
    [
        (COLUMN, True),
        (UNIQUE, True),
        (f"migrations.SeparateDatabaseAndState(database_operations=[{COLUMN}])", True),
        (PYTHON, False),
        (DRAWN, False),
        (f"migrations.SeparateDatabaseAndState(database_operations=[{PYTHON}])", False),
        ("migrations.RenameModel('Group', 'Crowd')", False),
        ("type('Mine', (migrations.RunSQL,), {})('SELECT 1')", False),
    ],
)
def test_only_what_is_nothing_but_statements_is_replayed(release, operation, is_plain):
    release(operation)
    assert migrating._are_plain(frozenset({("groups", "9000_more")})) is is_plain


def test_what_is_not_atomic_goes_the_stock_way(east, release, by_stock):
    release("migrations.RunSQL('CREATE INDEX CONCURRENTLY slowly ON groups_group (description)')", atomic=False)
    run()
    assert len(by_stock) == 4


@pytest.mark.parametrize("bad", ["c_east1", "c_east3"], ids=["the pilot", "a replay"])
def test_one_failing_center_stops_no_other_and_is_repaired_by_the_next_run(east, release, bad):
    add_group(bad, "one", "same")
    add_group(bad, "two", "same")
    release(COLUMN, UNIQUE)
    out = StringIO()
    with pytest.raises(CommandError, match=f"1 centers failed and answer 503: {bad}"):
        call_command("migrate_tenants", stdout=out)
    assert f"{bad} FAILED: IntegrityError: could not create unique index" in out.getvalue()
    assert [status_of(slug) for slug in EAST] == [503 if f"c_{slug}" == bad else 401 for slug in EAST]
    assert "could not create unique index" in Center.objects.get(schema_name=bad).state_reason
    # What came before the failure stays.
    assert in_schema(bad, "SELECT name FROM django_migrations WHERE name LIKE '9%'") == [("9000_more",)]
    in_schema(bad, "UPDATE groups_group SET description = name")
    assert "[1/1]" in run()
    assert status_of(bad.removeprefix("c_")) == 401
    assert Center.objects.get(schema_name=bad).state_reason == ""
    assert describe(bad, rows=False) == describe("c_east2", rows=False)


def test_a_missing_schema_is_reported_and_never_made_silently(east, release):
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA c_east2 CASCADE")
    release(COLUMN)
    with pytest.raises(CommandError, match="c_east2"):
        run()
    assert [status_of(slug) for slug in EAST] == [401, 503, 401]


def test_a_table_in_use_is_waited_for_and_then_reported(east, release, monkeypatch):
    monkeypatch.setattr(migrating, "_LOCK_SECONDS", 0.05)
    release(COLUMN)
    user, free = connection.copy(), threading.Event()
    user.set_autocommit(False)
    with user.cursor() as cursor:
        cursor.execute("LOCK TABLE c_east3.groups_group IN ROW EXCLUSIVE MODE")
    try:
        outcome = migrating.migrate_tenants()
    finally:
        free.set()
        user.close()
    assert list(outcome.failed) == ["c_east3"]
    assert "lock timeout" in outcome.failed["c_east3"]
    assert migrating.migrate_tenants().migrated == ["c_east3"]


def test_check_changes_nothing(east, release):
    assert run(check=True) == ""
    release(COLUMN)
    out = StringIO()
    with pytest.raises(CommandError, match="3 centers are behind"):
        call_command("migrate_tenants", check=True, stdout=out)
    assert "c_east1: 1 behind" in out.getvalue()
    assert len(migrating.list_behind()) == 3


@pytest.mark.races
def test_several_containers_may_start_at_once(east, release, by_stock):
    release(MANY)
    outcomes: list[migrating.Outcome] = []

    def container() -> None:
        try:
            outcomes.append(migrating.migrate_tenants())
        finally:
            connection.close()

    threads = [threading.Thread(target=container) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(outcome.migrated) for outcome in outcomes) == [0, 0, 3]
    assert [outcome.failed for outcome in outcomes] == [{}, {}, {}]
    assert len(by_stock) == 2


@pytest.mark.races
def test_without_the_lock_they_would_get_in_each_others_way(east, release, monkeypatch):
    """The control of the test above."""
    from contextlib import nullcontext

    release(MANY)
    template.record()
    monkeypatch.setattr(stock, "alone", lambda **_: nullcontext())
    barrier, outcomes = threading.Barrier(2), []
    real = migrating.list_behind

    def together():
        behind = real()
        barrier.wait(timeout=20)
        return behind

    monkeypatch.setattr(migrating, "list_behind", together)

    def container() -> None:
        try:
            outcomes.append(migrating.migrate_tenants())
        finally:
            connection.close()

    threads = [threading.Thread(target=container) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert any(outcome.failed for outcome in outcomes)

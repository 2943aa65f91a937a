"""Two centers, *north* and *south*, made once; every test runs in north, inside a rollback.

Tests that need committed rows (threads, sockets, workers) ask for ``committed``: no rollback, and the centers' tables
are emptied afterwards, which Django's own flush would not do, since it knows the public schema only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext, setup_databases

from apps.centers.models import Center, Domain
from apps.centers.operations import centers, template
from apps.core import bus, tenancy, volatile
from apps.core.tenancy import Tenant
from tests import copies, drawing
from tests import zone as dns_zone
from tests.cast import Cast
from tests.client import Api

drawing.set_up()  # before tests that draw are imported
HOSTS = {"north": "north.localhost", "south": "south.localhost"}
KEPT = {"django_migrations", "django_content_type", "auth_permission"}
EMPTIED = {
    "core_delivery",
    "jobs_job",
    "mail_mail",
    "notifications_notice",
    "centers_centeradmin",
    "centers_contactrequest",
    "centers_deletedcenter",
    "centers_domainclaim",
}


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: Any,
    django_db_keepdb: bool,
    django_db_createdb: bool,
) -> None:
    """The test database and both centers. The plugin's own would use the real one where no test is marked."""

    def build() -> None:
        setup_databases(
            verbosity=0,
            interactive=False,
            keepdb=django_db_keepdb and not django_db_createdb,
            aliases={"default"},
            serialized_aliases=[],
        )
        afresh = not template.is_recorded()
        template.record()
        for slug, host in HOSTS.items():
            _center(slug, host, afresh=afresh)
        _empty_everything()
        tenancy.forget()

    with django_db_blocker.unblock():
        copies.make(build, afresh=django_db_createdb)


def _center(slug: str, host: str, *, afresh: bool) -> None:
    center = Center.objects.filter(slug=slug).first()
    if center and (afresh or tenancy.missing_migrations(center.schema_name)):
        _remove(center)
        center = None
    if center is None:
        center = centers.open_center(name=slug.title(), slug=slug, host=host, status="ACTIVE", plan="PRO")
        assert center.state == "READY", center.state_reason


def _remove(center: Center) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{center.schema_name}" CASCADE')
    Domain.objects.filter(tenant=center).delete()
    Center.objects.filter(pk=center.pk).delete()


def _empty_everything() -> None:
    """What committed tests left behind: all rows of both centers, deliveries, owners, and other centers."""
    connection.set_schema_to_public()
    for center in Center.objects.exclude(slug__in=HOSTS):
        _remove(center)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            # A table that nothing was ever written to has no pages. Only few have any, and to truncate the hundreds of
            # both centers would cost more than most tests.
            "SELECT format('%%I.%%I', nspname, relname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
            " WHERE relkind = 'r' AND pg_relation_size(pg_class.oid) > 0"
            " AND ((nspname = ANY(%s) AND NOT relname = ANY(%s))"
            " OR (nspname = 'public'"
            " AND (relname = ANY(%s) OR relname LIKE 'authentication_%%' OR relname LIKE 'audit_%%')))",
            [[f"c_{slug}" for slug in HOSTS], list(KEPT), list(EMPTIED)],
        )
        if written := [row[0] for row in cursor.fetchall()]:
            _empty(cursor, written)


def _empty(cursor: Any, tables: list[str]) -> None:
    """Rows of few are deleted sooner than their tables are truncated; without triggers, for some refuse it."""
    cursor.execute("SELECT current_setting('is_superuser')::bool")
    if cursor.fetchone()[0]:
        deletions = ";".join(f"DELETE FROM {table}" for table in tables)
        cursor.execute(f"SET LOCAL session_replication_role = replica; {deletions}")
    else:
        cursor.execute(f"SET LOCAL shiken.audit = 'drop'; TRUNCATE {', '.join(tables)} CASCADE")


@pytest.fixture(scope="session")
def both(django_db_setup: None, django_db_blocker: Any) -> tuple[Tenant, Tenant]:
    with django_db_blocker.unblock():
        return _tenant("north"), _tenant("south")


@pytest.fixture
def north(django_db_setup: None) -> Tenant:
    return _tenant("north")


@pytest.fixture
def south(django_db_setup: None) -> Tenant:
    return _tenant("south")


_tenants: dict[str, Tenant] = {}


def _tenant(slug: str) -> Tenant:
    if slug not in _tenants:
        found = tenancy.find_by_host(HOSTS[slug])
        assert found is not None
        _tenants[slug] = found
    return _tenants[slug]


@pytest.fixture(autouse=True)
def _in_north(request: pytest.FixtureRequest) -> Iterator[None]:
    """Database tests start in north, with nothing remembered of other tests."""
    if "committed" in request.fixturenames:
        request.getfixturevalue("committed")
    elif "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
    else:
        yield
        return
    tenancy.forget()
    volatile.client().flushall()
    with tenancy.enter(_tenant("north")):
        yield


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Rows are really committed, so that threads, sockets and workers see them."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            _empty_everything()
            connections.close_all()


@pytest.fixture
def cast(request: pytest.FixtureRequest) -> Cast:
    """Alice and Bob, students of north; Carol, their teacher; Dora, the director; Gus, a guest; Mallory, of south …"""
    request.getfixturevalue("north")
    return Cast(north=_tenant("north"), south=_tenant("south"))


@pytest.fixture
def api() -> type[Api]:
    """``api(person)`` is a client on the person's own host, signed in; ``api()`` a stranger at north's."""
    return Api


@pytest.fixture
def deliver() -> Any:
    """Runs what is pending on the bus, and what that announces, until nothing is due."""
    return lambda: bus.deliver_due(most=10_000)


@pytest.fixture
def count_queries() -> Any:
    """``with count_queries() as q: …; len(q)`` without the statements that only choose the center."""

    class Counter(CaptureQueriesContext):
        def __len__(self) -> int:
            return sum(not query["sql"].startswith("SET search_path") for query in self.captured_queries)

    return lambda: Counter(connection)


@pytest.fixture
def zone(settings: Any) -> Iterator[Any]:
    """A DNS server of one's own, which the product asks instead of the system's."""
    with dns_zone.serve() as found:
        settings.SHIKEN_DNS_SERVERS = [found.address]
        settings.SHIKEN_DNS_SECONDS = 0.6
        yield found


@pytest.fixture
def at_once(north: Tenant) -> Callable[..., list[Any]]:
    """Runs these together in north, each in a thread and a connection of its own, and gives what they returned or raised,
    in their order. Needs ``committed``."""

    def run(*works: Callable[[], Any]) -> list[Any]:
        start = threading.Barrier(len(works))
        found: list[Any] = [None] * len(works)

        def one(place: int, work: Callable[[], Any]) -> None:
            try:
                with tenancy.enter(north):
                    start.wait()
                    found[place] = work()
            except Exception as error:
                found[place] = error
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=item) for item in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    return run

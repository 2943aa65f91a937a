"""The host decides the center, literally, and nothing else does."""

from __future__ import annotations

import asyncio
import io
from unittest.mock import Mock, patch

import pytest
import redis
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError, connection
from hypothesis import given
from hypothesis import strategies as st

from apps.authentication.models import User
from apps.centers.models import Center, Domain
from apps.centers.operations import centers
from apps.core import clock, tenancy, volatile
from tests.cast import PASSWORD
from tests.client import Api

NORTH, MAIN, NOBODY = "north", "main", "nobody"

HOSTS = {
    "north.localhost": NORTH,
    "NORTH.LocalHost": NORTH,
    "north.localhost.": NORTH,
    "north.localhost:8000": NORTH,
    "north.localhost.:80": NORTH,
    "localhost": MAIN,
    "LOCALHOST:8000": MAIN,
    "127.0.0.1": MAIN,
    "west.localhost": NOBODY,
    "www.north.localhost": NOBODY,
    "north.localhost..": NOBODY,
    ".north.localhost": NOBODY,
    "north..localhost": NOBODY,
    "north": NOBODY,
    "c_north.localhost": NOBODY,
    "public.localhost": NOBODY,
    "shiken_template.localhost": NOBODY,
    "10.0.0.7": NOBODY,
    "[::1]": NOBODY,
    "[north.localhost]": NOBODY,
    "somebody@north.localhost": NOBODY,
    "north.localhost:80@evil.example": NOBODY,
    "north.localhost:port": NOBODY,
    "north.localhost:80:80": NOBODY,
    "north.localhost,south.localhost": NOBODY,
    "north.localhost south.localhost": NOBODY,
    "north.localhost/": NOBODY,
    "north.localhost#": NOBODY,
    "http://north.localhost": NOBODY,
    "north%2elocalhost": NOBODY,
    "nоrth.localhost": NOBODY,  # a Cyrillic o
    "north.localhost'--": NOBODY,
    "*.localhost": NOBODY,
    "a" * 300 + ".localhost": NOBODY,
}


@pytest.fixture
def at(cast):
    """Where Alice of north gets with the same bearer token and another Host header."""
    client = Api(cast.alice)

    def ask(host: str, **headers: str) -> str:
        answer = client.get("auth/me/", headers={"host": host, **headers})
        if answer.status_code == 200:
            assert answer.json()["email"] == "alice@north.test"
            return NORTH
        if answer.status_code == 401:
            return MAIN
        assert answer.status_code in (400, 404)
        assert b"north" not in answer.content.lower()
        return NOBODY

    return ask


@pytest.mark.django_db
@pytest.mark.parametrize(("host", "expected"), HOSTS.items())
def test_every_trick_with_the_host_leads_to_one_center_or_to_nobody(at, host, expected):
    assert at(host) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["x-forwarded-host", "x-host", "forwarded", "x-original-host", "x-http-host-override", "x-tenant"]
)
def test_no_other_header_has_a_say(at, header):
    assert at("north.localhost", **{header: "south.localhost"}) == NORTH
    assert at("south.localhost", **{header: "north.localhost"}) == MAIN  # that is: not signed in
    assert at("west.localhost", **{header: "north.localhost"}) == NOBODY


def _over_wsgi(path: str, host: str) -> tuple[int, bytes]:
    status: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "0.0.0.0",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http",
        "HTTP_HOST": host,
    }
    body = b"".join(get_wsgi_application()(environ, lambda line, _: status.append(line)))
    return int(status[0].split()[0]), body


def test_an_absolute_address_in_the_request_line_is_only_an_unknown_path(committed):
    status, body = _over_wsgi("http://south.localhost/api/v1/auth/me/", "north.localhost")
    assert status == 404
    assert b"south" not in body


def test_two_host_headers_are_nobody(committed):
    async def ask() -> list[dict[str, object]]:
        sent: list[dict[str, object]] = []
        incoming = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, object]:
            return incoming.pop() if incoming else await asyncio.Future()

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        hosts = [(b"host", b"north.localhost"), (b"host", b"south.localhost")]
        scope = {"type": "http", "method": "GET", "path": "/api/v1/auth/me/", "query_string": b"", "headers": hosts}
        await get_asgi_application()({**scope, "server": ("127.0.0.1", 80), "http_version": "1.1"}, receive, send)
        return sent

    assert asyncio.run(ask())[0]["status"] == 404


@given(st.text(max_size=80))
def test_whatever_is_sent_as_a_host_is_a_plain_name_or_nothing(text):
    host = tenancy.clean_host(text)
    assert host == host.lower()
    assert set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_[]:")


# -- a center that is not as it should be --------------------------------------------------------------------------

BROKEN = {
    "its schema is gone": "SET CONSTRAINTS ALL IMMEDIATE; DROP SCHEMA c_north CASCADE",
    "its schema has another name": "ALTER SCHEMA c_north RENAME TO c_elsewhere",
    "it is half migrated": "DELETE FROM c_north.django_migrations WHERE app = 'groups'",
    "it has no record of migrations": "DROP TABLE c_north.django_migrations",
    "it is still being made": "UPDATE public.centers_center SET state = 'WAITING' WHERE slug = 'north'",
    "making it failed": "UPDATE public.centers_center SET state = 'FAILED' WHERE slug = 'north'",
}
PATHS = ["/", "/api/v1/auth/me/", "/api/v1/users/", "/api/v1/groups/", "/api/schema/", "/admin/", "/nowhere/"]


@pytest.mark.django_db
@pytest.mark.parametrize("broken", BROKEN)
def test_answers_503_and_never_shows_rows_of_the_public_schema(cast, broken):
    token = Api(cast.alice)._credentials["HTTP_AUTHORIZATION"][7:]
    with tenancy.enter(tenancy.PUBLIC):
        User.objects.create_user("canary@owners.test", PASSWORD, role="OWNER", is_approved=True)
        with connection.cursor() as cursor:
            cursor.execute(BROKEN[broken])
    tenancy.forget()
    for path in PATHS:
        answer = Api(host="north.localhost", token=token).get(path)
        assert answer.status_code == 503, path
        assert answer.json()["code"] == "center_unavailable"
        assert answer.headers["Retry-After"]
        assert b"canary" not in answer.content
    answer = Api(host="north.localhost").post("auth/login/", {"email": "canary@owners.test", "password": PASSWORD})
    assert answer.status_code == 503
    assert Api(host="south.localhost").get("auth/me/").status_code == 401


@pytest.mark.django_db
def test_the_rows_would_be_shown_without_the_check(cast):
    """The control of the test above: the search path does fall through to the public schema."""
    with tenancy.enter(tenancy.PUBLIC):
        User.objects.create_user("canary@owners.test", PASSWORD, role="OWNER", is_approved=True)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA c_north CASCADE")
    with tenancy.enter(cast.north):
        assert User.objects.filter(email="canary@owners.test").exists()


@pytest.mark.django_db
def test_a_host_is_unknown_once_its_center_is_gone(north):
    assert Api().get("auth/me/").status_code == 401
    Domain.objects.filter(tenant=north.id).delete()
    Center.objects.filter(pk=north.id).delete()
    tenancy.forget()
    assert Api().get("auth/me/").status_code == 404


@pytest.mark.django_db
def test_what_is_remembered_of_a_center_is_forgotten_in_time(north, monkeypatch):
    assert tenancy.find_by_host("north.localhost").status == "ACTIVE"
    Center.objects.filter(pk=north.id).update(status="SUSPENDED")
    assert tenancy.find_by_host("north.localhost").status == "ACTIVE"
    now = tenancy.time.monotonic()
    monkeypatch.setattr(tenancy.time, "monotonic", lambda: now + tenancy.CACHE_SECONDS + 1)
    assert tenancy.find_by_host("north.localhost").status == "SUSPENDED"


@pytest.mark.django_db
def test_an_operation_on_a_center_is_seen_at_once(north):
    assert tenancy.find_by_host("north.localhost").status == "ACTIVE"
    centers.suspend_center(center_id=north.id)
    assert tenancy.find_by_host("north.localhost").status == "SUSPENDED"
    assert tenancy.get_by_schema("c_north").status == "SUSPENDED"


# -- probes and health ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["localhost", "north.localhost", "10.0.0.7", "nowhere.example"])
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_answer_on_any_host_and_say_nothing_more(host, path):
    answer = Api(host=host).get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_unready_without_a_database_or_with_an_old_one():
    with patch.object(tenancy, "missing_in", side_effect=DatabaseError):
        answer = Api(host="10.0.0.7").get("/readyz")
        assert (answer.status_code, answer.json()["reason"]) == (503, "database")
        assert Api(host="10.0.0.7").get("/livez").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.django_migrations WHERE app = 'centers'")
    assert Api(host="10.0.0.7").get("/readyz").json() == {"status": "unready", "reason": "migrations"}


@pytest.mark.django_db
def test_health_is_told_on_the_main_host_only():
    answer = Api(host="localhost").get("/health/")
    assert answer.status_code == 200
    parts = answer.json()["parts"]
    assert {name: part["status"] for name, part in parts.items()} == {
        "database": "ok",
        "redis": "ok",
        "worker": "silent",
        "beat": "silent",
        "deliveries": "ok",
    }
    assert (parts["database"]["centers"], parts["database"]["centers_not_ready"]) == (2, 0)
    assert answer.json()["status"] == "degraded"
    assert Api(host="north.localhost").get("/health/").status_code == 404
    assert Api(host="nowhere.example").get("/health/").status_code == 404


@pytest.mark.django_db
def test_health_without_redis_is_degraded_and_without_a_database_down(monkeypatch):
    nowhere = redis.Redis.from_url("redis://:secret@127.0.0.1:1/3")
    monkeypatch.setattr(volatile, "client", lambda: nowhere)
    answer = Api(host="localhost").get("/health/")
    assert (answer.status_code, answer.json()["parts"]["redis"]) == (200, {"status": "down"})
    assert answer.json()["status"] == "degraded"
    monkeypatch.setattr(clock, "now", Mock(side_effect=DatabaseError("password=secret")))
    answer = Api(host="localhost").get("/health/")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert b"secret" not in answer.content
    assert b"127.0.0.1" not in answer.content

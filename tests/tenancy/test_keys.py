"""Every key in Redis belongs to one center or, openly, to nobody."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache

from apps.core import bus, realtime, tenancy, volatile
from tests.client import Api
from tests.tenancy import world

OWNED = re.compile(r"(c:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|g):.+")
GROUP = re.compile(r"c\.[0-9a-f]{32}\.[a-z_-]+\.[A-Za-z0-9_-]+")
SAID = re.compile(r"[\d.]+ \[(\d+) (\S+)\] (.*)", re.DOTALL)
WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')
BROKER = 0  # where Celery and its library keep their own keys


class Watch:
    """What every client says to Redis, heard on the server itself."""

    def __enter__(self) -> Watch:
        self._client = volatile.client()
        self._monitor = self._client.monitor().__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._monitor.__exit__(*error)

    def commands(self) -> list[tuple[int, list[str]]]:
        """Database and words of each command since the last look."""
        self._client.echo("that is all")
        heard = []
        while True:
            # Read as it was said: the client's own reading joins the words, and a script has spaces in it.
            line = self._monitor.connection.read_response()
            found = SAID.fullmatch(line if isinstance(line, str) else line.decode())
            assert found, line
            database, who, said = found.groups()
            words = WORD.findall(said)
            if words[0].upper() == "ECHO":
                return heard
            if who != "lua":
                heard.append((int(database), words))


def keys_of(words: list[str]) -> list[str]:
    """The keys in a command, as the server itself sees them."""
    name = words[0].upper()
    if name in {"AUTH", "CLIENT", "SELECT", "HELLO", "PING", "INFO", "SCRIPT", "MULTI", "EXEC", "FLUSHALL", "PUBLISH"}:
        return []
    found: list[Any] = volatile.client().execute_command("COMMAND GETKEYS", *words)
    return [key.decode() if isinstance(key, bytes) else key for key in found]


@pytest.fixture
def watch():
    with Watch() as found:
        yield found


def owners(watch: Watch) -> set[str]:
    """Whose the keys are that were used; refuses any key that is nobody's."""
    found = set()
    for database, words in watch.commands():
        if database == BROKER:
            continue
        for key in keys_of(words):
            assert OWNED.fullmatch(key), f"{key!r} in {' '.join(words)[:200]}"
            found.add(key.split(":")[1] if key.startswith("c:") else "g")
    return found


@pytest.mark.django_db
def test_a_day_in_two_centers_uses_owned_keys_only(cast, watch):
    """Signing in right and wrong, throttles, tickets, an exam with its board: in both centers."""
    for mirror in (cast, type(cast)(north=cast.south, south=cast.north)):
        world.populate(mirror)
        host = f"{mirror.north.slug}.localhost"
        Api(host=host).post("auth/login/", {"email": mirror.alice.email, "password": "wrong"})
        Api(host=host).post("auth/login/", {"email": mirror.alice.email, "password": "correct horse 7"})
        Api(mirror.alice).post("auth/ws-ticket/", {})
        for operation in world.operations():
            if operation.method == "get" and "{" not in operation.path:
                Api(mirror.dora).get(operation.path)
        room = Api(mirror.dora).get("exam-assignments/").json()["results"][0]["id"]
        Api(mirror.dora).get(f"leaderboards/exams/{room}/")
        bus.deliver_due()
    assert {str(cast.north.id), str(cast.south.id)} <= owners(watch)


@pytest.mark.django_db
def test_a_key_without_an_owner_would_be_noticed(watch):
    """The control of the test above."""
    volatile.client().set("board:7", "x")
    with pytest.raises(AssertionError, match="board:7"):
        owners(watch)


@pytest.mark.django_db
def test_the_same_key_holds_another_value_in_another_center(north, south):
    for tenant in (north, south, tenancy.PUBLIC):
        with tenancy.enter(tenant):
            assert cache.get("k") is None
            cache.set("k", tenant.slug)
            volatile.client().set(tenancy.key("thing", 7), tenant.slug)
    for tenant in (north, south, tenancy.PUBLIC):
        with tenancy.enter(tenant):
            assert cache.get("k") == tenant.slug
            assert volatile.client().get(tenancy.key("thing", 7)) == tenant.slug
            assert volatile.client().get(tenancy.key("thing", 7, tenant=tenant)) == tenant.slug


@pytest.mark.django_db
def test_clearing_the_cache_is_refused():
    with pytest.raises(RuntimeError):
        cache.clear()


@pytest.mark.django_db
def test_wrong_passwords_in_one_center_do_not_lock_the_other(cast, settings):
    settings.AXES_FAILURE_LIMIT = 3
    mirror = type(cast)(north=cast.south, south=cast.north)
    mirror.alice.email = cast.alice.email
    for _ in range(4):
        last = Api().post("auth/login/", {"email": "alice@north.test", "password": "wrong"})
    assert last.status_code == 429
    assert Api().post("auth/login/", {"email": "alice@north.test", "password": "wrong"}).status_code == 429
    there = Api(host="south.localhost").post("auth/login/", {"email": "alice@north.test", "password": "wrong"})
    assert there.status_code == 401


@pytest.mark.django_db
def test_rooms_are_named_from_ids_and_fit_the_channel_layer(cast, north, south):
    for tenant in (north, south):
        with tenancy.enter(tenant):
            name = tenancy.room("user", cast.alice.pk)
            assert GROUP.fullmatch(name)
            assert len(name) < 100
    assert tenancy.room("user", cast.alice.pk, tenant=north) != tenancy.room("user", cast.alice.pk, tenant=south)


@pytest.mark.django_db
def test_news_goes_to_groups_that_name_their_center(cast, monkeypatch):
    sent: list[str] = []
    monkeypatch.setattr(realtime, "_send", lambda frames: sent.extend(frame["room"] for frame in frames))
    monkeypatch.setattr(realtime.transaction, "on_commit", lambda call, robust=False: call())
    world.populate(cast)
    assert sent
    assert all(GROUP.fullmatch(room) and cast.north.id.hex in room for room in sent)

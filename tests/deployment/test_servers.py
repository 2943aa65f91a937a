"""The embedded servers: start, come back, and never touch what is not theirs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from deployment.local.errors import AlreadyRunning, StackError
from deployment.local.folder import PROJECT
from deployment.local.servers import Postgres, Servers
from deployment.local.software import find_redis

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes through /proc")


def _servers(place: Path) -> Servers:
    return Servers(place, durable=False)


def _query(servers: Servers, sql: str) -> object:
    with psycopg.connect(servers.database_url) as connection:
        row = connection.execute(sql).fetchone()
        return row[0] if row else None


def test_both_serve_and_the_data_comes_back(place: Path) -> None:
    with _servers(place) as servers:
        with psycopg.connect(servers.database_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS n")
        assert redis.Redis.from_url(servers.redis_url).ping()
        first = servers.environment()
    with _servers(place) as servers:
        assert servers.environment() == first
        assert _query(servers, "SELECT n FROM kept") == 42
        assert _query(servers, "SELECT lower('ÄЖ')") == "äж"


@pytest.mark.parametrize(("durable", "shown"), [(True, "on"), (False, "off")])
def test_durable_decides_whether_writes_wait_for_the_disk(place: Path, durable: bool, shown: str) -> None:
    with Servers(place, durable=durable) as servers:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert _query(servers, f"SELECT current_setting('{name}')") == shown
        appendonly = redis.Redis.from_url(servers.redis_url).config_get("appendonly")["appendonly"]
        assert appendonly == ("yes" if durable else "no")


def test_passwords_are_asked_for(place: Path) -> None:
    with _servers(place) as servers:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(servers.database_url.replace("shiken:", "shiken:not-"))
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(servers.redis_url.replace("redis://:", "redis://:not-")).ping()
        for part in servers.parts:
            assert (part.home / "password").stat().st_mode & 0o777 == 0o600


def test_a_killed_server_starts_again_where_it_was(place: Path) -> None:
    with _servers(place) as servers:
        ports = [part.port for part in servers.parts]
        for part in servers.parts:
            part.kill()
            while part.alive:
                time.sleep(0.01)
            part.start()
        assert [part.port for part in servers.parts] == ports
        assert _query(servers, "SELECT 1") == 1


def test_a_folder_has_one_user_at_a_time(place: Path) -> None:
    with _servers(place) as servers:
        with pytest.raises(AlreadyRunning, match=rf"already running \(pid {os.getpid()}"):
            _servers(place).start()
        assert _query(servers, "SELECT 1") == 1


def test_the_servers_of_a_killed_starter_are_taken_over(place: Path) -> None:
    script = (
        "import sys, pathlib, time; from deployment.local.servers import Servers\n"
        "with Servers(pathlib.Path(sys.argv[1]), durable=False) as servers:\n"
        "    print(*[part.pid for part in servers.parts], flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(place)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        old = {int(word) for word in starter.stdout.readline().split()}
        starter.kill()
    with _servers(place) as servers:
        assert _query(servers, "SELECT 1") == 1
        assert len(old) == 2
        assert not old & {part.pid for part in servers.parts}


def test_a_server_left_in_the_folder_is_ended_and_nobody_else(place: Path) -> None:
    home = place / "redis"
    home.mkdir(parents=True, exist_ok=True)
    orphan = subprocess.Popen([find_redis(), "--port", "0", "--save", ""], cwd=home, stdout=subprocess.DEVNULL)
    visitor = subprocess.Popen(["sleep", "60"], cwd=home)
    try:
        time.sleep(0.1)
        with Servers(place, durable=False, postgres=False):
            assert orphan.wait(timeout=1) is not None
            assert visitor.poll() is None
    finally:
        visitor.kill()
        visitor.wait()


def test_a_stale_pid_file_that_names_somebody_else_harms_nobody(place: Path) -> None:
    with _servers(place) as servers:
        data = next(part for part in servers.parts if isinstance(part, Postgres)).working_folder
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1\n1\n\n127.0.0.1\n0 0\nready\n")
        with _servers(place) as servers:
            assert _query(servers, "SELECT 1") == 1
            assert stranger.poll() is None
        stranger.send_signal(signal.SIGKILL)


def test_data_of_another_version_is_refused_in_a_sentence(place: Path) -> None:
    with _servers(place) as servers:
        version = next(part for part in servers.parts if isinstance(part, Postgres)).working_folder / "PG_VERSION"
    current = version.read_text()
    version.write_text("9\n")
    try:
        with pytest.raises(StackError, match="holds data of PostgreSQL 9 and this is PostgreSQL"):
            _servers(place).start()
    finally:
        version.write_text(current)


def test_a_half_made_cluster_is_made_again(place: Path) -> None:
    with _servers(place) as servers:
        data = next(part for part in servers.parts if isinstance(part, Postgres)).working_folder
    (data / "PG_VERSION").unlink()
    (data.with_name("data.new")).mkdir()
    with _servers(place) as servers:
        assert _query(servers, "SELECT to_regclass('kept')") is None

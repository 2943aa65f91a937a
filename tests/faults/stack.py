"""The whole stack as real processes, each in a group of its own, and the nemesis that kills them.

Commands, order and environment are those of ``make run``. Nothing is started again by itself: a test that kills
something says when it comes back.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from deployment.local import processes, supervisor
from deployment.local.children import MARKER, Child
from deployment.local.errors import StackError
from deployment.local.folder import DataFolder
from deployment.local.servers import EmbeddedServer, Servers, port_is_free

GRACE_SECONDS = 3
CENTER = "sakura"
SCHEMA = "c_sakura"


class Stack(supervisor.Stack):
    """PostgreSQL and Redis, durable as in production; Daphne, a worker, another one for long work, beat."""

    postgres: EmbeddedServer
    redis: EmbeddedServer
    web: Child
    worker: Child
    long: Child
    beat: Child

    def __init__(self, path: Path) -> None:
        Servers(path).forget()
        shutil.rmtree(path, ignore_errors=True)
        folder = DataFolder.open(path)
        self.port = _quiet_port()
        super().__init__(folder, self.port)
        self._servers = Servers(folder.path)  # its own, whatever the environment of the tests names
        self.log = folder.log

    def begin(self) -> None:
        """Everything up, the demo seeded."""
        self._servers.start()
        self.postgres, self.redis = self._servers.parts
        shared = supervisor.stack_environment(self._folder, self.port, self._servers)
        self._environment = {
            **os.environ,
            **shared,
            MARKER: str(self._folder.path),
            "PYTHONUNBUFFERED": "1",
            "ANSWER_GRACE_SECONDS": str(GRACE_SECONDS),
        }
        self._prepare()
        self.web, self.worker, self.long, self.beat = self._web(), self._worker(), self._long_worker(), self._beat()
        self._children += self.parts
        self.heal()

    @property
    def parts(self) -> list[Child]:
        """All of it but the servers."""
        return [self.web, self.worker, self.long, self.beat]

    def heal(self) -> None:
        """Start whatever does not run."""
        for server in (self.postgres, self.redis):
            if not server.alive:
                start_server(server)
        down = [child for child in self.parts if not child.alive]
        for child in down:
            child.start()
        for child in down:
            wait_until_ready(child, patience=180)

    def careless_web(self) -> Child:
        """Daphne with a writer that does not wait for the disk: what the checker must be able to find out."""
        child = self._web()
        child._command[-1] = "tests.faults.careless:application"
        self._children.append(child)
        return child

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask PostgreSQL itself, past all of the product's code."""
        options = f"-c search_path={SCHEMA},public -c timezone=UTC"
        with psycopg.connect(self.postgres.url, options=options, autocommit=True) as connection:
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def await_row(self, seconds: float, sql: str, *values: Any) -> float:
        """Wait until the statement says true; how long that took."""
        since = time.monotonic()
        while not self.query(sql, *values)[0][0]:
            assert time.monotonic() - since < seconds, f"not true after {seconds} s: {sql} {values}"
            time.sleep(0.1)
        return time.monotonic() - since


# -- the nemesis ---------------------------------------------------------------------------------------------------


def kill_server(server: EmbeddedServer) -> None:
    """SIGKILL for every process of a server. PostgreSQL's backends have groups of their own; found by their folder,
    none of them outlives the others to finish what it does."""
    while pids := processes.working_in(server.working_folder, server.programs):
        for pid in sorted(pids, key=lambda pid: pid != server.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    server.stop()


def freeze(server: EmbeddedServer) -> None:
    """Let it hang: its connections stay open, and nothing is answered any more."""
    for pid in processes.working_in(server.working_folder, server.programs):
        os.kill(pid, signal.SIGSTOP)


def start_server(server: EmbeddedServer) -> float:
    """Start it where it was; how many seconds recovery took."""
    port, since = server.port, time.monotonic()
    while not port_is_free(port):  # a client's own connection may stand there for a moment
        assert time.monotonic() - since < 20, f"port {port} is taken"
        time.sleep(0.05)
    server.start()
    assert server.port == port
    return time.monotonic() - since


def empty_redis(redis: EmbeddedServer) -> None:
    """Forget what it kept on disk; it must not run."""
    for entry in redis.working_folder.iterdir():
        if entry.name.startswith(("appendonly", "dump", "temp")):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def kill(child: Child) -> None:
    """SIGKILL for the whole group."""
    child.kill()
    _wait(lambda: not child.alive, 5)


def terminate(child: Child) -> float:
    """SIGTERM, as a deploy does; seconds until it was gone."""
    since = time.monotonic()
    child.ask_to_stop()
    _wait(lambda: not child.alive, 30)
    return time.monotonic() - since


def wait_until_ready(child: Child, *, patience: float = 60) -> None:
    """Until it is ready. One that gave up, because something it needs was not there yet, is started again, as the
    supervisor and systemd do."""
    until = time.monotonic() + patience
    while not child._ready(child):
        if time.monotonic() > until:
            raise StackError(f"{child.name} was not ready after {patience} s\n{child.last_words()}")
        if not child.alive:
            time.sleep(0.5)
            child.start()
        time.sleep(0.05)


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def _quiet_port() -> int:
    """Below the ports that the system gives to clients, so that nobody takes it while the web is down."""
    for port in random.sample(range(20_000, 30_000), 50):
        if port_is_free(port):
            return port
    raise StackError("No free port was found.")


@contextlib.contextmanager
def running(path: Path) -> Iterator[Stack]:
    """A stack in this folder; its logs stay there."""
    stack = Stack(path)
    try:
        stack.begin()
        yield stack
    finally:
        stack.stop()

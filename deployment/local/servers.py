"""PostgreSQL and Redis of our own, under a data folder, on loopback.

    with Servers(folder, durable=True) as servers:
        connect(servers.database_url)

Both listen on free TCP ports of 127.0.0.1, remembered in the folder, behind random passwords kept there with mode 0600:
other users of the machine can knock but not enter, and no path length or space matters, as with a socket file.

The servers die with the process that started them (keep to its main thread), even when it is killed. Whatever is still
left is ended at the next start, found by its working directory.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import ClassVar, Self

from deployment.local import processes
from deployment.local.account import Identity, private_folder, site_for
from deployment.local.errors import AlreadyRunning, StackError
from deployment.local.folder import Lock
from deployment.local.software import find_postgres, find_redis

HOST = "127.0.0.1"
ROLE = DATABASE = "shiken"

Step = Callable[[str], AbstractContextManager[object]]
"""Wraps the start of one server, to show progress."""

_START_SECONDS = 60  # recovery after a crash takes its time
_PORT_TRIES = 3

_POSTGRES_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_locks_per_transaction": "512",  # a schema per center: migrations of many tables lock them all
    "wal_level": "logical",  # a center moves to another database by logical replication
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedServer(ABC):
    """One server process with its own folder, port and log."""

    name: ClassVar[str]
    programs: ClassVar[frozenset[str]]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, home: Path, log: Path, *, durable: bool) -> None:
        self.home = home
        self.log = log
        self.durable = durable
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; ends first what an earlier start left behind in the folder."""
        processes.end(processes.working_in(self.working_folder, self.programs), self.stop_signal, patience=5)
        self._prepare()
        for port in self._ports():
            self._process = self._spawn(port)
            if self._answers_within(_START_SECONDS, port):
                self.port = port
                _write_private(self._port_file, str(port))
                return
            self.stop()
        raise StackError(f"{self.name} did not start; the end of {self.log} says: {_last_line(self.log)}")

    def stop(self, patience: float = 8) -> None:
        """Ask it to stop; kill it when it has not after ``patience`` seconds."""
        if self._process is None:
            return
        if self.alive:
            self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End it at once; the next start recovers."""
        if self._process is not None:
            self._process.kill()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    @abstractmethod
    def url(self) -> str: ...

    @property
    @abstractmethod
    def working_folder(self) -> Path:
        """The directory that the running server is in."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make the folder ready for a start."""

    @abstractmethod
    def _command(self, port: int) -> list[str]: ...

    @abstractmethod
    def _ready(self, port: int) -> bool:
        """Whether our process serves clients now."""

    @property
    def identity(self) -> Identity:
        return Identity()

    @property
    def password(self) -> str:
        """Made once per folder."""
        path = self.home / "password"
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(24))
        return path.read_text()

    @property
    def _port_file(self) -> Path:
        return self.home / "port"

    def _ports(self) -> Iterator[int]:
        with contextlib.suppress(OSError, ValueError):
            remembered = int(self._port_file.read_text())
            if port_is_free(remembered):
                yield remembered
        for _ in range(_PORT_TRIES):
            yield _free_port()

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command(port),
                cwd=self.working_folder,
                env=_plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,  # a Ctrl-C in the terminal is not for the servers
                preexec_fn=processes.die_with_parent(self.stop_signal),
                **self.identity,
            )

    def _answers_within(self, seconds: float, port: int) -> bool:
        until = time.monotonic() + seconds
        while self.alive and time.monotonic() < until:
            if self._ready(port):
                return True
            time.sleep(0.02)
        return False


class Postgres(EmbeddedServer):
    """PostgreSQL with one superuser and one database, both called ``shiken``.

    The cluster is made beside its place and moved there when complete, so one that was interrupted is made again.
    """

    name = "PostgreSQL"
    programs = frozenset({"postgres"})
    stop_signal = signal.SIGINT  # "fast": clients are cut off, data is flushed

    def __init__(self, folder: Path, log: Path, *, durable: bool, settings: Mapping[str, str]) -> None:
        software = find_postgres()
        self._site = site_for(folder, software.programs)
        self._major = software.major
        self._settings = {**_POSTGRES_SETTINGS, **_durability(durable), **settings}
        super().__init__(self._site.home, log, durable=durable)

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}:{self.password}@{HOST}:{self.port}/{DATABASE}"

    @property
    def working_folder(self) -> Path:
        return self.home / "data"

    @property
    def identity(self) -> Identity:
        return self._site.identity

    def _prepare(self) -> None:
        version = self.working_folder / "PG_VERSION"
        if not version.exists():
            self._make_cluster()
        elif (found := version.read_text().strip()) != str(self._major):
            raise StackError(
                f"{self.home} holds data of PostgreSQL {found} and this is PostgreSQL {self._major}: "
                "'make reset' starts anew, or take a dump with the old version first."
            )
        if processes.OBSERVABLE:  # nobody works there any more, and its pid may be somebody else's by now
            (self.working_folder / "postmaster.pid").unlink(missing_ok=True)

    def _make_cluster(self) -> None:
        fresh = self.home / "data.new"
        for leftover in (fresh, self.working_folder):
            shutil.rmtree(leftover, ignore_errors=True)
        _write_private(self.home / "password", self.password)
        if self._site.account:  # initdb reads it
            os.chown(self.home / "password", self._site.account.uid, self._site.account.gid)
        self._run(
            "initdb",
            *("-D", fresh.name, "-U", ROLE, "--pwfile=password", "--auth=scram-sha-256", "--encoding=UTF8"),
            *_locale(self._major),
            *([] if self.durable else ["--no-sync"]),
        )
        self._run("postgres", "--single", "-F", "-D", fresh.name, "postgres", stdin=f"CREATE DATABASE {DATABASE};\n")
        fresh.rename(self.working_folder)

    def _run(self, program: str, *arguments: str, stdin: str = "") -> None:
        result = subprocess.run(
            [self._site.programs / program, *arguments],
            cwd=self.home,
            env=_plain_environment(),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **self.identity,
        )
        with self.log.open("a") as log:
            log.write(result.stdout)
        if result.returncode:
            raise StackError(f"PostgreSQL's {program} failed; the end of {self.log} says: {_last_line(self.log)}")

    def _command(self, port: int) -> list[str]:
        settings = {**self._settings, "port": str(port)}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [str(self._site.programs / "postgres"), "-D", str(self.working_folder), *options]

    def _ready(self, port: int) -> bool:
        # As pg_ctl does: the eighth line of the pid file says when clients are welcome.
        try:
            lines = (self.working_folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(self.pid) and lines[7].strip() == "ready"


class Redis(EmbeddedServer):
    """Redis with an append-only file when durable, nothing on disk otherwise."""

    name = "Redis"
    programs = frozenset({"redis-server", "valkey-server"})
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, log: Path, *, durable: bool) -> None:
        self._program = find_redis()
        super().__init__(folder / "redis", log, durable=durable)

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    @property
    def working_folder(self) -> Path:
        return self.home

    def _prepare(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _command(self, port: int) -> list[str]:
        settings = {
            "bind": HOST,
            "port": str(port),
            "requirepass": self.password,
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }
        # A file, not the command line: that is for everybody to read.
        _write_private(self.home / "redis.conf", "".join(f"{key} {value}\n" for key, value in settings.items()))
        return [str(self._program), "redis.conf"]

    def _ready(self, port: int) -> bool:
        try:
            with socket.create_connection((HOST, port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (received := connection.recv(256)):
                    answer += received
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


class Servers:
    """The servers of one data folder, as one thing to start and stop.

    ``durable`` keeps every acknowledged write through a power cut; without it nothing waits for the disk, for tests.
    ``postgres=False`` or ``redis=False`` leaves one out. ``settings`` go over PostgreSQL's own. A second use of a
    folder at the same time raises :class:`AlreadyRunning`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        durable: bool = True,
        postgres: bool = True,
        redis: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder.resolve()
        self._durable = durable
        self._wanted = (postgres, redis)
        self._settings = settings or {}
        self._lock = Lock(self._folder / "run" / "servers.lock")
        self.parts: list[EmbeddedServer] = []

    def start(self, step: Step = nullcontext) -> Self:
        """Start the servers in order; each one inside ``step(name)``."""
        self._acquire()
        try:
            self.parts = self._make()
            for part in self.parts:
                with step(part.name):
                    part.start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        for part in reversed(self.parts):
            part.stop()
        self._lock.release()

    def kill(self) -> None:
        for part in self.parts:
            part.kill()

    @property
    def database_url(self) -> str:
        return self._url(Postgres)

    @property
    def redis_url(self) -> str:
        return self._url(Redis)

    def environment(self) -> dict[str, str]:
        """The variables by which everything else finds these servers."""
        names: dict[type[EmbeddedServer], str] = {Postgres: "DATABASE_URL", Redis: "REDIS_URL"}
        return {names[type(part)]: part.url for part in self.parts}

    def forget(self) -> None:
        """End what is left running in the folder and delete what stands outside it."""
        with self._lock:
            self._acquire()
            private = private_folder(self._folder)
            for home in (self._folder / "postgres" / "data", private / "postgres" / "data"):
                processes.end(processes.working_in(home, Postgres.programs), Postgres.stop_signal, patience=5)
            processes.end(processes.working_in(self._folder / "redis", Redis.programs), Redis.stop_signal, patience=5)
            if private.exists():
                shutil.rmtree(private)
                with contextlib.suppress(OSError):  # other data folders have theirs there too
                    private.parent.rmdir()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def _acquire(self) -> None:
        try:
            self._lock.acquire()
        except AlreadyRunning as error:
            raise AlreadyRunning(f"The servers of {self._folder} are {error}") from None

    def _make(self) -> list[EmbeddedServer]:
        log = self._folder / "log"
        log.mkdir(parents=True, exist_ok=True)
        made: list[EmbeddedServer] = []
        postgres, redis = self._wanted
        if postgres:
            made.append(Postgres(self._folder, log / "postgres.log", durable=self._durable, settings=self._settings))
        if redis:
            made.append(Redis(self._folder, log / "redis.log", durable=self._durable))
        return made

    def _url(self, kind: type[EmbeddedServer]) -> str:
        for part in self.parts:
            if isinstance(part, kind):
                return part.url
        raise LookupError(f"{kind.name} was left out, or is not started.")


def port_is_free(port: int) -> bool:
    """Whether this process could listen on the loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections in TIME_WAIT don't count
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _durability(durable: bool) -> dict[str, str]:
    return dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "on" if durable else "off")


def _locale(major: int) -> list[str]:
    # Unicode-aware lower() on every machine; plain "C" would leave everything but ASCII as it is.
    provider = ["--locale-provider=builtin"] if major >= 17 else []
    return [*provider, "--locale=C.UTF-8"]


def _plain_environment() -> dict[str, str]:
    # The person's PG* variables and language are not for the servers.
    kept = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
    return {"LC_ALL": "C.UTF-8", **{name: os.environ[name] for name in kept if name in os.environ}}


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _last_line(log: Path) -> str:
    lines = re.findall(r"[^\n]*\S[^\n]*", log.read_text(errors="replace")[-4000:])
    return lines[-1].strip() if lines else "nothing."

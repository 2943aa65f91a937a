"""Starts the stack in order, keeps it alive, and stops it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType

from deployment.local import processes, screen
from deployment.local.children import MARKER, Child, Keeper, end_all, says
from deployment.local.errors import AlreadyRunning, StackError
from deployment.local.external import wait_for_postgres, wait_for_redis
from deployment.local.folder import DataFolder, RunningStack
from deployment.local.servers import HOST, Servers

SETTINGS = "config.settings.development"
# As the units and the compose file say: whoever waits for a lock for so long is told to come back.
_WEB_LIMITS = {"DB_LOCK_TIMEOUT_MS": "3000", "DB_STATEMENT_TIMEOUT_MS": "5000"}
_CHILDREN_SECONDS = 6
_DEMO_CLASS = ("manage.py", "simulate_class", "--center", "sakura", "--students", "25", "--minutes", "5", "--demo")


def run(folder: DataFolder, port: int, *, demo_class: bool = True) -> None:
    """Run the whole stack until Ctrl-C or SIGTERM."""
    url = f"http://localhost:{port}/"
    with folder.stack_lock as lock:
        try:
            lock.acquire(f"at {url}")
        except AlreadyRunning as error:
            raise AlreadyRunning(f"The stack of {folder.path} is {error}") from None
        RunningStack.withdraw(folder)
        end_leftovers(folder)
        refuse_taken_port(port)
        stack = Stack(folder, port)
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, _interrupt)
        try:
            stack.start(demo_class=demo_class)
            stack.watch()
        except KeyboardInterrupt:
            print("\n  Stopping; Ctrl-C again kills.", flush=True)
        finally:
            stack.stop()


class Stack:
    """Servers and children of one data folder."""

    def __init__(self, folder: DataFolder, port: int) -> None:
        self._folder = folder
        self._port = port
        self._progress = screen.Progress()
        self._servers = embedded_servers(folder)
        self._environment: dict[str, str] = {}
        self._children: list[Child] = []
        self._keepers: list[Keeper] = []
        self._class: Child | None = None

    def start(self, *, demo_class: bool) -> None:
        """Each part when the one before it is ready."""
        self._keep_old_logs()
        self._start_servers()
        self._prepare()
        for child in (self._web(), self._worker(), self._long_worker(), self._beat()):
            with self._progress.step(child.name):
                self._children.append(child)
                child.start_and_wait()
            self._keepers.append(Keeper(child))
        if demo_class:
            self._start_class()
        seconds = self._progress.elapsed
        screen.show_ready(self._port, self._folder.log, seconds=seconds, demo_class=demo_class)

    def watch(self) -> None:
        """Keep everything alive until somebody interrupts."""
        while True:
            for keeper in self._keepers:
                keeper.look(screen.tell)
            self._look_at_class()
            time.sleep(0.5)

    def stop(self) -> None:
        """End everything, the last started first. A second signal meanwhile kills what is left."""
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._kill)
        end_all(self._children, patience=_CHILDREN_SECONDS)
        end_leftovers(self._folder)
        self._servers.stop()
        RunningStack.withdraw(self._folder)

    def _kill(self, signum: int, frame: FrameType | None) -> None:
        for child in self._children:
            child.kill()
        self._servers.kill()

    def _start_servers(self) -> None:
        self._servers.start(self._progress.step)
        self._keepers += [Keeper(part) for part in self._servers.parts]
        wait_for_named_servers(self._progress)
        shared = stack_environment(self._folder, self._port, self._servers)
        RunningStack(shared).publish(self._folder)
        self._environment = {**os.environ, **shared, MARKER: str(self._folder.path), "PYTHONUNBUFFERED": "1"}

    def _prepare(self) -> None:
        child = self._child("Database and demo", "manage.py", "prepare_demo", log="prepare")
        self._children.append(child)
        with self._progress.step(child.name):
            child.run(self._progress.line)

    def _start_class(self) -> None:
        self._class = self._child("Demo class", *_DEMO_CLASS, log="class")
        self._children.append(self._class)
        self._class.start()

    def _look_at_class(self) -> None:
        """Its end is news, not a reason to start it again."""
        if self._class and not self._class.alive:
            screen.tell(f"The demo class has ended with {self._class.ending}; its story is in {self._class.log}")
            self._class = None

    def _web(self) -> Child:
        options = {
            "--bind": HOST,
            "--port": str(self._port),
            "--http-timeout": "60",
            "--ping-interval": "20",
            "--ping-timeout": "30",
            "--application-close-timeout": "20",
            "--websocket-max-message-size": "65536",
        }
        words = [word for option in options.items() for word in option]
        return self._child(
            *("Web (Daphne)", "-m", "daphne", *words, "config.asgi:application"),
            log="web",
            ready=self._web_answers,
            more=_WEB_LIMITS,
        )

    def _worker(self) -> Child:
        return self._celery("Worker (Celery)", "deadline,default", concurrency=2, log="worker")

    def _long_worker(self) -> Child:
        """For what may take minutes: nothing with a deadline ever waits behind it."""
        return self._celery("Worker for long work (Celery)", "bulk", concurrency=2, log="long")

    def _celery(self, name: str, queues: str, *, concurrency: int, log: str) -> Child:
        return self._child(
            name,
            *("-m", "celery", "-A", "config", "worker", "-Q", queues, "--concurrency", str(concurrency)),
            *("-n", f"{log}@%h", "--without-gossip", "--without-mingle", "--loglevel", "INFO"),
            log=log,
            ready=says(rf"{log}@\S+ ready\.", or_lives=20),
        )

    def _beat(self) -> Child:
        return self._child(
            "Beat (Celery)",
            *("-m", "celery", "-A", "config", "beat", "--loglevel", "INFO"),
            *("--scheduler", "django_celery_beat.schedulers:DatabaseScheduler"),
            log="beat",
            ready=says(r"beat: Starting", or_lives=10),
        )

    def _child(
        self,
        name: str,
        *arguments: str,
        log: str,
        ready: Callable[[Child], bool] = lambda child: True,
        more: Mapping[str, str] | None = None,
    ) -> Child:
        """``more`` of the environment is for this child alone; what the person says wins."""
        path = self._folder.log / f"{log}.log"
        return Child(name, arguments, log=path, environment={**(more or {}), **self._environment}, ready=ready)

    def _web_answers(self, child: Child) -> bool:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=5)
        try:
            connection.request("GET", "/readyz", headers={"Host": f"localhost:{self._port}"})
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _keep_old_logs(self) -> None:
        for log in self._folder.log.glob("*.log"):
            log.replace(log.with_suffix(".log.1"))


def embedded_servers(folder: DataFolder) -> Servers:
    """The servers of the folder that the environment does not name."""
    return Servers(folder.path, postgres=not os.environ.get("DATABASE_URL"), redis=not os.environ.get("REDIS_URL"))


def wait_for_named_servers(progress: screen.Progress) -> None:
    """Check the servers that the environment names; a sentence says what is wrong."""
    if url := os.environ.get("DATABASE_URL"):
        with progress.step("PostgreSQL (given)"):
            wait_for_postgres(url)
    if url := os.environ.get("REDIS_URL"):
        with progress.step("Redis (given)"):
            wait_for_redis(url)


def stack_environment(folder: DataFolder, port: int, servers: Servers) -> dict[str, str]:
    """What every process of the stack, and a second terminal, is told."""
    named = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    return {
        **named,
        **servers.environment(),
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "SHIKEN_VAR_DIR": str(folder.path),
    }


def refuse_taken_port(port: int) -> None:
    """One sentence when the stack could not listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise StackError(f"Port {port} is not allowed for this user; choose another: PORT=8001 make run") from None
        except OSError:
            raise StackError(f"Port {port} is taken by another program; choose another: PORT=8001 make run") from None


def stop_running(folder: DataFolder) -> None:
    """End the stack of the folder from outside, and what a killed one left behind."""
    if holder := folder.stack_lock.holder():
        with suppress(ProcessLookupError):
            processes.end([holder], signal.SIGTERM, patience=20)
    end_leftovers(folder)


def end_leftovers(folder: DataFolder) -> None:
    """End children of the folder's stack that outlived whoever started them."""
    processes.end(processes.marked(MARKER, str(folder.path)), signal.SIGTERM, patience=3)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

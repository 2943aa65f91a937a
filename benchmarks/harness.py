"""What all benchmarks share: servers of their own, the project's processes, repeats that take turns, a table, a file.

    with stage("answers") as here, here.serve("uvicorn") as server:
        run = Run("answers", unit="answers/s", repeats=3)
        run.take_turns({"peer": measure_peer, "ours": measure_ours})
        run.bar("ours against the peer", run.ratio("ours", "peer"), at_least=1.0)
        run.report(against="peer")

Every server listens on a free port of the loopback, keeps its data under ``var/bench`` and ends with the benchmark.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployment.local import processes
from deployment.local.servers import Servers

if TYPE_CHECKING:
    from apps.core.tenancy import Tenant

ROOT = Path(__file__).resolve().parents[1]
VAR = Path(os.environ.get("SHIKEN_VAR_DIR") or ROOT / "var") / "bench"
HOST = "127.0.0.1"
MAIN_HOST = "localhost"
TICK = os.sysconf("SC_CLK_TCK")

WEB: Mapping[str, str] = {
    "daphne": "-m daphne --bind 127.0.0.1 --port {port} --verbosity 0 --access-log /dev/null"
    " --websocket_connect_timeout 60 --http-timeout 60 {app}",
    "uvicorn": "-m uvicorn --host 127.0.0.1 --port {port} --log-level warning --no-access-log"
    " --timeout-keep-alive 60 --backlog 4096 {app}",
    "gunicorn": "-m gunicorn --bind 127.0.0.1:{port} --log-level warning --worker-class gthread"
    " --workers 2 --threads 8 --keep-alive 60 --backlog 4096 {app}",
}


# -- servers -------------------------------------------------------------------------------------------------------


class Stage:
    """PostgreSQL and Redis with a migrated public schema, and Django set up in this process to use them."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers

    @contextlib.contextmanager
    def serve(self, kind: str, app: str = "config.asgi:application", **environment: str) -> Iterator[WebServer]:
        """One web server process of the project, ready to answer."""
        server = WebServer(kind, app, environment)
        try:
            server.start()
            yield server
        finally:
            server.stop()

    def open_center(self, slug: str) -> Tenant:
        """A center at ``<slug>.localhost``."""
        from apps.centers.operations import centers  # Django is set up only now
        from apps.core import tenancy

        center = centers.open_center(name=slug.title(), slug=slug, plan="ENTERPRISE")
        if center.state != "READY":
            raise SystemExit(f"The center {slug} was not made: {center.state_reason}")
        tenancy.forget()
        tenant = tenancy.find_by_host(f"{slug}.{MAIN_HOST}")
        assert tenant is not None
        return tenant


@contextlib.contextmanager
def stage(name: str, *, environment: Mapping[str, str] | None = None, **settings: str) -> Iterator[Stage]:
    """Durable servers with empty data; ``settings`` go to PostgreSQL, ``environment`` to Django and the processes."""
    folder = VAR / name
    shutil.rmtree(folder, ignore_errors=True)
    with Servers(folder, durable=True, settings=settings) as servers:
        os.environ.update(
            {
                **servers.environment(),
                "DJANGO_SETTINGS_MODULE": "config.settings.production",
                "DJANGO_SECRET_KEY": "for-benchmarks-only-" * 4,
                "SHIKEN_VAR_DIR": str(folder),
                "SHIKEN_MAIN_HOSTS": MAIN_HOST,
                "SECURE_SSL_REDIRECT": "0",
                "LOG_FORMAT": "plain",
                "LOG_LEVEL": "WARNING",
                **(environment or {}),
            }
        )
        _set_up_django()
        yield Stage(servers)
    shutil.rmtree(folder, ignore_errors=True)


def _set_up_django() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate_schemas", shared=True, verbosity=0)
    call_command("migrate_tenants", verbosity=0, stdout=open(os.devnull, "w"))  # noqa: SIM115


class WebServer:
    """A process that serves the application, and what it costs."""

    def __init__(self, kind: str, app: str, environment: Mapping[str, str]) -> None:
        self.kind = kind
        self.port = free_port()
        self._command = [sys.executable, *WEB[kind].format(port=self.port, app=app).split()]
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 30) -> None:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, preexec_fn=processes.die_with_parent(signal.SIGTERM)
        )
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                caller = http.client.HTTPConnection(HOST, self.port, timeout=5)
                caller.request("GET", "/livez")
                caller.getresponse()
                return
            time.sleep(0.05)
        raise SystemExit(f"{self.kind} did not start.")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid


def cpu_seconds(pid: int) -> float:
    """What a process and its children have used, ended ones included; 0 where that cannot be read."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    return sum(map(int, words[11:15])) / TICK + sum(cpu_seconds(int(child)) for child in children)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


# -- results -------------------------------------------------------------------------------------------------------


@dataclass
class Bar:
    name: str
    value: float
    bar: float
    better: str

    @property
    def holds(self) -> bool:
        return self.value >= self.bar if self.better == "higher" else self.value <= self.bar


@dataclass
class Run:
    """Measurements by peer, one per repeat."""

    path: str
    unit: str
    repeats: int = 3
    values: dict[str, list[float]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    bars: list[Bar] = field(default_factory=list)

    def take_turns(self, peers: Mapping[str, Callable[[], float]]) -> None:
        """Measure each peer once per repeat, in turn, so that a noisy moment meets all of them alike."""
        for repeat in range(self.repeats):
            for name, measure in peers.items():
                value = measure()
                self.values.setdefault(name, []).append(value)
                print(f"  {repeat + 1}/{self.repeats}  {name:<44} {_plain(value):>12} {self.unit}", flush=True)

    def median(self, name: str) -> float:
        return statistics.median(self.values[name])

    def ratio(self, name: str, against: str) -> float:
        """Of two peers: the median over the repeats of what each repeat says."""
        pairs = zip(self.values[name], self.values[against], strict=True)
        return statistics.median(ours / theirs if theirs else float("inf") for ours, theirs in pairs)

    def bar(self, name: str, value: float, *, at_least: float | None = None, at_most: float | None = None) -> None:
        """What must be reached."""
        better, bar = ("higher", at_least) if at_least is not None else ("lower", at_most)
        assert bar is not None
        self.bars.append(Bar(name, value, bar, better))

    def report(self, *, against: str | Callable[[str], str], extra: Mapping[str, Any] | None = None) -> Path:
        """Print the table, write the file, return its path."""
        reference = against if callable(against) else lambda _: against
        rows: list[dict[str, Any]] = [
            {"peer": name, "value": round(self.median(name), 6), "ratio": round(self.ratio(name, reference(name)), 4)}
            for name in self.values
        ]
        width = max(len(row["peer"]) for row in rows)
        print(f"\n{self.path}: {self.unit}, medians of {self.repeats}\n")
        for row in rows:
            note = self.notes.get(row["peer"], "")
            print(f"  {row['peer']:<{width}} {_plain(row['value']):>12} {row['ratio']:>9.3f} x  {note}")
        print()
        for bar in self.bars:
            sign = ">=" if bar.better == "higher" else "<="
            print(f"  {'holds' if bar.holds else 'FAILS'}  {bar.name}: {bar.value:.3f} {sign} {bar.bar}")
        place = (Path(os.environ.get("BENCH_OUT") or ROOT / "var" / "bench")) / f"{self.path}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        bars = [
            {"name": bar.name, "value": round(bar.value, 4), "bar": bar.bar, "better": bar.better, "holds": bar.holds}
            for bar in self.bars
        ]
        document = {"path": self.path, "unit": self.unit, "repeats": self.repeats, "rows": rows, "bars": bars}
        place.write_text(json.dumps({**document, **(extra or {})}, indent=1) + "\n")
        return place


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.4g}"

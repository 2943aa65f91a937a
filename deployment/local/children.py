"""The processes of the stack: each with its own process group and log, started again when it dies."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from deployment.local import processes
from deployment.local.errors import StackError
from deployment.local.folder import PROJECT

MARKER = "SHIKEN_SUPERVISOR"
"""In the environment of every child: the data folder, so that the next start finds what a killed supervisor left."""

_STEADY_SECONDS = 30
_LONGEST_PAUSE = 30.0


class Process(Protocol):
    """What a server and a child have in common for the one who keeps them alive."""

    @property
    def name(self) -> str: ...
    @property
    def alive(self) -> bool: ...
    def start(self) -> None: ...


class Child:
    """One ``python`` process of the project.

    ``ready`` is asked until it says yes; a child that dies before, or stays silent for ``patience`` seconds, stops the
    start of the stack.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        ready: Callable[[Child], bool] = lambda child: True,
        patience: float = 90,
    ) -> None:
        self.name = name
        self.log = log
        self._command = [sys.executable, *arguments]
        self._environment = environment
        self._ready = ready
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._started = 0.0

    def start(self) -> None:
        """Start it without waiting for anything."""
        self._started = time.monotonic()
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                self._command,
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C reaches the supervisor alone, which stops the rest in order
                preexec_fn=processes.die_with_parent(signal.SIGTERM),
            )

    def start_and_wait(self) -> None:
        """Start it and return when it is ready."""
        self.start()
        until = time.monotonic() + self._patience
        while not self._ready(self):
            if not self.alive:
                raise StackError(f"{self.name} ended with {self.ending}; see {self.log}\n{self.last_words()}")
            if time.monotonic() > until:
                raise StackError(f"{self.name} was not ready after {self._patience:.0f} s; see {self.log}")
            time.sleep(0.05)

    def run(self, show: Callable[[str], None]) -> None:
        """Start it, show its lines as they come, and return when it has ended well."""
        self.start()
        shown = 0
        while True:
            ended = not self.alive  # asked first, so that the last lines are read below
            lines = self.said().splitlines(keepends=True)
            complete = lines if ended else [line for line in lines if line.endswith("\n")]
            for line in complete[shown:]:
                show(line.rstrip())
            shown = len(complete)
            if ended:
                break
            time.sleep(0.05)
        if self._process is None or self._process.returncode:
            raise StackError(f"{self.name} ended with {self.ending}; its output is in {self.log}")

    def ask_to_stop(self) -> None:
        if self.alive and self._process:
            self._process.terminate()

    def kill(self) -> None:
        """End the whole group, also what its leader left behind."""
        if self._process:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def age(self) -> float:
        """Seconds since its last start."""
        return time.monotonic() - self._started

    @property
    def ending(self) -> str:
        code = self._process.returncode if self._process else None
        return f"signal {-code}" if code is not None and code < 0 else f"code {code}"

    def said(self) -> str:
        """What it wrote since its last start."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def last_words(self, count: int = 12) -> str:
        return "\n".join(f"    {line}" for line in self.said().splitlines()[-count:])


def says(pattern: str, *, or_lives: float) -> Callable[[Child], bool]:
    """Ready when this start has logged ``pattern`` or, where logging is turned down, lived for ``or_lives`` seconds."""
    wanted = re.compile(pattern)
    return lambda child: child.age > or_lives or wanted.search(child.said()) is not None


def end_all(children: Sequence[Child], *, patience: float) -> None:
    """Ask all of them to stop, the last started first, and kill the groups that are left after ``patience`` seconds."""
    for child in reversed(children):
        child.ask_to_stop()
    until = time.monotonic() + patience
    while (left := [child for child in children if child.alive]) and time.monotonic() < until:
        time.sleep(0.05)
    for child in left:
        child.kill()


class Keeper:
    """Starts one process again when it has died, after a pause that doubles until it stays up."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._pause = 0.5
        self._down_since: float | None = None
        self._up_since = time.monotonic()

    def look(self, tell: Callable[[str], None]) -> None:
        """To be called again and again."""
        now = time.monotonic()
        if self.process.alive:
            if now - self._up_since > _STEADY_SECONDS:
                self._pause = 0.5
        elif self._down_since is None:
            self._down_since = now
            tell(f"{self.process.name} has ended; starting it again in {self._pause:.1f} s")
        elif now - self._down_since >= self._pause:
            self._restart(tell)

    def _restart(self, tell: Callable[[str], None]) -> None:
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        self._down_since = None
        try:
            self.process.start()
        except StackError as error:
            tell(str(error))
        else:
            tell(f"{self.process.name} is started again")
        self._up_since = time.monotonic()

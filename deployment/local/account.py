"""Who PostgreSQL runs as, and where its files can stand.

PostgreSQL refuses to run as root. An ordinary user runs it as himself, in the data folder. Root runs it as the account
``postgres`` where the system has one, else as ``nobody``; no account is made. That account must reach the program and
the data:

- It owns its own folder (mode 0700) inside the data folder, and the data folder itself, which is ours, lets others pass
  through (mode 0711) without listing it.
- Folders above are not ours. When one of them keeps the account out (``/root`` is the usual one), its permissions stay
  as they are: the account's folder, and a copy of the program, then stand under ``/var/lib/shiken-local/``, named by a
  hash of the data folder's path. ``reset`` deletes that too.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from deployment.local.errors import StackError

_PRIVATE = Path("/var/lib/shiken-local")
_CANDIDATES = ("postgres", "nobody")


class Identity(TypedDict, total=False):
    """The keywords of ``subprocess`` that make a child run as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def identity(self) -> Identity:
        return Identity(user=self.uid, group=self.gid, extra_groups=[])

    def reaches(self, path: Path) -> bool:
        """Whether the account may enter the folder, or execute the file.

        Asked of the kernel by a process of the account, so that every mode, group and access list above counts.
        """
        return subprocess.run(["test", "-x", str(path)], cwd="/", check=False, **self.identity).returncode == 0

    def make_folder(self, path: Path) -> None:
        """A folder that this account owns and nobody else enters."""
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
        os.chown(path, self.uid, self.gid)


@dataclass(frozen=True)
class Site:
    """Where one PostgreSQL lives, and as whom."""

    home: Path
    programs: Path
    account: Account | None

    @property
    def identity(self) -> Identity:
        return self.account.identity if self.account else Identity()


def site_for(folder: Path, programs: Path) -> Site:
    """The place for the PostgreSQL of a data folder; makes what is missing there."""
    usual = folder / "postgres"
    if os.geteuid() != 0:
        usual.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Site(usual, programs, None)
    account = _account(usual)
    folder.chmod(folder.stat().st_mode | 0o111)
    private = private_folder(folder)
    home = usual if account.reaches(folder) else private / "postgres"
    if not account.reaches(programs / "postgres"):
        programs = _copy(programs, private)
    account.make_folder(home)
    return Site(home, programs, account)


def private_folder(folder: Path) -> Path:
    """Where root keeps what cannot stand in the data folder."""
    return _PRIVATE / hashlib.sha256(str(folder).encode()).hexdigest()[:16]


def _account(home: Path) -> Account:
    if home.exists() and (owner := home.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)  # an ordinary user's data stays his when root starts it
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise StackError("PostgreSQL refuses to run as root and there is no account 'postgres' or 'nobody': run as a user.")


def _copy(programs: Path, private: Path) -> Path:
    """A copy of the wheel's program tree and its libraries, laid out as in the wheel: it finds them relatively."""
    tree = programs.parent
    package = tree.parent
    copy = private / "programs" / package.name / tree.name
    if not (copy / "bin").exists():
        private.mkdir(mode=0o711, parents=True, exist_ok=True)
        staging = private / "programs.new"
        shutil.rmtree(staging, ignore_errors=True)
        shutil.copytree(tree, staging / package.name / tree.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, staging / libraries.name)
        _open_to_all(staging)
        shutil.rmtree(private / "programs", ignore_errors=True)
        staging.rename(private / "programs")
    return copy / "bin"


def _open_to_all(tree: Path) -> None:
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)

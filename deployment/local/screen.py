"""What the person at the terminal sees."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "shiken-demo"  # noqa: S105 - the demo's people, whose data is made up

_READY = """
  Shiken is running. Stop it with Ctrl-C.

  Open      {main}                       the platform, for its owners
            http://sakura.localhost:{port}/      a center
            http://fuji.localhost:{port}/        another one, with nothing in common
            {main}api/docs/              the API, to read and to try
            {main}admin/                 the administration

  Sign in   with the password  {password}
            owner@shiken.test                    on the platform
            admin@sakura.test                    on sakura: runs the center
            teacher@sakura.test                  on sakura: makes tests, sets them, sees results
            student01@sakura.test ... student30@sakura.test

  Try       make watch                           a second terminal: the board of a running exam
            {class_line}
            make shell                           Django's shell on this data
            make reset                           forget everything

  Logs      {log}/*.log
"""


class Progress:
    """One line per step: its name, and when it is done the seconds it took."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._open_line = False

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Announce a step before it, and its duration after it."""
        print(f"  {name:<24}", end="", flush=True)
        self._open_line = True
        began = time.monotonic()
        try:
            yield
        except BaseException:
            self._close_line()
            raise
        mark = "" if self._open_line else f"  {name:<24}"
        print(f"{mark}ready {time.monotonic() - began:6.1f} s", flush=True)
        self._open_line = False

    def line(self, text: str) -> None:
        """Something that happens inside a step."""
        self._close_line()
        print(f"      {text}", flush=True)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    def _close_line(self) -> None:
        if self._open_line:
            print(flush=True)
            self._open_line = False


def show_ready(port: int, log: Path, *, demo_class: bool) -> None:
    """The screen after a start."""
    class_line = (
        "A class of 25 sits an exam right now: sign in as the teacher and open the board."
        if demo_class
        else "DEMO_CLASS=0 is set, so nobody sits an exam: sign in as a student and begin."
    )
    main = f"http://localhost:{port}/"
    print(_READY.format(main=main, port=port, password=PASSWORD, class_line=class_line, log=log), flush=True)


def tell(text: str) -> None:
    """News while the stack runs."""
    print(f"  {time.strftime('%H:%M:%S')}  {text}", flush=True)

"""One stack for the whole suite, whole again before each test; figures go to the terminal as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployment.local.folder import DataFolder
from tests.faults import stack as stacks
from tests.faults.stack import Stack

Say = Callable[[str], None]


@pytest.fixture(scope="session")
def _stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    path: Path = DataFolder.open().path / "faults"
    since = time.monotonic()
    with stacks.running(path) as stack:
        _print(request.config, f"the stack is up after {time.monotonic() - since:.0f} s; logs: {stack.log}")
        yield stack


@pytest.fixture
def stack(_stack: Stack) -> Stack:
    _stack.heal()
    return _stack


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Say:
    """Prints a line whatever is captured."""
    return lambda text: _print(request.config, text)


def _print(config: pytest.Config, text: str) -> None:
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        config.get_terminal_writer().line(f"\n    {text}")


def shares(count: int, most: int) -> list[int]:
    """So many blows over several classes, ``most`` for each: one class alone does not sit long enough for all."""
    return [min(most, count - done) for done in range(0, count, most)]


def seconds(values: list[float]) -> str:
    """Some durations, for a figure."""
    return "/".join(f"{value:.1f}" for value in values)

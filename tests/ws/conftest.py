from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator

import pytest

from tests.ws.client import Server


@pytest.fixture(scope="session")
def serving(django_db_setup: None) -> Iterator[Callable[[str], Server]]:
    """``serving("daphne")`` is the product behind Daphne, started once for all tests that want nothing special of it."""
    with contextlib.ExitStack() as running:
        yield functools.cache(lambda kind: running.enter_context(Server(kind)))

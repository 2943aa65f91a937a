"""Once more, where PostgreSQL has undone a transaction for no fault of its own: two were in each other's way."""

from __future__ import annotations

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

MOST_TIMES = 3
_PAUSE_SECONDS = 0.05
_CROSSED = frozenset({"40P01", "40001"})  # a deadlock; a serialization failure


def when_crossed(operation: Callable[P, R]) -> Callable[P, R]:
    """For an operation that is one transaction and locks several rows: done again, up to three times, when it was undone
    because another transaction held what it wanted, and wanted what it held. Inside a transaction of its caller it is not,
    for that one is undone as a whole."""

    @functools.wraps(operation)
    def insist(*args: P.args, **kwargs: P.kwargs) -> R:
        for times in range(1, MOST_TIMES + 1):
            try:
                return operation(*args, **kwargs)
            except OperationalError as error:
                if connection.in_atomic_block or getattr(error.__cause__, "sqlstate", None) not in _CROSSED:
                    raise
                log.warning("%s was crossed and is done again (%s): %s", operation.__name__, times, error)
            time.sleep(_PAUSE_SECONDS * times * (0.5 + random.random()))  # noqa: S311 - not both at the same moment again
        return operation(*args, **kwargs)

    return insist

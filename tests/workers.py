"""A worker within the process of the tests, and nothing left of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app, signals
from celery.contrib.testing.worker import start_worker

HEARD = (
    *(signals.worker_init, signals.worker_process_init, signals.beat_embedded_init),
    *(signals.task_prerun, signals.task_postrun),
)


@contextmanager
def at_work(**options: Any) -> Iterator[Any]:
    """One that serves queues. What it hears when tasks begin and end it hears no more afterwards: it would close the
    connection of every later test that runs a task, and with it the test's transaction."""
    heard = [list(signal.receivers) for signal in HEARD]
    try:
        with start_worker(current_app, **options) as worker:
            yield worker
    finally:
        for signal, receivers in zip(HEARD, heard, strict=True):
            signal.receivers = receivers
            signal.sender_receivers_cache.clear()

"""Each worker sweeps by itself too: with beat gone, alarms still ring and what a nudge lost is still found."""

from __future__ import annotations

import logging
from typing import Any

from celery import Celery, bootsteps

log = logging.getLogger(__name__)

NAME = "sweep_without_beat"
SECONDS = 10.0


class Sweeping(bootsteps.StartStopStep):
    """Part of a worker's consumer; begins anew with each connection to the broker, which forgets all timers."""

    requires = {"celery.worker.consumer.tasks:Tasks"}

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        self._timer = consumer.timer.call_repeatedly(SECONDS, _send, (consumer.app,))

    def stop(self, consumer: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _send(app: Celery) -> None:
    """One task for whichever worker is free. A name of its own, or it would pass for a sign of life of beat."""
    try:
        app.send_task(
            NAME,
            queue="deadline",
            headers={"_schema_name": "public"},
            expires=SECONDS,
            retry=False,
            ignore_result=True,
        )
    except Exception as error:
        log.warning("No sweep was sent: %s", error)

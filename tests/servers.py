"""A pytest plugin: PostgreSQL and Redis for the tests, unless ``DATABASE_URL`` and ``REDIS_URL`` name some.

They start before Django reads its settings. Their data stays under ``var/test``, so that ``--reuse-db`` has something
to use; a second run at the same time takes ``var/test-2``, and so on. In a parallel run (``-n``) the workers share
PostgreSQL, each with a database of its own, and each starts its own Redis, because every test empties it.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from itertools import count

import pytest

from deployment.local.errors import AlreadyRunning
from deployment.local.folder import DataFolder
from deployment.local.servers import Servers

_OURS = "SHIKEN_TEST_OWN_REDIS"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """A wrapper, because it runs before pytest-django's own hook, which loads the settings."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    # A parallel run's workers inherit what the controller has set.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    wanted = [not os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL")]
    if worker:
        if not os.environ.get(_OURS):
            raise pytest.UsageError("One Redis cannot serve several workers: leave out REDIS_URL, or -n.")
        wanted = [False, True]
    if any(wanted):
        servers = _start(f"test-{worker}" if worker else "test", postgres=wanted[0], redis=wanted[1])
        early_config.add_cleanup(servers.stop)
        os.environ.update(servers.environment())
        os.environ[_OURS] = "1" if wanted[1] else ""
    return (yield)


def _start(name: str, *, postgres: bool, redis: bool) -> Servers:
    folder = DataFolder.open().path
    for number in count(1):
        place = folder / (name if number == 1 else f"{name}-{number}")
        try:
            return Servers(place, durable=False, postgres=postgres, redis=redis).start()
        except AlreadyRunning:
            continue
    raise AssertionError("count() does not end")

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import transaction

from apps.jobs import operations
from apps.jobs.models import Job


@pytest.fixture
def work() -> Iterator[Callable[..., None]]:
    """``work(kind, function, undo, can_stop=...)`` registers work for one test."""
    before = dict(operations._works)
    yield lambda kind, function, undo=None, **more: operations.works(kind=kind, undo=undo, **more)(function)
    operations._works.clear()
    operations._works.update(before)


@pytest.fixture
def ask() -> Callable[..., Job]:
    def asked(kind="dig", **more):
        with transaction.atomic():
            return operations.ask(kind=kind, params=more.pop("params", {}), **more)

    return asked

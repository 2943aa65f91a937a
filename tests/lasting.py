"""Rows for several tests, where making them takes longer than looking at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import transaction

from apps.core import tenancy, volatile
from apps.core.tenancy import Tenant

T = TypeVar("T")


@contextmanager
def rows(blocker: Any, tenant: Tenant, make: Callable[[], T]) -> Iterator[T]:
    """What ``make`` makes in ``tenant`` lasts for the tests that run until this is closed; each still undoes its own.

    For a fixture of a module or a package, none of whose tests asks for ``committed``.
    """
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined] # operations that insist on the outermost one have it
    with blocker.unblock(), around:
        try:
            tenancy.forget()
            volatile.client().flushall()
            with tenancy.enter(tenant):
                made = make()
            yield made
        finally:
            transaction.set_rollback(True)

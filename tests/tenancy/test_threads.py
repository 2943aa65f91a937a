"""No thread, coroutine or pooled connection ever works in the center of the one before."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, connections, transaction

from apps.core import tenancy
from apps.core.tenancy import Tenant
from tests.cast import Cast
from tests.client import Api

THREADS, CALLS = 40, 6000
pytestmark = pytest.mark.races


def schema_here() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def interleave(work: Callable[[Tenant, random.Random], None], tenants: list[Tenant], calls: int = CALLS) -> list[str]:
    """Run ``work`` in all threads, each call for a center drawn at random; returns what went wrong."""
    wrong: list[str] = []
    barrier = threading.Barrier(THREADS)

    def run(number: int) -> None:
        draw = random.Random(number)
        barrier.wait()
        try:
            for _ in range(calls // THREADS):
                try:
                    work(draw.choice(tenants), draw)
                except AssertionError as error:
                    wrong.append(str(error))
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, range(THREADS)))
    return wrong


def careful(tenant: Tenant, draw: random.Random) -> None:
    """Enter, be interrupted in every way that a transaction can be, and look where one is after each."""
    with tenancy.enter(tenant):
        assert schema_here() == tenant.schema_name
        way = draw.randrange(5)
        if way == 0:
            with transaction.atomic():
                assert schema_here() == tenant.schema_name
        elif way == 1:
            with suppress(ZeroDivisionError), transaction.atomic():
                assert schema_here() == tenant.schema_name
                raise ZeroDivisionError
        elif way == 2:
            with transaction.atomic():
                with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SELECT 1 / 0")
                assert schema_here() == tenant.schema_name
        elif way == 3:
            with tenancy.enter(tenancy.PUBLIC):
                assert schema_here() == "public"
        else:
            connection.close()
        assert schema_here() == tenant.schema_name
    assert tenancy.schema_name() == "public"


@pytest.mark.parametrize(("limits_set_calls", "calls"), [(True, CALLS), (False, CALLS // 3)])
def test_threads_that_enter_their_center_are_in_it(committed, settings, north, south, limits_set_calls, calls):
    settings.TENANT_LIMIT_SET_CALLS = limits_set_calls
    assert interleave(careful, [north, south], calls) == []


def test_threads_that_do_not_would_be_somewhere_else(committed, north, south):
    """The control: a thread remembers the last center that it served."""

    def careless(tenant: Tenant, draw: random.Random) -> None:
        if draw.random() < 0.5:
            connection.set_tenant(tenant)
        assert schema_here() == tenant.schema_name

    assert len(interleave(careless, [north, south], 2000)) > 100


def test_a_pooled_connection_comes_without_the_last_ones_center(committed, north, south):
    settings = {**connection.settings_dict, "OPTIONS": {**connection.settings_dict["OPTIONS"], "pool": {"max_size": 5}}}
    kind = type(connections["default"])
    backends: set[int] = set()

    def work(tenant: Tenant, draw: random.Random) -> None:
        wrapper = kind(settings, alias="pooled")
        wrapper.set_tenant(tenant)
        try:
            with wrapper.cursor() as cursor:
                cursor.execute("SELECT current_schema(), pg_backend_pid()")
                schema, backend = cursor.fetchone()
            backends.add(backend)
            assert schema == tenant.schema_name
        finally:
            wrapper.close()

    try:
        assert interleave(work, [north, south], 4000) == []
        assert len(backends) <= 5
    finally:
        kind(settings, alias="pooled").close_pool()


def test_requests_to_two_hosts_are_answered_by_the_right_center(committed, north, south):
    people = {north.id: Cast(north, south).alice, south.id: Cast(south, north).alice}
    clients = {id: Api(person) for id, person in people.items()}

    def work(tenant: Tenant, draw: random.Random) -> None:
        answer = clients[tenant.id].get("auth/me/")
        assert answer.status_code == 200, answer.content
        assert answer.json()["email"] == f"alice@{tenant.slug}.test"

    assert interleave(work, [north, south], 800) == []


def test_coroutines_are_in_their_center_and_leave_it(committed, north, south):
    async def everybody() -> list[bool]:
        async def one(number: int) -> bool:
            tenant = (north, south)[number % 2]
            before = await tenancy.run(tenancy.PUBLIC, schema_here)
            here = await tenancy.run(tenant, schema_here)
            return here == tenant.schema_name and before == "public"

        answers: list[bool] = []
        for start in range(0, 300, 50):
            answers += await asyncio.gather(*(one(start + number) for number in range(50)))
        return answers

    assert all(asyncio.run(everybody()))


async def _wait_next_door(north: Tenant, south: Tenant) -> float:
    """How long the other center waits for a thread while one keeps many busy."""
    stuck = [asyncio.create_task(tenancy.run(north, time.sleep, 0.6)) for _ in range(3 * tenancy.THREADS)]
    await asyncio.sleep(0.1)
    since = time.perf_counter()
    assert await tenancy.run(south, schema_here) == south.schema_name
    waited = time.perf_counter() - since
    await asyncio.gather(*stuck)
    return waited


def test_a_center_that_is_stuck_leaves_threads_to_the_others(committed, north, south):
    assert asyncio.run(_wait_next_door(north, south)) < 0.3


def test_without_turns_they_would_wait_for_it(committed, north, south, monkeypatch):
    """The control."""
    monkeypatch.setattr(tenancy, "THREADS_OF_A_CENTER", 3 * tenancy.THREADS)
    assert asyncio.run(_wait_next_door(north, south)) > 0.4

"""One furnished world for all of the matrix; each test undoes what it does in it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from apps.core.tenancy import Tenant
from tests import lasting
from tests.api.matrix.operations import operations
from tests.api.matrix.world import World
from tests.cast import Cast


@pytest.fixture(scope="package")
def world(both: tuple[Tenant, Tenant], django_db_blocker: Any) -> Iterator[World]:
    north, south = both

    def make() -> World:
        made = World(Cast(north=north, south=south))
        for operation in operations():  # now, while everything is as it should be: some tests break something first
            made.bodies.get(operation)
        return made

    # Tokens live as long as all of the tests, however slow the machine.
    with override_settings(SHIKEN_ACCESS_SECONDS=86_400), lasting.rows(django_db_blocker, north, make) as made:
        yield made


@pytest.fixture
def cast(world: World) -> Cast:
    """The people of the world; whoever is only in this test vanishes with it."""
    return copy.copy(world.cast)

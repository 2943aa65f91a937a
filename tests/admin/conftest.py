"""A center with a little of everything, and browsers of the people who look at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.authentication.models import User
from tests.cast import PASSWORD, Cast
from tests.client import host_of
from tests.furnish import Furniture, furnish


@pytest.fixture
def browser() -> Callable[..., Client]:
    """``browser(person)`` has signed in at the admin of the person's host through its form."""

    def open_at(person: User | None = None, *, host: str = "north.localhost") -> Client:
        if person is not None:
            host = host_of(person.tenant)
        client = Client(SERVER_NAME=host)
        if person is not None:
            client.post("/admin/login/", {"username": person.email, "password": PASSWORD})
        return client

    return open_at


@pytest.fixture
def in_north(cast: Cast) -> Furniture:
    return furnish(cast)

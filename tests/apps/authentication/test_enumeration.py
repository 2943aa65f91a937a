"""Nobody learns from a stop-watch who has an account: medians of paired requests, with the real password hash."""

from __future__ import annotations

import itertools
import random
import statistics
import time

import pytest
from django.contrib.auth.hashers import make_password

from apps.authentication.operations import registration
from apps.centers.models import Center
from tests.client import Api

pytestmark = pytest.mark.django_db
NEAR = 0.10
ROUNDS = 4


def difference(first, second, *, pairs):
    """By how much the median times of two requests differ that take turns: the least of some rounds, since other work is
    going on. Each request is told its own number, so that none meets what an earlier one left."""
    numbers, found = itertools.count(), []
    for _ in range(ROUNDS):
        times = {first: [], second: []}
        for _ in range(pairs):
            number = next(numbers)
            for request in random.sample([first, second], 2):
                start = time.perf_counter()
                request(number)
                times[request].append(time.perf_counter() - start)
        one, two = (statistics.median(times[request]) for request in (first, second))
        found.append(abs(one - two) / max(one, two))
        if found[-1] <= NEAR:
            break
    return min(found)


@pytest.fixture
def taken(cast):
    """Addresses of people, made with the quick hash."""
    return lambda count: [cast.person(f"P{number}", "STUDENT").email for number in range(count)]


@pytest.fixture
def hash_for_real(settings):
    def switch():
        settings.PASSWORD_HASHERS = ["apps.authentication.hashers.ClassroomArgon2Hasher"]

    return switch


def post(path, status, **body):
    assert Api().post(path, body).status_code == status


def test_a_reset_takes_as_long_for_nobody_as_for_somebody(taken):
    known = taken(ROUNDS * 100)
    found = difference(
        lambda number: post("auth/password/reset/", 202, email=known[number]),
        lambda number: post("auth/password/reset/", 202, email=f"nobody{number}@north.test"),
        pairs=100,
    )
    assert found <= NEAR


@pytest.mark.parametrize("invited", [False, True], ids=["without a code", "with an invitation"])
def test_registering_takes_as_long_for_a_taken_address_as_for_a_free_one(cast, taken, hash_for_real, invited):
    Center.objects.filter(pk=cast.north.id).update(registration="APPROVAL")
    known, codes = taken(ROUNDS * 50), itertools.repeat("")
    if invited:
        batches = [registration.invite(actor=cast.dora, role="STUDENT", quantity=100) for _ in range(ROUNDS)]
        codes = iter([row.code for batch in batches for row in batch])
    hash_for_real()

    def register(email):
        post("auth/register/", 201, email=email, password="a long sentence 9", invitation_code=next(codes))

    found = difference(
        lambda number: register(known[number]), lambda number: register(f"new{number}@north.test"), pairs=50
    )
    assert found <= NEAR


def test_signing_in_takes_as_long_for_nobody_as_for_a_wrong_password(taken, hash_for_real, settings):
    settings.AXES_FAILURE_LIMIT = 10_000
    hash_for_real()
    known = taken(50)

    def sign_in(email):
        post("auth/login/", 401, email=email, password="wrong")

    found = difference(
        lambda number: sign_in(known[number % 50]), lambda number: sign_in(f"nobody{number}@north.test"), pairs=50
    )
    assert found <= NEAR


def test_the_stop_watch_would_see_a_hash_that_is_not_made(hash_for_real):
    """The control: a refusal that comes before the hash is far from one that comes after it."""
    hash_for_real()
    assert difference(lambda _: make_password("x"), lambda _: None, pairs=20) > NEAR

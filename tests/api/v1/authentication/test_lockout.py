"""Too many wrong passwords: counted by person and address, behind proxies that are trusted, and lifted again."""

from __future__ import annotations

import pytest
from django.test import override_settings
from redis.exceptions import ConnectionError as RedisDown

from apps.audit.models import Entry
from apps.authentication import lockout
from apps.authentication.models import SecondFactor
from apps.core import clock, tenancy, volatile
from tests.cast import PASSWORD
from tests.client import Api

pytestmark = pytest.mark.django_db
FEW = 3


@pytest.fixture(autouse=True)
def few(settings):
    settings.AXES_FAILURE_LIMIT = FEW


@pytest.fixture
def behind(settings):
    """``behind(1)``: one proxy of ours stands in front and appends to X-Forwarded-For."""

    def proxies(count):
        settings.AXES_IPWARE_PROXY_COUNT = count or None

    return proxies


def login(person, password=PASSWORD, address="192.0.2.1", forwarded=None, host="north.localhost"):
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    body = {"email": getattr(person, "email", person), "password": password}
    return Api(host=host).post("auth/login/", body, REMOTE_ADDR=address, headers=headers)


def guess(person, times=FEW, **how):
    return [login(person, "wrong", **how).status_code for _ in range(times)]


def test_a_lock_counts_one_person_from_one_address(cast):
    assert guess(cast.alice) == [401, 401, 429]
    assert login(cast.alice).status_code == 429
    assert login(cast.alice, address="192.0.2.2").status_code == 200
    assert login(cast.bob).status_code == 200


def test_a_lock_is_of_one_center(cast):
    guess(cast.alice)
    assert login(cast.mallory, host="south.localhost").status_code == 200
    assert guess(cast.alice.email, host="south.localhost", times=1) == [401]


@pytest.mark.parametrize("spelt", ["ALICE@north.test", " alice@north.test "])
def test_another_spelling_is_no_way_around_it(cast, spelt):
    guess(cast.alice)
    assert login(spelt).status_code == 429


def test_without_a_proxy_of_ours_nobody_can_say_that_they_are_somewhere_else(cast, behind):
    behind(0)
    statuses = [login(cast.alice, "wrong", forwarded=f"203.0.113.{number}").status_code for number in range(FEW)]
    assert statuses == [401, 401, 429]
    assert login(cast.alice, forwarded="203.0.113.99").status_code == 429


def test_behind_a_proxy_of_ours_what_it_added_counts_and_nothing_before_it(cast, behind):
    behind(1)
    proxy = {"address": "10.0.0.1"}
    assert guess(cast.alice, forwarded="198.51.100.7", **proxy) == [401, 401, 429]
    assert login(cast.alice, forwarded="198.51.100.8", **proxy).status_code == 200
    made_up = [login(cast.alice, forwarded=f"203.0.113.{n}, 198.51.100.7", **proxy).status_code for n in range(3)]
    assert 200 not in made_up


def test_many_made_up_addresses_in_front_of_a_proxy_do_not_buy_more_guesses(cast, behind):
    behind(1)
    statuses = []
    for number in range(FEW + 2):
        forwarded = f"203.0.113.{number}, 198.51.100.7"
        statuses.append(login(cast.alice, "wrong", address="10.0.0.1", forwarded=forwarded).status_code)
    assert statuses.count(401) < FEW


def test_a_lock_ends_no_session_and_no_refresh(cast):
    pair = login(cast.alice).json()
    guess(cast.alice)
    assert login(cast.alice).status_code == 429
    assert Api(token=pair["access"]).get("auth/me/").status_code == 200
    assert Api().post("auth/refresh/", {"refresh": pair["refresh"]}).status_code == 200


def test_says_how_long_it_still_takes(cast):
    guess(cast.alice)
    key = next(volatile.client().scan_iter(tenancy.key("locked", "*")))
    volatile.client().expire(key, 77)
    answer = login(cast.alice)
    assert answer.json()["code"] == "locked_out"
    assert 70 <= int(answer["Retry-After"]) <= 77


def test_a_right_password_forgets_the_wrong_ones_before_it(cast):
    for _ in range(3):
        assert guess(cast.alice, FEW - 1) == [401] * (FEW - 1)
        assert login(cast.alice).status_code == 200


def test_an_admin_sees_and_lifts_a_lock_from_everywhere(cast):
    SecondFactor.objects.create(user=cast.alice, secret="x", locked_until=clock.now(), failures=4)
    for address in ("192.0.2.1", "192.0.2.2"):
        guess(cast.alice, address=address)
    path = f"users/{cast.alice.pk}/sign-in/"
    assert Api(cast.dora).get(path).json()["locked_addresses"] == ["192.0.2.1", "192.0.2.2"]
    assert Api(cast.carol).delete(f"{path}lock/").status_code == 403
    assert Api(cast.sybil).delete(f"{path}lock/").status_code == 404
    assert Api(cast.dora).delete(f"{path}lock/").status_code == 204
    assert Api(cast.dora).get(path).json()["locked_addresses"] == []
    for address in ("192.0.2.1", "192.0.2.2"):
        assert login(cast.alice, address=address).status_code == 200
    factor = SecondFactor.objects.get()
    assert (factor.failures, factor.locked_until) == (0, None)
    assert Entry.objects.get(action="lock.lifted").actor_id == cast.dora.pk


def test_an_owner_lifts_a_lock_in_a_center_with_a_reason(cast):
    guess(cast.dora)
    path = f"owner-centers/{cast.north.id}/lift-lock/"
    body = {"email": cast.dora.email, "reason": "Asked by phone."}
    assert Api(cast.olga).post(path, body).status_code == 204
    assert login(cast.dora).status_code == 200
    assert Entry.objects.get(action="lock.lifted").reason == "Asked by phone."


def test_lifting_is_no_harm_where_nothing_is_locked(cast):
    assert Api(cast.dora).delete(f"users/{cast.alice.pk}/sign-in/lock/").status_code == 204


def test_without_redis_people_sign_in(cast, monkeypatch):
    class Down:
        def __getattr__(self, name):
            raise RedisDown

    monkeypatch.setattr(volatile, "client", Down)
    assert login(cast.alice).status_code == 200
    assert guess(cast.alice, 1) == [401]
    assert lockout.locked_addresses(cast.alice.email) == []
    assert lockout.lift(cast.alice.email) == 0


def test_the_policy_is_told_before_and_after(cast):
    policy = Api().get("auth/password/policy/").json()
    assert (policy["min_length"], policy["max_length"]) == (8, 200)
    assert len(policy["rules"]) >= 3


@pytest.mark.parametrize("password", ["password123", "qwertyui", "alice@north", "short7", "Alice North", "12345678"])
def test_common_and_similar_passwords_are_refused(cast, password):
    body = {"old_password": PASSWORD, "new_password": password}
    answer = Api(cast.alice).post("auth/password/update/", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")
    assert answer.json()["errors"][0]["pointer"] == "/new_password"


def test_the_door_of_the_admin_counts_the_same(cast):
    from django.test import Client

    guess(cast.dora, address="127.0.0.1")
    client = Client(SERVER_NAME="north.localhost")
    answer = client.post("/admin/login/", {"username": cast.dora.email, "password": PASSWORD})
    assert answer.status_code == 429
    with override_settings(AXES_FAILURE_LIMIT=10_000):
        answer = client.post("/admin/login/", {"username": cast.dora.email, "password": PASSWORD})
        assert answer.status_code == 302

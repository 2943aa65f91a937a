"""Where somebody is signed in, and how that ends."""

from __future__ import annotations

import pytest

from apps.authentication.models import Session
from tests.cast import PASSWORD
from tests.client import Api

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"


def sign_in(person, agent=FIREFOX, address="192.0.2.7"):
    body = {"email": person.email, "password": PASSWORD}
    return Api().post("auth/login/", body, headers={"User-Agent": agent}, REMOTE_ADDR=address).json()


def test_shows_device_address_and_which_one_is_this(cast):
    sign_in(cast.alice, agent="curl/8.7.1", address="2001:db8::1")
    here = Api(token=sign_in(cast.alice)["access"])
    rows = here.get("auth/sessions/").json()["results"]
    assert {(row["device"], row["address"], row["is_current"]) for row in rows} == {
        ("Firefox on Linux", "192.0.2.7", True),
        ("curl", "2001:db8::1", False),
    }


def test_signing_out_ends_this_one_and_no_other(cast):
    here, there = sign_in(cast.alice), sign_in(cast.alice)
    assert Api(token=here["access"]).post("auth/logout/", {}).status_code == 204
    assert Api(token=here["access"]).get("auth/me/").status_code == 401
    assert Api(token=there["access"]).get("auth/me/").status_code == 200


@pytest.mark.parametrize("body", [{"everywhere": True}, {"everywhere": True, "refresh": "x"}])
def test_signing_out_everywhere_needs_no_refresh_token_and_ends_all_of_ones_own(cast, body):
    here, there, other = sign_in(cast.alice), sign_in(cast.alice), sign_in(cast.bob)
    assert Api(token=here["access"]).post("auth/logout/", body).status_code == 204
    for pair in (here, there):
        assert Api(token=pair["access"]).get("auth/me/").status_code == 401
        assert Api().post("auth/refresh/", {"refresh": pair["refresh"]}).status_code == 401
    assert Api(token=other["access"]).get("auth/me/").status_code == 200
    assert not Session.objects.filter(user=cast.alice, revoked_at=None).exists()


def test_a_session_keeps_the_address_that_our_proxy_saw(cast, settings):
    settings.AXES_IPWARE_PROXY_COUNT = 1
    body = {"email": cast.alice.email, "password": PASSWORD}
    headers = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    Api().post("auth/login/", body, headers=headers, REMOTE_ADDR="10.0.0.1")
    assert Session.objects.latest("created_at").address == "198.51.100.7"

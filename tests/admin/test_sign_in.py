"""Doors with a second step, and the providers and locks that admins keep."""

from __future__ import annotations

import pyotp
import pytest
from django.test import Client

from apps.authentication.models import IdentityProvider, SecondFactor
from apps.authentication.operations import second_factor
from apps.authentication.operations import single_sign_on_providers as providers
from apps.centers.models import Center
from apps.core import tenancy
from tests.admin.test_writes import form_of, press
from tests.cast import PASSWORD
from tests.client import Api, host_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def with_factor():
    def turn_on(person):
        with tenancy.enter(person.tenant):
            secret = second_factor.set_up(actor=person, password=PASSWORD).secret
            codes = second_factor.confirm(actor=person, session_id=person.pk, code=pyotp.TOTP(secret).now())
            SecondFactor.objects.update(last_step=0)
        return secret, codes

    return turn_on


def sign_in(person, **code):
    client = Client(SERVER_NAME=host_of(person.tenant))
    answer = client.post("/admin/login/", {"username": person.email, "password": PASSWORD, **code})
    return client, answer


def gets_in(client):
    return client.get("/admin/").status_code == 200


@pytest.mark.parametrize("name", ["dora", "olga"])
def test_the_door_asks_for_a_code_of_who_has_a_second_factor(cast, with_factor, name):
    person = getattr(cast, name)
    secret, codes = with_factor(person)
    client, answer = sign_in(person)
    assert not gets_in(client)
    assert "give a code of your app" in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert "not right" in sign_in(person, code="000000")[1].content.decode()
    right = pyotp.TOTP(secret).now()
    assert gets_in(sign_in(person, code=right)[0])
    assert not gets_in(sign_in(person, code=right)[0]), "a used code works no more"
    assert gets_in(sign_in(person, code=codes[0])[0])


def test_the_door_counts_wrong_codes_with_everybody_else(cast, with_factor):
    secret, _ = with_factor(cast.dora)
    for _ in range(5):
        sign_in(cast.dora, code="000000")
    client, answer = sign_in(cast.dora, code=pyotp.TOTP(secret).now())
    assert not gets_in(client)
    assert "Too many wrong codes" in answer.content.decode()


def test_a_wrong_password_tells_nothing_of_a_second_factor(cast, with_factor):
    with_factor(cast.dora)
    pages = []
    for email in (cast.dora.email, "nobody@north.test"):
        body = {"username": email, "password": "wrong", "code": "000000"}
        page = Client(SERVER_NAME="north.localhost").post("/admin/login/", body).content.decode()
        assert "code is not right" not in page
        assert "Too many wrong codes" not in page
        pages.append(page.count("error"))
    assert pages[0] == pages[1]
    assert SecondFactor.objects.get().failures == 0


def test_a_center_that_demands_one_lets_no_admin_in_without(cast, browser):
    running = browser(cast.dora)
    assert gets_in(running)
    Center.objects.filter(pk=cast.north.id).update(staff_second_factor=True)
    assert not gets_in(running)
    client, answer = sign_in(cast.dora)
    assert not gets_in(client)
    assert "/security/" in answer.content.decode()


def test_an_admin_lifts_a_lock_and_resets_a_second_factor(cast, browser, with_factor, settings):
    settings.AXES_FAILURE_LIMIT = 2
    with_factor(cast.alice)
    for _ in range(2):
        Api().post("auth/login/", {"email": cast.alice.email, "password": "wrong"})
    client = browser(cast.dora)
    page = "/admin/authentication/user/"
    press(client, page, cast.alice, "lift-lock")
    answer = Api().post("auth/login/", {"email": cast.alice.email, "password": PASSWORD})
    assert answer.status_code == 202
    press(client, page, cast.alice, "reset-second-factor")
    answer = Api().post("auth/login/", {"email": cast.alice.email, "password": PASSWORD})
    assert answer.status_code == 200


GIVEN = {"name": "Google", "issuer": "https://accounts.google.com", "client_id": "x", "client_secret": "hush"}


def test_keeps_providers_and_never_shows_a_secret(cast, browser):
    client = browser(cast.dora)
    page = "/admin/authentication/identityprovider/"
    body = {**GIVEN, "slug": "", "scopes": "openid email", "email_domains": "school.test, b.test", "is_enabled": "on"}
    answer = client.post(f"{page}add/", body)
    assert answer.status_code == 302, answer.content.decode()[-4000:]
    row = IdentityProvider.objects.get()
    assert (row.slug, row.email_domains) == ("google", ["school.test", "b.test"])
    assert providers.read_secret(provider=row) == "hush"
    address = f"{page}{row.pk}/change/"
    shown = client.get(address).content.decode()
    assert "hush" not in shown
    assert row.client_secret not in shown
    assert "school.test b.test" in shown
    form = form_of(client, address, name="G Suite", client_secret="")
    assert client.post(address, form).status_code == 302
    row.refresh_from_db()
    assert (row.name, providers.read_secret(provider=row), row.is_enabled) == ("G Suite", "hush", True)
    client.post(f"{page}{row.pk}/delete/", {"post": "yes"})
    assert not IdentityProvider.objects.exists()


def test_shows_why_a_provider_was_not_added(cast, browser):
    body = {**GIVEN, "issuer": "http://plain.test", "scopes": "openid", "email_domains": ""}
    answer = browser(cast.dora).post("/admin/authentication/identityprovider/add/", body)
    assert answer.status_code == 200
    assert "The issuer is an https address" in answer.content.decode()

"""Who gets into which admin, and how long a cookie lasts."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.authentication.operations import people, sessions
from apps.centers.models import Center
from apps.core import tenancy
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


def gets_in(client, page="/admin/"):
    answer = client.get(page)
    assert answer.status_code in (200, 302)
    if answer.status_code == 302:
        assert answer.headers["Location"].startswith("/admin/login/")
    return answer.status_code == 200


@pytest.mark.parametrize("name", ["dora", "sybil", "olga"])
def test_admins_and_owners_get_in_on_their_own_host(cast, browser, name):
    assert gets_in(browser(getattr(cast, name)))


@pytest.mark.parametrize("name", ["alice", "carol", "gus", "mallory"])
def test_nobody_else_gets_in(cast, browser, name):
    assert not gets_in(browser(getattr(cast, name)))


def test_a_stranger_is_sent_to_the_form(browser):
    assert not gets_in(browser())
    assert not gets_in(browser(host="localhost"))


@pytest.mark.parametrize("name", ["alice", "carol", "gus"])
def test_a_cookie_of_somebody_else_opens_nothing(cast, name):
    client = Client(SERVER_NAME="north.localhost")
    client.force_login(getattr(cast, name), "django.contrib.auth.backends.ModelBackend")
    for page in ("/admin/", "/admin/authentication/user/", "/admin/mock_tests/question/", "/admin/autocomplete/"):
        assert not gets_in(client, page)


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("dora", ["south.localhost", "localhost"]),
        ("sybil", ["north.localhost", "localhost"]),
        ("olga", ["north.localhost", "south.localhost"]),
    ],
)
def test_a_cookie_is_good_on_its_own_host_alone(cast, browser, name, others):
    client = browser(getattr(cast, name))
    assert gets_in(client)
    for host in others:
        stolen = Client(SERVER_NAME=host)
        stolen.cookies = client.cookies
        assert not gets_in(stolen), host


def test_an_admin_of_one_center_cannot_sign_in_at_another(cast):
    for host in ("south.localhost", "localhost"):
        client = Client(SERVER_NAME=host)
        client.post("/admin/login/", {"username": cast.dora.email, "password": PASSWORD})
        assert not gets_in(client)


def test_an_address_is_not_case_sensitive(cast):
    client = Client(SERVER_NAME="north.localhost")
    client.post("/admin/login/", {"username": f" {cast.dora.email.upper()}", "password": PASSWORD})
    assert gets_in(client)


def test_all_refusals_of_the_form_read_the_same(cast):
    assert cast.dora != cast.carol
    said = set()
    for email, password in (
        ("dora@north.test", "wrong"),
        ("nobody@north.test", PASSWORD),
        ("carol@north.test", PASSWORD),
    ):
        answer = Client(SERVER_NAME="north.localhost").post("/admin/login/", {"username": email, "password": password})
        assert answer.status_code == 200
        said.add(str(answer.context["form"].non_field_errors()))
    assert len(said) == 1


def test_locks_an_address_after_too_many_wrong_passwords(cast, settings):
    settings.AXES_FAILURE_LIMIT = 3
    spellings = [cast.dora.email, cast.dora.email.upper(), f" {cast.dora.email}"]
    for email in spellings:
        client = Client(SERVER_NAME="north.localhost")
        answer = client.post("/admin/login/", {"username": email, "password": "wrong"})
    assert answer.status_code == 429
    assert "Too many wrong passwords" in answer.content.decode()
    assert int(answer.headers["Retry-After"]) > 0
    client = Client(SERVER_NAME="north.localhost")
    client.post("/admin/login/", {"username": cast.dora.email, "password": PASSWORD})
    assert not gets_in(client)


def end_sessions(user):
    sessions.end_all_sessions(user_id=user.pk, because="test")


@pytest.mark.parametrize(
    "end",
    [
        end_sessions,
        lambda user: people.deactivate(user_id=user.pk),
        lambda user: people.change_role(user_id=user.pk, role="TEACHER"),
        lambda user: people.change_password(user_id=user.pk, password="another horse 8"),
    ],
    ids=["sessions ended", "deactivated", "role changed", "password changed"],
)
def test_a_cookie_ends_with_the_persons_sessions(cast, browser, end):
    client = browser(cast.dora)
    assert gets_in(client)
    end(cast.dora)
    assert not gets_in(client)


def test_an_admin_who_is_not_approved_any_more_is_out(cast, browser):
    client = browser(cast.dora)
    type(cast.dora).objects.filter(pk=cast.dora.pk).update(is_approved=False)
    assert not gets_in(client)


def test_nobody_signs_in_at_a_suspended_center(cast, browser):
    dora = cast.dora
    with tenancy.enter(tenancy.PUBLIC):
        Center.objects.filter(slug="north").update(status="SUSPENDED")
    tenancy.forget()
    assert not gets_in(browser(dora))


def test_the_form_needs_its_token(cast):
    client = Client(SERVER_NAME="north.localhost", enforce_csrf_checks=True)
    answer = client.post("/admin/login/", {"username": cast.dora.email, "password": PASSWORD})
    assert answer.status_code == 403


def test_pages_are_neither_kept_nor_framed(cast, browser):
    answer = browser(cast.dora).get("/admin/")
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]

"""The home page of the main host, and the brand on the pages of a center."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client

from apps.centers.models import Center, ContactRequest
from apps.centers.rules import colors
from apps.core import tenancy

pytestmark = pytest.mark.django_db
WENDY = {"center_name": "Sakura", "full_name": "Wendy Pan", "phone_number": "+998 90 123 45 67", "message": ""}


@pytest.fixture
def browser():
    """One that keeps the check against forged forms, and runs no scripts."""
    return Client(SERVER_NAME="localhost", enforce_csrf_checks=True)


def send(browser, **values):
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get("/").content.decode())[0]
    return browser.post("/", {**WENDY, "csrfmiddlewaretoken": token, "homepage": "", **values})


def test_presents_shiken_with_a_form_that_needs_no_script(browser):
    page = browser.get("/").content.decode()
    assert "<script" not in page
    for name in WENDY:
        assert f'name="{name}"' in page


def test_a_request_arrives_and_sending_again_by_reloading_is_impossible(browser):
    answer = send(browser, message="First\r\nsecond")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/?sent=1#contact")
    request = ContactRequest.objects.get()
    assert (request.full_name, request.message, request.ip_address) == ("Wendy Pan", "First\nsecond", "127.0.0.1")
    page = browser.get("/?sent=1").content.decode()
    assert "Thank you" in page
    assert "<form" not in page


def test_faults_are_told_beside_their_fields_and_nothing_that_was_typed_is_lost(browser):
    answer = send(browser, full_name=" ", phone_number="call me", message='"><script>alert(1)</script>')
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count('aria-invalid="true"') == 2
    assert 'value="Sakura"' in page
    assert "&quot;&gt;&lt;script&gt;" in page
    assert "<script" not in page
    assert not ContactRequest.objects.exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"center_name": "x" * 121}, "too long"),
        ({"full_name": "\x00"}, "needed"),
        ({"message": "x" * 4001}, "too long"),
    ],
)
def test_what_would_not_fit_is_refused(browser, values, words):
    answer = send(browser, **values)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_an_open_number_and_a_flood_are_refused_in_words(browser):
    assert send(browser).status_code == 302
    assert "already" in send(browser).content.decode()
    for number in range(4):
        assert send(browser, phone_number=f"+99890000000{number}").status_code == 302
    answer = send(browser, phone_number="+998900000009")
    assert (answer.status_code, "Too many" in answer.content.decode()) == (422, True)


def test_a_robot_is_thanked_and_forgotten(browser):
    assert send(browser, homepage="http://spam.example").status_code == 302
    assert not ContactRequest.objects.exists()


def test_a_form_that_another_page_sent_is_refused(browser):
    assert browser.post("/", WENDY).status_code == 403
    assert not ContactRequest.objects.exists()


def test_a_center_has_no_such_form():
    assert Client(SERVER_NAME="north.localhost").post("/", WENDY).status_code == 405


def test_pages_of_a_center_wear_its_color_and_the_platforms_do_not(north):
    Center.objects.filter(pk=north.id).update(primary_color="#ffdd00")
    tenancy.forget()
    accent = colors.palette("#ffdd00").accent
    assert f"--red: {accent}" in Client(SERVER_NAME="north.localhost").get("/join/").content.decode()
    assert "--red" not in Client(SERVER_NAME="localhost").get("/").content.decode()


def test_hosts_are_fenced_by_the_lookup_alone():
    """A list in a file could not know the domains that centers bring along."""
    from config.settings import base

    assert base.ALLOWED_HOSTS == ["*"]
    assert settings.USE_X_FORWARDED_HOST is False

"""Pages of other origins: neither a center's neighbours nor strangers may read what its API says."""

from __future__ import annotations

import pytest

from tests.client import Api

pytestmark = pytest.mark.django_db

FRONTEND = "https://app.example.com"
STRANGERS = [
    "http://south.localhost",
    "http://localhost",
    "http://evil.north.localhost",
    "http://north.localhost.evil.example",
    "http://northxlocalhost",
    "http://evil.example",
    "https://app.example.com.evil.example",
    "https://evil.example/https://app.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://sub.app.example.com",
    "HTTPS://APP.EXAMPLE.COM@evil.example",
    "null",
    "*",
    "file://",
    "",
]
REFUSED = {"access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-methods"}


@pytest.fixture(autouse=True)
def _allowed(settings):
    settings.CORS_ALLOWED_ORIGINS = [FRONTEND]


def preflight(origin, method="PATCH", headers="authorization,content-type"):
    asked = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": headers}
    return Api().options("auth/me/", headers=asked)


@pytest.mark.parametrize("origin", STRANGERS)
def test_pages_of_strangers_get_no_leave(cast, origin):
    for answer in (preflight(origin), Api(cast.alice).get("auth/me/", headers={"origin": origin})):
        assert not REFUSED & {name.lower() for name in answer.headers}


def test_the_pages_that_are_named_may_read_but_bring_no_cookies(cast):
    answer = preflight(FRONTEND)
    assert answer.headers["Access-Control-Allow-Origin"] == FRONTEND
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "if-match" in answer.headers["Access-Control-Allow-Headers"]
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    answer = Api(cast.alice).get("auth/me/", headers={"origin": FRONTEND})
    assert answer.headers["Access-Control-Allow-Origin"] == FRONTEND
    assert "origin" in answer.headers["Vary"].lower()


def test_cookies_belong_to_the_host_alone(settings):
    assert settings.SESSION_COOKIE_DOMAIN is None
    assert settings.CSRF_COOKIE_DOMAIN is None
    assert settings.SESSION_COOKIE_HTTPONLY
    answer = Api().get("/admin/login/")
    assert answer.cookies
    assert not [cookie for cookie in answer.cookies.values() if cookie["domain"]]


def test_the_api_knows_no_cookies(cast):
    """A page of another origin can make a browser send cookies, never a bearer token."""
    client = Api()
    client.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("auth/me/").status_code == 401
    assert client.post("auth/logout/", {}).status_code == 401

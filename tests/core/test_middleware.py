"""What surrounds every request."""

from __future__ import annotations

import json

import pytest
from django.test import Client, RequestFactory

from apps.core.middleware import RequestMiddleware
from tests.cast import PASSWORD


def test_a_request_ends_even_if_the_page_about_its_error_fails():
    def fail(request):
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")

    answer = RequestMiddleware(fail)(RequestFactory().get("/api/v1/auth/me/", headers={"X-Request-ID": "of-the-test"}))
    assert answer.status_code == 500
    assert json.loads(answer.content)["code"] == "server_error"
    assert (answer["Content-Type"], answer["X-Request-ID"]) == ("application/problem+json", "of-the-test")


@pytest.mark.django_db
class TestRefusalsForPeople:
    """A browser shows a page where a program gets a problem document, with the same words and the same status."""

    @pytest.mark.parametrize(
        ("host", "path", "status", "words"),
        [
            ("nowhere.localhost", "/", 404, "No center lives at this address."),
            ("north.localhost", "/nothing/here/", 404, "There is nothing here."),
        ],
    )
    def test_a_browser_gets_a_page(self, cast, host, path, status, words):
        page = Client(SERVER_NAME=host).get(path, headers={"accept": "text/html,*/*;q=0.8"})
        assert (page.status_code, page["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert words in page.content.decode()
        assert ('href="/"' in page.content.decode()) is (host == "north.localhost")
        assert int(page["Content-Length"]) == len(page.content)
        said = Client(SERVER_NAME=host).get(path, headers={"accept": "*/*"})
        assert (said.status_code, said.json()["detail"]) == (status, words)

    def test_the_api_speaks_json_to_browsers_too(self, cast):
        answer = Client(SERVER_NAME="nowhere.localhost").get("/api/v1/auth/me/", headers={"accept": "text/html"})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_host")

    def test_what_is_forbidden_in_an_admin_is_a_page_like_the_others(self, cast):
        client = Client(SERVER_NAME="north.localhost")
        client.post("/admin/login/", {"username": cast.dora.email, "password": PASSWORD})
        page = client.get("/admin/authentication/invitation/add/", headers={"accept": "text/html"})
        assert (page.status_code, "Your role does not allow this." in page.content.decode()) == (403, True)

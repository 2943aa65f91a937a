"""What surrounds every request."""

from __future__ import annotations

import json

from django.test import RequestFactory

from apps.core.middleware import RequestMiddleware


def test_a_request_ends_even_if_the_page_about_its_error_fails():
    def fail(request):
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")

    answer = RequestMiddleware(fail)(RequestFactory().get("/api/v1/auth/me/", headers={"X-Request-ID": "of-the-test"}))
    assert answer.status_code == 500
    assert json.loads(answer.content)["code"] == "server_error"
    assert (answer["Content-Type"], answer["X-Request-ID"]) == ("application/problem+json", "of-the-test")

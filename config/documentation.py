"""The OpenAPI document of a host and its two readers, open to everybody, from files of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

_COMMON = (
    "Sign in with `POST /api/v1/auth/login/` and send `Authorization: Bearer <access>`. `x-roles` names who may call an"
    " operation. Refusals are problem documents (RFC 9457); what is hidden from you and what does not exist are the same"
    " 404. Times are UTC, ids are opaque, marks are strings with a decimal point."
)
CENTER = {
    "TITLE": "Shiken: a center",
    "DESCRIPTION": f"Served on each center's own host: its people, tests, exam rooms, attempts and boards. {_COMMON}",
}
OWNER = {
    "TITLE": "Shiken: the platform",
    "DESCRIPTION": f"Served on the main host: owners, their centers, and how those are doing. {_COMMON}",
}

# Everything the readers need lies beside them; nothing is fetched from strangers.
_READER_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " worker-src blob:; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)


def documentation(urlconf: str, about: dict[str, str]) -> list[URLPattern]:
    """``/api/schema/``, ``/api/docs/`` and ``/api/redoc/`` of the operations in ``urlconf``."""
    document = SpectacularAPIView.as_view(urlconf=urlconf, custom_settings=about)
    return [
        path("api/schema/", document, name="schema"),
        path("api/docs/", _reader(SpectacularSwaggerView.as_view(url_name="schema", title=about["TITLE"]))),
        path("api/redoc/", _reader(SpectacularRedocView.as_view(url_name="schema", title=about["TITLE"]))),
    ]


def _reader(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    def shown(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        answer = view(request, **kwargs)
        answer["Content-Security-Policy"] = _READER_POLICY
        return answer

    return shown

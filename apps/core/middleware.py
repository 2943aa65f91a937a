"""Probes, request ids, and the center of a request, in this order, before anything else runs."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import Error as DatabaseFailure
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.common import CommonMiddleware
from django.utils.cache import patch_vary_headers
from django_tenants.middleware.main import TenantMainMiddleware

from apps.core import health, outages, problems, tenancy, trace
from apps.core.outages import OUTAGES

log = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]
_SLASHES = re.compile(r"/{2,}")
_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
API_PREFIX = "/api/v1/"
# The Safe Exam Browser's, over the address that it asks for and the key of its configuration.
BROWSER_PROOF = "HTTP_X_SAFEEXAMBROWSER_CONFIGKEYHASH"
# What the API says is data: a browser that is tricked into showing it must neither run nor frame anything.
API_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE_CONTENT_POLICY = "base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
# What the framework itself refuses, before a view or in place of one, it shows as a page.
_IN_WORDS = {
    400: ("malformed", "The request is not well-formed."),
    403: ("forbidden", "Your role does not allow this."),
    404: ("not_found", "There is nothing here."),
}


def _address(request: HttpRequest) -> str:
    """The whole address that was asked for; nothing, where the host is none."""
    try:
        return request.build_absolute_uri()
    except DisallowedHost:
        return ""


def _in_shape(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """A refusal of the API is a problem document, also where the framework made a page of it; and anywhere else a person
    with a browser reads it as a page."""
    if not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", ""):
        if answer.headers.get("Content-Type") == problems.CONTENT_TYPE:
            answer.content = problems.page(answer.content)
            answer["Content-Type"], answer["Content-Length"] = "text/html; charset=utf-8", str(len(answer.content))
        return answer
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    if is_page and answer.status_code in _IN_WORDS and request.path.startswith("/api/"):
        said = problems.response(answer.status_code, *_IN_WORDS[answer.status_code])
        answer.content = said.content
        answer["Content-Type"], answer["Content-Length"] = problems.CONTENT_TYPE, str(len(said.content))
    return answer


class ProbeMiddleware:
    """``/livez`` and ``/readyz`` answer on any host, also to a load balancer that calls by address."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/livez":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            return self._ready()
        return self.get_response(request)

    def _ready(self) -> HttpResponse:
        try:
            reason = health.why_not_ready()
        except DatabaseFailure:
            reason = "database"
        if reason:
            return JsonResponse({"status": "unready", "reason": reason}, status=503)
        return JsonResponse({"status": "ok"})


class RequestMiddleware:
    """Gives each request an id, names it in logs and answer, and turns a lost database into 503 instead of 500.

    Whatever the API answers is for one person of one center, so nobody on the way may keep it; a view that knows
    better (media) has set its own headers by now.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        token = tenancy.log_request.set(request_id)
        door = trace.API if request.path.startswith(API_PREFIX) else trace.ADMIN
        try:
            with trace.at(trace.of_request(request.META, via=door)):
                if BROWSER_PROOF in request.META:
                    trace.show_browser(url=_address(request), proof=request.META[BROWSER_PROOF])
                answer = _in_shape(request, self.get_response(request))
        except Exception:
            # Not even the page that tells of an error could be made. What went on from here would leave the request
            # unfinished, and its database connection with it.
            log.exception("No answer could be made.")
            answer = problems.response(500, "server_error", "Something went wrong on our side; it has been recorded.")
        finally:
            tenancy.log_request.reset(token)
        answer["X-Request-ID"] = request_id
        is_api = request.path.startswith(API_PREFIX)
        answer.headers.setdefault("Content-Security-Policy", API_CONTENT_POLICY if is_api else PAGE_CONTENT_POLICY)
        if is_api or request.headers.get("Authorization"):
            answer.headers.setdefault("Cache-Control", "private, no-store")
            patch_vary_headers(answer, ["Authorization", "Host"])
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OUTAGES):
            outages.note(log, error)
            return problems.response(
                503, "unavailable", "The database does not answer. Please try again.", retry_after=2
            )
        return None


class SlashMiddleware(CommonMiddleware):
    """Leads readers to the address with a slash at its end. A redirected write would lose its body, so it is none. In
    addresses of the API a doubled slash is one: old clients put such together."""

    def process_request(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(API_PREFIX) and "//" in request.path_info:
            request.path_info = _SLASHES.sub("/", request.path_info)
            request.path = _SLASHES.sub("/", request.path)
        return super().process_request(request)

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in {"GET", "HEAD"} and super().should_redirect_with_slash(request)


class TenantMiddleware(TenantMainMiddleware):
    """The host decides the center, nothing else does. Unknown host: 404; center not ready or half migrated: 503."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        database: Any = connection
        database.set_schema_to_public()
        tenancy.log_schema.set("public")
        try:
            tenant = tenancy.find_by_host(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", ""))
        except DatabaseFailure:  # tables that are not there yet, too
            return problems.response(
                503, "unavailable", "The database does not answer. Please try again.", retry_after=2
            )
        if tenant is None:
            return problems.response(404, "unknown_host", "No center lives at this address.")
        if not tenant.is_ready:
            return problems.response(
                503, "center_unavailable", "This center is not available at the moment.", retry_after=10
            )
        request.tenant = tenant  # type: ignore[attr-defined]
        database.set_tenant(tenant)
        tenancy.log_schema.set(tenant.schema_name)
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF if tenant.is_public else settings.ROOT_URLCONF
        return None

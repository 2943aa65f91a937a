"""One handler for every refusal: families to statuses, serializer errors to problems with pointers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.authentication.errors import SignInFailed
from apps.core import outages, problems
from apps.core.errors import Problem, Refusal
from apps.core.outages import OUTAGES

log = logging.getLogger(__name__)

NOT_SIGNED_IN = (401, "not_signed_in", "Sign in to go on.")

# What the framework raises, and how we say it.
_FRAMEWORK: tuple[tuple[type[Exception] | tuple[type[Exception], ...], tuple[int, str, str]], ...] = (
    (exceptions.NotAuthenticated, NOT_SIGNED_IN),
    (exceptions.AuthenticationFailed, NOT_SIGNED_IN),
    (exceptions.PermissionDenied, (403, "forbidden", "Your role does not allow this.")),
    (PermissionDenied, (403, "forbidden", "Your role does not allow this.")),
    (exceptions.NotFound, (404, "not_found", "There is nothing here.")),
    (Http404, (404, "not_found", "There is nothing here.")),
    (exceptions.MethodNotAllowed, (405, "method_not_allowed", "This address does not know this method.")),
    (exceptions.NotAcceptable, (406, "not_acceptable", "Only JSON is spoken here.")),
    (exceptions.UnsupportedMediaType, (415, "unsupported_media_type", "This kind of body is not understood here.")),
    (exceptions.ParseError, (400, "malformed", "The body is not well-formed JSON.")),
    (RequestDataTooBig, (413, "too_large", "The body is too large.")),
    (OUTAGES, (503, "unavailable", "The database does not answer. Nothing was lost; please try again.")),
)


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. Unforeseen errors return ``None`` and become a logged 500 without details."""
    set_rollback()
    if isinstance(error, exceptions.ValidationError):
        found = list(_problems(error.detail))
        body = problems.document(422, "invalid", "Some of what was sent is not acceptable.", problems=found)
        return _answer(body)
    if isinstance(error, exceptions.Throttled):
        wait = int(getattr(error, "wait", None) or 1) + 1
        return _answer(
            problems.document(429, "too_many_requests", "Too many requests; wait a moment."), {"Retry-After": str(wait)}
        )
    if isinstance(error, SignInFailed):
        return _answer(problems.document(401, error.code, str(error)), {"WWW-Authenticate": 'Bearer realm="api"'})
    if isinstance(error, Refusal):
        wait = getattr(error, "retry_after", 0)
        return _answer(problems.of_refusal(error), {"Retry-After": str(wait)} if wait else {})
    for kind, (status, code, detail) in _FRAMEWORK:
        if isinstance(error, kind):
            if status == 503:
                outages.note(log, error)
            headers = {503: {"Retry-After": "2"}, 401: {"WWW-Authenticate": 'Bearer realm="api"'}}.get(status, {})
            return _answer(problems.document(status, code, detail), headers)
    return None


def _answer(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(body, status=body["status"], headers=headers or {}, content_type=problems.CONTENT_TYPE)


def _problems(detail: Any, pointer: str = "") -> Iterator[Problem]:
    """DRF's nested error lists as flat problems with JSON pointers."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            place = pointer if key == "non_field_errors" else f"{pointer}/{key}"
            yield from _problems(inner, place)
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        for index, inner in enumerate(detail):
            if inner:
                yield from _problems(inner, f"{pointer}/{index}")
    elif isinstance(detail, list):
        for inner in detail:
            yield from _problems(inner, pointer)
    else:
        yield Problem(pointer, str(getattr(detail, "code", "invalid")), str(detail))

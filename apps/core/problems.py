"""RFC 9457 problem documents: the one shape of every refusal, whoever renders it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from apps.core import errors
from apps.core.tenancy import log_request

CONTENT_TYPE = "application/problem+json"

STATUS: tuple[tuple[type[errors.Refusal], int], ...] = (
    (errors.NotFound, 404),
    (errors.Forbidden, 403),
    (errors.Conflict, 409),
    (errors.Invalid, 422),
    (errors.TooMany, 429),
    (errors.Unavailable, 503),
)


def status_of(refusal: errors.Refusal) -> int:
    """The HTTP status of a refusal's family."""
    return next((status for family, status in STATUS if isinstance(refusal, family)), 409)


def document(
    status: int,
    code: str,
    detail: str,
    *,
    problems: Iterable[errors.Problem] = (),
    details: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """The body; ``errors`` appears only when there are single reasons with places."""
    body: dict[str, Any] = {
        "type": f"urn:shiken:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": log_request.get(),
    }
    listed = [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in problems]
    if listed:
        body["errors"] = listed
    if details:
        body["details"] = dict(details)
    return body


def of_refusal(refusal: errors.Refusal) -> dict[str, Any]:
    """The document of a refusal."""
    problems = refusal.problems if isinstance(refusal, errors.Invalid) else ()
    return document(status_of(refusal), refusal.code, str(refusal), problems=problems, details=refusal.details)


def response(status: int, code: str, detail: str, *, retry_after: int = 0) -> JsonResponse:
    """A finished answer for places that have no view: middleware and error handlers."""
    answer = JsonResponse(document(status, code, detail), status=status, content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "private, no-store"
    if retry_after:
        answer["Retry-After"] = str(retry_after)
    return answer


# It asks for nothing else: where no center lives, nothing else is served either.
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ background: #f7f2ee; color: #1d1a1b; display: grid; font: 1rem/1.5 system-ui, sans-serif; margin: 0;
min-height: 100vh; place-items: center; }} main {{ max-width: 26rem; padding: 1.5rem; }} a {{ color: inherit; }}
h1 {{ line-height: 1.2; margin: 0; }} small {{ color: #6b6265; }}</style></head>
<body><main><h1>{title}</h1><p>{detail}</p>{way}
<p><small>{status} · {request_id}</small></p></main></body></html>
"""
_WAY_BACK = mark_safe('<p><a href="/">To the first page</a></p>')


def page(body: bytes) -> bytes:
    """A problem document for people."""
    said = json.loads(body)
    # Where the whole host is not there, its first page is not there either.
    way = _WAY_BACK if said["status"] in {403, 404} and said["code"] != "unknown_host" else ""
    told = {name: said[name] for name in ("title", "detail", "status", "request_id")}
    return format_html(_PAGE, way=way, **told).encode()

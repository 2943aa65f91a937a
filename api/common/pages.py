"""What an unknown address, an unforeseen error and a lock answer, in the shape of every other refusal; and how we are."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.authentication.errors import LockedOut
from apps.core import health as parts
from apps.core import problems


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The same body for every unknown address."""
    return problems.response(404, "not_found", "There is nothing here.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What somebody may not do in an admin."""
    return problems.response(403, "forbidden", "Your role does not allow this.")


def server_error(request: HttpRequest) -> HttpResponse:
    """No trace, no names: the request id finds the log record."""
    return problems.response(500, "server_error", "Something went wrong on our side; it has been recorded.")


def locked_out(request: HttpRequest, answer: HttpResponse, credentials: Any) -> HttpResponse:
    """What the failure that locks an address answers: what each further one does. A form is shown again, with its words."""
    wait = int(settings.AXES_COOLOFF_TIME * 3600)
    if request.path.startswith("/api/"):
        return problems.response(429, LockedOut.code, LockedOut.message, retry_after=wait)
    answer.status_code = 429
    answer["Retry-After"] = str(wait)
    return answer


def health(request: HttpRequest) -> HttpResponse:
    """How the parts are; served on the main host only. 503 without a database, 200 while work goes on."""
    found = parts.report()
    answer = JsonResponse(dataclasses.asdict(found), status=503 if found.status == "down" else 200)
    answer["Cache-Control"] = "no-store"
    return answer

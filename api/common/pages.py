"""What an unknown address and an unforeseen error answer, in the shape of every other refusal."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from apps.core import problems


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The same body for every unknown address."""
    return problems.response(404, "not_found", "There is nothing here.")


def server_error(request: HttpRequest) -> HttpResponse:
    """No trace, no names: the request id finds the log record."""
    return problems.response(500, "server_error", "Something went wrong on our side; it has been recorded.")

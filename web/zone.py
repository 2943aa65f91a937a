"""The admin tells the time as its reader's clock does."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from apps.centers.queries import centers
from apps.core import tenancy


class AdminZoneMiddleware:
    """In the admin moments are shown and typed in the person's time zone, else in the center's, else in UTC. The API
    speaks UTC to everybody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(reverse("admin:index")):
            return self.get_response(request)
        with timezone.override(_zone_of(request.user)):
            return self.get_response(request)


def _zone_of(person: Any) -> zoneinfo.ZoneInfo:
    name = getattr(person, "time_zone", "")
    if not name and person.is_authenticated and not tenancy.current().is_public:
        name = centers.get_face().time_zone
    try:
        return zoneinfo.ZoneInfo(name or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")
